"""The fault script: what goes wrong on which page, as values or as TOML (docs/scanning.md has the format)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from scanner_adapters.model import FaultCode, ScanFault

CODES = (200, 404, 409, 410, 500, 503)  # 200: an empty body
FOREVER = 1e9  # seconds


class Act(StrEnum):
    """What goes wrong. The first group happens to paper and machine, the second to answers alone."""

    JAM = "jam"
    EMPTY = "empty"
    COVER = "cover"
    MULTIFEED = "multifeed"
    LENGTH = "length"
    BUSY = "busy"
    DISCONNECT = "disconnect"
    LOST = "lost-page"

    CUT = "cut"
    HALF = "half"
    STALL = "stall"
    SLOW = "slow"
    DUPLICATE = "duplicate"
    WRONG_TYPE = "wrong-type"
    WRONG_LOCATION = "wrong-location"
    LYING_COUNT = "lying-count"
    STATUS = "status"
    TLS_CLOSE = "tls-close"


FEEDER_WORDS = {
    Act.JAM: "ScannerAdfJam",
    Act.EMPTY: "ScannerAdfEmpty",
    Act.COVER: "ScannerAdfHatchOpen",
    Act.MULTIFEED: "ScannerAdfMultipickDetected",
    Act.LENGTH: "ScannerAdfDuplexPageTooLong",
}


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Args:
        act: what.
        page: on which page of a job, from 1; 0: when the job is asked for.
        answer: the HTTP code the machine answers with; 200 stands for an empty body.
        times: how often, before it is over.
        seconds: how long the machine stays so (jam, cover, busy, disconnect, slow), 0: until the next job.
        by: how far the count is off (lying-count).
        goes_on: does the machine go on to the next page although this one was cut (cut, stall, tls-close)?
    """

    act: Act
    page: int = 1
    answer: int = 409
    times: int = 1
    seconds: float = 0.0
    by: int = 1
    goes_on: bool = False

    def __post_init__(self) -> None:
        if self.answer not in CODES or self.page < 0 or self.times < 1:
            raise _bad(f"{self.act}: answer {self.answer}, page {self.page}, times {self.times}")


def parse_script(text: str) -> tuple[Fault, ...]:
    """The faults of a TOML script: one [[fault]] each, keys as in Fault. Raises: ScanFault BAD_SCRIPT."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise _bad(str(broken)) from broken
    if set(told) - {"fault"} or not isinstance(told.get("fault", []), list):
        raise _bad(f"only [[fault]] is known, not {sorted(set(told) - {'fault'})}")
    return tuple(_fault(row) for row in told.get("fault", []))


def _fault(row: Mapping[str, Any]) -> Fault:
    known = {field.name for field in fields(Fault)}
    try:
        if set(row) - known:
            raise _bad(f"unknown: {sorted(set(row) - known)}")
        return Fault(**{**row, "act": Act(row["act"])})
    except (KeyError, TypeError, ValueError) as wrong:
        raise _bad(f"{dict(row)}: {wrong}") from wrong


def _bad(detail: str) -> ScanFault:
    return ScanFault(FaultCode.BAD_SCRIPT, detail)
