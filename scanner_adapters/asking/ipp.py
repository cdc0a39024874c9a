"""IPP: what a printer answers to Get-Printer-Attributes (RFC 8010, RFC 8011).

Every machine that also prints speaks it, so it tells make and id of one that hides its scanner; what it
says of resolutions, colours and sizes is about printing.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scanner_adapters.escl.wire import MOST_XML_BYTES
from scanner_adapters.model import FaultCode, ScanFault

GET_PRINTER_ATTRIBUTES = 0x000B
OPERATION_GROUP, END, PRINTER_GROUP = 0x01, 0x03, 0x04
FIRST_VALUE_TAG = 0x10  # below it are delimiters
INTEGER, BOOLEAN, ENUM = 0x21, 0x22, 0x23
RESOLUTION, RANGE, COLLECTION, WITH_LANGUAGE, END_COLLECTION, MEMBER = 0x32, 0x33, 0x34, 0x35, 0x37, 0x4A
FIELDS = {INTEGER: ">i", ENUM: ">i", BOOLEAN: ">?", RESOLUTION: ">iib", RANGE: ">ii"}
TEXTS = range(0x40, 0x60)  # character strings of every kind
DOTS_PER_INCH = 3
DEEPEST = 8  # collections inside collections: real answers have three
SUCCESSFUL = range(0x0100)  # status codes
HUNDREDTH_MM = 100  # media sizes are told in these
MFG = ("MFG:", "MANUFACTURER:")

Value = int | bool | str | bytes | tuple[int, ...] | Mapping[str, "Values"] | None
Values = tuple[Value, ...]


@dataclass(frozen=True)
class Printer:
    """What a machine tells of its printer.

    Args:
        make_model, uuid, location, firmware: its name and who it is; `uuid` in small letters without prefix.
        media_types: of the files it prints.
        colors: its print-color-modes, such as "monochrome".
        resolutions: dpi across and down.
        trays: where it takes paper from.
        papers_mm: width and height of the papers it takes, each once; ranges are left out.
        sides: such as "two-sided-long-edge".
    """

    make_model: str
    uuid: str
    location: str = ""
    firmware: str = ""
    media_types: tuple[str, ...] = ()
    colors: tuple[str, ...] = ()
    resolutions: tuple[tuple[int, int], ...] = ()
    trays: tuple[str, ...] = ()
    papers_mm: tuple[tuple[float, float], ...] = ()
    sides: tuple[str, ...] = ()


def attributes_request(uri: str) -> bytes:
    """Get-Printer-Attributes for the printer of this ipp: address."""
    told = ((0x47, "attributes-charset", "utf-8"), (0x48, "attributes-natural-language", "en"))
    parts = [_attribute(tag, name, value) for tag, name, value in (*told, (0x45, "printer-uri", uri))]
    head = struct.pack(">BBHIB", 2, 0, GET_PRINTER_ATTRIBUTES, 1, OPERATION_GROUP)
    return head + b"".join(parts) + bytes([END])


def parse_printer(message: bytes) -> Printer:
    """What the printer tells. Raises: ScanFault PROTOCOL for another answer, or a part of one."""
    told = parse_attributes(message)
    firmware = _texts(told, "printer-firmware-string-version")
    return Printer(
        make_model=_make_model(told),
        uuid=_first(told, "printer-uuid").lower().removeprefix("urn:uuid:"),
        location=_first(told, "printer-location"),
        firmware=firmware[0] if firmware else "",
        media_types=_texts(told, "document-format-supported"),
        colors=_texts(told, "print-color-mode-supported"),
        resolutions=tuple(_resolutions(told.get("printer-resolution-supported", ()))),
        trays=_texts(told, "media-source-supported"),
        papers_mm=tuple(dict.fromkeys(_papers(told.get("media-size-supported", ())))),
        sides=_texts(told, "sides-supported"),
    )


def parse_attributes(message: bytes) -> Mapping[str, Values]:
    """The attributes of the printer's group, by name. Raises: ScanFault PROTOCOL."""
    if len(message) > MOST_XML_BYTES:
        raise ScanFault(FaultCode.PROTOCOL, f"{len(message)} bytes of IPP")
    try:
        status = struct.unpack(">H", message[2:4])[0]
        if message[0] not in (1, 2) or status not in SUCCESSFUL:
            raise ScanFault(FaultCode.PROTOCOL, f"IPP status {status:#06x}")
        return _Reader(message).printer()
    except (struct.error, IndexError, UnicodeDecodeError) as broken:
        raise ScanFault(FaultCode.PROTOCOL, f"no IPP answer: {broken}") from broken


