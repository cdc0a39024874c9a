"""Looking: the list of what is to be done, one paper whole, its files.

Nothing here changes a paper. Who may not see a row learns nothing of it: not in the list, not in a count,
not by its id. Views of sensitive papers and every file handed out stand in the ledger.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.desk import digitizing
from office.desk.describing.contents import archive_name
from office.nouns import Actor, Copy, Dossier, FieldRead, FileKept, PageRead, Paper, Sensitivity
from office.procedure import CopyState, FileRole, Mark, PaperState, Turn
from office.rows import arrivals, keeping, recording
from office.rows.access import access
from office.rows.arrivals import Arrival
from office.rows.finding import dossier_of_paper, find_copy, find_dossier, find_paper
from office.rows.nouns import copy_of, field_of, page_of, paper_of
from office.tables import accounts, copies, dossiers, fields, pages, papers
from office.value import Office
from office.views import turns
from scanner_adapters.folder.watched import WatchedFolder
from storage import ledger
from storage.database import reading, writing

MOST_LINES = 300
FINISHED_COPIES = (CopyState.DELIVERED, CopyState.REFUSED, CopyState.VOID, CopyState.CANCELLED)
FINISHED_LINES = 50
LOOKS = frozenset({"paper_viewed", "file_opened"})  # told to the archivist, not on the paper's own page


@dataclass(frozen=True)
class Line:
    """One paper of the list: where it is, and what is next for whom."""

    paper: Paper
    dossier_code: str
    requester: str
    procedure: str
    copies: tuple[Copy, ...]
    step: turns.Waiting
    mine: bool
    needs_a_look: bool

    @property
    def states(self) -> tuple[str, ...]:
        """The paper's state, then each copy's."""
        return (self.paper.state, *(copy.state for copy in self.copies))


@dataclass(frozen=True)
class CopySeen:
    """A copy with its files and what is next."""

    row: Copy
    step: turns.Waiting
    files: tuple[FileKept, ...]


@dataclass(frozen=True)
class Event:
    """One entry of the ledger about a paper, told by name."""

    what: str
    at: datetime
    who: str
    body: Mapping[str, Any]
    subject: str


@dataclass(frozen=True)
class PaperSeen:
    """Everything a screen shows of one paper."""

    row: Paper
    dossier: Dossier
    step: turns.Waiting
    electronic: bool
    came_signed: bool
    pages: tuple[PageRead, ...]
    page_count: int
    fields: tuple[FieldRead, ...]
    files: tuple[FileKept, ...]
    verified: tuple[Arrival, ...]  # its PDFs, with what was found of them as they came
    copies: tuple[CopySeen, ...]
    history: tuple[Event, ...]
    people: Mapping[str, str]  # full names by account id


@dataclass(frozen=True)
class FileHandedOut:
    """A file for somebody: where its bytes lie now, what they are, what to call them."""

    path: Path
    media_type: str
    name: str


def list_papers(office: Office, actor: Actor) -> tuple[Line, ...]:
    """What this actor may see of the work at hand, in the order it should be done.

    First what waits for this actor, then what the machine gave up, what waits for others, what the machine
    does; last the newest finished papers. Within each, the oldest first.
    """
    with reading(office.engine) as connection:
        found = _open_papers(connection, actor) + _finished_papers(connection, actor)
        lines = _with_copies(connection, actor, found)
    return tuple(sorted(lines, key=_order))


def see_paper(office: Office, actor: Actor, paper_id: str) -> PaperSeen:
    """One paper with its pages, fields, files, copies and history.

    Raises: DeskFault(NOT_FOUND), also for a paper this actor may not see.
    """
    with reading(office.engine) as connection:
        paper = find_paper(connection, paper_id, actor)
        seen = _whole_paper(connection, actor, paper)
    if paper.sensitivity >= Sensitivity.RESTRICTED:
        with writing(office.engine) as connection:
            recording.note(connection, office, actor, "paper_viewed", paper_id)
    return seen


def stamp_of_paper(office: Office, actor: Actor, paper_id: str) -> str:
    """A short text that changes whenever the paper's page would look different."""
    with reading(office.engine) as connection:
        paper = find_paper(connection, paper_id, actor)
        done = connection.execute(sa.select(sa.func.count()).where(pages.c.paper == paper_id)).scalar_one()
        own = sa.select(copies).where(copies.c.paper == paper_id, access(actor, copies))
        parts = [_stamp(copy_of(row)) for row in connection.execute(own.order_by(copies.c.ordinal))]
    return ".".join([_stamp(paper), str(done), *parts])


