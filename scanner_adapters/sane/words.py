"""What scanimage's status and words mean. Its count of pages is never read: it counts failed ones too."""

import re
from collections.abc import Mapping, Sequence

from scanner_adapters.model import FaultCode, ScanFault

OPENING = re.compile(r"open of device .* failed: (?P<why>.*)")
MEANINGS: tuple[tuple[re.Pattern[str], FaultCode], ...] = tuple(
    (re.compile(words), code)
    for words, code in (
        ("Document feeder jammed", FaultCode.JAM),
        ("out of documents", FaultCode.NO_DOCS),
        ("cover is open", FaultCode.COVER_OPEN),
        ("Device busy", FaultCode.BUSY),
        ("Error during device I/O", FaultCode.DISCONNECTED),
        ("Access to resource has been denied", FaultCode.AUTH),
        ("Operation was cancel", FaultCode.CANCELLED),
        ("setting of option|unrecognized option|sane_start: Invalid argument", FaultCode.BAD_SETTINGS),
        ("Operation not supported", FaultCode.BAD_SETTINGS),
    )
)
AT_THE_DOOR = (FaultCode.BUSY, FaultCode.AUTH)  # what a failed opening may be besides: nobody there
STATUS: Mapping[int, FaultCode] = {  # SANE standard 1.06, table 1
    2: FaultCode.CANCELLED,
    3: FaultCode.BUSY,
    6: FaultCode.JAM,
    7: FaultCode.NO_DOCS,
    8: FaultCode.COVER_OPEN,
    9: FaultCode.DISCONNECTED,
    11: FaultCode.AUTH,
}
SPEAKER = "scanimage: "
FAILED = re.compile(r"scanimage: sane_(start|read): ")
OWN_END = re.compile("trying to stop scanner|received signal|aborting")  # what it says when told to end


def has_failed(line: str) -> bool:
    """Does this line tell that a page failed, after which only the end can come?"""
    return bool(FAILED.match(line))


def fault_of(status: int, words: Sequence[str]) -> ScanFault:
    """The fault that an ended child tells of: by its last complaint, else by its exit status."""
    said = [line.removeprefix(SPEAKER) for line in words if line.startswith(SPEAKER)]
    complaints = [line for line in said if not OWN_END.search(line)]
    last = complaints[-1] if complaints else f"scanimage ended with {status}"
    opening = OPENING.search(last)
    if opening:
        code = _meaning(opening["why"])
        return ScanFault(code if code in AT_THE_DOOR else FaultCode.OFFLINE, last)
    return ScanFault(_meaning(last) or STATUS.get(status, FaultCode.DEVICE_ERROR), last)


def _meaning(words: str) -> FaultCode | None:
    return next((code for pattern, code in MEANINGS if pattern.search(words)), None)
