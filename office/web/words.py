"""The words on the pages, in the language of the house; sentences about faults belong to office.explain.

They stand in tables: `words.toml` here holds what every screen shares, the `words.toml` of a screen's folder
its own. A row is `name = ["tiếng Việt", "English"]`; its key is its tables and its name, joined by points,
for a screen's row with the folder's name before them.

States are finished words, buttons begin with a verb, the law's terms stay whole (docs/glossary.md).
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from office.explain import LANGUAGES

HERE = Path(__file__).parent
SHARED = HERE / "words.toml"
SCREENS = HERE / "screens"
NUMBERS = " | "  # between the words for one and for any other {count}


class BrokenTable(Exception):
    """A table of words with a row that lacks a language, or with a key that stands twice."""


@dataclass(frozen=True)
class Words:
    """Every word of the pages in one language, by key."""

    lang: str
    rows: Mapping[str, str]

    def say(self, *key: str, **blanks: object) -> str:
        """The words under this key, in parts or whole, with its blanks filled in.

        `count` chooses between one and many. A blank that is markup keeps being markup, and then the rest is
        escaped. Raises: KeyError for a key or a blank that there is not.
        """
        words = self.rows[".".join(key)]
        if NUMBERS in words:
            one, many = words.split(NUMBERS)
            words = one if blanks["count"] == 1 else many
        if any(hasattr(blank, "__html__") for blank in blanks.values()):
            return escape(words).format(**blanks)
        return words.format(**blanks)

    def law(self, text: str) -> str:
        """The law's own wording, which stays Vietnamese and is marked as that on other pages."""
        return text if self.lang == "vi" else Markup('<span lang="vi">{}</span>').format(text)

    def group(self, name: str) -> Mapping[str, str]:
        """Every row under `name` by the rest of its key, in the order of its table."""
        start = f"{name}."
        return {key.removeprefix(start): words for key, words in self.rows.items() if key.startswith(start)}

    def named(self, table: str) -> Mapping[str, str]:
        """The rows of every table with this name, whosever it is, by the last part of the key."""
        found = (key.rpartition(".") for key in self.rows)
        return {
            last: self.rows[f"{path}.{last}"] for path, _, last in found if path.rpartition(".")[2] == table
        }


def words_in(lang: str) -> Words:
    """The words of every screen in this language (one of `office.explain.LANGUAGES`). Raises: BrokenTable."""
    language = LANGUAGES.index(lang)
    return Words(lang, {key: row[language] for key, row in all_rows().items()})


@cache
def all_rows() -> Mapping[str, tuple[str, ...]]:
    """Each key with its words in every one of LANGUAGES. Raises: BrokenTable."""
    found: dict[str, tuple[str, ...]] = {}
    for path in (SHARED, *sorted(SCREENS.glob("*/words.toml"))):
        start = "" if path == SHARED else f"{path.parent.name}."
        for key, row in _rows_of(tomllib.loads(path.read_text(encoding="utf-8")), start):
            if key in found:
                raise BrokenTable(f"{key} stands twice")
            found[key] = row
    return found


def _rows_of(table: Mapping[str, Any], start: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, held in table.items():
        if isinstance(held, dict):
            yield from _rows_of(held, f"{start}{name}.")
        elif len(held) == len(LANGUAGES) and all(held):
            yield f"{start}{name}", tuple(held)
        else:
            raise BrokenTable(f"{start}{name} lacks a language")
