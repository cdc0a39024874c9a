"""Pages are received into papers, taken out, put back, moved and arranged, until the clerk signs.

Each act holds a claim on every paper whose pages change, and the pages themselves until its transaction ends:
of two people who want the same page one gets it, and the other is told who. Whatever happens to a page, it
lies somewhere and can be seen there (office.rows.places); who did it stands in the ledger.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.desk.checking import check_arrivals, require_good
from office.desk.expecting import expected_paper, insert_paper
from office.faults import DeskCode, DeskFault
from office.nouns import Actor, Paper
from office.procedure import Act, FileRole, PaperState, Role, event_of
from office.rows import arrivals, claims, keeping, places, recording
from office.rows.finding import claimed_paper, find_dossier, find_paper
from office.rows.places import Places
from office.tables import dossiers, pages, papers
from office.value import Office
from storage.database import reading, writing

CHANGEABLE = (PaperState.EXPECTED, PaperState.SCANNED, PaperState.READ)  # not signed yet
RECEIVED = event_of(Act.RECEIVE_PAGES)


@dataclass(frozen=True)
class Target:
    """Where pages are to go: into this paper, or into the dossier's paper of this title.

    seen: the pages of the paper as whoever asks has seen them; None when nobody has looked.
    """

    paper: str = ""
    dossier: str = ""
    title: str = ""
    seen: tuple[str, ...] | None = None


@dataclass(frozen=True)
class _Change:
    """One act: which pages, in which papers, what becomes of where they lie, what the ledger calls it.

    target: the paper that pages are put into; empty when none is, or one that is still to be written down.
    seen: the pages of `papers[0]`, as whoever acts has seen them; None when nobody has looked.
    """

    what: str
    chosen: tuple[str, ...]
    apply: Callable[[Places, str], Places]
    papers: tuple[str, ...] = ()
    target: str = ""
    seen: tuple[str, ...] | None = None


def receive_pages(office: Office, actor: Actor, chosen: Sequence[str], target: Target) -> str:
    """Receive pages that wait or were set aside, in this order, behind those of the target; answers its id.

    Without a paper it is the one expected under the title, else a new one. A PDF that was not verified yet is
    verified first; one whose signatures are broken is received only when that has been told before.
    Raises: DeskFault NOTHING_SCANNED for no page, SIGNATURES_BROKEN, PAGE_GONE, PAGES_CHANGED, PAGES_FIXED,
    NOT_FOUND, BUSY.
    """
    _require_verified(office, actor, chosen)

    def receive(before: Places, paper: str) -> Places:
        return places.receive(before, paper, chosen)

    paper = _paper_of(office, actor, target)
    seen = target.seen if target.paper else () if paper else None  # found because it had no page
    papers_touched = (paper,) if paper else ()
    change = _Change(RECEIVED, tuple(chosen), receive, papers_touched, paper, seen)
    return _sort(office, actor, change, target)


def move_pages(office: Office, actor: Actor, paper_id: str, chosen: Sequence[str], target: Target) -> str:
    """Move pages of a paper behind those of the target, in this or another dossier; answers the target's id.

    `target.seen` are the pages of the paper that they leave.
    Raises: as receive_pages.
    """

    def move(before: Places, paper: str) -> Places:
        return places.move(before, paper_id, paper, chosen)

    paper = _paper_of(office, actor, target)
    if paper == paper_id:
        raise DeskFault(DeskCode.PAGES_CHANGED)
    papers_touched = (paper_id, paper) if paper else (paper_id,)
    change = _Change("pages_moved", tuple(chosen), move, papers_touched, paper, target.seen)
    return _sort(office, actor, change, target)


def take_out_pages(
    office: Office, actor: Actor, paper_id: str, chosen: Sequence[str], seen: tuple[str, ...] | None = None
) -> None:
    """Set pages of a paper aside; `put_back_page` undoes it. Without any page left the paper is expected.

    Raises: as receive_pages.
    """

    def out(before: Places, _target: str) -> Places:
        return places.take_out(before, paper_id, chosen)

    _sort(office, actor, _Change(event_of(Act.TAKE_OUT_PAGES), tuple(chosen), out, (paper_id,), seen=seen))


def arrange_pages(
    office: Office, actor: Actor, paper_id: str, order: Sequence[str], seen: tuple[str, ...] | None = None
) -> None:
    """Give a paper's pages another order. Raises: as receive_pages."""

    def arranged(before: Places, _target: str) -> Places:
        return places.arrange(before, paper_id, order)

    _sort(office, actor, _Change(event_of(Act.ARRANGE_PAGES), tuple(order), arranged, (paper_id,), seen=seen))


def set_aside_pages(office: Office, actor: Actor, chosen: Sequence[str]) -> None:
    """Set waiting pages aside, because they belong to nobody; `put_back_page` undoes it.

    Raises: DeskFault NOTHING_SCANNED for no page, PAGE_GONE, NOT_FOUND.
    """

    def aside(before: Places, _target: str) -> Places:
        return places.set_aside(before, chosen)

    _sort(office, actor, _Change("pages_set_aside", tuple(chosen), aside))


def put_back_page(office: Office, actor: Actor, page_id: str) -> str:
    """Undo setting a page aside: back to its place in its paper, or among those that wait.

    Returns: the paper's id, empty when the page waits.
    Raises: DeskFault PAGE_GONE, PAGES_FIXED, NOT_FOUND, BUSY.
    """
    with reading(office.engine) as connection:
        page = arrivals.find(connection, page_id, actor)

    def back(before: Places, _target: str) -> Places:
        return places.put_back(before, page_id)

    touched = (page.left_paper,) if page.left_paper else ()
    _sort(office, actor, _Change("page_put_back", (page_id,), back, touched))
    return page.left_paper


