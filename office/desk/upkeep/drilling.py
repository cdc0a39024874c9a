"""The drill: a backup brought back into a scratch place, compared, and minutes written of it.

A drill passes when every content of the set was read and matches its digest, the rows that came back have
the set's tallies, every byte in the scratch place is sound, the ledger and the register's log hold, and the
running house still has the ledger's entry with which the set ends. What the house did since is told as well.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from foundation.clock import from_text, on_paper
from foundation.durable import write_whole
from office.desk.upkeep.backing_up import LEFT_OUT, MINUTES
from office.desk.upkeep.restoring import Ground, Restored, newest_set, restore
from office.rows import recording
from office.value import Office
from storage import ledger
from storage.backup import rows, sets
from storage.backup.faults import BackupFault
from storage.backup.place import BackupPlace
from storage.backup.sets import Summary, Tally
from storage.database import open_engine, reading, writing
from storage.faults import StorageCode, StorageFault
from storage.opening import Location, open_archive, open_objects

TEMPLATE = Path(__file__).parent / "drill_minutes.txt"
MARGIN = 1.2  # of room beyond what the set's contents take
Tell = Callable[[str], None]
Migrate = Callable[[Engine, str, str], None]


@dataclass(frozen=True)
class Compared:
    """How the rows that came back stand to the set, and the set to the running house."""

    ledger: int  # entries that came back
    chain_holds: bool
    ledger_same: bool  # the running house has the last of them as it came back
    running_same: tuple[str, ...]  # tables
    running_changed: tuple[str, ...]


NOTHING = Compared(0, chain_holds=False, ledger_same=False, running_same=(), running_changed=())


@dataclass(frozen=True)
class Drilled:
    """What a drill showed: `reasons` is empty when it passed; `minutes` is the text, which lies at `path`."""

    name: str
    reasons: tuple[str, ...]
    minutes: str
    path: Path


def drill(
    office: Office, place: BackupPlace, wanted: str | None, scratch: Path, how: tuple[Migrate, Tell]
) -> Drilled:
    """Bring a set back into `scratch`, prove it, write minutes into the data directory and the ledger.

    Args:
        office: the running house, which is only read, but for the minutes.
        place: where the backups lie.
        wanted: which set; None: the newest.
        scratch: an empty folder; who made it removes it.
        how: what brings a database to a form, and who is told how far it is.

    Raises: BackupFault NO_SET; StorageFault DISK_FULL when `scratch` has not room enough.
    """
    name, started = newest_set(place, wanted), office.clock()
    with office.work_folder() as work:
        place.fetch_set(name, work / "set")
        summary = sets.summary(work / "set")
        counted = _counted(work / "set")
    if shutil.disk_usage(scratch).free < summary.size_bytes * MARGIN:
        raise StorageFault(StorageCode.DISK_FULL, str(scratch))
    migrate, tell = how
    ground = _ground(office, scratch, migrate)
    restored, compared, reasons = None, None, []
    try:
        restored = restore(place, name, ground, tell)
        compared = _compared(office, ground, summary)
        reasons = _reasons(restored, compared)
    except BackupFault as fault:
        reasons = [f"{fault.code} {fault.detail}".strip()]
    finally:
        ground.engine.dispose()
    minutes = _minutes(office, place, (name, summary, counted), (restored, compared, reasons), started)
    return _keep(office, Drilled(name, tuple(reasons), minutes, _path(office, started)))


def _ground(office: Office, scratch: Path, migrate: Migrate) -> Ground:
    url = f"sqlite:///{scratch / 'motcua.db'}"
    engine, here = open_engine(url), Location("", scratch)
    holdings = open_archive(here, office.clock)
    objects = open_objects(here, office.clock)
    stores = (objects, holdings.records, holdings.archive)
    return Ground(
        scratch, engine, *stores, lambda revision: migrate(engine, url, revision), office.work_folder
    )


def _counted(path: Path) -> Mapping[str, int]:
    counted = dict.fromkeys((sets.FILE, sets.RECORD, sets.OBJECT, sets.ARCHIVE, sets.ROWS), 0)
    for entry in sets.entries(path):
        counted[entry.what] += 1
    return counted


def _compared(office: Office, ground: Ground, summary: Summary) -> Compared:
    with reading(ground.engine) as connection:
        state = ledger.verify(connection)
    with reading(office.engine) as connection:
        there = sa.select(ledger.ledger_entries.c.h).where(ledger.ledger_entries.c.seq == state.count)
        same_end = not state.count or connection.execute(there).scalar() == state.head
        now: Mapping[str, Tally] = rows.tallies(connection, LEFT_OUT)
    same = tuple(sorted(name for name, tally in summary.tables.items() if now.get(name) == tally))
    changed = tuple(sorted(set(summary.tables) - set(same)))
    return Compared(state.count, state.first_break is None, bool(same_end), same, changed)


def _reasons(restored: Restored, compared: Compared) -> list[str]:
    """Why the drill did not pass, a line each."""
    found = [f"{one.place}: {one.code} {one.detail}".rstrip() for one in restored.findings]
    if not compared.ledger_same:
        found.append(f"ledger/{compared.ledger}: {StorageCode.CHAIN_BROKEN}")
    return found


def _minutes(
    office: Office,
    place: BackupPlace,
    of_set: tuple[str, Summary, Mapping[str, int]],
    result: tuple[Restored | None, Compared | None, list[str]],
    started: datetime,
) -> str:
    (name, summary, counted), (restored, compared, reasons) = of_set, result
    ended, nothing = (
        office.clock(),
        Compared(0, chain_holds=False, ledger_same=False, running_same=(), running_changed=()),
    )
    told = compared or nothing
    return TEMPLATE.read_text(encoding="utf-8").format(
        agency=office.settings.agency,
        unit=summary.about.unit,
        name=name,
        made_at=_at(from_text(summary.about.at)),
        encrypted="có mã hóa" if place.is_encrypted else "không mã hóa",
        owner=office.owner,
        started_at=_at(started),
        ended_at=_at(ended),
        seconds=f"{(ended - started).total_seconds():.0f}",
        entries=summary.entries,
        megabytes=f"{summary.size_bytes / 1e6:.1f}",
        objects=counted[sets.OBJECT],
        archived=counted[sets.ARCHIVE],
        records=counted[sets.RECORD],
        files=counted[sets.FILE],
        findings=len(restored.findings) if restored else "chưa đọc được",
        rows=restored.rows if restored else 0,
        tables=len(summary.tables),
        tables_same=len(summary.tables) if restored else 0,
        ledger=told.ledger,
        chain="liền mạch" if told.chain_holds else "KHÔNG liền mạch hoặc chưa kiểm tra",
        ledger_same="trùng khớp" if told.ledger_same else "KHÔNG trùng khớp hoặc chưa so",
        running_same=len(told.running_same),
        running_changed=", ".join(told.running_changed) or "không bảng nào",
        result="KHÔNG ĐẠT" if reasons else "ĐẠT. Bản sao lưu phục hồi được nguyên vẹn.",
        reasons="\n".join(f"- {reason}" for reason in reasons),
    )


def _at(instant: datetime) -> str:
    return f"{on_paper(instant):%H:%M:%S ngày %d/%m/%Y}"


def _path(office: Office, started: datetime) -> Path:
    return office.settings.data / MINUTES / f"dien-tap-{on_paper(started):%Y%m%d-%H%M%S}.txt"


def _keep(office: Office, drilled: Drilled) -> Drilled:
    drilled.path.parent.mkdir(mode=0o700, exist_ok=True)
    write_whole(drilled.path, drilled.minutes.encode())
    with writing(office.engine) as connection:
        told = {"set": drilled.name, "passed": not drilled.reasons, "minutes": drilled.minutes}
        recording.note(connection, office, recording.SYSTEM, "restore_drilled", "backup", **told)
    return drilled
