"""Scanning begun at HP's panel: the computers it offers, what they ask for, what was pressed.

We never register as such a computer (people scan to a folder instead); what others registered is told.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from scanner_adapters.escl.elements import every, local, number_of, read_root, text_of

ONE = ("WalkupScanDestination", "WalkupScanToCompDestination")
LISTS = ("WalkupScanDestinations", "WalkupScanToCompDestinations")


@dataclass(frozen=True)
class Destination:
    """A computer on the panel: name, host, path; what it asks for once somebody has chosen it there."""

    name: str
    host: str
    path: str
    shortcut: str = ""
    sides: str = ""


@dataclass(frozen=True)
class WalkupCapabilities:
    """How many computers the panel takes, many pages from the glass or one, its patience, its shortcuts."""

    most_destinations: int
    many_from_glass: bool
    seconds: float
    shortcuts: tuple[str, ...]


def parse_destinations(text: bytes) -> tuple[Destination, ...]:
    """The computers of a list, or the one that was asked about. Raises: ScanFault PROTOCOL."""
    root = read_root(text, *LISTS, *ONE)
    found = (root,) if local(root) in ONE else tuple(told for told in root if local(told) in ONE)
    return tuple(_destination(told) for told in found)


def parse_capabilities(text: bytes) -> WalkupCapabilities:
    """What the panel can do. Raises: ScanFault PROTOCOL."""
    root = read_root(text, "WalkupScanToCompCaps")
    seconds = text_of(root, "UserActionTimeout", "ValueFloat")
    return WalkupCapabilities(
        number_of(root, "MaxNetworkDestinations") or 0,
        text_of(root, "SupportsMultiItemScanFromPlaten") == "true",
        float(seconds) if seconds.replace(".", "", 1).isdecimal() else 0.0,
        tuple((told.text or "").strip() for told in every(root, "Shortcut")),
    )


def parse_event(text: bytes) -> str:
    """What was pressed, such as "HostSelected". Raises: ScanFault PROTOCOL."""
    return text_of(read_root(text, "WalkupScanToCompEvent"), "WalkupScanToCompEventType")


def _destination(told: Element) -> Destination:
    first_of = {name: next(every(told, name), None) for name in ("Shortcut", "ScanPlexMode")}
    shortcut, sides = ((one.text or "").strip() if one is not None else "" for one in first_of.values())
    return Destination(
        text_of(told, "Name"), text_of(told, "Hostname"), text_of(told, "ResourceURI"), shortcut, sides
    )
