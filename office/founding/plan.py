"""What an office is to be, as a person writes it down: a TOML file, or the answers given on the terminal.

The file's form stands in docs/install.md. A name that is not known is refused: a misspelt line must not pass
for one that was heeded.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal

from certify.services.addresses import AllowedAddresses
from foundation.faults import Fault
from office.founding.trust import TrustList, VouchesFor
from office.procedure import Role
from office.settings import Port

UNIT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
CODE = re.compile(
    r"\d{3}\.\d{2}\.\d{2}\.[A-Y]\d{2}|[A-Y]\d{2}(?:\.[0-9A-Z]{2,4})*"
)  # with or without the ministry's zeros
MOST_TOLD = 80  # letters of what is wrong


class FoundingCode(StrEnum):
    """What can be wrong with a plan."""

    UNREADABLE = "PLAN_UNREADABLE"
    WRONG = "PLAN_WRONG"
    UNITS_OVERLAP = "UNITS_OVERLAP"
    NOT_ANSWERED = "PLAN_NOT_ANSWERED"


class FoundingFault(Fault):
    """An office that cannot be founded so; nothing has been changed."""

    code: FoundingCode


class Named:
    """A part of the plan that knows its names and refuses others."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True)
class UnitPlan(Named):
    """The agency under one name and code, from a day on, perhaps until the day on which it ended."""

    agency: str
    code: str
    since: date
    until: date | None = None
    unit: str = ""  # empty: the office's own

    def __post_init__(self) -> None:
        if not self.agency.strip() or not CODE.fullmatch(self.code):
            raise ValueError(f"agency or code: {self.agency} {self.code}")
        if self.until is not None and self.until <= self.since:
            raise ValueError(f"until: {self.until}")


@dataclass(frozen=True)
class AccountPlan(Named):
    """One person's account."""

    name: str
    full_name: str
    title: str
    roles: tuple[Role, ...]

    def __post_init__(self) -> None:
        if not (self.name.strip() and self.full_name.strip() and self.roles):
            raise ValueError(f"account: {self.name}")


@dataclass(frozen=True)
class AnchorPlan(Named):
    """A root to be trusted: its file, beside the plan, and the fingerprint that its authority tells."""

    file: str
    fingerprint: str
    vouches_for: tuple[VouchesFor, ...]
    list: TrustList = TrustList.GOVERNMENT
    agency: str = ""


@dataclass(frozen=True)
class WebPlan(Named):
    """Where the pages are served. `tls`: by an authority of the office's own, by files, or by nobody here."""

    host: str = "127.0.0.1"
    port: Port = 8000
    names: tuple[str, ...] = ()
    tls: Literal["own", "files", "none"] = "own"
    certificate: str = ""
    key: str = ""
    proxies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.tls == "files" and not (self.certificate and self.key):
            raise ValueError("certificate, key")


@dataclass(frozen=True)
class ServicesPlan(Named):
    """Whom signing may ask: time-stamp authorities in order, and all further addresses."""

    stamps: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        AllowedAddresses.of((*self.stamps, *self.answers))


@dataclass(frozen=True)
class HolidayPlan(Named):
    """A day on which the counter is closed, or a rest day on which it is open instead."""

    day: date
    name: str
    open: bool = False


@dataclass(frozen=True)
class Plan(Named):
    """Everything an office is founded with."""

    unit: str
    units: tuple[UnitPlan, ...]
    accounts: tuple[AccountPlan, ...] = ()
    trust: tuple[AnchorPlan, ...] = ()
    web: WebPlan = WebPlan()
    services: ServicesPlan = ServicesPlan()
    holidays: tuple[HolidayPlan, ...] = ()

    def __post_init__(self) -> None:
        if not UNIT.fullmatch(self.unit) or not self.units:
            raise ValueError(f"unit: {self.unit}")


def read_plan(path: Path) -> Plan:
    """The plan in a TOML file. Raises: FoundingFault."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        raise FoundingFault(FoundingCode.UNREADABLE, f"{path.name}: {broken}"[:MOST_TOLD]) from broken
    return plan_of(told)


def plan_of(told: dict[str, Any]) -> Plan:
    """The plan that these values make. Raises: FoundingFault."""
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 heavy, and seldom needed

    try:
        plan = TypeAdapter(Plan).validate_python(told)
    except ValidationError as bad:
        first = bad.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        said = first.get("ctx", {}).get("error", first["msg"])
        raise FoundingFault(FoundingCode.WRONG, f"{name} {said}".strip()[:MOST_TOLD]) from None
    require_apart(plan)
    return plan


def require_apart(plan: Plan) -> None:
    """Refuse a unit with two names on one day. Raises: FoundingFault UNITS_OVERLAP."""
    for unit in {one.unit or plan.unit for one in plan.units}:
        named = sorted(
            (one for one in plan.units if (one.unit or plan.unit) == unit), key=lambda one: one.since
        )
        if any(_overlap(pair) for pair in pairwise(named)):
            raise FoundingFault(FoundingCode.UNITS_OVERLAP, unit)


def _overlap(pair: Iterable[UnitPlan]) -> bool:
    earlier, later = pair
    return earlier.until is None or earlier.until > later.since
