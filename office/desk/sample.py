"""The sample dossier of a demo house: what it is made of, and how far it has come."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from office.desk import keeping
from office.model import CopyState, PaperState
from office.tables import copies, dossiers, fields, papers
from office.value import Office
from scanner_adapters.simulator import sheets
from scanner_adapters.simulator.sheets import save
from scanner_adapters.simulator.wear import Wear, wear_down
from storage.database import reading

REQUESTER = "Nguyễn Thị Bản Mẫu"
SEED = 20260100
WEARS = (Wear(skew_degrees=1.3, noise_sigma=4), Wear(quarter_turns=2, shade=0.3))
DRAWN_AT = 1_767_225_600  # 2026-01-01: a fixed time, so that pages drawn again are the same pages


@dataclass(frozen=True)
class Sample:
    """How far the sample dossier, its paper and its copy have come; empty where there is nothing yet."""

    dossier: str = ""
    record: str = ""
    paper: str = ""
    state: PaperState | None = None
    masters: int = 0
    pages: int = 0
    version: int = 0
    fault: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    copy: str = ""
    copy_state: CopyState | None = None
    is_confirmed: bool = False
    number: int = 0


def find_sample(office: Office) -> Sample:
    """Look up the sample dossier by its requester."""
    with reading(office.engine) as connection:
        dossier = connection.execute(sa.select(dossiers).where(dossiers.c.requester == REQUESTER)).first()
        if dossier is None:
            return Sample()
        sample = Sample(dossier=dossier.id, record=dossier.code)
        paper = connection.execute(sa.select(papers).where(papers.c.dossier == dossier.id)).first()
        return sample if paper is None else _with_copy(connection, _with_paper(connection, sample, paper))


def prepare_sample(office: Office, folder: Path) -> str:
    """Put the sample's pages into the watched folder, as a scanner would, and return the paper's title.

    The pages are the same bytes with the same time each time, so that a page already taken in is known.
    """
    folder.mkdir(exist_ok=True)
    first = sheets.decision(SEED)
    second = sheets.table(SEED)
    for number, (sheet, wear) in enumerate(zip((first, second), WEARS, strict=True), start=1):
        page = folder / f"{number:04d}.jpg"
        save(wear_down(sheet.image, wear, SEED), page, sheet.dpi)
        os.utime(page, (DRAWN_AT, DRAWN_AT))
    for page in sorted(folder.glob("*.jpg")):
        page.rename(office.inbox / page.name)
    return first.title


def _with_paper(connection: Connection, sample: Sample, paper: Row[Any]) -> Sample:
    rows = connection.execute(sa.select(fields).where(fields.c.paper == paper.id))
    return replace(
        sample,
        paper=paper.id,
        state=PaperState(paper.state),
        masters=len(keeping.masters(connection, paper.id)),
        pages=paper.page_count or 0,
        version=paper.archived_version or 0,
        fault=paper.fault or "",
        fields={row.name: row.confirmed_value or row.read_value or "" for row in rows},
    )


def _with_copy(connection: Connection, sample: Sample) -> Sample:
    copy = connection.execute(sa.select(copies).where(copies.c.paper == sample.paper)).first()
    if copy is None:
        return sample
    return replace(
        sample,
        copy=copy.id,
        copy_state=CopyState(copy.state),
        is_confirmed=copy.confirmed_by is not None,
        number=copy.number or 0,
        fault=copy.fault or sample.fault,
    )
