"""Pages arrive: from the spool among the rows, so that whatever came can be seen, chosen and received.

A page in the spool belongs to nobody yet. It is kept among the objects and written down as one that waits
before the spool gives it up: a crash in between leaves it in the spool, and the next look takes it over.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from office.confined.confine import Limits, run
from office.confined.orders import Leftover, SpoolPlace, Taking
from office.confined.tasks import TAKE
from office.desk.checking import check_arrivals
from office.nouns import Actor, Sensitivity
from office.procedure import Role
from office.rows import arrivals, keeping, recording
from office.rows.arrivals import Arrival
from office.tables import dossiers
from office.value import Office
from scanner_adapters.folder.watched import WatchedFolder
from scanner_adapters.model import JobState, ScanFault, ScannedPage
from scanner_adapters.queue.card import alone
from scanner_adapters.queue.spool import REVISION, Spool
from storage.database import reading, writing

TAKING_SECONDS = 600
FOLDER = "folder"
FOLDER_LOCK = ".folder.lock"
DESK_JOB = re.compile(r"(?P<dossier>[0-9a-f-]{36})-.+|folder-\d+")  # any other job is not the desk's
BEGUN = re.compile(rf"(?:^|-){FOLDER}-(\d{{20}})$")
SITTING = timedelta(minutes=10)  # so long one goes on with a folder whose files were not finished


@dataclass(frozen=True)
class Collected:
    """What lay in the watched folder: pages that wait now, by id; files moved aside; files not finished.

    `broken`: the PDFs among the pages whose signatures were found broken just now.
    """

    pages: tuple[str, ...]
    refused: tuple[str, ...]
    unfinished: tuple[str, ...]
    broken: tuple[Arrival, ...] = ()


def collect_folder(office: Office, actor: Actor, dossier_id: str = "") -> Collected:
    """Take what lies in the watched folder; its pages wait until somebody receives them, PDFs verified.

    With a dossier they wait for that one, and those that it collected a moment ago, when files were not
    finished, are told again.
    Raises: ChildFault, DeskFault; what was taken by then waits all the same.
    """
    actor.require(Role.CLERK)
    spool = _spool(office)
    with alone(office.spool_folder, FOLDER_LOCK):  # two at once would take the same file twice
        _settle(office, spool)
        job = _folder_job(office, spool, dossier_id)
        try:
            left = take_into(office, actor, job, FOLDER, office.inbox)
        finally:
            enter_job(office, job)
        if left.refused or not left.waiting:
            end_job(office, job)
    with reading(office.engine) as connection:
        pages = arrivals.of_job(connection, job)
    broken = check_arrivals(office, actor, pages)
    return Collected(tuple(page.id for page in pages), left.refused, left.waiting, broken)


def take_into(office: Office, actor: Actor, job: str, device: str, source: Path | Sequence[Path]) -> Leftover:
    """Take the files of a folder, or these files, into a job of the spool, in a confined child.

    Raises: ChildFault for a file that is no page or not whole; those before it are in the job.
    """
    place = SpoolPlace(office.spool_folder, office.settings.scanners.spool_mb, job, device, actor.account)
    taking = Taking(place, source) if isinstance(source, Path) else Taking(place, None, tuple(source))
    limits = Limits(office.settings.limits.child_memory_mb, TAKING_SECONDS)
    told = [one for one in run(TAKE, taking, limits) if isinstance(one, Leftover)]
    return told[0] if told else Leftover((), ())


def enter_job(office: Office, job: str) -> None:
    """Write down the pages of this job that are still in the spool: from now on they wait among the rows.

    Raises: ScanFault SPOOL_DAMAGED.
    """
    with suppress(KeyError):  # nothing came, not even a job
        found = _spool(office).find_job(job)
        if not found.session:  # a citizen's own sitting: nobody else sees its pages
            found.hand_over(lambda pages: _enter(office, job, pages))


def enter_left(office: Office) -> None:
    """Write down what a crash left in the spool; a job whose account is damaged stops nobody."""
    for job in _spool(office).holding():
        if DESK_JOB.fullmatch(job):
            with suppress(ScanFault, FileNotFoundError):  # put away by another meanwhile
                enter_job(office, job)


def end_job(office: Office, job: str) -> None:
    """The job takes no more pages; its account stays."""
    spool = _spool(office)
    with suppress(KeyError):
        spool.find_job(job).close(JobState.COMPLETED)
        spool.put_away(job)


def _enter(office: Office, job: str, pages: tuple[ScannedPage, ...]) -> None:
    kept = [(page, keeping.keep(office, page.path, page.sha256)) for page in pages]
    with writing(office.engine) as connection:
        guard, code = _guard(connection, office, job)
        entered = []
        for page, bytes_kept in kept:
            if arrivals.enter(connection, office, page.to_json(), bytes_kept, guard):
                entered.append(page)
            for flag in page.flags:
                if flag.startswith(REVISION):
                    earlier = int(flag.removeprefix(REVISION))
                    arrivals.supersede(connection, office, job, earlier)
        if entered:
            told = {"dossier": guard.dossier, "sha256": [page.sha256 for page in entered]}
            by = Actor(entered[0].operator, "", "", frozenset(), frozenset())
            recording.note(connection, office, by, "pages_arrived", code or job, **told)


def _guard(connection: sa.Connection, office: Office, job: str) -> tuple[arrivals.Guard, str]:
    """Whose the pages of a job are, and the code of the dossier they came for, if they did."""
    named = DESK_JOB.fullmatch(job)
    dossier = named["dossier"] if named else None
    row = connection.execute(sa.select(dossiers).where(dossiers.c.id == dossier)).one_or_none()
    if row is None:
        return arrivals.Guard("", office.settings.unit, Sensitivity.INTERNAL), ""
    return arrivals.Guard(row.id, row.unit, row.sensitivity), row.code


def _settle(office: Office, spool: Spool) -> None:
    """Finish what a crash interrupted: a file whose page was announced is taken out of the folder."""
    folder = WatchedFolder(office.inbox, office.clock)
    for job in spool.jobs():
        if _is_folder_job(job):
            with suppress(ScanFault, KeyError):
                found = spool.find_job(job)
                folder.settle(found)
                if found.state is JobState.SCANNING and not _is_recent(office, job):
                    enter_job(office, job)
                    end_job(office, job)


def _folder_job(office: Office, spool: Spool, dossier_id: str) -> str:
    """The sitting that goes on, or a new one: pages of one are never joined with those of another."""
    start = f"{dossier_id}-{FOLDER}-" if dossier_id else f"{FOLDER}-"
    begun = [job for job in spool.jobs() if job.startswith(start) and _is_recent(office, job)]
    going_on = [job for job in begun if spool.find_job(job).state is JobState.SCANNING]
    return going_on[-1] if going_on else f"{start}{office.clock().astimezone(UTC):%Y%m%d%H%M%S%f}"


def _is_folder_job(job: str) -> bool:
    return bool(BEGUN.search(job)) or job.endswith(f"-{FOLDER}")


def _is_recent(office: Office, job: str) -> bool:
    begun = BEGUN.search(job)
    if begun is None:
        return False
    at = datetime.strptime(begun[1], "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
    return office.clock() - at < SITTING


def _spool(office: Office) -> Spool:
    return Spool(office.spool_folder, office.clock)
