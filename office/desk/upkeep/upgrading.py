"""A newer form of the rows: backed up first, brought to it, checked, and brought back when a check fails.

1. Nobody may be at work meanwhile.
2. Ledger and register's log must be, entry for entry, what they were; no dossier, paper, copy or file may be
   lost; the office must open.
3. What fails brings the rows of the backup back, in the form they had. Killed meanwhile, the house has either
   its rows or none, and `restore` brings them back from the same place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from certify.book import translog
from office.desk.upkeep.backing_up import Made, back_up
from office.desk.upkeep.restoring import Ground, bring_rows, drop_tables
from office.tables import chores, copies, dossiers, files, papers
from office.value import Office
from storage import ledger
from storage.backup import rows, sets
from storage.backup.faults import BackupCode, BackupFault
from storage.backup.place import BackupPlace
from storage.database import reading

NEVER_LESS = (dossiers, papers, copies, files)
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Standing:
    """What must be the same afterwards (rule 2): ends of ledger and log, and how many rows."""

    ledger: ledger.LedgerState
    leaves: int
    root: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Upgraded:
    """From which form to which, and the backup that was made before; None when there was nothing to do."""

    before: str
    after: str
    backup: Made | None


def upgrade(
    office: Office, place: BackupPlace, ground: Ground, opens: Callable[[], object], tell: Tell
) -> Upgraded:
    """Bring the rows of a house that was opened as it is to their newest form (rules 1-3).

    Args:
        office: the house, in the form it has.
        place: where it is backed up first.
        ground: the same house, for the way back; its `migrate` knows every form.
        opens: opens the office in its newest form, as `serve` would.
        tell: told each step.

    Raises: BackupFault AT_WORK; ROLLED_BACK with the reason when a check failed and all is as it was.
    """
    before = revision_of(office.engine)
    _require_idle(office)
    tell(f"backup: {before}")
    made = back_up(office, place, tell)
    standing = _standing(office.engine)
    reason = _failing(office.engine, ground, opens, standing)
    if reason:
        tell(f"roll back: {reason}")
        _roll_back(office, place, ground, (before, made.name))
        raise BackupFault(BackupCode.ROLLED_BACK, reason)
    return Upgraded(before, revision_of(office.engine), made)


def revision_of(engine: Engine) -> str:
    """The form that the rows have."""
    with reading(engine) as connection:
        return rows.revision(connection)


def _require_idle(office: Office) -> None:
    with reading(office.engine) as connection:
        there = {table.name: table for table in rows.tables(connection)}
        for name in (papers.name, copies.name, chores.name):
            if name not in there or "lease_until" not in there[name].c:
                continue
            claimed = sa.table(name, sa.column("lease_until", papers.c.lease_until.type)).c.lease_until
            if connection.execute(sa.select(claimed).where(claimed > office.clock()).limit(1)).first():
                raise BackupFault(BackupCode.AT_WORK)


def _standing(engine: Engine) -> Standing:
    with reading(engine) as connection:
        size = translog.size(connection)
        counts = {table.name: _count(connection, table) for table in NEVER_LESS}
        return Standing(ledger.verify(connection), size, translog.root(connection, size).hex(), counts)


def _count(connection: Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _failing(engine: Engine, ground: Ground, opens: Callable[[], object], before: Standing) -> str:
    """Migrate, and say what is not as it must be; empty when all is."""
    try:
        ground.migrate("head")
        opens()
        after = _standing(engine)
    except Exception as fault:  # noqa: BLE001 whatever stops a migration, the rows go back to what they were
        return f"{type(fault).__name__}: {fault}".splitlines()[0]
    if after.ledger != before.ledger or after.ledger.first_break is not None:
        return "ledger"
    if (after.leaves, after.root) != (before.leaves, before.root):
        return "register"
    return ", ".join(name for name, count in before.counts.items() if after.counts[name] < count)


def _roll_back(office: Office, place: BackupPlace, ground: Ground, to: tuple[str, str]) -> None:
    """Every table as it was: all dropped, made in the old form, filled from the set (rule 3)."""
    revision, name = to
    with office.work_folder() as work:
        place.fetch_set(name, work / "set")
        tables = sets.summary(work / "set").tables
        drop_tables(office.engine, tables)
        ground.migrate(revision)
        bring_rows(place, work / "set", ground, tables)
