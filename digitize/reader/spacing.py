"""Spaces that the network missed beside figures, and spaces that it saw inside a number and sign.

The language has no say over words that hold figures, so these two follow rules of writing: a syllable and a
figure are two words (ngày 19), and no space stands in a document's number and sign (12/QĐ-UBND).
"""

import re

from vietnamese.statistics import Statistics

COUNTED = 200.0  # times: a syllable of office print; abbreviations and foreign words come less often

_SYLLABLE_FIRST = re.compile(r"(?P<before>\W*)(?P<syllable>[^\W\d_]{2,7}:?)(?P<figures>\d.*)")
_FIGURES_FIRST = re.compile(
    r"(?P<figures>\W*\d{1,4})(?P<syllable>[^\W\d_]{3,7})(?P<after>\W*)"
)  # but 30km, 5ha
_SIGN_BEGUN = re.compile(r"\W*\d+[^\W_]*/(?:\w+[/-])*")
_SIGN_GOES_ON = re.compile(r"[A-ZĐ]{2,}[a-z]?(?:[/-][A-ZĐ]\w*)*[.,;:)]*")


def spaced(text: str, language: Statistics) -> str:
    """The word, or two words where a counted syllable and figures were read as one."""
    found = _SYLLABLE_FIRST.fullmatch(text)
    if found and _is_syllable(found["syllable"], language):
        return f"{found['before']}{found['syllable']} {found['figures']}"
    found = _FIGURES_FIRST.fullmatch(text)
    if found and _is_syllable(found["syllable"], language):
        return f"{found['figures']} {found['syllable']}{found['after']}"
    return text


def are_one(before: str, after: str) -> bool:
    """Is `after` the rest of the number and sign that `before` begins: 12/QĐ- and UBND?"""
    return bool(_SIGN_BEGUN.fullmatch(before) and _SIGN_GOES_ON.fullmatch(after))


def _is_syllable(text: str, language: Statistics) -> bool:
    """Has it been counted often? Capitals are no syllable here but a code: PA05."""
    number = language.number(text.rstrip(":"))
    return not text.isupper() and number >= 0 and float(language.counts[number]) >= COUNTED
