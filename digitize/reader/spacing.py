"""Spaces that the network missed, and spaces that it saw inside a number and sign.

The language has no say over words that hold figures or signs, so these follow rules of writing: a syllable
and a figure are two words (ngày 19), and so is what a pen wrote before tháng or năm; so are two syllables
often side by side where a comma or a speck stands between them (của'Bộ); no space stands in a document's
number and sign (12/QĐ-UBND). Addresses of the net have no marks: the tail of a letter above looks like one.
"""

import re
from collections.abc import Iterator

from vietnamese.letters import fold
from vietnamese.statistics import Statistics
from vietnamese.syllables import has_one_tone, with_one_tone

COUNTED = 200.0  # times: a syllable of office print; abbreviations and foreign words come less often
NEIGHBOURS = 200.0  # times: syllables seen so often side by side are two words with a speck between them

_LETTERS = re.compile(r"[^\W\d_]+")
_SYLLABLE_FIRST = re.compile(r"(?P<before>\W*)(?P<syllable>[^\W\d_]{2,7}:?)(?P<figures>\d.*)")
_FIGURES_FIRST = re.compile(
    r"(?P<figures>\W*\d{1,4})(?P<signs>[^\w\s/%-]{0,2})(?P<syllable>[^\W\d_]{3,7})(?P<after>\W*)"
)  # but 30km, 5ha
_TWO_SYLLABLES = re.compile(
    r"(?P<before>\W*)(?P<first>[^\W\d_]{2,7})(?P<signs>[-.,;:'&]{1,2})(?P<second>[^\W\d_]{2,7})(?P<after>\W*)"
)
_ADDRESS = re.compile(r"\W*(?:[\w.+-]+@|https?://|www\.)[\w./-]*\w\.\w{2,}\W*")
_DATE_WORD = re.compile(r"(?P<before>[^\sa-zà-ỹ/-]{1,4})(?P<word>tháng|năm)(?P<after>\W*)")
_SIGN_BEGUN = re.compile(r"\W*\d+[^\W_]*/(?:\w+[/-])*")
_SIGN_GOES_ON = re.compile(r"[A-ZĐ]{2,}[a-z]?(?:[/-][A-ZĐ]\w*)*[.,;:)]*")
_COMMAS, _STOPS = ",;:", ".,;:"


def spaced(text: str, language: Statistics) -> str:
    """The word, or several where syllables, figures and signs were read as one; addresses unmarked."""
    return " ".join(part for word in text.split() for part in _mended(word, language))


def _mended(word: str, language: Statistics) -> Iterator[str]:
    if _ADDRESS.fullmatch(word):
        yield fold(word)
    else:
        yield from _parts(one_toned(word, language), language)


def one_toned(text: str, language: Statistics) -> str:
    """The word, its syllables with two tones as those with one that are counted: chụẩn is chuẩn."""
    return _LETTERS.sub(lambda found: _with_one_tone(found[0], language), text)


def are_one(before: str, after: str) -> bool:
    """Is `after` the rest of the number and sign that `before` begins: 12/QĐ- and UBND?"""
    return bool(_SIGN_BEGUN.fullmatch(before) and _SIGN_GOES_ON.fullmatch(after))


def _parts(text: str, language: Statistics) -> Iterator[str]:
    found = _SYLLABLE_FIRST.fullmatch(text)
    if found and _is_syllable(found["syllable"], language):
        yield found["before"] + found["syllable"]
        yield from _parts(found["figures"], language)
        return
    found = _FIGURES_FIRST.fullmatch(text)
    if found and _is_syllable(found["syllable"], language):
        yield found["figures"] + (
            found["signs"][:1] if set(found["signs"]) <= set(_STOPS) else found["signs"]
        )
        yield found["syllable"] + found["after"]
        return
    found = _DATE_WORD.fullmatch(text)
    if found and any(map(str.isalnum, found["before"])):
        yield from (found["before"], found["word"] + found["after"])
        return
    found = _TWO_SYLLABLES.fullmatch(text)
    if found and _are_two(found["first"], found["second"], language):
        yield found["before"] + found["first"] + "".join(set(found["signs"][:1]) & set(_COMMAS))
        yield found["second"] + found["after"]
        return
    yield text


def _with_one_tone(letters: str, language: Statistics) -> str:
    mended = letters if has_one_tone(letters) else with_one_tone(letters)
    return mended if language.number(mended) >= 0 else letters


def _are_two(first: str, second: str, language: Statistics) -> bool:
    """Are they syllables that are often neighbours, and no code or abbreviation?"""
    both = _is_syllable(first, language) and _is_syllable(second, language)
    return both and language.pair_count(first, second) >= NEIGHBOURS


def _is_syllable(text: str, language: Statistics) -> bool:
    """Has it been counted often? Capitals are no syllable here but a code: PA05."""
    number = language.number(text.rstrip(":"))
    return not text.isupper() and number >= 0 and float(language.counts[number]) >= COUNTED
