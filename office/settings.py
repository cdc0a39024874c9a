"""What can be set, in one frozen object.

Settings come from `motcua.toml` beside the command and from `MOTCUA_…` variables, which win. A name that
is not known here is refused: a misspelt setting must not pass for a working one. The environment is read
in this module and nowhere else.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from foundation.faults import Fault
from office.typed import whole_number

PREFIX = "MOTCUA_"
LANGUAGES = ("vi", "en")
READINGS = "readings"  # below the data directory: what was read of papers not yet archived
LAST_PORT = 65_535
MOST = 2**31 - 1  # of any setting that is a number
NOT_SETTINGS = frozenset({"ROOT", "PYTHON", "JUDGES", "MINIO"})  # read by the shell and by the tests


class SettingsCode(StrEnum):
    """What can be wrong with the settings."""

    UNKNOWN = "UNKNOWN_SETTING"
    BAD_VALUE = "BAD_SETTING"
    UNREADABLE = "UNREADABLE_SETTINGS"


class SettingsFault(Fault):
    """A setting that is unknown, or has a value it cannot have."""

    code: SettingsCode


@dataclass(frozen=True)
class Settings:
    """Every setting with its unit and its default."""

    data: Path
    database_url: str = ""  # empty: SQLite inside `data`
    objects_url: str = ""  # empty: inside `data`; else s3://HOST[:PORT]/BUCKET[/PREFIX]
    objects_credentials: str = ""  # a file with the S3 access key and secret key, a line each
    objects_ca: str = ""  # a PEM file with the S3 server's own authority; empty: those this machine trusts
    lang: str = "vi"
    unit: str = "phuong-mau"
    unit_code: str = "H00.00.00.01"  # opens every dossier code of this unit
    agency: str = "ỦY BAN NHÂN DÂN PHƯỜNG MẪU"
    host: str = "127.0.0.1"
    port: int = 8000
    proxies: str = "127.0.0.1"  # reverse proxies, comma between: believed about whom they speak for
    page_jobs: int = 2  # pages read at the same time
    workers: int = 2  # acts carried out at the same time
    lease_seconds: int = 240  # longer than the longest wait, so that one renewal that fails loses no claim
    retry_seconds: int = 30
    ask_again_seconds: int = 15  # how often a key holder who answers later is asked for the answer
    tsa_wait_seconds: int = 180  # facts: the government's time-stamp server answers in 2-131 s
    child_memory_mb: int = 1000  # data segment of one child that parses foreign bytes
    child_seconds: int = 3600  # wall time of one reading of one paper
    verify_seconds: int = 55
    idle_minutes: int = 15
    session_hours: int = 10
    upload_mb: int = 200
    scanners: str = ""  # ids that `devices` prints, comma between: the only ones allowed; empty: all
    spool_mb: int = 20_000  # scanned pages not yet in a dossier; beyond it no new scan begins
    own_scans_certifiable: bool = False  # may the person who scanned also certify?

    @property
    def allowed_scanners(self) -> tuple[str, ...]:
        """The ids of the only machines that may be scanned from; none: whichever."""
        return tuple(name for listed in self.scanners.split(",") if (name := listed.strip()))

    @property
    def trusted_proxies(self) -> tuple[str, ...]:
        """The addresses whose word is taken about whom a request comes from."""
        return tuple(address for listed in self.proxies.split(",") if (address := listed.strip()))

    @property
    def engine_url(self) -> str:
        """The database's address as SQLAlchemy takes it."""
        return self.database_url or f"sqlite:///{self.data / 'motcua.db'}"


def load_settings(root: Path, environment: Mapping[str, str], data: Path | None = None) -> Settings:
    """Read the settings that hold for this start.

    Args:
        root: the folder that holds the command and perhaps `motcua.toml`.
        environment: the process's environment.
        data: the data directory named on the command line; wins over everything.

    Raises: SettingsFault for an unknown name or an impossible value.
    """
    values = _from_file(root / "motcua.toml") | _from_environment(environment)
    chosen = data or Path(str(values.pop("data", "") or root / "var"))
    values.pop("data", None)
    settings = Settings(data=chosen.absolute())
    return _fitting(replace(settings, **{name: _typed(name, value) for name, value in values.items()}))


def process_environment() -> Mapping[str, str]:
    """The environment this process was started with."""
    return os.environ


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise SettingsFault(SettingsCode.UNREADABLE, f"{path.name}: {broken}") from broken
    _refuse_unknown(values)
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    named = {name[len(PREFIX) :]: value for name, value in environment.items() if name.startswith(PREFIX)}
    values = {name.lower(): value for name, value in named.items() if name not in NOT_SETTINGS}
    _refuse_unknown(values)
    return values


def _refuse_unknown(values: Mapping[str, Any]) -> None:
    known = {field.name for field in fields(Settings)}
    for name in values:
        if name not in known:
            raise SettingsFault(SettingsCode.UNKNOWN, name)


def _typed(name: str, value: Any) -> Any:
    kind = next(field.type for field in fields(Settings) if field.name == name)
    readers: dict[Any, Callable[[Any], Any]] = {
        bool: _boolean,
        int: lambda told: _number(name, told),
        str: str,
    }
    try:
        return _possible(name, readers[kind](value))
    except (TypeError, ValueError, KeyError) as bad:
        raise SettingsFault(SettingsCode.BAD_VALUE, f"{name} = {value!r}") from bad


def _number(name: str, value: Any) -> int:
    least, most = (0, LAST_PORT) if name == "port" else (1, MOST)  # port 0: whichever is free
    text = str(value) if type(value) is int else value
    number = whole_number(text, least, most)
    if number is None:
        raise ValueError(value)
    return number


def _possible(name: str, value: Any) -> Any:
    if name == "lang" and value not in LANGUAGES:
        raise ValueError(value)
    return value


def _fitting(settings: Settings) -> Settings:
    if settings.lease_seconds <= settings.tsa_wait_seconds:
        told = f"lease_seconds = {settings.lease_seconds} ≤ tsa_wait_seconds = {settings.tsa_wait_seconds}"
        raise SettingsFault(SettingsCode.BAD_VALUE, told)
    return settings


def _boolean(value: Any) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return words[str(value).lower()]
