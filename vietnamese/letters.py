"""Vietnamese letters: which there are, and how to write them with or without marks."""

import unicodedata

PLAIN_VOWELS = "aăâeêioôơuưy"
TONE_MARKS = "\u0300\u0301\u0309\u0303\u0323"  # huyền, sắc, hỏi, ngã, nặng
QUALITY_MARKS = "\u0302\u0306\u031b"  # the hat of â ê ô, the breve of ă, the horn of ơ ư

_LOWER = tuple(
    unicodedata.normalize("NFC", vowel + tone) for vowel in PLAIN_VOWELS for tone in ("", *TONE_MARKS)
)
ACCENTED_LETTERS = frozenset(
    letter
    for lower in ("đ", *_LOWER)
    if not lower.isascii()
    for letter in (lower, unicodedata.normalize("NFC", lower.upper()))
)
"""The 134 letters that ASCII does not have: ă â đ ê ô ơ ư and the toned vowels, small and capital."""

_D_STROKES = str.maketrans(
    {"\u00f0": "đ", "\u00d0": "Đ", "\u0111": "đ", "\u0110": "Đ", "\u0256": "đ", "\u0189": "Đ"}
)
_WITHOUT_STROKE = str.maketrans("đĐ", "dD")


def nfc(text: str) -> str:
    """The text with every letter and its marks as one code point where Unicode has one."""
    return unicodedata.normalize("NFC", text)


def with_real_d(text: str) -> str:
    """The text with the look-alikes of Đ (Icelandic Ð ð, African Ɖ ɖ) as the Vietnamese letter."""
    return text.translate(_D_STROKES)


def fold(text: str) -> str:
    """The text as typed without marks: đ becomes d, all other marks go, case stays."""
    apart = unicodedata.normalize("NFD", with_real_d(text).translate(_WITHOUT_STROKE))
    return nfc("".join(letter for letter in apart if not unicodedata.combining(letter)))


def fold_in_place(text: str) -> str:
    """The text in lower case without Vietnamese marks, letter for letter, so that every offset stays.

    What is not one composed Vietnamese or ASCII letter stays as it is.
    """
    return text.translate(_IN_PLACE)


def has_marks(text: str) -> bool:
    """Does the text carry any Vietnamese mark, so that its writer chose between look-alike words?"""
    return fold(text) != with_real_d(nfc(text))


_IN_PLACE = str.maketrans(
    {letter: fold(letter).lower() for letter in ("\u00f0", "\u00d0", *ACCENTED_LETTERS)}
    | {chr(code): chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}
)
