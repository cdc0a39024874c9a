"""WS-Scan (WSD): what a machine answers to GetScannerElements, in the nouns of every machine.

Nothing is scanned by it: who speaks only WSD is reached through SANE and sane-airscan (docs/scanning.md).
"""

from uuid import UUID
from xml.etree.ElementTree import Element

from scanner_adapters.escl.elements import every, first, number_of, read_root, text_of
from scanner_adapters.model import (
    Capabilities,
    ColorMode,
    FaultCode,
    ScanFault,
    ScanSource,
    SourceCapabilities,
)

MM_PER_UNIT = 0.0254  # sizes are told in 1/1000 inch
COLORS = {"BlackAndWhite1": ColorMode.BW, "Grayscale8": ColorMode.GRAY, "RGB24": ColorMode.COLOR}
MEDIA_TYPES = {
    "dib": "image/bmp",
    "exif": "image/jpeg",
    "jfif": "image/jpeg",
    "jpeg2k": "image/jp2",
    "pdf-a": "application/pdf",
    "png": "image/png",
    "xps": "application/vnd.ms-xpsdocument",
}
SOURCES = (  # the parts of ScannerConfiguration, and what begins the names of their elements
    (ScanSource.FLATBED, ("Platen",), "Platen"),
    (ScanSource.ADF, ("ADF", "ADFFront"), "ADF"),
    (ScanSource.ADF_DUPLEX, ("ADF", "ADFBack"), "ADF"),
)
SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
SCAN = "http://schemas.microsoft.com/windows/2006/08/wdp/scan"
REQUEST = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="{soap}" xmlns:a="{addressing}" xmlns:scan="{scan}"><s:Header>
<a:To>{place}</a:To><a:Action>{scan}/GetScannerElements</a:Action><a:MessageID>urn:uuid:{message}</a:MessageID>
<a:ReplyTo><a:Address>{addressing}/role/anonymous</a:Address></a:ReplyTo></s:Header>
<s:Body><scan:GetScannerElementsRequest><scan:RequestedElements><scan:Name>scan:ScannerDescription</scan:Name>
<scan:Name>scan:ScannerConfiguration</scan:Name></scan:RequestedElements></scan:GetScannerElementsRequest></s:Body>
</s:Envelope>
"""


def elements_request(place: str, message: UUID) -> bytes:
    """The envelope that asks for description and configuration; `place` is the service's own address."""
    told = {"soap": SOAP, "addressing": ADDRESSING, "scan": SCAN}
    return REQUEST.format(place=place, message=message, **told).encode()


def parse_elements(text: bytes) -> Capabilities:
    """What the machine tells; it has no serial here, so its name is its id.

    Raises: ScanFault PROTOCOL for what is no GetScannerElementsResponse with a configuration.
    """
    root = read_root(text, "Envelope")
    configuration = next(every(root, "ScannerConfiguration"), None)
    if configuration is None:
        raise ScanFault(FaultCode.PROTOCOL, "no ScannerConfiguration")
    name = text_of(next(every(root, "ScannerDescription"), None), "ScannerName")
    media_types = tuple(
        dict.fromkeys(
            _media_type((told.text or "").strip())
            for formats in every(configuration, "FormatsSupported")
            for told in every(formats, "FormatValue")
        )
    )
    sources = [
        _source(source, part, begin, media_types)
        for source, path, begin in SOURCES
        if (part := first(configuration, *path)) is not None
    ]
    return Capabilities(name, name, "", tuple(sources))


def _media_type(told: str) -> str:
    return "image/tiff" if told.startswith("tiff-") else MEDIA_TYPES.get(told, told)


def _source(
    source: ScanSource, part: Element, begin: str, media_types: tuple[str, ...]
) -> SourceCapabilities:
    colors = [(told.text or "").strip() for told in every(part, "ColorEntry")]
    width = number_of(part, f"{begin}MaximumSize", "Width")
    height = number_of(part, f"{begin}MaximumSize", "Height")
    return SourceCapabilities(
        source=source,
        colors=tuple(COLORS[told] for told in colors if told in COLORS),
        media_types=media_types,
        resolutions=_resolutions(first(part, f"{begin}Resolutions")),
        largest_mm=(width * MM_PER_UNIT, height * MM_PER_UNIT) if width and height else None,
        optical_dpi=number_of(part, f"{begin}OpticalResolution", "Width") or 0,
    )


def _resolutions(told: Element | None) -> tuple[int, ...]:
    """Those offered both across and down: a page must not be stretched."""
    across, down = (
        _numbers(first(told, name)) if told is not None else set() for name in ("Widths", "Heights")
    )
    return tuple(sorted(across & down))


def _numbers(told: Element | None) -> set[int]:
    texts = [(one.text or "").strip() for one in told] if told is not None else []
    return {int(text) for text in texts if text.isdecimal()}
