"""The sample dossier of a demo house: what it is made of, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.desk import intake
from office.nouns import Actor, Paper
from office.procedure import CopyState, PaperState
from office.rows import keeping
from office.rows.nouns import copy_of, paper_of
from office.tables import copies, dossiers, fields, papers
from office.value import Office
from scanner_adapters.simulator.machine import Machine
from scanner_adapters.simulator.papers import sheets
from scanner_adapters.simulator.papers.paper import leaves_from_folder
from scanner_adapters.simulator.papers.sheets import save
from scanner_adapters.simulator.papers.wear import Wear, wear_down
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.server import serving
from storage.database import reading

REQUESTER = "Nguyễn Thị Bản Mẫu"
SEED = 20260100
WEARS = (Wear(skew_degrees=1.3, noise_sigma=4), Wear(quarter_turns=2, shade=0.3))


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
        row = connection.execute(sa.select(papers).where(papers.c.dossier == dossier.id)).first()
        return (
            sample if row is None else _with_copy(connection, _with_paper(connection, sample, paper_of(row)))
        )


def scan_sample(office: Office, clerk: Actor, dossier: str) -> str:
    """Scan the sample from the simulated machine, over this host's own network, and return the paper.

    The feeder holds what has not been scanned yet, as after a crash somebody would put it back.
    """
    first, second = sheets.decision(SEED), sheets.table(SEED)
    scanned = intake.pages_scanned(office, dossier)
    with office.work_folder() as work:
        for number, (sheet, wear) in enumerate(zip((first, second), WEARS, strict=True), start=1):
            save(wear_down(sheet.image, wear, SEED), work / f"{number:04d}.jpg", sheet.dpi)
        left = leaves_from_folder(work)[scanned:]
        with serving(Machine(left, Profile())) as url:
            machine = intake.Machine(f"escl:{url}" if left else "", remembers=False)
            return intake.scan_paper(office, clerk, dossier, first.title, machine)


def _with_paper(connection: Connection, sample: Sample, paper: Paper) -> Sample:
    rows = connection.execute(sa.select(fields).where(fields.c.paper == paper.id))
    return replace(
        sample,
        paper=paper.id,
        state=paper.state,
        masters=len(keeping.masters(connection, paper.id)),
        pages=paper.page_count or 0,
        version=paper.archived_version or 0,
        fault=paper.fault or "",
        fields={row.name: row.confirmed_value or row.read_value or "" for row in rows},
    )


def _with_copy(connection: Connection, sample: Sample) -> Sample:
    row = connection.execute(sa.select(copies).where(copies.c.paper == sample.paper)).first()
    if row is None:
        return sample
    copy = copy_of(row)
    return replace(
        sample,
        copy=copy.id,
        copy_state=copy.state,
        is_confirmed=copy.confirmed_by is not None,
        number=copy.number or 0,
        fault=copy.fault or sample.fault,
    )
