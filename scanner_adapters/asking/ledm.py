"""LEDM, HP's own protocol from before eSCL: what its ScanCaps, Status and Jobs tell, in the same nouns."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from scanner_adapters.escl.elements import every, first, number_of, read_root, text_of
from scanner_adapters.escl.status import DeviceStatus, Standing, standing_of
from scanner_adapters.model import Capabilities, ColorMode, ScanSource, SourceCapabilities

MM_PER_UNIT = 25.4 / 300  # sizes are told in 1/300 inch
COLORS = {"K1": ColorMode.BW, "Gray8": ColorMode.GRAY, "Color8": ColorMode.COLOR}
MEDIA_TYPES = {"Raw": "application/octet-stream", "Jpeg": "image/jpeg"}


@dataclass(frozen=True)
class LedmPage:
    """The page a job is at: number, state, path; pixels and bytes of a row before, rows after the scan."""

    number: int
    state: str
    path: str = ""
    width: int = 0
    height: int = 0
    bytes_per_line: int = 0
    lines: int = 0


@dataclass(frozen=True)
class LedmJob:
    """One job: its path, what it is about, how it stands, and its page if it tells one."""

    path: str
    category: str
    standing: Standing
    page: LedmPage | None


def parse_scan_caps(text: bytes) -> Capabilities:
    """What the machine can do; it has no serial here, so its name is its id. Raises: ScanFault PROTOCOL."""
    root = read_root(text, "ScanCaps")
    name = text_of(root, "DeviceCaps", "ModelName")
    entries = [*every(root, "ColorEntry")]
    media_types = [(told.text or "").strip() for entry in entries for told in every(entry, "Format")]
    known = tuple(dict.fromkeys(MEDIA_TYPES[told] for told in media_types if told in MEDIA_TYPES))
    sources = []
    if (glass := first(root, "Platen", "InputSourceCaps")) is not None:
        sources.append(_source(ScanSource.FLATBED, glass, known, _size(glass, "Max")))
    if (feeder := first(root, "Adf", "InputSourceCaps")) is not None:
        sources.append(_source(ScanSource.ADF, feeder, known, _size(feeder, "Max")))
        if _is_duplex(root):
            both = _size(first(root, "Adf", "AdfDuplexer"), "AdfDuplexMax") or _size(feeder, "Max")
            sources.append(_source(ScanSource.ADF_DUPLEX, feeder, known, both))
    return Capabilities(name, name, "", tuple(sources))


def parse_scan_status(text: bytes) -> DeviceStatus:
    """The machine now; its jobs are told elsewhere. Raises: ScanFault PROTOCOL."""
    root = read_root(text, "ScanStatus")
    return DeviceStatus(text_of(root, "ScannerState"), text_of(root, "AdfState").lower(), ())


def parse_job(text: bytes) -> LedmJob:
    """One job. Raises: ScanFault PROTOCOL."""
    root = read_root(text, "Job")
    told = next((page for name in ("PreScanPage", "PostScanPage") for page in every(root, name)), None)
    return LedmJob(
        text_of(root, "JobUrl"),
        text_of(root, "JobCategory"),
        standing_of(text_of(root, "JobState")),
        _page(told) if told is not None else None,
    )


def _page(told: Element) -> LedmPage:
    buffer = first(told, "BufferInfo")
    return LedmPage(
        number_of(told, "PageNumber") or 0,
        text_of(told, "PageState"),
        text_of(told, "BinaryURL"),
        number_of(buffer, "ImageWidth") or 0,
        number_of(buffer, "ImageHeight") or 0,
        number_of(buffer, "BytesPerLine") or 0,
        number_of(told, "TotalLines") or 0,
    )


def _is_duplex(root: Element) -> bool:
    options = [(told.text or "").strip() for told in every(root, "AdfOption")]
    return "Duplex" in options or first(root, "Adf", "AdfDuplexer") is not None


def _size(told: Element | None, begin: str) -> tuple[float, float] | None:
    width, height = number_of(told, f"{begin}Width"), number_of(told, f"{begin}Height")
    return (width * MM_PER_UNIT, height * MM_PER_UNIT) if width and height else None


def _source(
    source: ScanSource, told: Element, media_types: tuple[str, ...], largest_mm: tuple[float, float] | None
) -> SourceCapabilities:
    offered = [*every(told, "Resolution")]
    colors = [(color.text or "").strip() for one in offered for color in every(one, "ColorType")]
    pairs = [(number_of(one, "XResolution"), number_of(one, "YResolution")) for one in offered]
    return SourceCapabilities(
        source=source,
        colors=tuple(dict.fromkeys(COLORS[color] for color in colors if color in COLORS)),
        media_types=media_types,
        resolutions=tuple(sorted({across for across, down in pairs if across and across == down})),
        largest_mm=largest_mm,
        optical_dpi=number_of(told, "MaxOpticalXResolution") or 0,
    )
