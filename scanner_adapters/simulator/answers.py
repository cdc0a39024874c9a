"""The XML that the simulated machine sends, in namespaces that every client we know accepts."""

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from scanner_adapters.escl.elements import ESCL, PWG
from scanner_adapters.simulator.profile import COLORS, Profile

VERSION = "2.63"
PLATEN_UNITS = (2550, 3508)  # 1/300 inch
FEEDER_UNITS = (2550, 4200)
LEAST_UNITS = 16


def capabilities_xml(profile: Profile) -> bytes:
    """ScannerCapabilities."""
    parts = [
        element("pwg:Version", VERSION),
        element("pwg:MakeAndModel", profile.make_model),
        element("pwg:SerialNumber", profile.serial),
        element("scan:UUID", profile.uuid),
    ]
    if profile.has_platen:
        parts.append(nest("scan:Platen", _source("PlatenInputCaps", PLATEN_UNITS, profile)))
    if profile.has_feeder:
        duplex = _source("AdfDuplexInputCaps", FEEDER_UNITS, profile) if profile.has_duplex else ""
        options = ["DetectPaperLoaded", *(["Duplex"] if profile.has_duplex else [])]
        parts.append(
            nest(
                "scan:Adf",
                _source("AdfSimplexInputCaps", FEEDER_UNITS, profile),
                duplex,
                element("scan:FeederCapacity", profile.capacity),
                nest("scan:AdfOptions", *(element("scan:AdfOption", option) for option in options)),
            )
        )
    for name in ("Brightness", "Contrast"):  # SANE's escl shows ranges of chance where there are none
        ends = (("Min", -100), ("Max", 100), ("Normal", 0), ("Step", 1))
        parts.append(nest(f"scan:{name}Support", *(element(f"scan:{end}", value) for end, value in ends)))
    return document("ScannerCapabilities", parts)


def status_xml(state: str, feeder: str, jobs: Iterable[Mapping[str, object]]) -> bytes:
    """ScannerStatus; `jobs` hold path, uuid, age, completed, waiting, state and reason."""
    told = [
        nest(
            "scan:JobInfo",
            element("pwg:JobUri", job["path"]),
            element("pwg:JobUuid", job["uuid"]),
            element("scan:Age", job["age"]),
            element("pwg:ImagesCompleted", job["completed"]),
            element("pwg:ImagesToTransfer", job["waiting"]),
            element("pwg:JobState", job["state"]),
            nest("pwg:JobStateReasons", element("pwg:JobStateReason", job["reason"])),
        )
        for job in jobs
    ]
    parts = [element("pwg:Version", VERSION), element("pwg:State", state)]
    parts += [element("scan:AdfState", feeder)] if feeder else []
    return document("ScannerStatus", [*parts, *([nest("scan:Jobs", *told)] if told else [])])


def image_info_xml(path: str, uuid: str, size: tuple[int, int]) -> bytes:
    """ScanImageInfo of the page handed over last; `size` in pixels."""
    return document(
        "ScanImageInfo",
        [
            element("pwg:JobUri", path),
            element("pwg:JobUuid", uuid),
            element("scan:ActualWidth", size[0]),
            element("scan:ActualHeight", size[1]),
            element("scan:ActualBytesPerLine", size[0] * 3),
        ],
    )


def document(name: str, parts: Iterable[str]) -> bytes:
    """A whole XML document with this root."""
    spaces = f'xmlns:scan="{ESCL}" xmlns:pwg="{PWG}"'
    body = "".join(parts)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scan:{name} {spaces}>{body}</scan:{name}>\n'.encode()


def element(name: str, value: object) -> str:
    """One element with text."""
    return f"<{name}>{escape(str(value))}</{name}>"


def nest(name: str, *inside: str) -> str:
    """One element around others."""
    return f"<{name}>{''.join(inside)}</{name}>"


def _source(name: str, largest: tuple[int, int], profile: Profile) -> str:
    resolutions = [
        nest("scan:DiscreteResolution", element("scan:XResolution", dpi), element("scan:YResolution", dpi))
        for dpi in profile.resolutions
    ]
    formats = [element("pwg:DocumentFormat", kind) for kind in profile.formats]
    extended = [element("scan:DocumentFormatExt", kind) for kind in profile.formats]
    return nest(
        f"scan:{name}",
        element("scan:MinWidth", LEAST_UNITS),
        element("scan:MaxWidth", largest[0]),
        element("scan:MinHeight", LEAST_UNITS),
        element("scan:MaxHeight", largest[1]),
        element("scan:MaxScanRegions", 1),
        nest(
            "scan:SettingProfiles",
            nest(
                "scan:SettingProfile",
                nest("scan:ColorModes", *(element("scan:ColorMode", color) for color in COLORS)),
                nest("scan:DocumentFormats", *formats, *extended),
                nest("scan:SupportedResolutions", nest("scan:DiscreteResolutions", *resolutions)),
            ),
        ),
        nest("scan:SupportedIntents", element("scan:Intent", "TextAndGraphic")),
        element("scan:MaxOpticalXResolution", profile.resolutions[-1]),
        element("scan:MaxOpticalYResolution", profile.resolutions[-1]),
    )