@dataclass
class _Reader:
    """Walks a message from its ninth byte."""

    message: bytes
    at: int = 8
    held: dict[str, list[Value]] = field(default_factory=dict)

    def printer(self) -> Mapping[str, Values]:
        group, name = 0, ""
        while (tag := self._tag()) != END:
            if tag < FIRST_VALUE_TAG:
                group = tag
                continue
            told, value = self._name_and_value(tag, 0)
            name = told or name
            if group == PRINTER_GROUP:
                self.held.setdefault(name, []).append(value)
        return {name: tuple(values) for name, values in self.held.items()}

    def _tag(self) -> int:
        self.at += 1
        return self.message[self.at - 1]

    def _bytes(self) -> bytes:
        (length,) = struct.unpack(">H", self.message[self.at : self.at + 2])
        start, self.at = self.at + 2, self.at + 2 + length
        if self.at > len(self.message):
            raise ScanFault(FaultCode.PROTOCOL, "an IPP answer that was cut")
        return self.message[start : self.at]

    def _name_and_value(self, tag: int, depth: int) -> tuple[str, Value]:
        name, value = self._bytes().decode(), self._bytes()
        if tag == COLLECTION:
            return name, self._collection(depth + 1)
        return name, _value(tag, value)

    def _collection(self, depth: int) -> Mapping[str, Values]:
        """Members up to the end of the collection (RFC 8010 section 3.1.6)."""
        if depth > DEEPEST:
            raise ScanFault(FaultCode.PROTOCOL, "IPP collections without end")
        members: dict[str, list[Value]] = {}
        name = ""
        while (tag := self._tag()) != END_COLLECTION:
            _, value = self._name_and_value(tag, depth)
            if tag == MEMBER:
                name = str(value)
            else:
                members.setdefault(name, []).append(value)
        self._bytes(), self._bytes()  # the end of a collection has a name and a value too, both empty
        return {name: tuple(values) for name, values in members.items()}


def _value(tag: int, value: bytes) -> Value:
    if tag in FIELDS:
        fields = struct.unpack(FIELDS[tag], value)
        return fields if tag in (RESOLUTION, RANGE) else fields[0]
    if tag == WITH_LANGUAGE:
        (skipped,) = struct.unpack(">H", value[:2])
        return value[skipped + 4 :].decode(errors="replace")
    if tag in TEXTS:
        return value.decode(errors="replace")
    return value or None  # octets, dates; "unknown" and "no-value" are empty


def _make_model(told: Mapping[str, Values]) -> str:
    """With the maker, who sometimes stands in the device's id alone (IEEE 1284)."""
    model = _first(told, "printer-make-and-model")
    parts = _first(told, "printer-device-id").split(";")
    maker = next(
        (part.strip().removeprefix(m) for part in parts for m in MFG if part.strip().startswith(m)), ""
    )
    return model if model.lower().startswith(maker.lower()) else f"{maker} {model}"


def _texts(told: Mapping[str, Values], name: str) -> tuple[str, ...]:
    return tuple(value for value in told.get(name, ()) if isinstance(value, str))


def _first(told: Mapping[str, Values], name: str) -> str:
    return next(iter(_texts(told, name)), "").strip()


def _resolutions(values: Values) -> Iterator[tuple[int, int]]:
    for value in values:
        match value:
            case (int(across), int(down), int(unit)) if unit == DOTS_PER_INCH:
                yield across, down


def _papers(values: Values) -> Iterator[tuple[float, float]]:
    for value in values:
        match value:
            case {"x-dimension": (int(width),), "y-dimension": (int(height),)}:
                yield width / HUNDREDTH_MM, height / HUNDREDTH_MM


def _attribute(tag: int, name: str, value: str) -> bytes:
    words = (name.encode(), value.encode())
    return bytes([tag]) + b"".join(struct.pack(">H", len(word)) + word for word in words)
