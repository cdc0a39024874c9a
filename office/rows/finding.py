"""One row by its id, as a noun, for somebody who may see it."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.nouns import Actor, Copy, Dossier, Paper
from office.rows import claims
from office.rows.nouns import copy_of, dossier_of, paper_of
from office.rows.recording import find_row
from office.tables import copies, dossiers, papers


def find_dossier(connection: Connection, dossier_id: str, actor: Actor) -> Dossier:
    """The dossier, if this actor may see it; otherwise, and when there is none, DeskFault(NOT_FOUND)."""
    return dossier_of(find_row(connection, dossiers, dossier_id, actor))


def find_paper(connection: Connection, paper_id: str, actor: Actor) -> Paper:
    """The paper, if this actor may see it; otherwise, and when there is none, DeskFault(NOT_FOUND)."""
    return paper_of(find_row(connection, papers, paper_id, actor))


def find_copy(connection: Connection, copy_id: str, actor: Actor) -> Copy:
    """The copy, if this actor may see it; otherwise, and when there is none, DeskFault(NOT_FOUND)."""
    return copy_of(find_row(connection, copies, copy_id, actor))


def claimed_paper(connection: Connection, claim: claims.Claim) -> Paper:
    """The claimed paper. Raises: DeskFault(CLAIM_LOST) when another worker has taken it."""
    return paper_of(claims.read(connection, claim))


def claimed_copy(connection: Connection, claim: claims.Claim) -> Copy:
    """The claimed copy. Raises: DeskFault(CLAIM_LOST) when another worker has taken it."""
    return copy_of(claims.read(connection, claim))


def dossier_of_paper(connection: Connection, paper: Paper) -> Dossier:
    """The dossier a paper belongs to."""
    return dossier_of(connection.execute(sa.select(dossiers).where(dossiers.c.id == paper.dossier)).one())


def paper_of_copy(connection: Connection, copy: Copy) -> Paper:
    """The paper a copy is of."""
    return paper_of(connection.execute(sa.select(papers).where(papers.c.id == copy.paper)).one())
