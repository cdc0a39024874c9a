"""What a machine is told to do: the settings asked for, fitted to what the source offers, as ScanSettings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scanner_adapters.escl.capabilities import MM, UNIT
from scanner_adapters.escl.elements import ESCL, PWG
from scanner_adapters.escl.quirks import Quirks
from scanner_adapters.model import (
    Capabilities,
    ColorMode,
    FaultCode,
    ScanFault,
    ScanSettings,
    ScanSource,
    SourceCapabilities,
)

A4_UNITS = (2480, 3508)
NEWEST_VERSION = (2, 63)
MODES = {ColorMode.BW: "BlackAndWhite1", ColorMode.GRAY: "Grayscale8", ColorMode.COLOR: "RGB24"}
INPUTS = {
    ScanSource.FLATBED: "Platen",
    ScanSource.ADF: "Feeder",
    ScanSource.ADF_DUPLEX: "Feeder",
    ScanSource.CAMERA: "Camera",
}
NEXT_BEST_COLOR = {
    ColorMode.BW: (ColorMode.GRAY, ColorMode.COLOR),
    ColorMode.GRAY: (ColorMode.COLOR, ColorMode.BW),
    ColorMode.COLOR: (ColorMode.GRAY, ColorMode.BW),
}
JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
PREFERRED = {ColorMode.BW: (PNG, JPEG, PDF)}  # a JPEG cannot hold one bit for a pixel
INTENT = "TextAndGraphic"  # "Document" may mean black and white


@dataclass(frozen=True)
class Order:
    """What one job asks: settings as fitted, media type, region in 1/300 inch, and what had to be changed."""

    settings: ScanSettings
    media_type: str
    region: tuple[int, int] = A4_UNITS
    intent: str = ""
    version: str = "2.0"
    adjusted: tuple[str, ...] = ()

    @property
    def region_inches(self) -> tuple[float, float]:
        """Width and height of what is scanned."""
        return self.region[0] / UNIT, self.region[1] / UNIT

    @property
    def from_feeder(self) -> bool:
        """Does the paper come from the feeder?"""
        return INPUTS[self.settings.source] == "Feeder"


@dataclass(frozen=True)
class Offer:
    """What a machine offers, with the parts of its answer that only an order needs."""

    capabilities: Capabilities
    version: str = "2.0"
    intents: tuple[str, ...] = ()


def order_for(asked: ScanSettings, offer: Offer, quirks: Quirks) -> Order:
    """Fit what was asked to what the source offers; whatever had to be changed is told.

    Raises: ScanFault BAD_SETTINGS when the machine has no such source.
    """
    source = offer.capabilities.of(asked.source)
    if source is None:
        raise ScanFault(FaultCode.BAD_SETTINGS, f"no {asked.source}")
    color = _color(asked.color, source)
    dpi = _dpi(asked.dpi, source, quirks)
    settings = replace(asked, color=color, dpi=dpi)
    changed = {"color": (asked.color, color), "dpi": (asked.dpi, dpi)}
    return Order(
        settings=settings,
        media_type=_media_type(color, source.media_types),
        region=_region(source),
        intent=INTENT if INTENT in offer.intents else "",
        version=_version(offer.version),
        adjusted=tuple(f"{name}: {was} → {now}" for name, (was, now) in changed.items() if was != now),
    )


def fallback(order: Order, source: SourceCapabilities) -> Order | None:
    """The one other order to try when a machine refuses what it offers; None when there is none."""
    color, kinds = order.settings.color, source.media_types
    if color is ColorMode.BW and ColorMode.GRAY in source.colors:
        gray = replace(order.settings, color=ColorMode.GRAY)
        return _adjusted(order, "refused: bw1", settings=gray, media_type=_media_type(ColorMode.GRAY, kinds))
    if order.media_type != JPEG and JPEG in kinds:
        return _adjusted(order, f"refused: {order.media_type}", media_type=JPEG)
    lower = [dpi for dpi in source.resolutions if dpi < order.settings.dpi]
    if lower:
        settings = replace(order.settings, dpi=lower[-1])
        return _adjusted(order, f"refused: {order.settings.dpi} dpi", settings=settings)
    return None


def to_xml(order: Order) -> bytes:
    """The order as eSCL ScanSettings, in the order of elements that machines expect."""
    width, height = order.region
    settings = order.settings
    duplex = [("scan:Duplex", str(settings.source is ScanSource.ADF_DUPLEX).lower())]
    is_extended = tuple(map(int, order.version.split("."))) >= (2, 1)
    parts = [
        ("pwg:Version", order.version),
        *([("scan:Intent", order.intent)] if order.intent else []),
        ("pwg:ScanRegions", _region_xml(width, height)),
        ("pwg:InputSource", INPUTS[settings.source]),
        ("scan:ColorMode", MODES[settings.color]),
        ("pwg:DocumentFormat", order.media_type),
        *([("scan:DocumentFormatExt", order.media_type)] if is_extended else []),
        ("scan:XResolution", str(settings.dpi)),
        ("scan:YResolution", str(settings.dpi)),
        *(duplex if order.from_feeder else []),
    ]
    body = "".join(f"<{name}>{value}</{name}>" for name, value in parts)
    spaces = f'xmlns:scan="{ESCL}" xmlns:pwg="{PWG}"'
    root = f"<scan:ScanSettings {spaces}>{body}</scan:ScanSettings>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{root}'.encode()


def _region_xml(width: int, height: int) -> str:
    parts = (
        ("ContentRegionUnits", "escl:ThreeHundredthsOfInches"),
        ("XOffset", 0),
        ("YOffset", 0),
        ("Width", width),
        ("Height", height),
    )
    inside = "".join(f"<pwg:{name}>{value}</pwg:{name}>" for name, value in parts)
    return f"<pwg:ScanRegion>{inside}</pwg:ScanRegion>"


def _adjusted(order: Order, why: str, **changed: object) -> Order:
    return replace(order, adjusted=(*order.adjusted, why), **changed)  # type: ignore[arg-type]


def _color(asked: ColorMode, source: SourceCapabilities) -> ColorMode:
    offered = source.colors
    if not offered or asked in offered:
        return asked
    return next(color for color in (*NEXT_BEST_COLOR[asked], *offered) if color in offered)


def _dpi(asked: int, source: SourceCapabilities, quirks: Quirks) -> int:
    """The resolution asked for, else the next finer one, else the finest."""
    wanted = min(asked, quirks.max_dpi) if quirks.max_dpi else asked
    if source.resolutions:
        offered = [dpi for dpi in source.resolutions if not quirks.max_dpi or dpi <= quirks.max_dpi]
        offered = offered or list(source.resolutions)
        return next((dpi for dpi in offered if dpi >= wanted), offered[-1])
    if source.resolution_range:
        least, most = source.resolution_range
        return min(max(wanted, least), most)
    return wanted


def _media_type(color: ColorMode, offered: Sequence[str]) -> str:
    for kind in PREFERRED.get(color, (JPEG, PNG, PDF)):
        if kind in offered:
            return kind
    return JPEG


def _region(source: SourceCapabilities) -> tuple[int, int]:
    if source.largest_mm is None:
        return A4_UNITS
    width, height = (round(side * UNIT / MM) for side in source.largest_mm)
    return min(width, A4_UNITS[0]), min(height, A4_UNITS[1])


def _version(told: str) -> str:
    try:
        numbers = tuple(int(part) for part in told.split("."))
    except ValueError:
        return "2.0"
    return ".".join(map(str, min(numbers, NEWEST_VERSION)))
