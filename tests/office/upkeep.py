"""What the tests of upkeep share: cheap dossiers, other hours, the rows of a whole house, flipped bits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bench.dossiers import make_dossier
from office.bootstrap import open_office
from office.rows import snapshots
from office.schema import ALL_METADATA
from office.settings import Settings
from office.value import Office
from office.work.dispatcher import run_until_idle
from storage.database import reading

EVERY = [table for metadata in ALL_METADATA for table in metadata.sorted_tables]
COMPARED = [table for table in EVERY if table not in snapshots.NOT_KEPT]


def later(office: Office, **ahead: float) -> Office:
    """The same house, so much later."""
    return replace(office, clock=lambda: datetime.now(UTC) + timedelta(**ahead))


def archived(office: Office, number: int = 0):
    """A dossier of three papers and a copy, all archived."""
    made = make_dossier(office, number)
    run_until_idle(office)
    return made


def rows_of(office: Office) -> dict[str, list]:
    """Every row of the house, without claims and log-ins, in the order of their keys."""
    with reading(office.engine) as connection:
        found = {table.name: snapshots.plain_rows(connection, table, sa.true()) for table in COMPARED}
    found["house"] = [row for row in found["house"] if row["name"] not in snapshots.PROGRESS]
    return found


def differences(before: dict[str, list], after: dict[str, list]) -> dict[str, tuple[list, list]]:
    """By table: the rows that only one has."""
    found = {}
    for name, rows in before.items():
        gone = [row for row in rows if row not in after[name]]
        new = [row for row in after[name] if row not in rows]
        if gone or new:
            found[name] = (gone, new)
    return found


def flip(tree, name: str, office: Office, at: float = 0.5) -> None:
    """One bit of a file of the archive is another, behind its back."""
    content = bytearray(tree.read(name))
    content[min(int(len(content) * at), len(content) - 1)] ^= 1
    with office.work_folder() as work:
        (work / "flipped").write_bytes(content)
        tree.restore(name, work / "flipped")


def with_archive_on(settings: Settings, server, group: str = "archive") -> Settings:
    """These settings, with the archive (or objects, or the replica) in a bucket of this server."""
    url = f"{server.url(server.new_bucket())}/ward"
    return settings.having(group, url=url, credentials=str(server.credentials), ca=str(server.authority))


def opened(settings: Settings, *, demo: bool = False) -> Office:
    return open_office(settings, demo=demo)
