"""Two readings of one number that differ only in what looks alike."""

import difflib
import re

from vietnamese.document_signs import is_known_sign

LOOK_ALIKE = str.maketrans("OoÓÒIl|]", "00001111")
FIGURES = re.compile(r"[\d.,:/()%+-]+")


def is_number(text: str) -> bool:
    """Does it hold a digit: a number, a date, a code?"""
    return any(letter.isdigit() for letter in text)


def same_figures(own: str, heard: str) -> str | None:
    """The figures that both read, a letter or a bracket taken for one of them: 01 and O1, 1] and l1."""
    figures = own.translate(LOOK_ALIKE)
    are_numbers = is_number(own) and is_number(heard) and FIGURES.fullmatch(figures)
    return figures if are_numbers and figures == heard.translate(LOOK_ALIKE) else None


def same_sign(own: str, heard: str) -> str | None:
    """The number and sign that both read but for one letter, which only one of them knows: TTỶ and TTr."""
    if is_known_sign(own) == is_known_sign(heard) or not _one_letter_apart(own, heard):
        return None
    return own if is_known_sign(own) else heard


def _one_letter_apart(own: str, heard: str) -> bool:
    codes = difflib.SequenceMatcher(None, own, heard, autojunk=False).get_opcodes()
    changed = [(own[a:b], heard[c:d]) for kind, a, b, c, d in codes if kind != "equal"]
    if len(changed) != 1:
        return False
    ours, theirs = changed[0]
    return max(len(ours), len(theirs)) == 1 and (ours + theirs).isalpha()
