"""What those who watch the server see: what is under way, how old it is, what failed, what room is left."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from office.desk.upkeep.rereading import damaged_units
from office.procedure import CopyState, PaperState
from office.tables import chores, copies, papers
from office.value import Office
from storage import ledger
from storage.database import reading
from storage.objects import Key

LEAST_FREE_BYTES = 200_000_000  # below it a page may not fit; `doctor` warns ten times earlier
MADE = ("backup_made", "restore_drilled")
DONE_WITH = (CopyState.DELIVERED, CopyState.REFUSED, CopyState.VOID, CopyState.CANCELLED)
PROBE = Key("watch/is-there")  # never put: the store is asked whether it answers


@dataclass(frozen=True)
class Figures:
    """The house at one instant; ages in seconds.

    `stuck`: rows that a person has to look at, by table; `since`: how long ago a chore was done, a backup or
    a drill was made.
    """

    papers: Mapping[str, int]
    copies: Mapping[str, int]
    stuck: Mapping[str, int]
    since: Mapping[str, float]
    ledger_entries: int
    damaged_files: int


def figures(office: Office) -> Figures:
    """The house as it stands. Raises: StorageFault UNREACHABLE, BUSY."""
    now = office.clock()
    with reading(office.engine) as connection:
        open_papers = sa.select(papers.c.state, sa.func.count()).where(papers.c.state != PaperState.ARCHIVED)
        open_copies = sa.select(copies.c.state, sa.func.count()).where(copies.c.state.not_in(DONE_WITH))
        done = sa.select(chores.c.name, sa.func.max(chores.c.done_at)).group_by(chores.c.name)
        stuck = {
            table.name: int(connection.execute(_given_up(table)).scalar_one())
            for table in (papers, copies, chores)
        }
        at = {f"chore {name}": at for name, at in connection.execute(done) if at is not None}
        for entry in ledger.backwards(connection, ["backup"]):
            at.setdefault(entry.what, entry.at)
            if len(at.keys() & set(MADE)) == len(MADE):
                break
        return Figures(
            papers=_counted(connection.execute(open_papers.group_by(papers.c.state))),
            copies=_counted(connection.execute(open_copies.group_by(copies.c.state))),
            stuck=stuck,
            since={name: (now - then).total_seconds() for name, then in at.items()},
            ledger_entries=ledger.length(connection),
            damaged_files=sum(count for _, count in damaged_units(connection)),
        )


def readiness(office: Office) -> Mapping[str, bool]:
    """Which of what every act needs answers now: the database, the objects, the disk."""
    asked: Mapping[str, Callable[[], object]] = {
        "database": lambda: _ask_database(office),
        "objects": lambda: office.objects.has(PROBE),
        "disk": lambda: _write(office),
    }
    return {name: _answers(ask) for name, ask in asked.items()}


def free_bytes(office: Office) -> int:
    """How much room is left where the data are."""
    return shutil.disk_usage(office.settings.data).free


def _ask_database(office: Office) -> None:
    with reading(office.engine) as connection:
        connection.execute(sa.text("SELECT 1"))


def _write(office: Office) -> None:
    if free_bytes(office) < LEAST_FREE_BYTES:
        raise OSError("nearly full")
    with tempfile.TemporaryFile(dir=office.settings.data / "work") as written:
        written.write(b"x")
        written.flush()


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except Exception:  # noqa: BLE001 whatever it is, it does not answer
        return False
    return True


def _given_up(table: sa.Table) -> sa.Select[int]:
    chosen = sa.select(sa.func.count()).select_from(table)
    return chosen.where(table.c.fault.is_not(None), table.c.retry_at.is_(None))


def _counted(found: Iterable[Any]) -> dict[str, int]:
    return {str(state): int(count) for state, count in found}
