"""Is the name in a certificate the name that is printed beside its signature (L26 of docs/law.md)?

Capitals, spaces and the place of a tone (`Hoà`, `Hòa`) are ways of writing a name; any other letter, also one
that only looks alike, makes another name.
"""

import unicodedata

from vietnamese.letters import TONE_MARKS


def is_same_name(one: str, other: str) -> bool:
    """Are these two ways of writing one name?"""
    return bool(one.split()) and _plain(one) == _plain(other)


def _plain(name: str) -> tuple[str, ...]:
    return tuple(_toneless_then_tone(syllable) for syllable in name.casefold().split())


def _toneless_then_tone(syllable: str) -> str:
    apart = unicodedata.normalize("NFD", syllable)
    tones = "".join(letter for letter in apart if letter in TONE_MARKS)
    toneless = "".join(letter for letter in apart if letter not in TONE_MARKS)
    return unicodedata.normalize("NFC", toneless) + tones
