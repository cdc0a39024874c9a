"""Words for people go to standard error, results to standard output; `--json` changes only the latter."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

BAR_WIDTH = 30


@dataclass(frozen=True)
class Console:
    """Where a command speaks, and in which language."""

    wants_json: bool
    lang: str

    def speaking(self, lang: str) -> "Console":
        """The same console in another language."""
        return replace(self, lang=lang)

    def say(self, sentence: str) -> None:
        """Tell people something on standard error."""
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()

    def answer(self, result: Mapping[str, Any], lines: tuple[str, ...]) -> None:
        """Give the result on standard output: the object as JSON when asked for, else the lines."""
        text = json.dumps(result, ensure_ascii=False, default=str) if self.wants_json else "\n".join(lines)
        if text:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def progress(self, done: int, total: int | None, what: str) -> None:
        """Redraw the bar on a terminal; say nothing elsewhere."""
        if not sys.stderr.isatty():
            return
        filled = BAR_WIDTH * done // total if total else 0
        bar = "█" * filled + "░" * (BAR_WIDTH - filled) if total else ""
        end = "\n" if total and done >= total else ""
        sys.stderr.write(f"\r{what} {done}{f'/{total}' if total else ''} {bar}{end}")
        sys.stderr.flush()
