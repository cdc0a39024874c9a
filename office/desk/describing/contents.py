"""The documents of a dossier as the archive describes them: papers and copies, each with its file.

Only what no later retry would change is told: a paper or copy is described when it is archived, or being
archived now, or when the archive holds its file although whoever kept it died before its row said so.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.nouns import Copy, Dossier, Paper
from office.procedure import CopyState, PaperState
from office.rows.nouns import copy_of, paper_of
from office.tables import copies, fields, papers

BORN_DIGITAL, DIGITIZED = "01", "02"  # gốc điện tử, số hóa: codes of confidenceLevel


@dataclass(frozen=True)
class Document:
    """One document of a dossier: a digitized paper, or an issued copy of one (then `copy` is told)."""

    file: str
    paper: Paper
    copy: Copy | None = None
    confirmed: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The paper's or the copy's."""
        return self.copy.id if self.copy else self.paper.id

    @property
    def ordinal(self) -> int:
        """Its number in the dossier."""
        return self.copy.ordinal if self.copy else self.paper.ordinal

    @property
    def made_at(self) -> datetime:
        """When it came into being here."""
        return (self.copy.issued_at if self.copy else None) or self.paper.scanned_at

    def described(self) -> dict[str, Any]:
        """As `mo-ta/ho_so.json` has it."""
        if self.copy is not None:
            issued = self.copy.issued_at
            return {
                "file": self.file,
                "kind": self.copy.form,
                "number": self.copy.number,
                "book": self.copy.book,
                "issuedAt": issued.isoformat() if issued else None,
            }
        return {
            "docCode": self.paper.result_code,
            "file": self.file,
            "subject": self.paper.title,
            "numberOfPage": self.paper.page_count,
            "confidenceLevel": DIGITIZED,
            "fields": dict(self.confirmed),
        }


def archive_name(code: str, ordinal: int) -> str:
    """The archive's name of a document (TT 05/2025 Art. 8: dossier code, point, ordinal)."""
    return f"du-lieu/{code}.{ordinal}.pdf"


def documents(
    connection: Connection, dossier: Dossier, finishing: str, kept: Collection[str]
) -> tuple[Document, ...]:
    """Papers, then copies, each by ordinal; `finishing` is being archived, `kept` are the archive's files."""
    chosen = sa.select(papers).where(papers.c.dossier == dossier.id).order_by(papers.c.ordinal)
    every = {paper.id: paper for paper in map(paper_of, connection.execute(chosen))}
    own = [
        Document(archive_name(dossier.code, paper.ordinal), paper, confirmed=_confirmed(connection, paper.id))
        for paper in every.values()
        if paper.id == finishing
        or paper.state is PaperState.ARCHIVED
        or archive_name(dossier.code, paper.ordinal) in kept
    ]
    joined = sa.select(copies).where(copies.c.paper.in_(list(every))).order_by(copies.c.ordinal)
    issued = [
        Document(archive_name(dossier.code, copy.ordinal), every[copy.paper], copy)
        for copy in map(copy_of, connection.execute(joined))
        if copy.id == finishing
        or (copy.state is not CopyState.CANCELLED and archive_name(dossier.code, copy.ordinal) in kept)
    ]
    return (*own, *issued)


def _confirmed(connection: Connection, paper_id: str) -> dict[str, str]:
    rows = connection.execute(sa.select(fields).where(fields.c.paper == paper_id).order_by(fields.c.name))
    return {row.name: row.confirmed_value for row in rows if row.confirmed_value is not None}
