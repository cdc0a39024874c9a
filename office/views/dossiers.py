"""Dossiers by themselves: those whose papers have not come, and finding one by its code or requester."""

import sqlalchemy as sa

from office.faults import DeskCode, DeskFault
from office.nouns import Actor, Dossier
from office.rows.access import access
from office.rows.nouns import dossier_of
from office.tables import dossiers, papers
from office.value import Office
from storage.database import reading
from vietnamese.letters import fold

MOST_FOUND = 20
MOST_WORDS = 8
MOST_LINES = 300


def dossiers_without_papers(office: Office, actor: Actor) -> tuple[Dossier, ...]:
    """The dossiers that have no paper, not even an expected one, the newest first."""
    has_papers = sa.exists().where(papers.c.dossier == dossiers.c.id)
    chosen = sa.select(dossiers).where(~has_papers, access(actor, dossiers))
    return _found(office, chosen.order_by(dossiers.c.created_at.desc()), MOST_LINES)


def find_dossiers(office: Office, actor: Actor, text: str) -> tuple[Dossier, ...]:
    """The dossiers in whose code or requester every word of the text stands, with or without marks."""
    words = fold(text).lower().split()[:MOST_WORDS]
    if not words:
        return ()
    holds = [dossiers.c.finding.contains(word, autoescape=True) for word in words]
    chosen = sa.select(dossiers).where(access(actor, dossiers), *holds)
    return _found(office, chosen.order_by(dossiers.c.created_at.desc()))


def newest_dossiers(office: Office, actor: Actor) -> tuple[Dossier, ...]:
    """Those that a page is most likely to belong to."""
    chosen = sa.select(dossiers).where(access(actor, dossiers))
    return _found(office, chosen.order_by(dossiers.c.created_at.desc()))


def dossier_of_code(office: Office, actor: Actor, code: str) -> Dossier:
    """The dossier with this code. Raises: DeskFault(NOT_FOUND)."""
    chosen = sa.select(dossiers).where(dossiers.c.code == code, access(actor, dossiers))
    found = _found(office, chosen)
    if not found:
        raise DeskFault(DeskCode.NOT_FOUND, code)
    return found[0]


def _found(
    office: Office, chosen: sa.Select[tuple[object, ...]], most: int = MOST_FOUND
) -> tuple[Dossier, ...]:
    with reading(office.engine) as connection:
        return tuple(dossier_of(row) for row in connection.execute(chosen.limit(most)))
