"""What a machine can do now: the rows are the queue, and this reads it.

A piece of due work is ids alone, so that any engine can carry it: whoever takes it up asks the row again.
"""

import heapq
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.desk import archiving, digitizing, issuing, searching
from office.desk.upkeep import recording_rows, releasing, replicating, rereading, sealing
from office.nouns import Chore, Copy, Paper
from office.procedure import CERTIFIED_COPY_STEPS, PAPER_STEPS, Act, Kind, Turn, step_of
from office.rows import claims
from office.rows.waiting import dossiers_at_work, waiting_chores, waiting_copies, waiting_papers
from office.tables import chores, copies, papers
from office.value import Office
from office.work.chores import act_of, places_of
from storage.database import reading

MOST_DUE = 100
SECONDS_A_MINUTE = 60
NEVER = datetime.min.replace(tzinfo=UTC)
TABLES: Mapping[str, sa.Table] = {table.name: table for table in (papers, copies, chores)}

Perform = Callable[[Office, claims.Claim], None]
ACTS: Mapping[str, Perform] = {
    perform.__name__: perform
    for perform in (
        digitizing.read_paper,
        digitizing.extract_fields,
        archiving.archive_result,
        issuing.issue_copy,
        archiving.archive_copy,
        searching.index_papers,
        recording_rows.write_records,
        sealing.seal_ledger,
        rereading.reread_archive,
        replicating.replicate_archive,
        releasing.release_archived,
    )
}
PAPER_ACTS = {state: step.act for step in PAPER_STEPS if step.by is Turn.MACHINE for state in step.before}
ISSUING_STATES = frozenset(
    state
    for step in CERTIFIED_COPY_STEPS
    if step.by is Turn.MACHINE and not step.aside
    for state in step.before
)
ARCHIVING = step_of(Kind.CERTIFIED_COPY, Act.ARCHIVE_COPY)


@dataclass(frozen=True)
class Due:
    """One row with work waiting (table and id), the act that does it, and the row's fence when found.

    `minute`: since which it waits, in minutes of the epoch. `is_bound`: only the process that found it can do
    it, where the key or the index is that it needs.
    """

    table: str
    id: str
    act: str
    fence: int
    minute: int = 0
    is_bound: bool = False


Mine = Callable[[str, Paper | Copy | Chore], bool]


def anybodys(_act: str, _thing: Paper | Copy | Chore) -> bool:
    """The usual owner of work: whoever comes first."""
    return True


def due_work(office: Office, limit: int = MOST_DUE, mine: Mine = anybodys) -> tuple[Due, ...]:
    """What a machine can do now, oldest first.

    Args:
        office: whose rows.
        limit: how many pieces of work at most.
        mine: may this act on this thing be done here? Some can only be done where their key is.
    """
    now = office.clock()
    with reading(office.engine) as connection, ExitStack() as opened:
        streams = (
            _papers(connection, now),
            _copies_to_issue(connection, office, now),
            _copies_to_archive(connection, now),
            _chores(connection, office, now),
        )
        for stream in streams:
            opened.enter_context(closing(stream))
        oldest_first = heapq.merge(*streams, key=lambda waiting: waiting.since)
        at_work = dossiers_at_work(connection, now)
        return tuple(islice(_possible(oldest_first, at_work, mine), limit))


@dataclass(frozen=True)
class _Waiting:
    since: datetime
    act: str
    table: sa.Table
    thing: Paper | Copy | Chore
    dossier: str = ""  # whose description the act writes, which one act does at a time
    is_bound: bool = False

    @property
    def due(self) -> Due:
        minute = int(self.since.timestamp() // SECONDS_A_MINUTE)
        return Due(self.table.name, self.thing.id, self.act, self.thing.fence, minute, self.is_bound)


Found = Generator[_Waiting, None, None]


def _possible(found: Iterable[_Waiting], at_work: frozenset[str], mine: Mine) -> Iterator[Due]:
    for waiting in found:
        if waiting.dossier not in at_work and mine(waiting.act, waiting.thing):
            yield waiting.due


def _papers(connection: Connection, now: datetime) -> Found:
    for paper in waiting_papers(connection, now, PAPER_ACTS):
        act = PAPER_ACTS[paper.state]
        dossier = paper.dossier if act is Act.ARCHIVE_RESULT else ""
        yield _Waiting(paper.scanned_at, act, papers, paper, dossier)


def _copies_to_issue(connection: Connection, office: Office, now: datetime) -> Found:
    for copy, _ in waiting_copies(connection, now, ISSUING_STATES, copies.c.compared_at):
        if issuing.may_go_on(office, copy):
            bound = issuing.needs_key(office, copy)
            yield _Waiting(copy.compared_at, issuing.issue_copy.__name__, copies, copy, is_bound=bound)


def _copies_to_archive(connection: Connection, now: datetime) -> Found:
    for copy, dossier in waiting_copies(connection, now, ARCHIVING.before, copies.c.issued_at):
        if ARCHIVING.is_open(copy.state, copy.marks):
            yield _Waiting(copy.issued_at or NEVER, Act.ARCHIVE_COPY, copies, copy, dossier)


def _chores(connection: Connection, office: Office, now: datetime) -> Found:
    for chore in waiting_chores(connection, now, places_of(office)):
        act = act_of(connection, office, chore)
        if act is not None:
            yield _Waiting(chore.done_at or NEVER, act, chores, chore, is_bound=bool(chore.place))
