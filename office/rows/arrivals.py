"""Every page that ever came: its row, and where it lies now. A paper's pages are its masters in `files`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from certify.verdict import Indication, Verdict
from foundation.clock import on_paper
from office.faults import DeskCode, DeskFault
from office.nouns import Actor, Sensitivity
from office.procedure import FileRole
from office.rows import keeping
from office.rows.access import access
from office.rows.places import Former, Places
from office.tables import accounts, arrivals, files, papers
from office.value import Office
from storage.objects import Kept


@dataclass(frozen=True)
class Checked:
    """A PDF was verified as it came: when, and the verdict; None for what the verifier calls no document."""

    at: datetime
    verdict: Verdict | None

    @property
    def is_refused(self) -> bool:
        """Does it bear signatures that are broken?"""
        return self.verdict is not None and self.verdict.indication is Indication.TOTAL_FAILED


@dataclass(frozen=True)
class Arrival:
    """One page that came, with the scanner's evidence, and where it lies now.

    Args:
        id: the page's for good.
        dossier: for which it came; empty when nobody has said.
        paper: where it lies; empty while it waits or is set aside.
        left_paper: which paper it was set aside from; empty when from none.
        aside_at: since when it is set aside, None when it is not.
        checked: what was found of a PDF; None for all others, and until it was verified.
    """

    id: str
    job: str
    sequence: int
    sha256: str
    media_type: str
    evidence: Mapping[str, Any]
    arrived_at: datetime
    dossier: str
    paper: str
    left_paper: str
    aside_at: datetime | None
    sensitivity: Sensitivity
    checked: Checked | None = None

    @property
    def is_pdf(self) -> bool:
        """Can it bear signatures?"""
        return self.media_type == keeping.PDF

    @property
    def frames(self) -> int:
        """How many pages are in the file (PDF, TIFF)."""
        return int(self.evidence.get("frames", 1))


CHECKED: TypeAdapter[Checked] = TypeAdapter(Checked)


@dataclass(frozen=True)
class Guard:
    """Whose a page is before it lies in a paper: for which dossier it came, its unit, its sensitivity."""

    dossier: str
    unit: str
    sensitivity: int


def enter(
    connection: Connection, office: Office, evidence: Mapping[str, Any], kept: Kept, guard: Guard
) -> bool:
    """Write down a page that came, as one that waits; False when it is known already."""
    job, sequence = evidence["job"], evidence["sequence"]
    known = sa.select(arrivals.c.id).where(arrivals.c.job == job, arrivals.c.sequence == sequence)
    if connection.execute(known).first():
        return False
    connection.execute(
        sa.insert(arrivals).values(
            id=office.new_id(),
            job=job,
            sequence=sequence,
            sha256=kept.sha256,
            size_bytes=kept.size_bytes,
            media_type=evidence["media_type"],
            evidence=evidence,
            arrived_at=office.clock(),
            dossier=guard.dossier or None,
            unit=guard.unit,
            sensitivity=guard.sensitivity,
        )
    )
    return True


def of_job(connection: Connection, job: str) -> tuple[Arrival, ...]:
    """The pages of one scan job that wait, in the order in which they came."""
    is_waiting = arrivals.c.paper.is_(None) & arrivals.c.aside_at.is_(None)
    chosen = sa.select(arrivals).where(arrivals.c.job == job, is_waiting).order_by(arrivals.c.sequence)
    return tuple(_arrival(row) for row in connection.execute(chosen))


def loose(connection: Connection, actor: Actor) -> tuple[Arrival, ...]:
    """The pages in no paper that this actor may see, in the order in which they came."""
    chosen = sa.select(arrivals).where(arrivals.c.paper.is_(None), access(actor, arrivals))
    rows = connection.execute(chosen.order_by(arrivals.c.arrived_at, arrivals.c.job, arrivals.c.sequence))
    return tuple(_arrival(row) for row in rows)


def count_waiting(connection: Connection, actor: Actor) -> int:
    """How many pages wait for somebody to receive them."""
    is_waiting = arrivals.c.paper.is_(None) & arrivals.c.aside_at.is_(None)
    chosen = sa.select(sa.func.count()).select_from(arrivals).where(is_waiting, access(actor, arrivals))
    return int(connection.execute(chosen).scalar_one())


def find(connection: Connection, page_id: str, actor: Actor) -> Arrival:
    """One page, wherever it lies. Raises: DeskFault(NOT_FOUND), also for one this actor may not see."""
    (found,) = find_all(connection, [page_id], actor)
    return found


def find_all(connection: Connection, page_ids: Sequence[str], actor: Actor) -> tuple[Arrival, ...]:
    """These pages, in this order. Raises: DeskFault(NOT_FOUND) unless this actor may see all of them."""
    chosen = sa.select(arrivals).where(arrivals.c.id.in_(page_ids), access(actor, arrivals))
    by_id = {row.id: _arrival(row) for row in connection.execute(chosen)}
    missing = [page for page in page_ids if page not in by_id]
    if missing:
        raise DeskFault(DeskCode.NOT_FOUND, missing[0])
    return tuple(by_id[page] for page in page_ids)


def verified_in(connection: Connection, paper: str) -> tuple[Arrival, ...]:
    """The PDFs among a paper's pages that were verified, in the order in which they came."""
    chosen = sa.select(arrivals).where(arrivals.c.paper == paper, arrivals.c.checked.is_not(None))
    rows = connection.execute(chosen.order_by(arrivals.c.arrived_at, arrivals.c.sequence))
    return tuple(_arrival(row) for row in rows)


