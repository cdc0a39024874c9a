"""The characters that our reader can write, in the order of the columns it answers with.

The order is part of the weights: a change here needs weights trained anew.
"""

from vietnamese.letters import ACCENTED_LETTERS

BLANK = 0  # the column that says "no new character here" (connectionist temporal classification)

_PUNCTUATION = " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_DIGITS = "0123456789"
_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PRINTED = "“”‘’–—…°²³×±≤≥•§½"  # what office papers print beyond the typewriter's keys

CHARACTERS = (*_PUNCTUATION, *_DIGITS, *_PLAIN, *sorted(ACCENTED_LETTERS), *_PRINTED)
"""Every character that can be written, each as one code point (NFC); column i + 1 is character i."""

COLUMNS = 1 + len(CHARACTERS)
"""How many probabilities the network gives for each step: the blank and every character."""

_COLUMN_OF = {character: column for column, character in enumerate(CHARACTERS, start=1)}


def can_write(text: str) -> bool:
    """Can every character of `text` (NFC) be written?"""
    return all(character in _COLUMN_OF for character in text)


def columns_of(text: str) -> list[int]:
    """The columns of the characters of `text`. Raises: KeyError for one that cannot be written."""
    return [_COLUMN_OF[character] for character in text]


def character_of(column: int) -> str:
    """The character of a column; nothing for the blank."""
    return CHARACTERS[column - 1] if column != BLANK else ""
