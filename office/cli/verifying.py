"""`verify`: any PDF becomes one of three answers, or is no document."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from office.cli.console import Console
from office.settings import Settings

WORST_FIRST = (1, 3, 2, 0)
NAMES = {0: "TOTAL-PASSED", 1: "TOTAL-FAILED", 2: "INDETERMINATE", 3: "UNREADABLE"}


def verify(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Judge every file; the exit code is the worst answer."""
    from certify.question import Question  # noqa: PLC0415 --help stays fast
    from office.desk.checking import Check, check_alone, check_copy  # noqa: PLC0415

    trust = tuple(path.absolute() for path in chosen.trust)
    if is_house(settings.data):
        from office.bootstrap import open_office  # noqa: PLC0415

        office = open_office(settings)
        checks: Sequence[Check] = [check_copy(office, path.absolute(), trust) for path in chosen.files]
    else:
        now = datetime.now(UTC)
        asked = [Question(path.absolute(), trust, None, now) for path in chosen.files]
        checks = [check_alone(settings, question) for question in asked]
    results = [check.as_json() for check in checks]
    worst = min((check.exit_code for check in checks), key=WORST_FIRST.index)
    lines = tuple(f"{path}: {check.sentence}" for path, check in zip(chosen.files, checks, strict=True))
    console.answer(_answer(chosen.files, results, worst), lines)
    return worst


def is_house(data: Path) -> bool:
    """Does this directory hold an office's data?"""
    return (data / "kind").exists()


def _answer(files: Sequence[Path], results: Sequence[Mapping[str, Any]], worst: int) -> Mapping[str, Any]:
    if len(results) == 1:
        return results[0]
    named = [{"file": str(path), **result} for path, result in zip(files, results, strict=True)]
    return {"verdict": NAMES[worst], "files": named}
