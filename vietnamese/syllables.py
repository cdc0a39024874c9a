"""Syllables as keys: the same syllable has the same key however it is written.

A key is lower case, its quality letters kept, its tone moved to a digit at the end, so that `hòa` and `hoà`
(and a tone that OCR put on the wrong letter) are one key, `hoa1`.
"""

import unicodedata
from functools import lru_cache

from vietnamese.letters import TONE_MARKS, fold, nfc, with_real_d

TONE_DIGITS = dict(zip(TONE_MARKS, "12345", strict=True))  # huyền 1, sắc 2, hỏi 3, ngã 4, nặng 5
_TONES_AWAY = dict.fromkeys(map(ord, TONE_MARKS))
_Y_AS_I = {f"{initial}y": f"{initial}i" for initial in ("h", "k", "l", "m", "s", "t", "v", "qu")}
_CACHED_SYLLABLES = 1 << 16  # ten times the syllables of the language: numbers and OCR slips come too


@lru_cache(_CACHED_SYLLABLES)
def exact_key(syllable: str) -> str:
    """The syllable with its quality letters and its tone as a digit: `Đương` → `đương`, `hoà` → `hoa1`.

    A lone y after h, k, l, m, s, t, v or qu is written i (`lý` = `lí`), elsewhere it stays (`tay` ≠ `tai`).
    """
    apart = unicodedata.normalize("NFD", with_real_d(syllable).lower())
    tones = [TONE_DIGITS[letter] for letter in apart if letter in TONE_DIGITS]
    toneless = nfc(apart.translate(_TONES_AWAY))
    return _Y_AS_I.get(toneless, toneless) + (tones[-1] if tones else "")


@lru_cache(_CACHED_SYLLABLES)
def has_one_tone(syllable: str) -> bool:
    """Does it carry one tone at the most, as every syllable does? `trữờng` is damage."""
    return sum(letter in TONE_DIGITS for letter in unicodedata.normalize("NFD", syllable)) <= 1


def with_one_tone(syllable: str) -> str:
    """The syllable with the one tone that stands where the orthography puts it: `trữờng` → `trường`.

    It stands on the last of ă â ê ô ơ ư; else before a final consonant on the last vowel, else on the
    middle one of three or the first of two; the u of qu and the i of gi before a vowel are no vowels.
    """
    letters = [unicodedata.normalize("NFD", letter) for letter in nfc(syllable)]
    toned = [at for at, letter in enumerate(letters) if not TONE_DIGITS.keys().isdisjoint(letter)]
    if len(toned) <= 1:
        return syllable
    right = _place_of_tone([letter.translate(_TONES_AWAY) for letter in letters])
    kept = right if right in toned else toned[-1]
    return nfc("".join(x if at == kept else x.translate(_TONES_AWAY) for at, x in enumerate(letters)))


def _place_of_tone(letters: list[str]) -> int:
    plain = [letter[:1].lower() for letter in letters]
    vowels = [at for at, letter in enumerate(plain) if letter in "aeiouy"]
    if len(vowels) > 1 and "".join(plain[:2]) in ("qu", "gi"):
        vowels = vowels[1:]
    marked = [at for at in vowels if len(letters[at]) > 1]
    if marked:
        return marked[-1]
    if vowels and vowels[-1] + 1 < len(letters):
        return vowels[-1]
    return vowels[(len(vowels) - 1) // 2] if vowels else -1


def spellings(folded: str) -> tuple[str, ...]:
    """How a syllable with this folded key may be spelt without marks: `li` → `li`, `ly`."""
    return (folded, *(y for y, i in _Y_AS_I.items() if i == folded))


@lru_cache(_CACHED_SYLLABLES)
def folded_key(syllable: str) -> str:
    """The syllable without any mark: `Đường` → `duong`, `lý` and `lí` → `li`."""
    plain = fold(syllable).lower()
    return _Y_AS_I.get(plain, plain)
