"""A job's card: what it was opened with, how it stands, how far its pages were taken over."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foundation import locks
from foundation.durable import write_whole
from scanner_adapters.model import FaultCode, JobState, ScanFault, settings_from

CARD = "job.json"
LOCK = ".lock"  # held while a job is changed
HANDING = ".handing"  # held while its pages are handed over; inside it the job may be changed


def read_card(folder: Path) -> dict[str, Any]:
    """The card of the job in `folder`. Raises: ScanFault SPOOL_DAMAGED when it does not hold."""
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
        settings_from(card["settings"])
        JobState(card["state"])
    except (OSError, KeyError, TypeError, ValueError) as broken:
        raise ScanFault(FaultCode.SPOOL_DAMAGED, f"{CARD}: {broken}") from broken
    return card


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Put the card in the place of the one before, whole."""
    write_whole(folder / CARD, json.dumps(card).encode())


@contextmanager
def alone(folder: Path, lock: str = LOCK) -> Iterator[None]:
    """One process, and one thread of it, at a time does this to the job in `folder`."""
    with locks.alone(folder / lock):
        yield
