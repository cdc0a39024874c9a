"""Start-up: a data directory and settings become an Office.

A data directory is marked demo or office for life; only in a demo directory are specimen keys made and is
the demo root trusted. The database is brought to the newest migration before anything else happens.
"""

import contextlib
import shutil
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from foundation.clock import on_paper, utc_now
from foundation.durable import write_whole
from foundation.locks import alone
from foundation.processes import is_alive, name_this_process
from office.demo.authority import open_demo_keys
from office.desk.upkeep.recording_rows import kind_of_records
from office.faults import DeskCode, DeskFault
from office.founding.services import services_of
from office.founding.trust import trust_in_rows
from office.founding.units import named
from office.keys.keyring import office_keyring, office_pins
from office.law.rules import load_rules
from office.nouns import Actor, Sensitivity
from office.people.accounts import OPERATOR
from office.procedure import Role
from office.settings import KIND, Archive, Objects, Replica, Settings, is_house
from office.value import Office, TrustStore
from storage.database import open_engine
from storage.faults import StorageCode, StorageFault
from storage.opening import Holdings, Location, open_archive, open_objects

DEMO, OFFICE = "demo", "office"
ARCHIVE_MARK = "archive/0=ocfl_1.1"  # in a data directory: an archive lies here
MIGRATIONS = Path(__file__).parent / "migrations"


def open_office(settings: Settings, *, demo: bool | None = None, as_it_is: bool = False) -> Office:
    """Open the data directory, making it if it is new.

    Args:
        settings: what holds for this start.
        demo: what the directory must be; None takes it as it is marked, and a new one for an office.
        as_it_is: leave the database in the form it has, perhaps an older one: to back it up, nothing else.

    Raises: DeskFault(WRONG_HOUSE) when a demo directory is opened as an office or the other way round.
    """
    data = settings.data
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(data / ".starting"):  # one process at a time starts up here
        kind = _mark(data, demo=demo)
        engine = open_engine(settings.engine_url)
        if not as_it_is:
            migrate(engine, settings.engine_url)
        keys = open_demo_keys(data, engine, utc_now) if kind == DEMO else None
    settings = settings if as_it_is else named(settings, engine, on_paper(utc_now()).date())
    own = (lambda: keys.trust) if keys else (lambda: TrustStore(pins=office_pins(engine, settings.agency)))
    open_trust = partial(_trusted, data, engine, own)
    for folder in ("inbox", "work", "index"):
        (data / folder).mkdir(mode=0o700, exist_ok=True)
    _sweep_work(data / "work")
    holdings = open_archive(location_of(settings, settings.archive), utc_now)
    return Office(
        settings=settings,
        engine=engine,
        objects=open_objects(location_of(settings, settings.objects), utc_now),
        archive=holdings.archive,
        records=holdings.records,
        open_replica=cache(partial(_open_replica, settings)),
        keyring=keys.keyring if keys else office_keyring(engine, settings, utc_now),
        open_trust=open_trust,
        open_services=keys.open_services if keys else services_of(settings, open_trust, utc_now),
        is_demo=kind == DEMO,
        rules=load_rules(),
        clock=utc_now,
        new_id=lambda: str(uuid.uuid4()),
        owner=name_this_process(),
    )


def open_house(settings: Settings) -> Office:
    """The house that is there: looking must not make one, for its kind would then be set for life.

    Raises: StorageFault(NOT_AN_ARCHIVE) where there is none.
    """
    if not is_house(settings.data):
        raise StorageFault(StorageCode.NOT_AN_ARCHIVE, str(settings.data))
    return open_office(settings)


def open_stores(office: Office, settings: Settings) -> Office:
    """The same office with its rows, objects and archive where these settings say: where it moves to."""
    engine = open_engine(settings.engine_url)
    migrate(engine, settings.engine_url)
    holdings = open_archive(location_of(settings, settings.archive), utc_now)
    return replace(
        office,
        settings=settings,
        engine=engine,
        objects=open_objects(location_of(settings, settings.objects), utc_now),
        archive=holdings.archive,
        records=holdings.records,
    )


def is_demo_archive(settings: Settings) -> bool | None:
    """Was this the archive of a demo house? None when no record says so."""
    records = open_archive(location_of(settings, settings.archive), utc_now).records
    return kind_of_records(records)


def location_of(settings: Settings, place: Objects | Archive | Replica) -> Location:
    """Where these settings let objects, the archive or the replica lie."""
    return Location(
        url=place.url,
        folder=settings.data,
        credentials=Path(place.credentials) if place.credentials else None,
        authority=Path(place.ca) if place.ca else None,
    )


def _open_replica(settings: Settings) -> Holdings | None:
    """The second copy of the archive. Raises: StorageFault when its server is not there or too weak."""
    place = settings.replica
    if not place.url:
        return None
    location = location_of(settings, place)
    if "://" not in place.url:
        location = replace(location, url="", folder=Path(place.url))
    return open_archive(location, utc_now)


def _trusted(data: Path, engine: Engine, open_own: Callable[[], TrustStore]) -> TrustStore:
    """What a house trusts of its own accord, and what its rows trust."""
    own, rows = open_own(), trust_in_rows(data, engine)
    stamps = own.roots if own.stamp_roots is None else own.stamp_roots  # a demo's root vouches for both
    return TrustStore(
        (*own.roots, *rows.roots), (*own.pins, *rows.pins), (*stamps, *(rows.stamp_roots or ()))
    )


def operator(office: Office) -> Actor:
    """Whoever may run commands on the server itself: sees the unit's papers, but certifies nothing."""
    units = frozenset({office.settings.unit})
    return Actor(OPERATOR, "", "", frozenset({Role.ARCHIVIST}), units, Sensitivity.RESTRICTED)


def _mark(data: Path, *, demo: bool | None) -> str:
    path = data / KIND
    wanted = None if demo is None else (DEMO if demo else OFFICE)
    if not path.exists():
        with contextlib.suppress(PermissionError):  # a folder lent to us keeps its owner's rights
            data.chmod(0o700)
        write_whole(path, (wanted or OFFICE).encode())
    kind = path.read_text().strip()
    if wanted not in (None, kind):
        raise DeskFault(DeskCode.WRONG_HOUSE, kind)
    return kind


def known_revisions() -> tuple[str, ...]:
    """The forms that this program can bring a database to, oldest first."""
    return tuple(sorted(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def migrate(engine: Engine, url: str, revision: str = "head") -> None:
    """Bring a database, perhaps an empty one, to its newest form or to an older one it has not reached."""
    wanted = known_revisions()[-1] if revision == "head" else revision
    with engine.connect() as connection:
        if sa.inspect(connection).has_table("alembic_version"):
            found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
            if found == wanted:
                return
    from alembic import command  # noqa: PLC0415 only a new or old database needs it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    config.attributes["url"] = url
    command.upgrade(config, wanted)


def _sweep_work(folder: Path) -> None:
    """Remove the work folders of processes that are gone; their acts start anew from what was kept."""
    for left in folder.iterdir():
        if not is_alive(left.name.rsplit(":", 1)[0]):  # named by Office.work_folder
            shutil.rmtree(left, ignore_errors=True)
