"""What scanning means in any machine's words: settings, pages with their evidence, faults.

A ScannedPage carries everything that can be told about how its file came to be; it goes with the file into
the archive. Each page of a job names the digest of the one before, so that a page taken out or put in shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from foundation.faults import Fault


class ColorMode(StrEnum):
    """What one sample of the scanner holds."""

    BW = "bw1"
    GRAY = "gray8"
    COLOR = "rgb24"


class ScanSource(StrEnum):
    """Where the paper lies."""

    FLATBED = "flatbed"
    ADF = "adf"
    ADF_DUPLEX = "adf-duplex"
    CAMERA = "camera"


class Side(StrEnum):
    """Which side of the sheet."""

    FRONT = "front"
    BACK = "back"


class DpiSource(StrEnum):
    """How the resolution is known; only pixels and file are evidence."""

    PIXELS = "pixels"
    FILE = "file"
    REQUEST = "request"
    UNKNOWN = "unknown"


class JobState(StrEnum):
    """How a scan job stands."""

    SCANNING = "SCANNING"
    COMPLETED = "COMPLETED"
    PARTIAL = "PARTIAL"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class FaultCode(StrEnum):
    """What a machine or a file can do to a job (facts: scanners, section 6)."""

    NO_DOCS = "NO_DOCS"
    PAPER_LEFT = "PAPER_LEFT"  # the machine ended a job although its feeder still holds paper
    JAM = "JAM"
    MULTIFEED = "MULTIFEED"
    COVER_OPEN = "COVER_OPEN"
    FEED_LENGTH = "FEED_LENGTH"
    BUSY = "BUSY"
    DISCONNECTED = "DISCONNECTED"
    OFFLINE = "OFFLINE"
    AUTH = "AUTH"
    PIN_CHANGED = "PIN_CHANGED"
    PROTOCOL = "PROTOCOL"
    DEVICE_ERROR = "DEVICE_ERROR"
    BAD_SETTINGS = "BAD_SETTINGS"
    TIMEOUT = "TIMEOUT"
    CANCELLED = "CANCELLED"
    PAGE_LOST = "PAGE_LOST"
    COUNT_MISMATCH = "COUNT_MISMATCH"
    COUNT_UNKNOWN = "COUNT_UNKNOWN"
    BAD_SCRIPT = "BAD_SCRIPT"
    INCOMPLETE_FILE = "INCOMPLETE_FILE"
    NOT_A_PAGE = "NOT_A_PAGE"
    ENCRYPTED = "ENCRYPTED"
    TOO_LARGE = "TOO_LARGE"
    QUOTA = "QUOTA"
    TURN_LOST = "TURN_LOST"
    NOT_YOURS = "NOT_YOURS"
    NOT_ALLOWED = "NOT_ALLOWED"
    NO_SPACE = "NO_SPACE"
    SPOOL_FULL = "SPOOL_FULL"
    SPOOL_DAMAGED = "SPOOL_DAMAGED"
    JOB_CLOSED = "JOB_CLOSED"


class ScanFault(Fault):
    """Scanning that did not go as asked; pages kept before it stay kept.

    `pages` says how many these are, `page` which one the fault is about (0: none in particular).
    """

    code: FaultCode

    def __init__(self, code: FaultCode, detail: str = "", pages: int = 0, page: int = 0) -> None:
        super().__init__(code, detail, pages=pages, page=page)
        self.pages = pages
        self.page = page


@dataclass(frozen=True)
class ScanSettings:
    """What was asked of the machine; a folder cannot be asked, so there it says what is expected."""

    source: ScanSource = ScanSource.ADF
    color: ColorMode = ColorMode.COLOR
    dpi: int = 300


@dataclass(frozen=True)
class SourceCapabilities:
    """What one source of a machine can do.

    Args:
        source: where the paper lies.
        colors: what it can deliver.
        media_types: of the files it writes, as it tells them.
        resolutions: dpi it offers one by one, ascending; empty when it offers a range.
        resolution_range: least and most dpi of a range, None when it offers single ones.
        largest_mm: width and height of the largest page, None when it does not tell.
        optical_dpi: beyond this it only makes up pixels; 0 when it does not tell.
        feeder_capacity: sheets that its feeder takes; None when it does not tell, or has none.
    """

    source: ScanSource
    colors: tuple[ColorMode, ...] = ()
    media_types: tuple[str, ...] = ()
    resolutions: tuple[int, ...] = ()
    resolution_range: tuple[int, int] | None = None
    largest_mm: tuple[float, float] | None = None
    optical_dpi: int = 0
    feeder_capacity: int | None = None


@dataclass(frozen=True)
class Capabilities:
    """What a machine says about itself; `id` is the same wherever and however it is reached."""

    id: str
    make_model: str
    serial: str
    sources: tuple[SourceCapabilities, ...]

    def of(self, source: ScanSource) -> SourceCapabilities | None:
        """What this source can do, None when the machine has none such."""
        return next((found for found in self.sources if found.source is source), None)


@dataclass(frozen=True)
class ScannedPage:
    """One file from a scanner, with the whole evidence of how it came.

    Args:
        job: the scan job it belongs to.
        sequence: its place in the job, from 1.
        path: where the file lies in the spool.
        source_name: what the file was called where it came from.
        source_time_ns: when the source was last written, nanoseconds since 1970; 0 when unknown.
        media_type: told by the bytes, not by the name.
        sha256: the file's digest, hex; `previous_sha256` is that of the page before, empty for the first.
        width: pixels; 0 for a PDF, whose pages differ.
        height: pixels; 0 for a PDF.
        dpi: horizontal and vertical, None when unknown.
        frames: pages inside the file (TIFF, PDF).
        device: which machine, folder or upload.
        operator: the account that asked.
        flags: what was remarkable, such as "duplicate_bytes".
        color: what its samples hold, told by the file; None when unknown (PDF).
        session: the sitting that asked, such as a citizen's visit at the kiosk; nobody else sees the page.
        seal: over all this and the pages before (scanner_adapters.queue.journal), hex.
    """

    job: str
    sequence: int
    path: Path
    source_name: str
    source_time_ns: int
    media_type: str
    sha256: str
    previous_sha256: str
    size_bytes: int
    width: int
    height: int
    dpi: tuple[float, float] | None
    dpi_source: DpiSource
    frames: int
    scanned_at: datetime
    device: str
    operator: str
    asked: ScanSettings
    effective: ScanSettings | None = None
    side: Side = Side.FRONT
    device_page_ref: str = ""
    retries: int = 0
    flags: tuple[str, ...] = ()
    color: ColorMode | None = None
    session: str = ""
    seal: str = ""

    def to_json(self) -> dict[str, Any]:
        """The page as plain JSON values; the path shrinks to the file's name, `file`."""
        told = asdict(self) | {
            "file": self.path.name,
            "scanned_at": self.scanned_at.astimezone(UTC).isoformat(),
        }
        del told["path"]
        told["dpi"] = list(self.dpi) if self.dpi else None
        told["flags"] = list(self.flags)
        return told

    @classmethod
    def from_json(cls, told: Mapping[str, Any], folder: Path) -> "ScannedPage":
        """The page that `to_json` told of, its file in `folder`. Raises: KeyError, ValueError, TypeError."""
        values = {name: value for name, value in told.items() if name != "file"}
        if Path(told["file"]).name != told["file"]:
            raise ValueError(f"not a file of this folder: {told['file']!r}")
        effective = values["effective"]
        return cls(
            **values
            | {
                "path": folder / told["file"],
                "dpi": tuple(values["dpi"]) if values["dpi"] else None,
                "dpi_source": DpiSource(values["dpi_source"]),
                "scanned_at": datetime.fromisoformat(values["scanned_at"]),
                "asked": settings_from(values["asked"]),
                "effective": settings_from(effective) if effective else None,
                "side": Side(values["side"]),
                "flags": tuple(values["flags"]),
                "color": ColorMode(values["color"]) if values.get("color") else None,
            }
        )

    def flagged(self, flag: str) -> "ScannedPage":
        """The same page with one more flag."""
        return replace(self, flags=(*self.flags, flag))


def is_chained(pages: Sequence[ScannedPage]) -> bool:
    """Does each page follow the one before, by number and by digest, so that none was taken out or put in?"""
    before = ["", *(page.sha256 for page in pages)]
    return all(
        page.sequence == place and page.previous_sha256 == digest
        for place, (page, digest) in enumerate(zip(pages, before, strict=False), start=1)
    )


def settings_from(told: Mapping[str, Any]) -> ScanSettings:
    """Settings as JSON told them. Raises: KeyError, ValueError."""
    return ScanSettings(ScanSource(told["source"]), ColorMode(told["color"]), int(told["dpi"]))
