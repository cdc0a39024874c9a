"""Two readers' words laid side by side, and one text made of them.

Rules of weighing:
1. Words are laid side by side by where they stand; where one reader parts what the other joins, the pieces
   of both are compared as one.
2. Where both surely read the same, that is the text, whatever the language would like better.
3. Where they differ, the likelier one is taken: each one's own certainty and the language are weighed by
   curves fitted to pages whose text is known.
4. Words that were read differently are never sure, nor are signs without a letter, nor a line of a single
   letter or figure, which may be a stroke of a pen; numbers are sure only where both read the same. Taken for
   the same are also a letter that looks like a figure among figures (O1) and the same letters with other
   spaces, none of them inside a number: there syllables decide. Of signs one letter apart (10/TTỶ, 10/TTr)
   the known one is taken, but is not sure. A number beside a doubtful letter or figure may be a piece of a
   longer one: not sure.
5. What each reader read is kept beside the text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from digitize.model import Opinion, Reader
from digitize.reader.calibration import Calibration, odds
from digitize.reader.reading import OwnWord
from digitize.words.same_number import FIGURES, is_number, same_figures, same_sign
from digitize.words.tesseract_pieces import Heard
from vietnamese.letters import fold
from vietnamese.statistics import FLOOR, LONGEST, Statistics

SHARED = 0.4  # of the narrower word: what stands so much in the same place is the same
SURELY = 0.9  # certainty of both from which the language cannot outvote them
ENOUGH_LETTERS = 5  # more of them tell nothing new
PERCENT = 100
SIGNS = "\"'“”‘’().,;:!?…–-/"
SEEN = 20.0  # times: a syllable counted less often is a misreading, or a name
SIGN_INSIDE = re.compile(r"[^\W\d_][^\w\s/@.]+[^\W\d_]")  # in a word that is no code and no address
SYLLABLE = re.compile(rf"[^\W\d_]{{1,{LONGEST}}}")
FIGURE_RUNS = re.compile(r"\d[\d.,:/-]*")
MOST_PREFERENCE = 8.0  # natural logarithm: how far the language can prefer one of two readings


@dataclass(frozen=True)
class Judged:
    """A word as the document will hold it, in columns of the line's cut.

    Args:
        chance: probability that it is right.
    """

    text: str
    left: float
    right: float
    chance: float
    sure: bool
    readings: tuple[Opinion, ...]


@dataclass(frozen=True)
class Place:
    """Words of both readers that stand in one place; neither is ever empty of ours."""

    own: tuple[OwnWord, ...]
    heard: tuple[Heard, ...]

    @property
    def own_text(self) -> str:
        """Our reader's words."""
        return " ".join(word.text for word in self.own)

    @property
    def heard_text(self) -> str:
        """Tesseract's words."""
        return " ".join(word.text for word in self.heard)

    def agreed(self, language: Statistics) -> str | None:
        """What both read, None where they differ.

        The same letters, spaced as syllables are; or surely what our network reads without the language.
        """
        if self.own_text == self.heard_text:
            return self.own_text
        number = same_figures(self.own_text, self.heard_text) or same_sign(self.own_text, self.heard_text)
        if number:
            return number
        if self._differs_in_spaces_alone():
            return self.heard_text if self._is_better_spaced(language) else self.own_text
        surely = [*(word.raw_sure for word in self.own), *(word.sure for word in self.heard)]
        return self.raw_text if self.heard_text == self.raw_text and min(surely) >= SURELY else None

    def is_mended(self, text: str) -> bool:
        """Has `text` other figures than our reader saw, or letters of a sign that one reader alone saw?"""
        are_ours = [*filter(str.isdigit, text)] == [*filter(str.isdigit, self.own_text)]
        return not are_ours or same_sign(self.own_text, self.heard_text) is not None

    def _differs_in_spaces_alone(self) -> bool:
        """The same letters and the same figures: 1 2 and 12 are two numbers and one."""
        own, other = self.own_text, self.heard_text
        are_same = FIGURE_RUNS.findall(own) == FIGURE_RUNS.findall(other)
        return are_same and own.replace(" ", "") == other.replace(" ", "")

    def _is_better_spaced(self, language: Statistics) -> bool:
        """Do Tesseract's spaces leave fewer words that are no syllable than ours?"""
        own, other = (
            sum(not is_sign(word) and language.number(word.strip(SIGNS)) < 0 for word in text.split())
            for text in (self.own_text, self.heard_text)
        )
        return other < own

    @property
    def raw_text(self) -> str:
        """Our network's own words, the language not asked."""
        return " ".join(dict.fromkeys(word.raw for word in self.own))

    def evidence(self) -> tuple[float, ...]:
        """What our reader knows of these words."""
        return evidence_of(self.own)

    def heard_odds(self) -> float:
        """Odds of Tesseract's least sure word."""
        return min((odds(word.sure) for word in self.heard), default=odds(0.0))


