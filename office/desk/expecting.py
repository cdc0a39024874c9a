"""A paper is expected: its title is known before its first page is here, and is kept until pages come."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.faults import DeskCode, DeskFault
from office.nouns import Actor, Dossier, Paper
from office.procedure import PaperState, Role
from office.rows import claims, recording
from office.rows.finding import claimed_paper, find_dossier, find_paper
from office.rows.nouns import paper_of
from office.tables import arrivals, dossiers, files, pages, papers
from office.value import Office
from storage.database import reading, writing


def expect_paper(office: Office, actor: Actor, dossier_id: str, title: str) -> str:
    """Write down that the dossier will have a paper of this title, and return its id.

    One that is expected already under this title is the one meant.
    Raises: DeskFault BUSY when another paper of the dossier is being written down.
    """
    actor.require(Role.CLERK)
    with writing(office.engine) as connection:
        dossier = find_dossier(connection, dossier_id, actor)
        expected = expected_paper(connection, dossier_id, title)
        return expected.id if expected else add_expected(connection, office, actor, dossier, title)


def drop_paper(office: Office, actor: Actor, paper_id: str) -> str:
    """A person says that this expected paper will not come; returns its dossier's id.

    Pages once set aside from it stay set aside.
    Raises: DeskFault PAPER_HAS_PAGES for one that is no longer merely expected.
    """
    actor.require(Role.CLERK)
    with reading(office.engine) as connection:
        paper = find_paper(connection, paper_id, actor)
        dossier = find_dossier(connection, paper.dossier, actor)
    if paper.state != PaperState.EXPECTED:
        raise DeskFault(DeskCode.PAPER_HAS_PAGES, paper.title)
    with claims.held(office, papers, paper_id) as claim, writing(office.engine) as connection:
        if claimed_paper(connection, claim).state != PaperState.EXPECTED:
            raise DeskFault(DeskCode.PAPER_HAS_PAGES, paper.title)
        left = sa.update(arrivals).where(arrivals.c.left_paper == paper_id)
        connection.execute(left.values(left_paper=None, left_place=None))
        for table in (files, pages):
            connection.execute(sa.delete(table).where(table.c.paper == paper_id))
        connection.execute(sa.delete(papers).where(papers.c.id == paper_id, papers.c.fence == claim.fence))
        told = {"paper": paper_id, "title": paper.title}
        recording.note(connection, office, actor, "paper_dropped", dossier.code, **told)
    return dossier.id


def expected_paper(connection: Connection, dossier_id: str, title: str) -> Paper | None:
    """The paper that the dossier expects under this title, the first if there are several."""
    chosen = sa.select(papers).where(
        papers.c.dossier == dossier_id, papers.c.title == title, papers.c.state == PaperState.EXPECTED
    )
    row = connection.execute(chosen.order_by(papers.c.ordinal)).first()
    return paper_of(row) if row else None


def add_expected(connection: Connection, office: Office, actor: Actor, dossier: Dossier, title: str) -> str:
    """Write the row of an expected paper, and that it is expected. Raises: DeskFault BUSY."""
    paper = insert_paper(connection, office, actor, dossier, title)
    told = {"paper": paper, "title": title}
    recording.note(connection, office, actor, "paper_expected", dossier.code, **told)
    return paper


def insert_paper(connection: Connection, office: Office, actor: Actor, dossier: Dossier, title: str) -> str:
    """Write the row of the dossier's next paper, without a page yet.

    Raises: DeskFault BUSY when another got its number meanwhile.
    """
    ordinal = dossier.last_ordinal + 1
    counted = connection.execute(
        sa.update(dossiers)
        .where(dossiers.c.id == dossier.id, dossiers.c.last_ordinal == ordinal - 1)
        .values(last_ordinal=ordinal)
    )
    if counted.rowcount != 1:
        raise DeskFault(DeskCode.BUSY, dossier.code)
    paper = office.new_id()
    connection.execute(
        sa.insert(papers).values(
            id=paper,
            dossier=dossier.id,
            ordinal=ordinal,
            title=title,
            state=PaperState.EXPECTED,
            scan_job="",
            scanned_at=office.clock(),
            scanned_by=actor.account,
            unit=dossier.unit,
            sensitivity=dossier.sensitivity,
        )
    )
    return paper
