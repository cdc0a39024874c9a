"""What arrived and lies in no paper: pages that wait or were set aside, and files that were no pages.

Looking takes over what a crash left in the spool, so that a reload shows whatever there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from office.desk.arriving import enter_left
from office.desk.sorting import CHANGEABLE
from office.faults import DeskCode, DeskFault
from office.nouns import Actor, Dossier, Paper, Sensitivity
from office.procedure import Role
from office.rows import arrivals, keeping, recording
from office.rows.arrivals import Arrival
from office.rows.finding import dossier_of_paper, find_dossier, find_paper
from office.value import Office
from office.views.pictures import picture_of
from scanner_adapters.folder.counters import Turn
from scanner_adapters.folder.watched import QUARANTINE
from storage.database import reading, writing

PAUSE = timedelta(minutes=1)  # longer than between the sheets of one stack
MOST_REFUSED = 30
REASON = ".reason"


@dataclass(frozen=True)
class Batch:
    """Waiting pages that came in one go; `dossier` is the one they came for, None when nobody has said."""

    pages: tuple[Arrival, ...]
    dossier: Dossier | None

    @property
    def key(self) -> str:
        """What a form calls it: its first page."""
        return self.pages[0].id

    @property
    def at(self) -> datetime:
        """When its first page was made."""
        return _made_at(self.pages[0])

    @property
    def turns(self) -> tuple[str, ...]:
        """What happened to the counter in its files' names (scanner_adapters.folder.counters)."""
        return turns_of(self.pages)


@dataclass(frozen=True)
class RefusedFile:
    """A file of the watched folder that was no page: its name here, what it was called, why, since when."""

    file: str
    name: str
    code: str
    at: datetime


@dataclass(frozen=True)
class WaitingSeen:
    """Everything that lies in no paper, as far as this actor may see it."""

    batches: tuple[Batch, ...]
    aside: tuple[Arrival, ...]
    refused: tuple[RefusedFile, ...]

    @property
    def pages(self) -> tuple[Arrival, ...]:
        """Every page that waits."""
        return tuple(page for batch in self.batches for page in batch.pages)


@dataclass(frozen=True)
class PaperPages:
    """A paper's pages, those set aside from it, and those that may become its pages."""

    paper: Paper
    dossier: Dossier
    pages: tuple[Arrival, ...]
    aside: tuple[Arrival, ...]
    batches: tuple[Batch, ...]

    @property
    def is_changeable(self) -> bool:
        """May pages still come and go?"""
        return self.paper.state in CHANGEABLE

    @property
    def turns(self) -> tuple[str, ...]:
        """What happened to the counter in its files' names."""
        return turns_of(self.pages)


def turns_of(pages: Sequence[Arrival]) -> tuple[str, ...]:
    """Why a person should look at the order of these pages, each reason once."""
    flags = [flag for page in pages for flag in page.evidence.get("flags", ())]
    return tuple(turn for turn in Turn if turn in flags)


def see_waiting(office: Office, actor: Actor, dossier_id: str | None = None) -> WaitingSeen:
    """What waits; with a dossier's id (or "") only what came for it and for nobody named.

    Raises: DeskFault(NOT_ALLOWED) for whoever is no clerk.
    """
    actor.require(Role.CLERK)
    enter_left(office)
    with reading(office.engine) as connection:
        loose = arrivals.loose(connection, actor)
        known = {
            page.dossier: find_dossier(connection, page.dossier, actor) for page in loose if page.dossier
        }
    wanted = [page for page in loose if dossier_id is None or page.dossier in ("", dossier_id)]
    _note_sensitive(office, actor, wanted)
    return WaitingSeen(
        tuple(
            Batch(pages, known.get(pages[0].dossier))
            for pages in _in_one_go([page for page in wanted if page.aside_at is None])
        ),
        tuple(page for page in wanted if page.aside_at is not None),
        refused_files(office),
    )


