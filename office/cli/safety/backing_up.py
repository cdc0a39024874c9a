"""`backup` and `restore`: sets of everything at a place, and the way back, for good or as a drill."""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from sqlalchemy.engine import Engine

from foundation.clock import on_paper, utc_now
from office.bootstrap import known_revisions, location_of, migrate, open_house, open_office
from office.cli.console import Console
from office.cli.pins import read_pin
from office.desk.upkeep.backing_up import Made, back_up
from office.desk.upkeep.drilling import drill
from office.desk.upkeep.restoring import Ground, newest_set, restore
from office.rows import recording
from office.settings import Settings, load_settings, process_environment
from storage.backup.faults import BackupCode, BackupFault
from storage.backup.folder import BackupStore, FolderStore
from storage.backup.place import BackupPlace, Secret, Work, make_place, open_place
from storage.database import open_engine, writing
from storage.opening import Location, open_archive, open_objects

S3 = "s3://"
BELOW = "backup"  # a folder below the address of a bucket
ROOT = Path(__file__).resolve().parents[3]


def backup(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Make one set at a place; the first makes the place."""
    office = open_house(settings)
    with opened_store(chosen.to, chosen) as store:
        place = make_place(store, secret_of(chosen, console), office.work_folder)
        made = back_up(office, place, console.say, rereads=chosen.read_all)
    console.answer(asdict(made), tuple(told_of(made)))
    return 1 if made.lacking else 0


def restore_house(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Bring a set back into an empty house, or into a scratch place as a drill."""
    with opened_store(chosen.source, chosen) as store, _work_folder(chosen, settings) as work:
        place = open_place(store, secret_of(chosen, console), work)
        if chosen.list:
            return _list(place, console)
        if chosen.drill:
            return _drill(chosen, settings, console, place)
        return _restore(chosen, settings, console, (place, work))


@contextmanager
def opened_store(address: str, chosen: argparse.Namespace) -> Iterator[BackupStore]:
    """What answers this address: a folder, or a bucket. Raises: StorageFault as storage.opening."""
    if not address.startswith(S3):
        yield FolderStore(Path(address))
        return
    location = Location(address, Path(), chosen.credentials, chosen.ca)
    yield open_objects(location, utc_now, BELOW)


def told_of(made: Made) -> Iterator[str]:
    """What people are told of a backup."""
    for lacking in made.lacking:
        yield f"✕ {lacking}: hỏng hoặc thiếu, không vào được bản sao lưu"
    yield (
        f"Đã sao lưu {made.name}: {made.entries} mục, {made.size_bytes / 1e6:.1f} MB, {made.rows} dòng; "
        f"gửi mới {made.sent} mục, {made.sent_bytes / 1e6:.1f} MB, đã đọc lại."
    )
    if made.locked_until:
        yield f"Bản này được khóa đến {on_paper(made.locked_until):%d/%m/%Y}."
    if made.gone:
        yield f"Đã bỏ bản cũ: {', '.join(made.gone)}."


def _list(place: BackupPlace, console: Console) -> int:
    every, locked = place.sets(), place.locked(utc_now())
    lines = tuple(f"{name}{' (đang khóa)' if name in locked else ''}" for name in every)
    console.answer({"sets": every, "locked": sorted(locked)}, lines)
    return 0


def _drill(chosen: argparse.Namespace, settings: Settings, console: Console, place: BackupPlace) -> int:
    office = open_house(settings)
    with _scratch(chosen, settings) as scratch:
        drilled = drill(office, place, chosen.set, scratch, (_migrate, console.say))
    told = {**asdict(drilled), "passed": not drilled.reasons}
    console.answer(told, (drilled.minutes, f"Biên bản: {drilled.path}"))
    return 1 if drilled.reasons else 0


def _restore(
    chosen: argparse.Namespace, settings: Settings, console: Console, source: tuple[BackupPlace, Work]
) -> int:
    place, work = source
    name = newest_set(place, chosen.set)
    ground = ground_of(settings, work)
    restored = restore(place, name, ground, console.say)
    ground.engine.dispose()
    fresh = replace(load_settings(ROOT, process_environment(), settings.data), lang=settings.lang)
    office = open_office(fresh)
    with writing(office.engine) as connection:
        told = {"set": name, "rows": restored.rows, "findings": len(restored.findings)}
        recording.note(connection, office, recording.SYSTEM, "house_restored", "backup", **told)
    lines = [f"✕ {one.place}: {one.code} {one.detail}".rstrip() for one in restored.findings]
    lines.append(
        f"Đã phục hồi {name}: {restored.summary.entries} mục, {restored.rows} dòng, đã đọc lại từng byte. "
        "Khóa ký và khóa TLS không nằm trong bản sao lưu: ./motcua doctor cho biết còn thiếu gì."
    )
    findings = [asdict(one) for one in restored.findings]
    console.answer({**told, "findings": findings, "entries": restored.summary.entries}, tuple(lines))
    return 1 if findings else 0


def ground_of(settings: Settings, work: Work) -> Ground:
    """Where these settings let a house lie; nothing in it need say yet whose it is."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = open_engine(settings.engine_url)
    holdings = open_archive(location_of(settings, settings.archive), utc_now)
    objects = open_objects(location_of(settings, settings.objects), utc_now)
    stores = (objects, holdings.records, holdings.archive)
    return Ground(settings.data, engine, *stores, partial(_migrate, engine, settings.engine_url), work)


def _migrate(engine: Engine, url: str, revision: str) -> None:
    """As bootstrap. Raises: BackupFault NEWER for a form that this program does not know."""
    if revision not in ("head", *known_revisions()):
        raise BackupFault(BackupCode.NEWER)
    migrate(engine, url, revision)


def secret_of(chosen: argparse.Namespace, console: Console) -> Secret | None:
    """What the key is made from, as the command line says; a passphrase is asked for."""
    if chosen.key is not None:
        return Secret(chosen.key.read_bytes(), is_passphrase=False)
    if not chosen.passphrase:
        return None
    words = read_pin(console, "Cụm mật khẩu của bản sao lưu (ít nhất 12 ký tự): ")
    return Secret(bytes(words or b""), is_passphrase=True)


@contextmanager
def _work_folder(chosen: argparse.Namespace, settings: Settings) -> Iterator[Work]:
    """Private folders beside the data directory: the house may not be there yet."""
    with tempfile.TemporaryDirectory(prefix="motcua-restore-", dir=_near(chosen, settings)) as folder:

        @contextmanager
        def work() -> Iterator[Path]:
            one = Path(tempfile.mkdtemp(dir=folder))
            try:
                yield one
            finally:
                shutil.rmtree(one, ignore_errors=True)

        yield work


@contextmanager
def _scratch(chosen: argparse.Namespace, settings: Settings) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="motcua-drill-", dir=_near(chosen, settings)) as folder:
        yield Path(folder)


def _near(chosen: argparse.Namespace, settings: Settings) -> Path:
    """A folder that is there, on the disk of the data or the one that was named."""
    wanted: Path = chosen.scratch or settings.data
    return next(folder for folder in (wanted, *wanted.absolute().parents) if folder.is_dir())
