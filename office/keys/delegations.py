"""Delegations: who certifies, in which capacity, from which day to which; given and ended, never changed."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.signing.keyring import Purpose
from office.keys.faults import KeysCode, KeysFault
from office.nouns import Capacity, Delegation
from office.rows.nouns import delegation_of
from office.tables import delegations
from office.value import Office
from storage import ledger
from storage.database import reading, writing


@dataclass(frozen=True)
class NewDelegation:
    """A delegation to be given: both days are whole days at the counter; no last day: until it is ended."""

    account: str
    capacity: Capacity
    since: date
    until: date | None = None
    purpose: Purpose = Purpose.CERTIFY


def delegate(office: Office, by: str, new: NewDelegation) -> str:
    """Give it and answer its id. Raises: KeysFault DELEGATION_IMPOSSIBLE when it ends before it begins."""
    if new.until is not None and new.until < new.since:
        raise KeysFault(KeysCode.DELEGATION_IMPOSSIBLE)
    given = office.new_id()
    told = {
        "account": new.account,
        "purpose": new.purpose,
        "capacity": new.capacity,
        "since": new.since.isoformat(),
        "until": new.until.isoformat() if new.until else None,
    }
    with writing(office.engine) as connection:
        connection.execute(sa.insert(delegations).values(id=given, **told, given_at=office.clock()))
        _note(connection, office, by, "delegation_given", given, **told)
    return given


def end_delegations(office: Office, by: str, account: str) -> int:
    """End every delegation of this account at once; the number of those that ended."""
    with writing(office.engine) as connection:
        open_ones = sa.select(delegations.c.id).where(
            delegations.c.account == account, delegations.c.ended_at.is_(None)
        )
        ended = list(connection.execute(open_ones).scalars())
        for one in ended:
            gone = sa.update(delegations).where(delegations.c.id == one)
            connection.execute(gone.values(ended_at=office.clock()))
            _note(connection, office, by, "delegation_ended", one, account=account)
    return len(ended)


def list_delegations(office: Office) -> tuple[Delegation, ...]:
    """Every delegation that was not ended, in the order of their first days."""
    chosen = sa.select(delegations).where(delegations.c.ended_at.is_(None)).order_by(delegations.c.since)
    with reading(office.engine) as connection:
        return tuple(map(delegation_of, connection.execute(chosen)))


def _note(connection: Connection, office: Office, by: str, what: str, subject: str, **body: Any) -> None:
    entry = ledger.Entry(what=what, at=office.clock(), actor=by, subject=subject, body=body)
    ledger.append(connection, entry)