def count_waiting(office: Office, actor: Actor) -> int:
    """How many pages wait for a clerk; none for anybody else."""
    if Role.CLERK not in actor.roles:
        return 0
    enter_left(office)
    with reading(office.engine) as connection:
        return arrivals.count_waiting(connection, actor)


def see_pages(office: Office, actor: Actor, paper_id: str) -> PaperPages:
    """The pages of a paper. Raises: DeskFault NOT_FOUND, NOT_ALLOWED."""
    actor.require(Role.CLERK)
    with reading(office.engine) as connection:
        paper = find_paper(connection, paper_id, actor)
        dossier = dossier_of_paper(connection, paper)
        order = [master.id for master in keeping.masters(connection, paper_id)]
        pages = arrivals.find_all(connection, order, actor)
    _note_sensitive(office, actor, pages)
    seen = see_waiting(office, actor, paper.dossier)
    aside = tuple(page for page in seen.aside if page.left_paper == paper_id)
    return PaperPages(paper, dossier, pages, aside, seen.batches)


def loose_picture(office: Office, actor: Actor, page_id: str, width: int) -> Path:
    """The picture of a page that came, wherever it lies; of a file of several pages, its first.

    Raises: DeskFault(NOT_FOUND), also for one this actor may not see; ChildFault when it cannot be drawn.
    """
    with reading(office.engine) as connection:
        page = arrivals.find(connection, page_id, actor)
    return picture_of(office, page.sha256, 1, width)


def refused_files(office: Office) -> tuple[RefusedFile, ...]:
    """The files of the watched folder that were moved aside, the newest first."""
    folder = office.inbox / QUARANTINE
    reasons = sorted(folder.glob(f"*{REASON}"), reverse=True)[:MOST_REFUSED] if folder.is_dir() else []
    return tuple(_refused(path) for path in reasons)


def open_refused(office: Office, actor: Actor, file: str) -> Path:
    """A file that was moved aside, for a clerk to look at; the ledger says who took it.

    Raises: DeskFault NOT_FOUND, NOT_ALLOWED.
    """
    actor.require(Role.CLERK)
    if file not in {one.file for one in refused_files(office)}:
        raise DeskFault(DeskCode.NOT_FOUND, file)
    with writing(office.engine) as connection:
        recording.note(connection, office, actor, "refused_file_opened", file)
    return office.inbox / QUARANTINE / file


def _refused(reason: Path) -> RefusedFile:
    told = reason.read_text(encoding="utf-8", errors="replace").splitlines()
    file = reason.name.removesuffix(REASON)
    at = datetime.fromtimestamp(reason.stat().st_mtime, tz=UTC)
    return RefusedFile(file, told[1] if len(told) > 1 else file, told[0].split(" ")[0] if told else "", at)


def _in_one_go(pages: Sequence[Arrival]) -> list[tuple[Arrival, ...]]:
    """Pages of one job that were made without a long pause between: one stack, or one upload."""
    batches: list[list[Arrival]] = []
    for page in sorted(pages, key=lambda page: (page.dossier, page.job, page.sequence)):
        last = batches[-1][-1] if batches else None
        if last and last.job == page.job and abs(_made_at(page) - _made_at(last)) <= PAUSE:
            batches[-1].append(page)
        else:
            batches.append([page])
    return sorted((tuple(batch) for batch in batches), key=lambda batch: batch[0].arrived_at)


def _made_at(page: Arrival) -> datetime:
    made = page.evidence.get("source_time_ns")
    return datetime.fromtimestamp(made / 1e9, tz=UTC) if made else page.arrived_at


def _note_sensitive(office: Office, actor: Actor, pages: Sequence[Arrival]) -> None:
    sensitive = [page.id for page in pages if page.sensitivity >= Sensitivity.RESTRICTED]
    if sensitive:
        with writing(office.engine) as connection:
            recording.note(connection, office, actor, "pages_viewed", sensitive[0], pages=sensitive)
