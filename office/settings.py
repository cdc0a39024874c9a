"""What can be set, in one frozen object of groups.

Settings come from `motcua.toml` beside the command, a table for each group, from `office.toml` in the data
directory, which `office init` writes, and from `MOTCUA_…` variables; the later win: `[web] port = 9000` and
`MOTCUA_WEB_PORT=9000` are the same. A secret may stand in a file of its
own: `[database] url_file = "/path"`, `MOTCUA_DATABASE_URL_FILE=/path`. A name that is not known here is
refused: a misspelt setting must not pass for a working one. The environment is read in this module and
nowhere else.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from foundation.faults import Fault
from office.typed import whole_number

PREFIX = "MOTCUA_"
FROM_FILE = "_file"  # ends the name of a setting whose value stands in a file
LANGUAGES = ("vi", "en")
OFFICE_FILE = "office.toml"  # in the data directory: what `office init` was told
KIND = "kind"  # the file of the data directory that says for life what it is
SPECIMENS = "specimens"  # a demo house below a data directory that is no house (yet)
READINGS = "readings"  # below the data directory: what was read of papers not yet archived
NOT_SETTINGS = frozenset({"ROOT", "PYTHON", "JUDGES", "MINIO", "EARK"})  # read by the shell and by the tests
MOST = 2**31 - 1
LAST_PORT = 65_535
MOST_TOLD = 80  # letters of an impossible value

Count = Annotated[int, Ge(1), Le(MOST)]
Port = Annotated[int, Ge(0), Le(LAST_PORT)]  # 0: whichever is free


class SettingsCode(StrEnum):
    """What can be wrong with the settings."""

    UNKNOWN = "UNKNOWN_SETTING"
    BAD_VALUE = "BAD_SETTING"
    UNREADABLE = "UNREADABLE_SETTINGS"


class SettingsFault(Fault):
    """A setting that is unknown, or has a value it cannot have."""

    code: SettingsCode


@dataclass(frozen=True)
class Database:
    """Where the rows are."""

    url: str = ""  # empty: SQLite inside `data`


@dataclass(frozen=True)
class Objects:
    """Where the files of papers are."""

    url: str = ""  # empty: inside `data`; else s3://HOST[:PORT]/BUCKET[/PREFIX]
    credentials: str = ""  # a file with the S3 access key and secret key, a line each
    ca: str = ""  # a PEM file with the S3 server's own authority; empty: those this machine trusts


@dataclass(frozen=True)
class Archive:
    """Where finished dossiers and the house's records are kept for good, and how they are looked after."""

    url: str = ""  # empty: inside `data`; else s3://HOST[:PORT]/BUCKET[/PREFIX]
    credentials: str = ""  # as of `objects`
    ca: str = ""
    reread_days: Count = 90  # within which every byte is read again; the law says three years
    record_minutes: Count = 15  # how long a change of the rows may stand in no record
    seal_years: Count = 10  # for which nobody can delete a record, where the store can keep them from it


@dataclass(frozen=True)
class Replica:
    """Where a second copy of the archive and its records lies."""

    url: str = ""  # empty: nowhere; a folder, or s3://HOST[:PORT]/BUCKET[/PREFIX]
    credentials: str = ""
    ca: str = ""


@dataclass(frozen=True)
class Backup:
    """How many backups a place keeps, and how long one of them is locked."""

    sets: Count = 3
    lock_days: Count = 93  # a quarter: the law asks for a drill of bringing back in each


@dataclass(frozen=True)
class Signing:
    """How signatures are made."""

    ask_again_seconds: Count = 15  # how often a key holder who answers later is asked for the answer
    tsa_wait_seconds: Count = 180  # facts: the government's time-stamp server answers in 2-131 s
    remote_wait_seconds: Count = 60  # the most that one request to a signing service takes
    own_scans_certifiable: bool = False  # may the person who scanned also certify?
    software_keys: bool = False  # may the agency's key lie in a PKCS#12 file? A token or HSM guards it better


@dataclass(frozen=True)
class Services:
    """Whom signing may ask over the network; no other address is ever asked, whatever a certificate names."""

    stamps: str = ""  # addresses of time-stamp authorities, comma between, asked in this order
    answers: str = ""  # addresses of OCSP, CRL and issuers, and networks inside the house; comma between
    stamp_tries: Count = 3  # of an authority that cannot be reached
    stamps_at_once: Count = 4  # by all processes of this machine; facts: the government's takes no more
    answer_seconds: Count = 30  # for OCSP, CRL and issuers; stamps: signing.tsa_wait_seconds

    @property
    def authorities(self) -> tuple[str, ...]:
        """The addresses of time-stamp authorities, in order."""
        return _listed(self.stamps)

    @property
    def answer_addresses(self) -> tuple[str, ...]:
        """What else may be asked."""
        return _listed(self.answers)


