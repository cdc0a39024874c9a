"""A job's account of its pages: one line each, sealed with the lines before it, told only when on the disk.

Rules of this account:
1. A line is canonical JSON with its seal: sha256(seal before ‖ the line without its seal). The first seal
   before is that of what the job was opened with, so neither page nor operator nor settings can be changed
   afterwards without showing.
2. A line without its end was never announced: a crash cut it.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foundation.durable import sync, write_whole
from scanner_adapters.model import FaultCode, ScanFault, ScannedPage, is_chained


class Journal:
    """The lines of one job; whoever writes holds the job's lock."""

    def __init__(self, path: Path, opened_with: Mapping[str, Any]) -> None:
        """`opened_with` holds what never changes about the job: plain JSON values."""
        self._path = path
        self._beginning = hashlib.sha256(_canonical(opened_with)).hexdigest()
        self._read = b""
        self._pages: tuple[ScannedPage, ...] = ()

    def pages(self) -> tuple[ScannedPage, ...]:
        """The pages announced so far. Raises: ScanFault SPOOL_DAMAGED when the account does not hold."""
        whole = self._whole()
        known = whole.startswith(self._read)
        before, new = (self._pages, whole[len(self._read) :]) if known else ((), whole)
        try:
            pages = self._told(before, new)
        except (KeyError, TypeError, ValueError) as broken:
            raise ScanFault(FaultCode.SPOOL_DAMAGED, f"journal: {broken}") from broken
        if not is_chained(pages):
            raise ScanFault(FaultCode.SPOOL_DAMAGED, "journal: a page was taken out or put in")
        self._read, self._pages = whole, pages
        return pages

    def append(self, page: ScannedPage) -> ScannedPage:
        """Announce the next page and return it with its seal."""
        told = page.to_json()
        told["seal"] = seal(self._last_seal(self.pages()), told)
        with self._path.open("ab") as journal:
            journal.write(_canonical(told) + b"\n")
            journal.flush()
            os.fsync(journal.fileno())
        sync(self._path.parent)
        return ScannedPage.from_json(told, page.path.parent)

    def drop_cut_line(self) -> None:
        """Remove what a crash left of a line."""
        whole = self._whole()
        if self._path.exists() and self._path.stat().st_size != len(whole):
            write_whole(self._path, whole)

    def _whole(self) -> bytes:
        content = self._path.read_bytes() if self._path.exists() else b""
        return content[: content.rfind(b"\n") + 1]

    def _told(self, before: tuple[ScannedPage, ...], lines: bytes) -> tuple[ScannedPage, ...]:
        pages, last = list(before), self._last_seal(before)
        for line in lines.splitlines():
            told = json.loads(line)
            if told["seal"] != seal(last, told):
                raise ValueError(f"page {told['sequence']} is not as it was written")
            last = told["seal"]
            pages.append(ScannedPage.from_json(told, self._path.parent))
        return tuple(pages)

    def _last_seal(self, pages: tuple[ScannedPage, ...]) -> str:
        return pages[-1].seal if pages else self._beginning


def seal(before: str, told: Mapping[str, Any]) -> str:
    """The seal of a page as JSON tells it, after the seal `before` (both hex)."""
    unsealed = {name: value for name, value in told.items() if name != "seal"}
    return hashlib.sha256(bytes.fromhex(before) + _canonical(unsealed)).hexdigest()


def _canonical(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
