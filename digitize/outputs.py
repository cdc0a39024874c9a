"""Outputs appear only complete: written beside their place, synced, renamed; on any fault nothing is left."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from digitize.model import DigitizeFault, FaultCode, Order
from foundation.durable import sync


class Outputs:
    """The files an order asks for, while they are being written."""

    def __init__(self, order: Order) -> None:
        self._out = order.out
        self._places: dict[Path, Path] = {}

    def __enter__(self) -> Self:
        if not os.access(self._out.parent, os.W_OK | os.X_OK):  # better told before the work than after it
            raise DigitizeFault(
                FaultCode.WRITE_FAILED, self._out.name, None, "its folder cannot be written to"
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for waiting in self._places.values():
            with suppress(OSError):
                waiting.unlink(missing_ok=True)
        if isinstance(fault, OSError):
            detail = fault.strerror or str(fault)
            raise DigitizeFault(FaultCode.WRITE_FAILED, self._out.name, None, detail) from fault

    def beside(self, place: Path) -> Path:
        """Where to write what shall stand at `place`: the same folder, so that a rename is enough."""
        if place not in self._places:
            self._places[place] = place.with_name(f".{place.name}.{os.getpid()}.part")
        return self._places[place]

    def publish(self) -> None:
        """Let everything written appear, the document last."""
        ordered = sorted(self._places, key=lambda place: place == self._out)
        for waiting in self._places.values():
            sync(waiting)
        placed: list[Path] = []
        try:
            for place in ordered:
                self._places[place].replace(place)
                placed.append(place)
            for folder in {place.parent for place in ordered}:
                sync(folder)
        except OSError:
            for place in placed:
                place.unlink(missing_ok=True)
            raise


def digest(path: Path) -> tuple[str, int]:
    """SHA-256 as hex, and size in bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