@dataclass(frozen=True)
class Scanners:
    """Which machines, and how much waits between them and the dossiers."""

    allowed: str = ""  # ids that `devices` prints, comma between: the only ones allowed; empty: all
    spool_mb: Count = 20_000  # scanned pages not yet in a dossier; beyond it no new scan begins

    @property
    def allowed_ids(self) -> tuple[str, ...]:
        """The ids of the only machines that may be scanned from; none: whichever."""
        return _listed(self.allowed)


@dataclass(frozen=True)
class Web:
    """The pages: where they are served, to whom, and for how long."""

    host: str = "127.0.0.1"
    port: Port = 8000
    names: str = ""  # further names by which browsers ask for this server, comma between
    certificate: str = ""  # PEM file of the pages' TLS certificate with its chain; empty: no TLS
    key: str = ""  # PEM file of its private key; relative paths lie in the data directory
    proxies: str = "127.0.0.1"  # reverse proxies, comma between: believed about whom they speak for
    watchers: str = ""  # addresses or networks that may read /metrics besides this machine, comma between
    idle_minutes: Count = 15
    session_hours: Count = 10
    upload_mb: Count = 200

    @property
    def further_names(self) -> tuple[str, ...]:
        """Names by which browsers ask for this server, besides its address."""
        return _listed(self.names)

    @property
    def watching(self) -> tuple[str, ...]:
        """Addresses and networks that may read the figures."""
        return _listed(self.watchers)

    @property
    def trusted_proxies(self) -> tuple[str, ...]:
        """The addresses whose word is taken about whom a request comes from."""
        return _listed(self.proxies)


@dataclass(frozen=True)
class Limits:
    """How much is done at the same time, and for how long."""

    page_jobs: Count = 2  # pages read at the same time
    workers: Count = 2  # acts carried out at the same time
    lease_seconds: Count = 240  # longer than the longest wait, so that one renewal that fails loses no claim
    retry_seconds: Count = 30
    child_memory_mb: Count = 1000  # data segment of one child that parses foreign bytes
    child_seconds: Count = 3600  # wall time of one reading of one paper
    verify_seconds: Count = 55


@dataclass(frozen=True)
class Settings:
    """Every setting with its unit and its default."""

    data: Path
    lang: Literal["vi", "en"] = "vi"
    log: Literal["text", "json"] = "text"  # the form of log lines on standard error
    unit: str = "phuong-mau"
    unit_code: str = "H00.00.00.01"  # opens every dossier code of this unit
    agency: str = "ỦY BAN NHÂN DÂN PHƯỜNG MẪU"
    database: Database = field(default_factory=Database)
    objects: Objects = field(default_factory=Objects)
    archive: Archive = field(default_factory=Archive)
    replica: Replica = field(default_factory=Replica)
    backup: Backup = field(default_factory=Backup)
    signing: Signing = field(default_factory=Signing)
    services: Services = field(default_factory=Services)
    scanners: Scanners = field(default_factory=Scanners)
    web: Web = field(default_factory=Web)
    limits: Limits = field(default_factory=Limits)

    @property
    def engine_url(self) -> str:
        """The database's address as SQLAlchemy takes it."""
        return self.database.url or f"sqlite:///{self.data / 'motcua.db'}"

    def having(self, group: str, **values: Any) -> "Settings":
        """These settings, with other values in one group."""
        return replace(self, **{group: replace(getattr(self, group), **values)})


PLACES = ("database", "objects", "archive", "replica")  # the groups that say where things are
GROUPS: Mapping[str, Any] = {group.name: group.type for group in fields(Settings) if is_dataclass(group.type)}
FORMERLY: Mapping[str, tuple[str, str]] = {
    "scanners": ("scanners", "allowed"),
    "database_url": ("database", "url"),
}  # names of version 0.1


def load_settings(root: Path, environment: Mapping[str, str], data: Path | None = None) -> Settings:
    """Read the settings that hold for this start.

    Args:
        root: the folder that holds the command and perhaps `motcua.toml`.
        environment: the process's environment.
        data: the data directory named on the command line; wins over everything.

    Raises: SettingsFault for an unknown name, an impossible value or a file that cannot be read.
    """
    general, outside = tuple(_from_file(root / "motcua.toml")), tuple(_from_environment(environment))
    named = {name: value for group, name, value in (*general, *outside) if not group}
    chosen = (data or Path(str(named.get("data") or root / "var"))).absolute()
    told: dict[str, Any] = {}
    for group, name, value in (*general, *_from_file(chosen / OFFICE_FILE), *outside):
        _require_plain_number(group, name, value)
        (told.setdefault(group, {}) if group else told)[name] = value
    return _checked({**told, "data": chosen})


def is_house(data: Path) -> bool:
    """Does this directory hold an office's data?"""
    return (data / KIND).exists()