def _require_verified(office: Office, actor: Actor, chosen: Sequence[str]) -> None:
    actor.require(Role.CLERK)
    with reading(office.engine) as connection:
        found = arrivals.find_all(connection, chosen, actor)
    require_good(check_arrivals(office, actor, found))


def _paper_of(office: Office, actor: Actor, target: Target) -> str:
    """The target's paper, if it is there already."""
    if target.paper:
        return target.paper
    with reading(office.engine) as connection:
        find_dossier(connection, target.dossier, actor)
        expected = expected_paper(connection, target.dossier, target.title)
    return expected.id if expected else ""


def _sort(office: Office, actor: Actor, change: _Change, target: Target | None = None) -> str:
    """Do the change in one transaction, with its ledger entries; answers the paper that pages came into."""
    actor.require(Role.CLERK)
    if not change.chosen:
        raise DeskFault(DeskCode.NOTHING_SCANNED)
    with reading(office.engine) as connection:
        arrivals.find_all(connection, change.chosen, actor)
        for paper in change.papers:
            _require_changeable(find_paper(connection, paper, actor))
    with _claimed(office, change.papers) as claimed, writing(office.engine) as connection:
        paper = change.target
        if target is not None and not paper:
            paper = _new_paper(connection, office, actor, target)
            claimed[paper] = claims.Claim(papers, paper, 0)  # nobody else sees the row yet
        before = arrivals.lie(connection, tuple(claimed), change.chosen)
        _require_seen(change, before)
        after = _applied(connection, change, before, paper)
        arrivals.lay(connection, office, actor, before, after)
        for claim in claimed.values():
            _follow(connection, office, actor, claim, (before, after))
        _note(connection, office, actor, change, paper)
    return paper


def _applied(connection: Connection, change: _Change, before: Places, paper: str) -> Places:
    try:
        return change.apply(before, paper)
    except DeskFault as fault:
        if fault.code is not DeskCode.PAGE_GONE:
            raise
        raise DeskFault(DeskCode.PAGE_GONE, arrivals.who_moved(connection, fault.detail)) from fault


@contextmanager
def _claimed(office: Office, paper_ids: Sequence[str]) -> Iterator[dict[str, claims.Claim]]:
    """Claims on all of them, in one order for everybody; `papers[0]` of a change stays the first.

    A machine that reads a paper gives way: it reads in vain once the pages are others.
    """
    with ExitStack() as held:
        got = {}
        for paper in sorted(paper_ids):
            got[paper] = held.enter_context(claims.held(office, papers, paper, over=PaperState.SCANNED))
        yield {paper: got[paper] for paper in paper_ids}


def _new_paper(connection: Connection, office: Office, actor: Actor, target: Target) -> str:
    dossier = find_dossier(connection, target.dossier, actor)
    return insert_paper(connection, office, actor, dossier, target.title)


def _require_seen(change: _Change, before: Places) -> None:
    if change.papers and change.seen not in (None, before.papers[change.papers[0]]):
        raise DeskFault(DeskCode.PAGES_CHANGED)


def _require_changeable(paper: Paper) -> None:
    if paper.state not in CHANGEABLE:
        raise DeskFault(DeskCode.PAGES_FIXED, paper.title)


def _follow(
    connection: Connection, office: Office, actor: Actor, claim: claims.Claim, change: tuple[Places, Places]
) -> None:
    """What became of a paper whose pages changed: what was read of it no longer holds."""
    before, after = (places_then.papers[claim.id] for places_then in change)
    paper = claimed_paper(connection, claim)
    if before == after:
        return
    _require_changeable(paper)
    found = arrivals.find_all(connection, after, actor)
    sensitivity = max(paper.sensitivity, *(page.sensitivity for page in found), 0)
    arrivals.guard_pages(connection, after, paper.unit, sensitivity)
    values: dict[str, Any] = {"page_count": None, "sensitivity": sensitivity}
    if paper.wishes:
        values["wishes"] = {**paper.wishes, "corners": []}  # they were shown by the page's number
    if not before:
        came = {"scan_job": found[0].job, "scanned_at": office.clock(), "scanned_by": actor.account}
        values |= came
    recording.move_paper(connection, claim, _act(before, after), **values)
    connection.execute(sa.delete(pages).where(pages.c.paper == claim.id))
    for role in (FileRole.DIGITIZED, FileRole.WORDS, FileRole.SIGNED_SCAN):
        keeping.detach(connection, keeping.Place(claim.id, role))


def _act(before: Sequence[str], after: Sequence[str]) -> Act:
    if not after:
        return Act.TAKE_OUT_ALL_PAGES
    if set(after) - set(before):
        return Act.RECEIVE_PAGES
    return Act.TAKE_OUT_PAGES if set(before) - set(after) else Act.ARRANGE_PAGES


def _note(connection: Connection, office: Office, actor: Actor, change: _Change, target: str) -> None:
    """Receiving stands under the dossier's code, any other act under each paper's id, or the page's own."""
    chosen = arrivals.find_all(connection, change.chosen, actor)
    told: dict[str, Any] = {"pages": list(change.chosen), "sha256": [page.sha256 for page in chosen]}
    if target:
        told["paper"] = target
    subjects = dict.fromkeys((*change.papers, *((target,) if target else ())), None) or {chosen[0].id: None}
    if change.what == RECEIVED:
        joined = sa.select(dossiers.c.code).join(papers, papers.c.dossier == dossiers.c.id)
        subjects = {connection.execute(joined.where(papers.c.id == target)).scalar_one(): None}
    for subject in subjects:
        recording.note(connection, office, actor, change.what, subject, **told)
