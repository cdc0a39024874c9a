"""Every act leaves its entry in the ledger, in the act's own transaction."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from foundation.row_types import insert_into
from office.faults import DeskCode, DeskFault
from office.nouns import Actor, Copy, Paper, Sensitivity
from office.procedure import Act, next_state, step_of
from office.rows import claims
from office.rows.access import is_open_to
from office.rows.nouns import copy_of, paper_of
from office.tables import counters
from office.value import Office
from storage import ledger

SYSTEM = Actor("system:dispatcher", "", "", frozenset(), frozenset(), Sensitivity.SECRET)


def note(connection: Connection, office: Office, actor: Actor, what: str, subject: str, **body: Any) -> None:
    """Write the past-tense event `what` about `subject` into the ledger. `body` never holds file content."""
    entry = ledger.Entry(what=what, at=office.clock(), actor=actor.account, subject=subject, body=body)
    ledger.append(connection, entry)


def move_paper(connection: Connection, claim: claims.Claim, act: Act, **values: Any) -> None:
    """Let `act` move the claimed paper. Raises: DeskFault WRONG_STATE or CLAIM_LOST."""
    paper = paper_of(claims.read(connection, claim))
    _move(connection, claim, paper, act, values)


def move_copy(connection: Connection, claim: claims.Claim, act: Act, **values: Any) -> None:
    """Let `act` move the claimed copy. Raises: DeskFault WRONG_STATE or CLAIM_LOST."""
    copy = copy_of(claims.read(connection, claim))
    _move(connection, claim, copy, act, values)


def require_open(copy: Copy, act: Act) -> Copy:
    """The copy, if `act` can be done on it as it stands. Raises: DeskFault WRONG_STATE."""
    if not step_of(copy.kind, act).is_open(copy.state, copy.marks):
        raise DeskFault(DeskCode.WRONG_STATE, f"{copy.state} → {act}")
    return copy


def _move(
    connection: Connection, claim: claims.Claim, thing: Paper | Copy, act: Act, values: Mapping[str, Any]
) -> None:
    state = next_state(thing.kind, thing.state, act)
    claims.write(connection, claim, {"state": state, **values})


def find_row(connection: Connection, table: sa.Table, row_id: str, actor: Actor) -> Row[Any]:
    """The row, if this actor may see it; otherwise, and when there is none, DeskFault(NOT_FOUND)."""
    row = connection.execute(sa.select(table).where(table.c.id == row_id)).one_or_none()
    if row is None or not is_open_to(actor, row):
        raise DeskFault(DeskCode.NOT_FOUND, row_id)
    return row


def count_up(connection: Connection, name: str) -> int:
    """The next value of the counter `name`, from 1, without gaps among committed transactions."""
    row = insert_into(connection, counters).values(name=name, value=1)
    counted = row.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    return int(connection.execute(counted.returning(counters.c.value)).scalar_one())