def specimen_house(settings: Settings) -> Settings:
    """The settings for specimens: in the house itself where there is one, else in a folder beside it."""
    return settings if is_house(settings.data) else replace(settings, data=settings.data / SPECIMENS)


def settings_in(path: Path, now: Settings) -> Settings:
    """The settings of a house that moves: those of now, but for what this file says of where things are.

    Raises: SettingsFault as load_settings, also for a file that says nothing or anything else.
    """
    told: dict[str, dict[str, Any]] = {}
    for group, name, value in _from_file(path):
        if group not in PLACES:
            raise SettingsFault(SettingsCode.BAD_VALUE, f"{group}.{name}".strip("."))
        _require_plain_number(group, name, value)
        told.setdefault(group, {})[name] = value
    if not told:
        raise SettingsFault(SettingsCode.UNREADABLE, path.name)
    return replace(now, **{group: GROUPS[group](**values) for group, values in told.items()})


def process_environment() -> Mapping[str, str]:
    """The environment this process was started with."""
    return os.environ


Told = tuple[str, str, Any]  # group ("" for none), name, value


def _from_file(path: Path) -> Iterator[Told]:
    if not path.exists():
        return
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise SettingsFault(SettingsCode.UNREADABLE, f"{path.name}: {broken}") from broken
    for name, value in values.items():
        if isinstance(value, dict) and name in GROUPS:
            for within, one in value.items():
                yield _known(f"{name}_{within}", one)
        else:
            yield _known(name, value)


def _from_environment(environment: Mapping[str, str]) -> Iterator[Told]:
    for name, value in environment.items():
        if name.startswith(PREFIX) and name[len(PREFIX) :] not in NOT_SETTINGS:
            yield _known(name[len(PREFIX) :].lower(), value)


def _known(name: str, value: Any) -> Told:
    """Group, name and value of a setting; a value that stands in a file is fetched from there."""
    if name.endswith(FROM_FILE):
        return _known(name.removesuffix(FROM_FILE), _content(Path(str(value))))
    if name in FORMERLY:
        return (*FORMERLY[name], value)
    if name in _names(Settings) and name not in GROUPS:
        return "", name, value
    for group, kind in GROUPS.items():
        within = name.removeprefix(f"{group}_")
        if name.startswith(f"{group}_") and within in _names(kind):
            return group, within, value
    for group, kind in GROUPS.items():
        if name in _names(kind):  # as it was called before there were groups
            return group, name, value
    raise SettingsFault(SettingsCode.UNKNOWN, name)


def _require_plain_number(group: str, name: str, value: Any) -> None:
    """A number is written in plain digits: pydantic alone would take `1_0` and `true` for numbers too."""
    kinds = {one.name: one.type for one in fields(GROUPS[group] if group else Settings)}
    text = str(value) if type(value) is int else value
    is_number = kinds[name] in (Count, Port)
    if is_number and not (isinstance(text, str) and whole_number(text, 0, MOST) is not None):
        raise SettingsFault(SettingsCode.BAD_VALUE, f"{group}.{name} = {value!r}"[:MOST_TOLD])


def _names(kind: Any) -> frozenset[str]:
    return frozenset(one.name for one in fields(kind))


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as broken:
        raise SettingsFault(SettingsCode.UNREADABLE, f"{path.name}: {broken}") from broken


def _checked(told: Mapping[str, Any]) -> Settings:
    kinds = {one.name: one.type for one in fields(Settings)}
    return _fitting(Settings(**{name: _of_kind(kinds[name], name, value) for name, value in told.items()}))


def _of_kind(kind: Any, name: str, told: Any) -> Any:
    """A setting or a whole group, checked; for what nobody told anything no check is built."""
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 --help does not read settings

    try:
        return TypeAdapter(kind).validate_python(told)
    except ValidationError as bad:
        first = bad.errors(include_url=False)[0]
        place = ".".join(map(str, (name, *first["loc"])))
        detail = f"{place} = {first['input']!r}"[:MOST_TOLD]
        raise SettingsFault(SettingsCode.BAD_VALUE, detail) from None  # the rest may hold a secret


def _fitting(settings: Settings) -> Settings:
    for watcher in settings.web.watching:
        try:
            ip_network(watcher, strict=False)
        except ValueError:
            raise SettingsFault(SettingsCode.BAD_VALUE, f"web.watchers = {watcher!r}"[:MOST_TOLD]) from None
    lease, wait = settings.limits.lease_seconds, settings.signing.tsa_wait_seconds
    if lease <= wait:
        detail = f"limits.lease_seconds = {lease} ≤ signing.tsa_wait_seconds = {wait}"
        raise SettingsFault(SettingsCode.BAD_VALUE, detail)
    return settings


def _listed(told: str) -> tuple[str, ...]:
    return tuple(one for listed in told.split(",") if (one := listed.strip()))