def evidence_of(words: Sequence[OwnWord]) -> tuple[float, ...]:
    """What our reader knows of words that stand together.

    Odds of the least sure one, the network's and with the language; odds of the line around, because a line
    that hardly reads is a seal or handwriting; how many letters and digits, because specks make short words.
    """
    letters = sum(letter.isalnum() for word in words for letter in word.text)
    return (
        min(odds(word.network) for word in words),
        min(odds(word.together) for word in words),
        min(odds(word.around) for word in words),
        float(min(letters, ENOUGH_LETTERS)),
    )


def is_sign(text: str) -> bool:
    """Has it neither letter nor digit: a dash, a bullet, or a speck read as one?"""
    return not any(letter.isalnum() for letter in text)


def is_speck(text: str, word: OwnWord) -> bool:
    """Is it a single letter or figure that stands alone in its line, or less?"""
    return is_sign(text) or (word.is_lone and sum(map(str.isalnum, text)) == 1)


def is_strange(text: str, language: Statistics) -> bool:
    """Does it hold marks of Vietnamese and is no syllable that was ever seen often?"""
    bare = text.strip(SIGNS)
    if not SYLLABLE.fullmatch(bare) or fold(bare) == bare:
        return False
    number = language.number(bare)
    return number < 0 or float(language.counts[number]) < SEEN


def chance_alone(word: OwnWord, curves: Calibration) -> float:
    """How likely our reader's word is right when nobody else was asked."""
    return curves.alone.at(*evidence_of([word]))


def must_ask(word: OwnWord, curves: Calibration, language: Statistics) -> bool:
    """Is the second reader wanted: for numbers, lone and strange words always, for others in doubt?"""
    return _wants_both(word, language) or chance_alone(word, curves) < curves.ask_below


def _wants_both(word: OwnWord, language: Statistics) -> bool:
    return word.is_lone or is_number(word.text) or is_strange(word.text, language)


def judged_alone(word: OwnWord, curves: Calibration, language: Statistics) -> Judged:
    """A word that Tesseract was not asked for."""
    chance = chance_alone(word, curves)
    sure = chance >= curves.sure_from and not _wants_both(word, language) and not is_speck(word.text, word)
    own = Opinion(Reader.OWN, word.raw, round(PERCENT * word.raw_sure, 1))
    return Judged(word.text, word.left, word.right, chance, sure, (own,))


def pieces_unsure(words: Sequence[Judged]) -> Iterator[Judged]:
    """The words of a line, a number beside a doubtful letter or figure no longer sure."""
    doubtful = [
        word.chance < SURELY and not word.sure and sum(map(str.isalnum, word.text)) <= 1 for word in words
    ]
    for at, word in enumerate(words):
        beside = any(doubtful[max(0, at - 1) : at]) or any(doubtful[at + 1 : at + 2])
        yield replace(word, sure=False) if word.sure and beside and is_number(word.text) else word


