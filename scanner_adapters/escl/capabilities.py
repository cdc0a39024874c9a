"""ScannerCapabilities as machines really write them: per source, lenient about places and namespaces."""

from xml.etree.ElementTree import Element

from scanner_adapters.escl.elements import every, first, number_of, read_root, text_of
from scanner_adapters.model import Capabilities, ColorMode, ScanSource, SourceCapabilities

UNIT = 300  # regions are told in 1/300 inch
MM = 25.4
COLORS = {
    "BlackAndWhite1": ColorMode.BW,
    "Grayscale8": ColorMode.GRAY,
    "RGB24": ColorMode.COLOR,
}
SOURCES = (
    (ScanSource.FLATBED, ("Platen", "PlatenInputCaps")),
    (ScanSource.ADF, ("Adf", "AdfSimplexInputCaps")),
    (ScanSource.ADF_DUPLEX, ("Adf", "AdfDuplexInputCaps")),
    (ScanSource.CAMERA, ("Camera", "CameraInputCaps")),
)


def parse_capabilities(text: bytes) -> Capabilities:
    """What a machine tells about itself.

    Raises: ScanFault PROTOCOL for what is no ScannerCapabilities.
    """
    root = read_root(text, "ScannerCapabilities")
    sources = [
        _source(root, source, caps) for source, path in SOURCES if (caps := first(root, *path)) is not None
    ]
    serial = text_of(root, "SerialNumber")
    make_model = text_of(root, "MakeAndModel")
    identity = text_of(root, "UUID").lower().removeprefix("urn:uuid:") or serial or make_model
    return Capabilities(identity, make_model, serial, tuple(sources))


def version_of(text: bytes) -> str:
    """The eSCL version a machine speaks, "2.0" when it does not tell."""
    return text_of(read_root(text, "ScannerCapabilities"), "Version") or "2.0"


def intents_of(text: bytes, source: ScanSource) -> tuple[str, ...]:
    """The intents a source lists."""
    path = next(path for known, path in SOURCES if known is source)
    caps = first(read_root(text, "ScannerCapabilities"), *path)
    if caps is None:
        return ()
    named = (*every(caps, "Intent"), *every(caps, "SupportedIntent"))
    return tuple(dict.fromkeys(text_of(intent) for intent in named))


def _source(root: Element, source: ScanSource, caps: Element) -> SourceCapabilities:
    profiles = _profiles(root, caps)
    colors = [COLORS[mode] for profile in profiles for mode in _texts(profile, "ColorMode") if mode in COLORS]
    extended = [kind for profile in profiles for kind in _texts(profile, "DocumentFormatExt")]
    plain = [kind for profile in profiles for kind in _texts(profile, "DocumentFormat")]
    width, height = number_of(caps, "MaxWidth"), number_of(caps, "MaxHeight")
    return SourceCapabilities(
        source=source,
        colors=tuple(dict.fromkeys(colors)),
        media_types=tuple(dict.fromkeys([*plain, *extended])),
        resolutions=_resolutions(profiles),
        resolution_range=_range(profiles),
        largest_mm=(width * MM / UNIT, height * MM / UNIT) if width and height else None,
        optical_dpi=number_of(caps, "MaxOpticalXResolution") or 0,
        feeder_capacity=None if source is ScanSource.FLATBED else number_of(root, "Adf", "FeederCapacity"),
    )


def _profiles(root: Element, caps: Element) -> list[Element]:
    """The setting profiles of a source; a source may point at one that stands elsewhere."""
    named = {profile.get("name"): profile for profile in every(root, "SettingProfile") if profile.get("name")}
    found = [
        named.get(profile.get("ref"), profile) if profile.get("ref") else profile
        for profile in every(caps, "SettingProfile")
    ]
    return found or [caps]


def _texts(element: Element, name: str) -> list[str]:
    return [(found.text or "").strip() for found in every(element, name)]


def _resolutions(profiles: list[Element]) -> tuple[int, ...]:
    """The square resolutions offered one by one; a page must not be stretched."""
    found = set()
    for profile in profiles:
        for one in every(profile, "DiscreteResolution"):
            across, down = number_of(one, "XResolution"), number_of(one, "YResolution")
            if across and across == down:
                found.add(across)
    return tuple(sorted(found))


def _range(profiles: list[Element]) -> tuple[int, int] | None:
    for profile in profiles:
        for one in every(profile, "XResolutionRange"):
            least, most = number_of(one, "Min"), number_of(one, "Max")
            if least and most:
                return least, most
    return None
