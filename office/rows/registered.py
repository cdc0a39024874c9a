"""What this office knows of a file by its digest, asked before a byte of it is parsed.

The register is asked for every file: for the whole of it, and, where it is unknown and bears a field of the
house, for every earlier revision it could have been: a copy that somebody renewed or added to still begins
with the copy that was issued. Clerks' signed scans are known by the row of the file that is kept; copies by
the agency alone, until their own book stands, by a row of their own. A verdict reached on a known file is
kept for a day (office.rows.verdicts).
"""

import hashlib
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.book import register
from certify.book.register import EntryState, RegisterEntry
from certify.field_names import AGENCY_FIELD, CLERK_FIELD, COPY_FIELD, OFFICER_FIELD
from certify.question import Question, RegisterAnswer, RegisterState
from certify.verdict import Verdict
from certify.verification.registered import with_register
from office.procedure import FileRole
from office.rows import verdicts
from office.tables import files, known_files
from office.value import Office
from storage.database import reading, writing

MOST_BEGINNINGS = 40  # earlier ends of a file that are looked up; a renewal every year adds one
_FIELDS = tuple(name.encode() for name in (OFFICER_FIELD, AGENCY_FIELD, COPY_FIELD, CLERK_FIELD))
_END = re.compile(rb"%%EOF(\r\n|\r|\n)?")
STATES = {EntryState.CANCELLED: RegisterState.CANCELLED, EntryState.VOID: RegisterState.VOID}


@dataclass(frozen=True)
class Known:
    """The digest (hex) of the whole file, the answer for the verifier, and the register's entry, if any."""

    sha256: str
    answer: RegisterAnswer
    entry: RegisterEntry | None


def ask_register(office: Office, path: Path, sha256: str) -> Known:
    """What the register and the rows say of the file with this digest."""
    with reading(office.engine) as connection:
        entry = register.by_digest(connection, sha256)
        if entry:
            return Known(sha256, _answer(entry), entry)
        if is_known(connection, sha256):
            return Known(sha256, RegisterAnswer(known=True, state=RegisterState.ISSUED), None)
        return Known(sha256, _by_beginning(connection, path), None)


def verdict_at_once(office: Office, question: Question, known: Known) -> Verdict | None:
    """The verdict on a known file that was reached before, with what the register says of it now."""
    if not known.answer.known:
        return None
    with reading(office.engine) as connection:
        kept = verdicts.find(connection, known.sha256, question)
    return with_register(kept, known.answer) if kept else None


def remember_verdict(office: Office, question: Question, known: Known, verdict: Verdict) -> None:
    """Keep what was found out about a known file; the register's own word is asked anew each time."""
    if known.answer.known:
        keep_verdict(office, known.sha256, question, verdict.without_step(9))


def keep_verdict(office: Office, sha256: str, question: Question, verdict: Verdict) -> None:
    """Keep a verdict reached without the register."""
    with writing(office.engine) as connection:
        verdicts.keep(connection, sha256, replace(question, register=None), verdict)


def _answer(entry: RegisterEntry) -> RegisterAnswer:
    number = entry.number
    return RegisterAnswer(
        known=True,
        number=number.value,
        book=f"{number.book.volume}/{number.book.year}-{number.book.code}",
        issued_on=entry.reserved_at,
        state=STATES.get(entry.state, RegisterState.ISSUED),
    )


def _by_beginning(connection: Connection, path: Path) -> RegisterAnswer:
    """The answer for an unknown file: what is known of one it begins with, the longest first."""
    for size, sha256 in reversed(tuple(_beginnings(path))):
        entry = register.by_digest(connection, sha256)
        if entry:
            return replace(_answer(entry), known=False, begins_with=size)
        if is_known(connection, sha256):
            return RegisterAnswer(known=False, begins_with=size)
    return RegisterAnswer(known=False)


def _beginnings(path: Path) -> Iterator[tuple[int, str]]:
    """Where the file ended before, and the digest up to there."""
    if path.stat().st_size == 0:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if not any(data.find(field) >= 0 for field in _FIELDS):
            return
        engine, at = hashlib.sha256(), 0
        for end in _ends(data):
            engine.update(data[at:end])
            at = end
            yield end, engine.hexdigest()


def _ends(data: mmap.mmap) -> list[int]:
    """Behind each %%EOF, with and without its line end; the last ones when there are many."""
    found = [end for match in _END.finditer(data) for end in sorted({match.start() + 5, match.end()})]
    return [end for end in found if end < len(data)][-MOST_BEGINNINGS:]


def remember_file(connection: Connection, sha256: str, at: datetime) -> None:
    """The file with this digest (hex) left this office; told again, nothing changes."""
    if not _remembered(connection, sha256):
        connection.execute(sa.insert(known_files).values(sha256=sha256, made_at=at))


def is_known(connection: Connection, sha256: str) -> bool:
    """Whether this office made the file with this digest, though no book tells of it."""
    scan = sa.select(files.c.id).where(files.c.sha256 == sha256, files.c.role == FileRole.SIGNED_SCAN)
    return _remembered(connection, sha256) or connection.execute(scan.limit(1)).first() is not None


def _remembered(connection: Connection, sha256: str) -> bool:
    chosen = sa.select(known_files.c.sha256).where(known_files.c.sha256 == sha256)
    return connection.execute(chosen).first() is not None
