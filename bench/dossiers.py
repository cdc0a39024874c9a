"""Dossiers of which everything is there that archiving asks for: benches and tests are made of them."""

import os
from dataclasses import dataclass

import sqlalchemy as sa

from digitize.model import Box, Line, PageText, Word
from foundation.durable import sha256_of
from office.desk import intake
from office.nouns import Actor
from office.procedure import CopyState, FileRole, PaperState, Role
from office.rows import keeping, page_texts
from office.tables import copies, dossiers, papers
from office.value import Office
from storage.database import reading, writing

PAPERS = 3  # of a dossier
CORNER = Box(0.1, 0.1, 0.2, 0.2)


@dataclass(frozen=True)
class Made:
    """A dossier of this bench: its row's id, its code, its papers with a word that only each has."""

    id: str
    code: str
    papers: dict[str, str]


def make_dossier(office: Office, number: int, below: tuple[Line, ...] = (), page_bytes: int = 0) -> Made:
    """A dossier of reviewed papers and an issued copy of the first: all that archiving asks for.

    `page_bytes`: what a page's picture takes, in its master and in the signed file.
    """
    clerk = Actor("bench", "", "", frozenset({Role.CLERK}), frozenset({office.settings.unit}))
    dossier = intake.open_dossier(office, clerk, intake.Intake("2.000815", "Trần Thị Bình"))
    words = {office.new_id(): f"kc{number * PAPERS + ordinal:06d}" for ordinal in range(PAPERS)}
    with reading(office.engine) as connection:
        code = connection.execute(sa.select(dossiers.c.code).where(dossiers.c.id == dossier)).scalar_one()
    for ordinal, (paper, word) in enumerate(words.items(), 1):
        lines = (Line((Word(word, CORNER, 96.0),)), *below)
        make_paper(office, dossier, (paper, ordinal), lines, os.urandom(page_bytes))
    make_copy(office, next(iter(words)), PAPERS + 1)
    return Made(dossier, code, words)


def make_paper(
    office: Office, dossier: str, named: tuple[str, int], lines: tuple[Line, ...], picture: bytes = b""
) -> None:
    """A reviewed paper with everything that is kept of one; `lines` stand on its page."""
    paper, ordinal = named
    texts = (PageText(1, 210.0, 297.0, lines),)
    guard = {"unit": office.settings.unit, "sensitivity": 2, "scanned_by": "bench"}
    row = {"id": paper, "dossier": dossier, "ordinal": ordinal, "title": "Giấy", "page_count": 1, **guard}
    with office.work_folder() as folder, writing(office.engine) as connection:
        at = office.clock()
        state = {"state": PaperState.REVIEWED, "scanned_at": at, "scan_job": "bench"}
        connection.execute(sa.insert(papers).values(**row, **state))
        for role in (FileRole.MASTER, FileRole.SIGNED_SCAN):
            path = folder / role
            path.write_bytes(f"{role} {paper}".encode() + picture)
            kept = keeping.keep(office, path, sha256_of(path))
            evidence = {"file": "0001.jpg"} if role is FileRole.MASTER else None
            place = keeping.Place(paper, role)
            keeping.attach(connection, office, place, kept, "application/pdf", at=at, evidence=evidence)
        packed = page_texts.pack(folder, texts)
        kept = keeping.keep(office, packed, sha256_of(packed))
        words = keeping.Place(paper, FileRole.WORDS)
        keeping.attach(connection, office, words, kept, page_texts.MEDIA_TYPE, at=at)


def make_copy(office: Office, paper: str, ordinal: int) -> str:
    """An issued copy of a paper, not yet archived."""
    copy, at = office.new_id(), office.clock()
    guard = {"unit": office.settings.unit, "sensitivity": 2, "compared_by": "bench", "compared_at": at}
    asked = {"kind": "chung-thuc", "check_code": copy, "original_pages": 1, "checks": [], "fee": 2000}
    row = {"id": copy, "paper": paper, "ordinal": ordinal, "state": CopyState.ISSUED, "issued_at": at}
    with office.work_folder() as folder, writing(office.engine) as connection:
        path = folder / "copy"
        path.write_text(f"copy {copy}")
        kept = keeping.keep(office, path, sha256_of(path))
        connection.execute(sa.insert(copies).values(**row, **asked, **guard))
        place = keeping.Place(paper, FileRole.COPY, copy)
        keeping.attach(connection, office, place, kept, "application/pdf", at=at)
    return copy
