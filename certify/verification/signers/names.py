"""A name from a certificate as it may be shown: what only looks like it is told letter by letter.

Rules of this module:
1. Control and format characters (direction marks, zero-width ones), private and unassigned ones and line
   separators are shown by their number: `[U+202E]`.
2. Cased letters that are not Latin, and Latin ones that no language writes names with (phonetic, full-width,
   mathematical), are shown with their number behind them: `а[U+0430]`.
3. Marks that do not melt into the letter before them (NFC) are shown by their number.
4. What stands between and around names where several are shown (`“…”; “…”`) is told by number, so that none
   can be read as two.
5. A name is deceptive when rule 1 applies, when rule 2 or 3 does beside ordinary Latin letters (nobody writes
   a name in two alphabets), or when all its other letters look like Latin ones.
"""

import re
import unicodedata

LONGEST_NAME = 200  # characters; more is cut off with an ellipsis
_STRANGE_KINDS = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me"})
_CASED = frozenset({"Lu", "Ll", "Lt"})
_TWINS = frozenset("АВЕЅІЈКМНОРСТУХҮаеоѕіјрсухүԁһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοραικνυ")  # Cyrillic and Greek, TR 39
_PLAIN = re.compile(r"LATIN (?:CAPITAL|SMALL) LETTER (?:[A-Z]|AE|OE|ETH|THORN|SHARP S|ENG)(?: WITH .*)?")
_BETWEEN_NAMES = frozenset("\u201c\u201d\u201e\u201f;\uff1b\u037e")  # “ ” „ ‟ and semicolons of three kinds
_LIGATURE = re.compile(r"LATIN (?:CAPITAL|SMALL) LIGATURE OE")


def shown_name(name: str) -> str:
    """The name with everything that only looks like something else told (rules 1 to 4)."""
    composed = unicodedata.normalize("NFC", name)
    shown = "".join(map(_shown, composed[:LONGEST_NAME]))
    return f"{shown}…" if len(composed) > LONGEST_NAME else shown


def is_deceptive(name: str) -> bool:
    """Whether the name is written to be taken for another one (rule 5)."""
    composed = unicodedata.normalize("NFC", name)
    kinds = {_kind(letter) for letter in composed}
    foreign = [letter for letter in composed if _kind(letter) == "foreign"]
    return "hidden" in kinds or bool(foreign and ("latin" in kinds or all(map(_is_twin, foreign))))


def _is_twin(letter: str) -> bool:
    """Whether the letter looks like a Latin one: another form of it, or one of another alphabet."""
    plain = unicodedata.normalize("NFKC", letter)
    return letter in _TWINS or _kind(plain[0]) == "latin"


def _shown(letter: str) -> str:
    number = f"[U+{ord(letter):04X}]"
    if letter in _BETWEEN_NAMES:
        return number
    return {"hidden": number, "foreign": f"{letter}{number}"}.get(_kind(letter), letter)


def _kind(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in _STRANGE_KINDS:
        return "hidden"
    if category in _MARKS:
        return "foreign"
    if category not in _CASED:
        return "other"
    described = unicodedata.name(letter, "")
    plain = _PLAIN.fullmatch(described) or _LIGATURE.fullmatch(described)
    return "latin" if plain else "foreign"
