"""Start-up: a data directory and settings become an Office.

A data directory is marked demo or office for life; only in a demo directory are specimen keys made and is
the demo root trusted. The database is brought to the newest migration before anything else happens.
"""

import contextlib
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from foundation.clock import utc_now
from foundation.durable import write_whole
from foundation.locks import alone
from foundation.processes import is_alive, name_this_process
from office.demo.authority import open_demo_keys
from office.faults import DeskCode, DeskFault
from office.law.rules import load_rules
from office.nouns import Actor, Sensitivity
from office.procedure import Role
from office.settings import Settings
from office.value import Office, TrustStore
from storage.database import open_engine
from storage.ocfl.root import OcflRoot
from storage.opening import OBJECTS, Location, open_objects

if TYPE_CHECKING:
    from certify.signing.keys import Key
    from certify.signing.trust import Services

DEMO, OFFICE = "demo", "office"
MIGRATIONS = Path(__file__).parent / "migrations"


def open_office(settings: Settings, *, demo: bool | None = None) -> Office:
    """Open the data directory, making it if it is new.

    Args:
        settings: what holds for this start.
        demo: what the directory must be; None takes it as it is marked, and a new one for an office.

    Raises: DeskFault(WRONG_HOUSE) when a demo directory is opened as an office or the other way round.
    """
    data = settings.data
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(data / ".starting"):  # one process at a time starts up here
        kind = _mark(data, demo=demo)
        engine = open_engine(settings.engine_url)
        _migrate(engine, settings.engine_url)
        keys = open_demo_keys(data, engine, utc_now) if kind == DEMO else None
    for folder in ("inbox", "work", "index"):
        (data / folder).mkdir(mode=0o700, exist_ok=True)
    _sweep_work(data / "work")
    return Office(
        settings=settings,
        engine=engine,
        objects=open_objects(_location(settings), utc_now),
        archive=OcflRoot(data / "archive", utc_now),
        keyring=keys.keyring if keys else NoKeys(),
        trust=keys.trust if keys else TrustStore(),
        open_services=keys.open_services if keys else no_services,
        is_demo=kind == DEMO,
        rules=load_rules(),
        clock=utc_now,
        new_id=lambda: str(uuid.uuid4()),
        owner=name_this_process(),
    )


def _location(settings: Settings) -> Location:
    credentials, authority = settings.objects.credentials, settings.objects.ca
    return Location(
        url=settings.objects.url,
        folder=settings.data / OBJECTS,
        credentials=Path(credentials) if credentials else None,
        authority=Path(authority) if authority else None,
    )


class NoKeys:
    """The keyring of an office in which nobody can sign yet."""

    def of(self, holder: str) -> "Key":
        """Nobody has a key. Raises: DeskFault(KEYS_MISSING)."""
        raise DeskFault(DeskCode.KEYS_MISSING, holder)

    def is_unattended(self, _holder: str) -> bool:
        """There is no key to be used."""
        return False


def no_services() -> "Services":
    """Nothing is set up that signatures could rest on. Raises: DeskFault(KEYS_MISSING)."""
    raise DeskFault(DeskCode.KEYS_MISSING)


def operator(office: Office) -> Actor:
    """Whoever may run commands on the server itself: sees the unit's papers, but certifies nothing."""
    units = frozenset({office.settings.unit})
    return Actor("system:operator", "", "", frozenset({Role.ARCHIVIST}), units, Sensitivity.RESTRICTED)


def _mark(data: Path, *, demo: bool | None) -> str:
    path = data / "kind"
    wanted = None if demo is None else (DEMO if demo else OFFICE)
    if not path.exists():
        with contextlib.suppress(PermissionError):  # a folder lent to us keeps its owner's rights
            data.chmod(0o700)
        write_whole(path, (wanted or OFFICE).encode())
    kind = path.read_text().strip()
    if wanted not in (None, kind):
        raise DeskFault(DeskCode.WRONG_HOUSE, kind)
    return kind


def _migrate(engine: Engine, url: str) -> None:
    newest = max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    with engine.connect() as connection:
        if sa.inspect(connection).has_table("alembic_version"):
            found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
            if found == newest:
                return
    from alembic import command  # noqa: PLC0415 only a new or old database needs it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    config.attributes["url"] = url
    command.upgrade(config, "head")


def _sweep_work(folder: Path) -> None:
    """Remove the work folders of processes that are gone; their acts start anew from what was kept."""
    for left in folder.iterdir():
        if not is_alive(left.name.rsplit(":", 1)[0]):  # named by Office.work_folder
            shutil.rmtree(left, ignore_errors=True)