def write_checked(connection: Connection, sha256: str, checked: Checked) -> None:
    """Write down what was found of a PDF, in every row of the same bytes; what stands there already stays."""
    told = CHECKED.dump_python(checked, mode="json")
    these = sa.update(arrivals).where(arrivals.c.sha256 == sha256, arrivals.c.checked.is_(None))
    connection.execute(these.values(checked=told))


def who_moved(connection: Connection, page_id: str) -> str:
    """Who last moved the page, and when, as told to people; empty when nobody did."""
    joined = sa.select(arrivals.c.moved_at, accounts.c.full_name).join(
        accounts, arrivals.c.moved_by == accounts.c.id
    )
    row = connection.execute(joined.where(arrivals.c.id == page_id)).one_or_none()
    if row is None:
        return ""
    name = row.full_name.replace("(", "").replace(")", "")  # it is told within brackets
    return f"{name}, {on_paper(row.moved_at):%H:%M %d.%m.%Y}"


def lie(connection: Connection, paper_ids: Sequence[str], loose_pages: Sequence[str]) -> Places:
    """Where the pages of these papers lie, those set aside from them, and these loose ones.

    The loose ones are held until the end of the transaction. Who changes a paper's pages holds a claim on it.
    """
    order = {paper: tuple(master.id for master in keeping.masters(connection, paper)) for paper in paper_ids}
    held = arrivals.c.id.in_(loose_pages) | arrivals.c.left_paper.in_(paper_ids)
    chosen = sa.select(arrivals).where(held, arrivals.c.paper.is_(None)).order_by(arrivals.c.id)
    rows = list(connection.execute(chosen.with_for_update()))
    return Places(
        order,
        frozenset(row.id for row in rows if row.aside_at is None),
        {row.id: _former(row) for row in rows if row.aside_at is not None},
    )


def lay(connection: Connection, office: Office, actor: Actor, before: Places, after: Places) -> None:
    """Write down where pages lie now: the difference between `before`, which `lie` told, and `after`."""
    at = office.clock()
    was, now = _whereabouts(before), _whereabouts(after)
    for page, where in now.items():
        if where != was[page]:
            paper, former, is_aside = where
            values: dict[str, Any] = {
                "paper": paper or None,
                "left_paper": former.paper if former else None,
                "left_place": former.place if former else None,
                "aside_at": at if is_aside else None,
                "moved_by": actor.account,
                "moved_at": at,
            }
            if paper:  # whose it is was said by whoever put it there
                whose = sa.select(papers.c.dossier).where(papers.c.id == paper)
                values["dossier"] = whose.scalar_subquery()
            connection.execute(sa.update(arrivals).where(arrivals.c.id == page).values(**values))
    for paper, order in after.papers.items():
        if order != before.papers[paper]:
            _write_masters(connection, paper, order, at)


def guard_pages(connection: Connection, pages: Sequence[str], unit: str, sensitivity: int) -> None:
    """A page is as sensitive as the paper it lies in."""
    changed = sa.update(arrivals).where(arrivals.c.id.in_(pages))
    connection.execute(changed.values(unit=unit, sensitivity=sensitivity))


def supersede(connection: Connection, office: Office, job: str, sequence: int) -> None:
    """Set a waiting page aside because its file has come again with more in it."""
    is_waiting = arrivals.c.paper.is_(None) & arrivals.c.aside_at.is_(None)
    this = sa.update(arrivals).where(arrivals.c.job == job, arrivals.c.sequence == sequence, is_waiting)
    connection.execute(this.values(aside_at=office.clock()))


def _whereabouts(places: Places) -> dict[str, tuple[str, Former | None, bool]]:
    found = {page: (paper, None, False) for paper, pages in places.papers.items() for page in pages}
    loose_pages: dict[str, tuple[str, Former | None, bool]] = dict.fromkeys(places.waiting, ("", None, False))
    return found | loose_pages | {page: ("", former, True) for page, former in places.aside.items()}


def _write_masters(connection: Connection, paper: str, order: Sequence[str], at: datetime) -> None:
    """The paper's masters anew: a page keeps its id wherever it stands."""
    these = (files.c.paper == paper, files.c.role == FileRole.MASTER, files.c.copy == "")
    connection.execute(sa.delete(files).where(*these))
    rows = {row.id: row for row in connection.execute(sa.select(arrivals).where(arrivals.c.id.in_(order)))}
    for ordinal, page in enumerate(order, start=1):
        row = rows[page]
        connection.execute(
            sa.insert(files).values(
                id=page,
                paper=paper,
                role=FileRole.MASTER,
                ordinal=ordinal,
                sha256=row.sha256,
                size_bytes=row.size_bytes,
                media_type=row.media_type,
                kept_at=at,
                evidence=row.evidence,
            )
        )


def _former(row: Row[Any]) -> Former | None:
    return Former(row.left_paper, row.left_place) if row.left_paper else None


def _arrival(row: Row[Any]) -> Arrival:
    return Arrival(
        id=row.id,
        job=row.job,
        sequence=row.sequence,
        sha256=row.sha256,
        media_type=row.media_type,
        evidence=row.evidence,
        arrived_at=row.arrived_at,
        dossier=row.dossier or "",
        paper=row.paper or "",
        left_paper=row.left_paper or "",
        aside_at=row.aside_at,
        sensitivity=Sensitivity(row.sensitivity),
        checked=CHECKED.validate_python(row.checked) if row.checked else None,
    )