def side_by_side(own: Sequence[OwnWord], heard: Sequence[Heard]) -> Iterator[Place]:
    """Lay both readers' words side by side (rule 1)."""
    mine: list[OwnWord] = []
    theirs: list[Heard] = []
    left = list(heard)
    for word in own:
        touching = [other for other in left if _same_place(word, other)]
        joined = bool(theirs) and _same_place(word, theirs[-1])
        if mine and not joined:
            yield Place(tuple(mine), tuple(theirs))
            mine, theirs = [], []
        mine.append(word)
        theirs += touching
        left = [other for other in left if other not in touching]
    if mine:
        yield Place(tuple(mine), tuple(theirs))


def _same_place(word: OwnWord, other: Heard) -> bool:
    shared = min(word.right, other.right) - max(word.left, other.left)
    narrower = min(word.right - word.left, other.right - other.left)
    return shared > SHARED * max(narrower, 1.0)


def judge(place: Place, before: str | None, curves: Calibration, language: Statistics) -> tuple[Judged, ...]:
    """One text for a place, after the word `before` (rules 2 to 5)."""
    evidence = (*place.evidence(), place.heard_odds())
    readings = _readings(place)
    text = place.agreed(language)
    if text is not None:
        chance = curves.agreed.at(*evidence)
        bound = curves.number_sure_from if is_number(text) else curves.sure_from
        is_plain = not is_speck(text, place.own[0]) and not is_strange(text, language)
        sure = chance >= bound and is_plain and not place.is_mended(text)
        return tuple(_spread(text, place, chance, sure=sure, readings=readings))
    preference = preference_of(place, before, language)
    own = curves.own.at(*evidence, preference)
    other = curves.heard.at(*evidence, preference) if place.heard else 0.0
    text, chance = (place.own_text, own) if own >= other else (place.heard_text, other)
    return tuple(_spread(text, place, chance, sure=False, readings=readings))


def preference_of(place: Place, before: str | None, language: Statistics) -> float:
    """By how much the language prefers our reading: natural logarithm, 0 where it has no say."""
    own, other = (_likely(text, before, language) for text in (place.own_text, place.heard_text))
    if own is None or other is None:
        return 0.0
    return min(max(own - other, -MOST_PREFERENCE), MOST_PREFERENCE)


def _likely(text: str, before: str | None, language: Statistics) -> float | None:
    """How likely these words are, signs and figures apart; None where a code or a long word stands."""
    likely, judged = 0.0, 0
    for word in text.split():
        bare = word.strip(SIGNS)
        if not bare or FIGURES.fullmatch(bare):
            before = None
        elif SYLLABLE.fullmatch(bare):
            likely += language.log_probability(bare, before)
            before, judged = bare, judged + 1
        elif SIGN_INSIDE.search(bare) and not bare.isupper():
            likely += FLOOR
            before, judged = None, judged + 1
        else:
            return None
    return likely if judged else None


def _readings(place: Place) -> tuple[Opinion, ...]:
    own = Opinion(Reader.OWN, place.raw_text, round(PERCENT * min(word.raw_sure for word in place.own), 1))
    if not place.heard:
        return (own, Opinion(Reader.TESSERACT, "", 0.0))
    sure = min(word.sure for word in place.heard)
    return own, Opinion(Reader.TESSERACT, place.heard_text, round(PERCENT * sure, 1))


def _spread(
    text: str, place: Place, chance: float, *, sure: bool, readings: tuple[Opinion, ...]
) -> Iterator[Judged]:
    """The words of a place where their reader saw them, or by their letters' share of its width."""
    parts = text.split()
    seen: Sequence[OwnWord | Heard] = place.own if len(parts) == len(place.own) else place.heard
    if len(parts) == len(seen):
        spans = [(word.left, word.right) for word in seen]
    else:
        left = min(word.left for word in place.own)
        step = (max(word.right for word in place.own) - left) / max(1, len(text))
        starts = [sum(len(part) + 1 for part in parts[:at]) for at in range(len(parts))]
        spans = [
            (left + step * start, left + step * (start + len(part)))
            for start, part in zip(starts, parts, strict=True)
        ]
    for part, (left, right) in zip(parts, spans, strict=True):
        yield Judged(part, left, right, chance, sure, readings)
