"""Whose certificates sign here and who was delegated what, as rows tell it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.nouns import Certificate, Delegation, Person
from office.rows.nouns import certificate_of, delegation_of, person_of
from office.tables import accounts, certificates, delegations


@dataclass(frozen=True)
class Signatory:
    """A holder of keys with all that was ever written down about it; `person` is None for the agency."""

    person: Person | None
    certificates: tuple[Certificate, ...]  # those not removed, the newest first
    delegations: tuple[Delegation, ...]  # those not ended


def find_signatory(connection: Connection, holder: str) -> Signatory:
    """What rows know of this holder: an account's id, or AGENCY."""
    row = connection.execute(sa.select(accounts).where(accounts.c.id == holder)).one_or_none()
    own = sa.select(certificates).where(certificates.c.holder == holder, certificates.c.removed_at.is_(None))
    given = sa.select(delegations).where(delegations.c.account == holder, delegations.c.ended_at.is_(None))
    return Signatory(
        person_of(row) if row is not None else None,
        tuple(map(certificate_of, connection.execute(own.order_by(certificates.c.added_at.desc())))),
        tuple(map(delegation_of, connection.execute(given.order_by(delegations.c.since)))),
    )


def all_certificates(connection: Connection, *, past: bool = False) -> tuple[Certificate, ...]:
    """Every certificate that signs here; with `past` also those that did."""
    chosen = sa.select(certificates).order_by(certificates.c.added_at)
    if not past:
        chosen = chosen.where(certificates.c.removed_at.is_(None))
    return tuple(map(certificate_of, connection.execute(chosen)))


def certifiers(connection: Connection) -> frozenset[str]:
    """The accounts that were ever delegated to certify."""
    return frozenset(connection.execute(sa.select(delegations.c.account)).scalars())


def people(connection: Connection) -> dict[str, Person]:
    """Everybody who has an account, by its id."""
    return {person.id: person for person in map(person_of, connection.execute(sa.select(accounts)))}