def open_file(office: Office, actor: Actor, file_id: str, folder: Path) -> FileHandedOut:
    """Bring a kept file into `folder` for this actor; the ledger says who took what.

    Raises: DeskFault(NOT_FOUND), also for a file of a paper this actor may not see.
    """
    with reading(office.engine) as connection:
        kept = keeping.file_named(connection, file_id)
        paper = find_paper(connection, kept.paper, actor)
        dossier = dossier_of_paper(connection, paper)
    path = keeping.fetch(office, kept.sha256, folder / kept.sha256)
    with writing(office.engine) as connection:
        told = {"file": file_id, "role": kept.role, "sha256": kept.sha256}
        recording.note(connection, office, actor, "file_opened", kept.copy or kept.paper, **told)
    return FileHandedOut(path, kept.media_type, _file_name(dossier.code, paper.ordinal, kept))


def paper_of_copy(office: Office, actor: Actor, copy_id: str) -> str:
    """The id of the paper a copy is of. Raises: DeskFault(NOT_FOUND)."""
    with reading(office.engine) as connection:
        return find_copy(connection, copy_id, actor).paper


def see_dossier(office: Office, actor: Actor, dossier_id: str) -> tuple[Dossier, tuple[Paper, ...]]:
    """A dossier and its papers. Raises: DeskFault(NOT_FOUND)."""
    with reading(office.engine) as connection:
        dossier = find_dossier(connection, dossier_id, actor)
        own = sa.select(papers).where(papers.c.dossier == dossier_id, access(actor, papers))
        rows = connection.execute(own.order_by(papers.c.ordinal))
        return dossier, tuple(paper_of(row) for row in rows)


def waiting_scans(office: Office) -> tuple[str, ...]:
    """Names of the files that lie in the watched folder."""
    return tuple(path.name for path in WatchedFolder(office.inbox, office.clock).waiting())


@dataclass(frozen=True)
class _Found:
    paper: Paper
    dossier_code: str
    requester: str
    procedure: str


def _unfinished(actor: Actor) -> sa.Select[Any]:
    """The papers with an unfinished copy, as far as this actor may know."""
    return sa.select(copies.c.paper).where(copies.c.state.not_in(FINISHED_COPIES), access(actor, copies))


def _open_papers(connection: Connection, actor: Actor) -> list[_Found]:
    is_open = (papers.c.state != PaperState.ARCHIVED) | papers.c.fault.is_not(None)
    is_open |= papers.c.id.in_(_unfinished(actor))
    chosen = _papers_and_dossiers(actor).where(is_open).order_by(papers.c.scanned_at)
    return _papers_found(connection, chosen.limit(MOST_LINES))


def _finished_papers(connection: Connection, actor: Actor) -> list[_Found]:
    is_done = (papers.c.state == PaperState.ARCHIVED) & papers.c.fault.is_(None)
    is_done &= papers.c.id.not_in(_unfinished(actor))
    chosen = _papers_and_dossiers(actor).where(is_done).order_by(papers.c.scanned_at.desc())
    return _papers_found(connection, chosen.limit(FINISHED_LINES))


def _papers_and_dossiers(actor: Actor) -> sa.Select[Any]:
    named = (dossiers.c.code.label("dossier_code"), dossiers.c.requester, dossiers.c.procedure)
    joined = sa.select(papers, *named).join(dossiers, papers.c.dossier == dossiers.c.id)
    return joined.where(access(actor, papers))


def _papers_found(connection: Connection, chosen: sa.Select[Any]) -> list[_Found]:
    rows = connection.execute(chosen)
    return [_Found(paper_of(row), row.dossier_code, row.requester, row.procedure) for row in rows]


def _with_copies(connection: Connection, actor: Actor, papers_found: Sequence[_Found]) -> list[Line]:
    ids = [found.paper.id for found in papers_found]
    own = sa.select(copies).where(copies.c.paper.in_(ids), access(actor, copies))
    by_paper: dict[str, list[Copy]] = {}
    for row in connection.execute(own.order_by(copies.c.ordinal)):
        by_paper.setdefault(row.paper, []).append(copy_of(row))
    return [_line(actor, found, tuple(by_paper.get(found.paper.id, ()))) for found in papers_found]


