"""Sao chụp: a dossier is opened, and its papers come in from the scanner's folder or an upload."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from foundation.clock import on_paper
from office.confined.confine import Limits, run
from office.confined.orders import SpoolPlace, Taking
from office.confined.tasks import TAKE
from office.desk.queueing import Place, in_turn
from office.desk.scanning import Stack, scan_stack
from office.faults import DeskCode, DeskFault
from office.nouns import Actor, Sensitivity
from office.procedure import FileRole, PaperState, Role
from office.rows import keeping, recording
from office.tables import dossiers, papers
from office.value import Office
from scanner_adapters.model import JobState, ScannedPage, ScanSettings
from scanner_adapters.queue.spool import Spool
from storage.database import reading, writing
from storage.directory import digest_of

TAKING_SECONDS = 600
MACHINE = "machine"
UPLOAD_NAME = 16  # hex digits that tell one upload from another within a dossier


@dataclass(frozen=True)
class Intake:
    """What the clerk says when a dossier begins: the procedure's code and who asks."""

    procedure: str
    requester: str
    sensitivity: Sensitivity = Sensitivity.INTERNAL


def nobody(_waiting: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Machine:
    """The machine to scan from, by its address or id, and how; who hears how many wait before us."""

    address: str
    settings: ScanSettings = ScanSettings()  # noqa: RUF009 frozen
    remembers: bool = True
    tell_waiting: Callable[[int], None] = nobody


def open_dossier(office: Office, actor: Actor, intake: Intake) -> str:
    """Open a dossier with a new code and return its id.

    Raises: DeskFault NOT_ALLOWED for whoever is no clerk, NOT_FOUND for an unknown procedure.
    """
    actor.require(Role.CLERK)
    if intake.procedure not in office.rules.procedures:
        raise DeskFault(DeskCode.NOT_FOUND, intake.procedure)
    now = office.clock()
    with writing(office.engine) as connection:
        prefix = f"{office.settings.unit_code}-{on_paper(now):%y%m%d}"
        code = f"{prefix}-{recording.count_up(connection, f'dossiers {prefix}'):04d}"
        dossier = office.new_id()
        connection.execute(
            sa.insert(dossiers).values(
                id=dossier,
                code=code,
                procedure=intake.procedure,
                requester=intake.requester,
                created_at=now,
                created_by=actor.account,
                unit=office.settings.unit,
                sensitivity=intake.sensitivity,
            )
        )
        recording.note(connection, office, actor, "dossier_opened", code, procedure=intake.procedure)
    return dossier


def receive_scan(office: Office, actor: Actor, dossier_id: str, title: str) -> str:
    """Take what waits in the watched folder as the dossier's next paper and return the paper's id.

    Raises: DeskFault NOTHING_SCANNED when nothing waits there, STILL_SCANNING while a file is not finished,
    PAGES_REFUSED once when files had to be moved aside; pages taken so far stay for the next time.
    """
    source = {"inbox": str(office.inbox), "device": "folder"}
    return _receive(office, actor, (dossier_id, title, "folder"), source)


def receive_files(office: Office, actor: Actor, dossier_id: str, title: str, files: Sequence[Path]) -> str:
    """Take these uploaded files, in this order, as the dossier's next paper and return the paper's id.

    Raises: ChildFault with the scanner's code for a file that is no page or not whole.
    """
    source = {"files": [str(path) for path in files], "device": "upload"}
    same = hashlib.sha256("".join(digest_of(path) for path in files).encode()).hexdigest()
    return _receive(office, actor, (dossier_id, title, same[:UPLOAD_NAME]), source)


def scan_paper(office: Office, actor: Actor, dossier_id: str, title: str, machine: Machine) -> str:
    """Scan a stack from a machine as the dossier's next paper and return the paper's id.

    Without an address the pages already scanned are the paper: the clerk has counted them.
    Raises: ScanFault with what went wrong; pages scanned so far stay, and the next scan goes on after them.
    """
    return _receive(
        office, actor, (dossier_id, title, MACHINE), {"device": machine.address, "machine": machine}
    )


def pages_scanned(office: Office, dossier_id: str) -> int:
    """How many pages of the dossier's next paper a machine has delivered already."""
    return _spooled(office, _job_name(office, dossier_id, MACHINE))


def _spooled(office: Office, job: str) -> int:
    spool = Spool(office.spool_folder, office.clock)
    return len(spool.find_job(job).pages()) if job in spool.jobs() else 0


def _job_name(office: Office, dossier_id: str, batch: str) -> str:
    """The same job for the same place and batch: after a crash the pages in the spool are found again."""
    with reading(office.engine) as connection:
        before = connection.execute(
            sa.select(sa.func.count()).select_from(papers).where(papers.c.dossier == dossier_id)
        ).scalar_one()
    return f"{dossier_id}-{before + 1:03d}-{batch}"


def _receive(office: Office, actor: Actor, paper: tuple[str, str, str], source: Mapping[str, Any]) -> str:
    actor.require(Role.CLERK)
    dossier_id, title, batch = paper
    with reading(office.engine) as connection:
        dossier = recording.find_row(connection, dossiers, dossier_id, actor)
    job = _job_name(office, dossier_id, batch)
    pages = (
        _from_machine(office, actor, job, source)
        if batch == MACHINE
        else _into_spool(office, actor, job, source)
    )
    kept = [(page, keeping.keep(office, Path(page["path"]), page["sha256"])) for page in pages]
    with writing(office.engine) as connection:
        received = _insert_paper(connection, office, actor, dossier, (job, title))
        for number, (page, bytes_kept) in enumerate(kept, start=1):
            place = keeping.Place(received, FileRole.MASTER, ordinal=number)
            told = {name: value for name, value in page.items() if name != "path"}
            at = office.clock()
            keeping.attach(connection, office, place, bytes_kept, page["media_type"], at=at, evidence=told)
        body = {"paper": received, "sha256": [page["sha256"] for page in pages]}
        recording.note(connection, office, actor, "scan_received", dossier.code, **body)
    spool = Spool(office.spool_folder, office.clock)
    done = spool.find_job(job)
    done.close(JobState.COMPLETED)
    done.release(len(done.pages()))  # they are kept now; the account of how they came stays
    return received


def _from_machine(
    office: Office, actor: Actor, job: str, source: Mapping[str, Any]
) -> Sequence[Mapping[str, Any]]:
    machine: Machine = source["machine"]
    if not machine.address:
        return _into_spool(office, actor, job, {"device": ""})
    stack = Stack(job, machine.address, actor.account, machine.settings, machine.remembers)
    place = Place(machine.address, job, actor.account, actor.account)
    with in_turn(office, place, lambda: _spooled(office, job), machine.tell_waiting):
        scanned = scan_stack(office.settings, stack, lambda _event, _detail: None)
    if scanned.fault:
        raise scanned.fault
    return scanned.pages


def _into_spool(office: Office, actor: Actor, job: str, source: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    place = SpoolPlace(office.spool_folder, office.settings.spool_mb, job, source["device"], actor.account)
    inbox, files = source.get("inbox"), source.get("files", ())
    taking = Taking(place, Path(inbox) if inbox else None, tuple(map(Path, files)))
    pages: list[Mapping[str, Any]] = []
    for told in run(TAKE, taking, Limits(office.settings.child_memory_mb, TAKING_SECONDS)):
        if isinstance(told, ScannedPage):
            pages.append(told.to_json() | {"path": told.path})
        elif told.refused:
            raise DeskFault(DeskCode.PAGES_REFUSED, ", ".join(told.refused))
        elif told.waiting:
            raise DeskFault(DeskCode.STILL_SCANNING, ", ".join(told.waiting))
    if not pages:
        raise DeskFault(DeskCode.NOTHING_SCANNED)
    return pages


def _insert_paper(
    connection: Connection, office: Office, actor: Actor, dossier: Row[Any], scan: tuple[str, str]
) -> str:
    job, title = scan
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
            state=PaperState.SCANNED,
            scan_job=job,
            scanned_at=office.clock(),
            scanned_by=actor.account,
            unit=dossier.unit,
            sensitivity=dossier.sensitivity,
        )
    )
    return paper
