"""Sao chụp: a dossier is opened, and its papers come in from the scanner's folder, a machine or an upload.

What came in waits among the rows before it is received (office.desk.arriving): whatever goes wrong between,
the pages can be seen, chosen and received on purpose, and none joins a paper that nobody meant.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from foundation.clock import on_paper
from foundation.durable import sha256_of
from office.desk import arriving
from office.desk.checking import require_good
from office.desk.expecting import add_expected, expected_paper
from office.desk.queueing import Place, in_turn
from office.desk.scanning import Stack, scan_stack
from office.desk.sorting import Target, receive_pages
from office.faults import DeskCode, DeskFault
from office.nouns import Actor, Sensitivity
from office.procedure import Role
from office.rows import arrivals, recording
from office.rows.finding import find_dossier, find_paper
from office.tables import dossiers, papers
from office.value import Office
from scanner_adapters.model import ScanSettings
from scanner_adapters.queue.spool import Spool
from storage.database import reading, writing
from vietnamese.letters import fold

MACHINE = "machine"
UPLOAD = "upload"
UPLOAD_NAME = 16  # hex digits that tell one upload from another within a paper


@dataclass(frozen=True)
class Intake:
    """What the clerk says when a dossier begins: the procedure's code, who asks, which papers will come."""

    procedure: str
    requester: str
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    expects: tuple[str, ...] = ()


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
    if intake.procedure not in office.rules.procedures(office.today):
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
                finding=fold(f"{code} {intake.requester}").lower(),
                unit=office.settings.unit,
                sensitivity=intake.sensitivity,
            )
        )
        recording.note(connection, office, actor, "dossier_opened", code, procedure=intake.procedure)
        for title in intake.expects:
            add_expected(connection, office, actor, find_dossier(connection, dossier, actor), title)
    return dossier


def receive_scan(office: Office, actor: Actor, dossier_id: str, title: str) -> str:
    """Take what lies in the watched folder as the dossier's paper of this title and return the paper's id.

    The clerk says that all that lies there is one paper. Who is not sure collects it and chooses from the
    pages that wait (office.desk.arriving, office.desk.sorting).
    Raises: DeskFault NOTHING_SCANNED when nothing lies there, STILL_SCANNING while a file is not finished,
    PAGES_REFUSED once when files had to be moved aside, SIGNATURES_BROKEN once for PDFs with broken
    signatures; the pages taken by then wait to be chosen.
    """
    _require_dossier(office, actor, dossier_id)
    collected = arriving.collect_folder(office, actor, dossier_id)
    if collected.refused:
        raise DeskFault(DeskCode.PAGES_REFUSED, ", ".join(collected.refused))
    if collected.unfinished:
        raise DeskFault(DeskCode.STILL_SCANNING, ", ".join(collected.unfinished))
    require_good(collected.broken)
    return receive_pages(office, actor, collected.pages, Target(dossier=dossier_id, title=title))


def receive_files(office: Office, actor: Actor, dossier_id: str, title: str, files: Sequence[Path]) -> str:
    """Take these uploaded files, in this order, as the dossier's paper of this title; answers the paper's id.

    Raises: ChildFault with the scanner's code for a file that is no page or not whole, DeskFault
    SIGNATURES_BROKEN once for a PDF with broken signatures; what came by then waits for this dossier.
    """
    return receive_upload(office, actor, Target(dossier=dossier_id, title=title), files)


def receive_upload(office: Office, actor: Actor, target: Target, files: Sequence[Path]) -> str:
    """Take these uploaded files, in this order, behind the pages of the target; answers the paper's id.

    The same files sent again after a crash go on where they were. Raises: as receive_files.
    """
    dossier_id = _dossier_of(office, actor, target)
    same = hashlib.sha256("".join(sha256_of(path) for path in files).encode()).hexdigest()
    job = _job_name(office, target, dossier_id, same[:UPLOAD_NAME])
    try:
        arriving.take_into(office, actor, job, UPLOAD, files)
    finally:
        arriving.enter_job(office, job)
    return _receive_job(office, actor, job, target)


def scan_paper(office: Office, actor: Actor, dossier_id: str, title: str, machine: Machine) -> str:
    """Scan a stack from a machine as the dossier's paper of this title and return the paper's id.

    Without an address the pages already scanned are the paper: the clerk has counted them.
    Raises: ScanFault with what went wrong; pages scanned so far wait, and the next scan goes on after them.
    """
    _require_dossier(office, actor, dossier_id)
    target = Target(dossier=dossier_id, title=title)
    job = _job_name(office, target, dossier_id, MACHINE)
    try:
        if machine.address:
            _scan(office, actor, job, machine)
    finally:
        arriving.enter_job(office, job)
    return _receive_job(office, actor, job, target)


def pages_scanned(office: Office, dossier_id: str, title: str = "") -> int:
    """How many pages of the dossier's next paper, or the one expected, a machine has delivered already."""
    return _spooled(office, _job_name(office, Target(title=title), dossier_id, MACHINE))


def _spooled(office: Office, job: str) -> int:
    spool = Spool(office.spool_folder, office.clock)
    try:
        return len(spool.find_job(job).pages())
    except KeyError:
        return 0


def _job_name(office: Office, target: Target, dossier_id: str, batch: str) -> str:
    """The same job for the same paper and batch: after a crash the pages in the spool are found again."""
    with reading(office.engine) as connection:
        paper = sa.select(papers.c.ordinal).where(papers.c.id == target.paper)
        ordinal = connection.execute(paper).scalar_one_or_none()
        expected = expected_paper(connection, dossier_id, target.title)
        last = sa.select(dossiers.c.last_ordinal).where(dossiers.c.id == dossier_id)
        after = connection.execute(last).scalar_one() + 1
    return f"{dossier_id}-{ordinal or (expected.ordinal if expected else after):03d}-{batch}"


def _receive_job(office: Office, actor: Actor, job: str, target: Target) -> str:
    with reading(office.engine) as connection:
        chosen = [page.id for page in arrivals.of_job(connection, job)]
    paper = receive_pages(office, actor, chosen, target)
    arriving.end_job(office, job)
    return paper


def _scan(office: Office, actor: Actor, job: str, machine: Machine) -> None:
    stack = Stack(job, machine.address, actor.account, machine.settings, machine.remembers)
    place = Place(machine.address, job, actor.account, actor.account)
    with in_turn(office, place, lambda: _spooled(office, job), machine.tell_waiting):
        scanned = scan_stack(office.settings, stack, lambda _event, _detail: None)
    if scanned.fault:
        raise scanned.fault


def _require_dossier(office: Office, actor: Actor, dossier_id: str) -> None:
    actor.require(Role.CLERK)
    with reading(office.engine) as connection:
        find_dossier(connection, dossier_id, actor)


def _dossier_of(office: Office, actor: Actor, target: Target) -> str:
    if not target.paper:
        _require_dossier(office, actor, target.dossier)
        return target.dossier
    actor.require(Role.CLERK)
    with reading(office.engine) as connection:
        return find_paper(connection, target.paper, actor).dossier
