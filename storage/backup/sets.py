"""One set: what a house was at an instant, as a list of names and digests whose end is proved.

A set is lines of JSON under zstd: first what it is of, then an entry for everything it holds, in the order in
which it is brought back, last how many entries there are, the digest of all lines before, and the tables.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import zstandard

from storage.backup.faults import BackupCode, BackupFault

FORMAT = 1
ROWS, OBJECT, RECORD, ARCHIVE, FILE = "rows", "object", "record", "archive", "file"


@dataclass(frozen=True)
class Entry:
    """One thing that a set holds: what it is, its name, digest and size; `count` of rows in it."""

    what: str
    name: str
    sha256: str
    size_bytes: int
    count: int = 0


@dataclass(frozen=True)
class Tally:
    """How many rows a table has, and one digest over them in whatever order."""

    count: int
    digest: str


@dataclass(frozen=True)
class About:
    """What a set is of.

    Args:
        at: the instant as of which the rows were read.
        revision: of the database's form, as Alembic names it.
        unit: whose house.
        demo: is it a house of specimens?
    """

    at: str
    revision: str
    unit: str
    demo: bool


@dataclass(frozen=True)
class Summary:
    """What a whole set says of itself."""

    about: About
    entries: int
    size_bytes: int
    tables: Mapping[str, Tally]


class SetWriter:
    """Writes the file of a set, entry after entry; `end` makes it whole."""

    def __init__(self, path: Path, about: About) -> None:
        self._out = zstandard.open(path, "wb")
        self._digest = hashlib.sha256()
        self._entries = self._size = 0
        self._line({"format": FORMAT, **asdict(about)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._out.close()

    def add(self, entry: Entry) -> None:
        """One more entry."""
        self._entries += 1
        self._size += entry.size_bytes
        self._line(asdict(entry))

    def end(self, tables: Mapping[str, Tally]) -> None:
        """The last line."""
        told = {name: asdict(tally) for name, tally in tables.items()}
        end = {"entries": self._entries, "bytes": self._size, "digest": self._digest.hexdigest()}
        self._line({"end": {**end, "tables": told}})

    def _line(self, told: Mapping[str, Any]) -> None:
        line = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._digest.update(line)
        self._out.write(line)


def summary(path: Path) -> Summary:
    """What a set says of itself, once every line of it was read and its end proved.

    Raises: BackupFault NEWER for a form that this program does not know, DAMAGED.
    """
    digest, entries, end, about = hashlib.sha256(), 0, None, None
    for line in _lines(path):
        told = _read(path, line)
        if end is not None:
            raise BackupFault(BackupCode.DAMAGED, path.name)
        if about is None:
            about = _about(told)
        elif "end" in told:
            end = told["end"]
            if (end["entries"], end["digest"]) != (entries, digest.hexdigest()):
                raise BackupFault(BackupCode.DAMAGED, path.name)
        else:
            entries += 1
        digest.update(line)
    if about is None or end is None:
        raise BackupFault(BackupCode.DAMAGED, path.name)
    tables = {name: Tally(**tally) for name, tally in end["tables"].items()}
    return Summary(about, entries, end["bytes"], tables)


def entries(path: Path) -> Iterator[Entry]:
    """The entries of a set whose `summary` was read."""
    for line in _lines(path):
        told = _read(path, line)
        if "what" in told:
            yield Entry(**told)


def _about(told: dict[str, Any]) -> About:
    if told.pop("format") > FORMAT:
        raise BackupFault(BackupCode.NEWER)
    return About(**told)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with zstandard.open(path, "rb") as lines:
            buffer = b""
            while chunk := lines.read(1 << 16):
                *whole, buffer = (buffer + chunk).split(b"\n")
                yield from (line + b"\n" for line in whole)
            if buffer:
                yield buffer
    except zstandard.ZstdError as damaged:
        raise BackupFault(BackupCode.DAMAGED, path.name) from damaged


def _read(path: Path, line: bytes) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(line)
    except ValueError as damaged:
        raise BackupFault(BackupCode.DAMAGED, path.name) from damaged
    return told
