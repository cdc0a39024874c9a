"""What a client asked for, eSCL's and LEDM's ScanSettings alike, and what eSCL tells of a page it scanned."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from scanner_adapters.escl.elements import every, number_of, read_root, text_of
from scanner_adapters.escl.status import job_path
from scanner_adapters.model import ColorMode, FaultCode, ScanFault, ScanSettings, ScanSource

COLORS = {
    "BlackAndWhite1": ColorMode.BW,
    "Grayscale8": ColorMode.GRAY,
    "RGB24": ColorMode.COLOR,
    "Gray": ColorMode.GRAY,
    "Color": ColorMode.COLOR,
}
MEDIA_TYPES = {"Jpeg": "image/jpeg", "Raw": "application/octet-stream", "Pdf": "application/pdf"}
FEEDERS = ("Feeder", "Adf")


@dataclass(frozen=True)
class Asked:
    """One order: settings, type of file, left, top, width and height in 1/300 inch."""

    settings: ScanSettings
    media_type: str
    region: tuple[int, int, int, int]


@dataclass(frozen=True)
class ImageInfo:
    """ScanImageInfo of a page: its job's path, pixels, bytes of a row."""

    job: str
    width: int
    height: int
    bytes_per_line: int


def parse_settings(text: bytes) -> Asked:
    """What was asked for. Raises: ScanFault PROTOCOL for no ScanSettings, or without colour or dpi."""
    root = read_root(text, "ScanSettings")
    color = COLORS.get(text_of(root, "ColorMode") or text_of(root, "ColorSpace"))
    if color is ColorMode.GRAY and number_of(root, "BitDepth") == 1:
        color = ColorMode.BW
    dpi = number_of(root, "XResolution")
    if color is None or not dpi:
        raise ScanFault(FaultCode.PROTOCOL, "ScanSettings without colour or resolution")
    kind = text_of(root, "DocumentFormatExt") or text_of(root, "DocumentFormat") or text_of(root, "Format")
    return Asked(ScanSettings(_source(root), color, dpi), MEDIA_TYPES.get(kind, kind), _region(root))


def parse_image_info(text: bytes) -> ImageInfo:
    """What the machine tells of the page it handed over last. Raises: ScanFault PROTOCOL."""
    root = read_root(text, "ScanImageInfo")
    names = ("ActualWidth", "ActualHeight", "ActualBytesPerLine")
    width, height, row = (number_of(root, name) or 0 for name in names)
    return ImageInfo(job_path(text_of(root, "JobUri")), width, height, row)


def _source(root: Element) -> ScanSource:
    if text_of(root, "InputSource") not in FEEDERS:
        return ScanSource.FLATBED
    options = [(told.text or "").strip() for told in every(root, "AdfOption")]
    is_duplex = text_of(root, "Duplex").lower() in ("true", "1") or "Duplex" in options
    return ScanSource.ADF_DUPLEX if is_duplex else ScanSource.ADF


def _region(root: Element) -> tuple[int, int, int, int]:
    told = next(every(root, "ScanRegion"), root)
    left = number_of(told, "XOffset") or number_of(told, "XStart") or 0
    top = number_of(told, "YOffset") or number_of(told, "YStart") or 0
    return left, top, number_of(told, "Width") or 0, number_of(told, "Height") or 0
