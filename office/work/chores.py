"""The work of the house itself, which belongs to no paper: each chore a row with a claim, like papers.

A chore of a place is done once in each data directory (its index lies there); one of the whole house is done
once for all of them. A chore that failed for good is tried again when a dispatcher starts.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from foundation.durable import write_whole
from foundation.locks import alone
from foundation.row_types import insert_once
from office.desk import searching
from office.desk.upkeep import recording_rows, releasing, replicating, rereading, sealing
from office.nouns import Chore
from office.tables import chores
from office.value import Office
from storage.database import reading, writing

WHOLE_HOUSE = ""


@dataclass(frozen=True)
class Kind:
    """A kind of chore: the act that does it, whether each place has its own, and whether it waits now."""

    name: str
    act: str
    of_a_place: bool
    is_waiting: Callable[[Connection, Office], bool]


KINDS = (
    Kind("index", "index_papers", of_a_place=True, is_waiting=searching.is_behind),
    Kind("records", "write_records", of_a_place=False, is_waiting=recording_rows.is_behind),
    Kind("seal", "seal_ledger", of_a_place=False, is_waiting=sealing.is_due),
    Kind("fixity", "reread_archive", of_a_place=False, is_waiting=rereading.is_due),
    Kind("replica", "replicate_archive", of_a_place=False, is_waiting=replicating.is_behind),
    Kind("release", "release_archived", of_a_place=False, is_waiting=releasing.is_due),
)


def places_of(office: Office) -> tuple[str, ...]:
    """Whose chores this office does: the whole house's and those of its own data directory."""
    mark = _mark(office)
    return (WHOLE_HOUSE, mark.read_text()) if mark.exists() else (WHOLE_HOUSE,)


def act_of(connection: Connection, office: Office, chore: Chore) -> str | None:
    """The act that does the chore; None when it need not be done now, or is of a kind nobody knows here."""
    kind = next((kind for kind in KINDS if kind.name == chore.name), None)
    return kind.act if kind is not None and kind.is_waiting(connection, office) else None


def enrol(office: Office) -> None:
    """Make the rows of this office's chores, and let those that were given up be tried again."""
    wanted = {_id(kind, place): (kind, place) for kind in KINDS for place in (_place(office, kind),)}
    given_up = chores.c.fault.is_not(None) & chores.c.retry_at.is_(None)
    with reading(office.engine) as connection:
        rows = {row.id: row for row in connection.execute(sa.select(chores.c.id, given_up.label("given_up")))}
    if all(name in rows and not rows[name].given_up for name in wanted):
        return
    with writing(office.engine) as connection:
        for name, (kind, place) in wanted.items():
            insert_once(connection, chores, id=name, name=kind.name, place=place)
        again = sa.update(chores).where(chores.c.id.in_(list(wanted)), given_up)
        connection.execute(again.values(fault=None, attempts=0))


def _id(kind: Kind, place: str) -> str:
    return f"{kind.name}@{place}" if place else kind.name


def _place(office: Office, kind: Kind) -> str:
    if not kind.of_a_place:
        return WHOLE_HOUSE
    mark = _mark(office)
    with alone(office.settings.data / ".starting"):
        if not mark.exists():
            write_whole(mark, str(uuid.uuid4()).encode())
    return mark.read_text()


def _mark(office: Office) -> Path:
    return office.settings.data / "place"
