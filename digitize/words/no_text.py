"""Words that nobody printed, read from seals, signatures and scribbles: set apart as no text.

Rules:
1. What both readers read alike is text, letters taken for figures of their shape (1a and la) or not, a long
   word also up to a few letters; so is what only one of them was asked for, or the file tells. In a line that
   reads well so are upright strokes (11 and ll), and an abbreviation that both begin alike.
2. Else a word is text only if it is likely to be right. Syllables of Vietnamese, codes and addresses need
   less of that than signs, figures and single letters: these are what strokes of a pen look like.
3. A row of words is print, in whatever language and however badly read: strokes are no row of words. In a row
   that reads well, words are text on which the readers differ, and between foreign words figures and letters.
   Figures in brackets need less likeliness there; those that a pen adds (ngày .. tháng ..) have none.
4. Two words do not stand in one place: where a line was read twice, the weaker reading is none. Print under a
   seal stays: a syllable does not give way to what is none.
5. On a page of which hardly anything is text, what is no longer than strokes can be is none either.
6. Nothing is lost: what is set apart is kept beside the page, with the line it stood in, so that a field that
   is looked at by a person still shows it.
Bounds are those of pages with seals and signatures; `./motcua bench unprinted` measures them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from digitize.model import Box, Line, Mark, Opinion, Reader, Word
from digitize.words.opinions import SEEN, SIGNS
from digitize.words.same_number import LOOK_ALIKE, same_figures
from vietnamese.letters import fold
from vietnamese.statistics import Statistics, statistics

LIKELY = 80.0  # confidence: below it a word that is nothing known is taken for strokes
LIKELY_IN_TEXT = 75.0  # where the rest of its line reads well
LIKELY_FIGURES = 60.0  # of bracketed figures there
READS_WELL = 75.0  # mean confidence of the rest of the line, each letter counted
TWICE_BELOW = 90.0  # a word read more surely than that stands, whatever else is read in its place
SAME_PLACE = 0.6  # of the smaller box
KNOWN = 40.0  # below it even a syllable is none, if its line reads as badly
ROW = 3  # other words in the line that look like words
LIKE_A_WORD = 3, 30.0  # letters, and confidence
LONG = 4  # letters of a word that both readers read nearly alike
NEARLY = 0.7  # of the letters of both
READABLE = 60.0  # mean confidence of a row's words: letters that the readers do not know read worse
FOREIGN = 0.5  # of the words of a row: with fewer syllables it is in another language
MOSTLY_STROKES = (
    0.25  # of a page's words that are text: with fewer it is a drawing, or print nobody here knows
)
MANY = 30  # words: of fewer, such a share says little
VOWELS = frozenset("aeiouy")  # without them it is an abbreviation, which strokes make too
INITIALS = 2  # capital letters with which both readers begin
UPRIGHT = "1"  # the shape of l, I, | and of any upright stroke
NO_LETTERS = re.compile(r"\W")
BRACKETED = re.compile(r"\(\d+\)\W*")
CODE = re.compile(r"(?=.*[/-])[0-9A-ZÀ-ỸĐ/.-]*[A-ZÀ-ỸĐ]{2}[\w/.-]*")  # 12/QĐ-UBND, /QĐ-TTg

Apart = tuple[tuple[Line, ...], tuple[Mark, ...]]


def set_apart(lines: Sequence[Line]) -> Apart:
    """The lines as text, and what was read in them that is none."""
    kept: list[Line] = []
    marks: list[Mark] = []
    for line, is_text in zip(lines, _all_judged(lines), strict=True):
        place = len(kept) if any(is_text) else None
        marks += [
            Mark(word, place, at)
            for at, (word, is_kept) in enumerate(zip(line.words, is_text, strict=True))
            if not is_kept
        ]
        if place is not None:
            words = (word for word, is_kept in zip(line.words, is_text, strict=True) if is_kept)
            kept.append(line if all(is_text) else replace(line, words=tuple(words)))
    return tuple(kept), tuple(marks)


def _all_judged(lines: Sequence[Line]) -> list[list[bool]]:
    """For each word of each line whether it is text."""
    language = statistics()
    placed = [(word, at) for at, line in enumerate(lines) for word in line.words]
    judged = []
    for number, line in enumerate(lines):
        others = [word for word, at in placed if at != number]
        judged.append(
            [_is_text(line, word, language) and not _is_weaker(word, others, language) for word in line.words]
        )
    if len(placed) < MANY or sum(map(sum, judged)) >= MOSTLY_STROKES * len(placed):
        return judged
    return [
        [is_text and not _is_short(line, word) for word, is_text in zip(line.words, found, strict=True)]
        for line, found in zip(lines, judged, strict=True)
    ]


def _is_short(line: Line, word: Word) -> bool:
    """Has a word that was read fewer letters than strokes can make, outside of a row of words?"""
    letters, _ = LIKE_A_WORD
    was_told = word.sure or not _was_asked(word)
    return (
        not was_told
        and sum(map(str.isalpha, word.text)) < letters
        and sum(map(_is_like_a_word, line.words)) < ROW
    )


def _is_text(line: Line, word: Word, language: Statistics) -> bool:
    if word.sure or not _was_asked(word) or _is_agreed(word):
        return True
    around = _around(line, word)
    if word.confidence >= (LIKELY_IN_TEXT if around >= READS_WELL else LIKELY):
        return True
    if _is_of_one_shape(word, around) or (around >= READS_WELL and _is_print_misread(word)):
        return True
    if _is_nearly_agreed(word) or _stands_in_a_row(line, word, language):
        return True
    least = max(word.confidence, around) if _is_syllable(word.text, language) else word.confidence
    return least >= KNOWN and (_is_syllable(word.text, language) or _is_code(word.text))


def _stands_in_a_row(line: Line, word: Word, language: Statistics) -> bool:
    row = [at for at, other in enumerate(line.words) if other is not word and _is_like_a_word(other)]
    if len(row) < ROW:
        return False
    if _is_like_a_word(word):
        return True
    if sum(line.words[other].confidence for other in row) < READABLE * len(row):
        return False
    at = next(at for at, other in enumerate(line.words) if other is word)
    syllables = sum(_is_syllable(line.words[other].text, language) for other in row)
    is_within = row[0] < at < row[-1] and any(map(str.isalnum, word.text))
    return _both_see_letters(word) or (is_within and syllables < FOREIGN * len(row))


def _both_see_letters(word: Word) -> bool:
    """Do both readers see letters in what has enough of them for a word?"""
    letters, _ = LIKE_A_WORD
    seen = [len(_letters(opinion)) for opinion in word.readings]
    return sum(map(str.isalpha, word.text)) >= letters and len(seen) > 1 and min(seen) > 1


def _is_like_a_word(word: Word) -> bool:
    letters, least = LIKE_A_WORD
    return sum(map(str.isalpha, word.text)) >= letters and word.confidence >= least


def _is_weaker(word: Word, others: Sequence[Word], language: Statistics) -> bool:
    """Is a surer word, or a longer one, read in the same place as part of another line?"""
    if word.sure or not _was_asked(word) or word.confidence >= TWICE_BELOW:
        return False
    there = [other for other in others if other.readings and _shared(word.box, other.box) >= SAME_PLACE]
    if _is_syllable(word.text, language):
        there = [other for other in there if _is_syllable(other.text, language)]
    return any(_weight(other) > _weight(word) for other in there)


def _weight(word: Word) -> float:
    return len(word.text) * word.confidence


def _shared(box: Box, other: Box) -> float:
    """How much of the smaller box lies in both."""
    wide = min(box.right, other.right) - max(box.left, other.left)
    high = min(box.bottom, other.bottom) - max(box.top, other.top)
    if wide <= 0 or high <= 0:
        return 0.0
    smaller = min((one.right - one.left) * (one.bottom - one.top) for one in (box, other))
    return wide * high / smaller if smaller else 0.0


def _was_asked(word: Word) -> bool:
    """Did the second reader have its say?"""
    return any(opinion.reader is Reader.TESSERACT for opinion in word.readings)


def _is_agreed(word: Word) -> bool:
    """Do both readers read the same letters or figures here, more than one, as the text has them?"""
    told = {opinion.reader: opinion.text for opinion in word.readings}
    own, heard = told.get(Reader.OWN, ""), told.get(Reader.TESSERACT, "")
    text = _folded(word.text)
    return len(text) > 1 and (_folded(own) == _folded(heard) == text or same_figures(own, heard) is not None)


def _is_of_one_shape(word: Word, around: float) -> bool:
    """Do both readers read the same here but for letters that look like figures?"""
    shapes = {_shape(opinion.text) for opinion in word.readings}
    shape = _shape(word.text)
    if len(shapes) > 1 or len(shape) <= 1 or (around < READS_WELL and not shape.strip(UPRIGHT)):
        return False
    return all(shape in map(_shape, opinion.text.split()) for opinion in word.readings)


def _shape(text: str) -> str:
    return fold(NO_LETTERS.sub("", text).translate(LOOK_ALIKE)).lower()


def _is_print_misread(word: Word) -> bool:
    """Bracketed figures, or capital letters with which both readers begin: in a line of print, no strokes."""
    if BRACKETED.fullmatch(word.text) and word.confidence >= LIKELY_FIGURES:
        return True
    begins = {text.strip(SIGNS)[:INITIALS] for text in (word.text, *(each.text for each in word.readings))}
    (begin, *others) = begins
    return not others and len(begin) == INITIALS and begin.isalpha() and begin.isupper()


def _is_nearly_agreed(word: Word) -> bool:
    """Is this, up to a few letters, among the words that each reader reads here?"""
    text = _folded(word.text)
    if sum(map(str.isalpha, text)) < LONG:
        return False
    told = [[_folded(part) for part in opinion.text.split()] for opinion in word.readings]
    return all(any(_likeness(text, part) >= NEARLY for part in parts) for parts in told)


def _likeness(text: str, other: str) -> float:
    return SequenceMatcher(None, text, other, autojunk=False).ratio()


def _letters(opinion: Opinion) -> str:
    return _folded(opinion.text)


def _folded(text: str) -> str:
    return NO_LETTERS.sub("", fold(text).lower())


def _around(line: Line, word: Word) -> float:
    """How surely the other words of the line were read; 0 for a word that stands alone."""
    others = [other for other in line.words if other is not word]
    letters = sum(len(other.text) for other in others)
    return sum(len(other.text) * other.confidence for other in others) / letters if letters else 0.0


def _is_syllable(text: str, language: Statistics) -> bool:
    bare = text.strip(SIGNS)
    is_word = len(bare) > 1 and bare.isalpha() and not VOWELS.isdisjoint(fold(bare).lower())
    number = language.number(bare) if is_word else -1
    return number >= 0 and float(language.counts[number]) >= SEEN


def _is_code(text: str) -> bool:
    bare = text.strip(SIGNS)
    return "@" in bare or CODE.fullmatch(bare) is not None