def _line(actor: Actor, found: _Found, own_copies: tuple[Copy, ...]) -> Line:
    things: tuple[Paper | Copy, ...] = (found.paper, *own_copies)
    steps = [turns.waits_for(thing) for thing in things]
    step = min(steps, key=lambda one: _urgency(actor, one))
    return Line(
        paper=found.paper,
        dossier_code=found.dossier_code,
        requester=found.requester,
        procedure=found.procedure,
        copies=own_copies,
        step=step,
        mine=turns.is_turn_of(actor, step),
        needs_a_look=any(thing.needs_a_look for thing in things),
    )


def _urgency(actor: Actor, step: turns.Waiting) -> int:
    if turns.is_turn_of(actor, step):
        return 0
    return {Turn.MACHINE: 2, Turn.NOBODY: 3}.get(step.turn, 1)


def _order(line: Line) -> tuple[int, float]:
    age = line.paper.scanned_at.timestamp()
    if line.mine:
        return 0, age
    if line.needs_a_look:
        return 1, age
    if line.step.turn is Turn.NOBODY:
        return 4, -age
    return (3 if line.step.turn is Turn.MACHINE else 2), age


def _whole_paper(connection: Connection, actor: Actor, paper: Paper) -> PaperSeen:
    dossier = dossier_of_paper(connection, paper)
    kept = keeping.files_of(connection, paper.id)
    own = (
        sa.select(copies).where(copies.c.paper == paper.id, access(actor, copies)).order_by(copies.c.ordinal)
    )
    seen = tuple(_copy_seen(copy_of(row), kept) for row in connection.execute(own))
    masters = sum(file.role == FileRole.MASTER for file in kept)
    has_been_read = any(file.role == FileRole.DIGITIZED for file in kept)
    read_pages = sa.select(pages).where(pages.c.paper == paper.id).order_by(pages.c.page)
    return PaperSeen(
        row=paper,
        dossier=dossier,
        step=turns.waits_for(paper),
        electronic=has_been_read and digitizing.is_electronic(connection, paper.id),
        came_signed=has_been_read and digitizing.came_signed(connection, paper.id),
        pages=tuple(page_of(row) for row in connection.execute(read_pages)),
        page_count=paper.page_count or masters,
        fields=_fields(connection, paper.id),
        files=tuple(file for file in kept if not file.copy),
        verified=arrivals.verified_in(connection, paper.id),
        copies=seen,
        history=_history(connection, paper, dossier, [copy.row for copy in seen]),
        people=_names(connection),
    )


def _fields(connection: Connection, paper_id: str) -> tuple[FieldRead, ...]:
    rows = connection.execute(sa.select(fields).where(fields.c.paper == paper_id))
    return tuple(field_of(row) for row in rows)


def _copy_seen(copy: Copy, kept: Sequence[FileKept]) -> CopySeen:
    return CopySeen(copy, turns.waits_for(copy), tuple(file for file in kept if file.copy == copy.id))


def _history(
    connection: Connection, paper: Paper, dossier: Dossier, own_copies: Sequence[Copy]
) -> tuple[Event, ...]:
    """What was done to the paper and its copies, oldest first; who looked is told to the archivist alone."""
    names = _names(connection)
    ordinals = [paper.ordinal, *(copy.ordinal for copy in own_copies)]
    ours = {archive_name(dossier.code, ordinal) for ordinal in ordinals}
    told = [
        entry
        for entry in ledger.backwards(connection, (dossier.code,), LOOKS)
        if entry.body.get("paper") == paper.id or ours & set(entry.body.get("files", ()))
    ]
    told += ledger.backwards(connection, (paper.id, *(copy.id for copy in own_copies)), LOOKS)
    told.sort(key=lambda entry: entry.seq)
    return tuple(
        Event(entry.what, entry.at, names.get(entry.actor, ""), entry.body, entry.subject) for entry in told
    )


def _names(connection: Connection) -> dict[str, str]:
    return {
        row.id: row.full_name for row in connection.execute(sa.select(accounts.c.id, accounts.c.full_name))
    }


def _stamp(thing: Paper | Copy) -> str:
    marks = "".join("x" if mark in thing.marks else "-" for mark in (Mark.CONFIRMED, Mark.SEALED))
    return f"{thing.fence}{thing.state}{thing.fault or ''}{marks}{'w' if thing.owner else ''}"


def _file_name(code: str, ordinal: int, kept: FileKept) -> str:
    suffix = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}.get(kept.media_type, "")
    return f"{code}.{ordinal}-{kept.role}-{kept.ordinal}{suffix}"
