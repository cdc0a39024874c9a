"""A job's ticket: what a client asked the simulated machine for, read from its ScanSettings."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from scanner_adapters.escl.elements import every, number_of, read_root, text_of
from scanner_adapters.simulator.profile import COLORS, Profile

UNIT = 300  # of an inch
A4_UNITS = (2480, 3508)


@dataclass(frozen=True)
class Ticket:
    """What one page shall be: resolution, colour, type, region in 1/300 inch, upside down or not."""

    from_feeder: bool = True
    duplex: bool = False
    dpi: int = 300
    color: str = "RGB24"
    media_type: str = "image/jpeg"
    region: tuple[int, int, int, int] = (0, 0, *A4_UNITS)
    turned: bool = False

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of a page of this region."""
        return round(self.region[2] * self.dpi / UNIT), round(self.region[3] * self.dpi / UNIT)


def read_ticket(text: bytes) -> Ticket:
    """Read ScanSettings. Raises: ScanFault PROTOCOL for what is none."""
    root = read_root(text, "ScanSettings")
    region = next(every(root, "ScanRegion"), None)
    return Ticket(
        from_feeder=text_of(root, "InputSource") in ("Feeder", "Adf"),
        duplex=text_of(root, "Duplex").lower() in ("true", "1"),
        dpi=number_of(root, "XResolution") or UNIT,
        color=text_of(root, "ColorMode") or "RGB24",
        media_type=text_of(root, "DocumentFormatExt") or text_of(root, "DocumentFormat") or "image/jpeg",
        region=_region(region),
    )


def is_acceptable(ticket: Ticket, profile: Profile) -> bool:
    """Can this machine do that?"""
    has_source = profile.has_feeder if ticket.from_feeder else profile.has_platen
    has_sides = profile.has_duplex or not ticket.duplex
    one_bit_jpeg = ticket.color == "BlackAndWhite1" and ticket.media_type == "image/jpeg"
    is_offered = ticket.color in COLORS and ticket.media_type in profile.formats
    is_offered = is_offered and ticket.dpi in profile.resolutions
    return has_source and has_sides and is_offered and not one_bit_jpeg


def _region(region: Element | None) -> tuple[int, int, int, int]:
    width, height = number_of(region, "Width"), number_of(region, "Height")
    left, top = number_of(region, "XOffset"), number_of(region, "YOffset")
    return left or 0, top or 0, width or A4_UNITS[0], height or A4_UNITS[1]
