"""One page on its way from the machine into the spool: its sink, and what is told about it."""

from collections.abc import Callable

from scanner_adapters.container import Contents
from scanner_adapters.escl.judging import Seen, Tally
from scanner_adapters.escl.orders import Order
from scanner_adapters.escl.quirks import Quirks
from scanner_adapters.escl.wire import Sink
from scanner_adapters.model import FaultCode, ScanSource, Side
from scanner_adapters.parts import Origin

TOLERANCE = 0.03  # of a length: what still counts as the same resolution or size
TELL_NOT_A_PAGE = (FaultCode.INCOMPLETE_FILE, FaultCode.NOT_A_PAGE)


class Stopped(Exception):
    """Somebody asked the scan to end."""


class StoppableSink:
    """Hands bytes on until somebody wants to stop."""

    def __init__(self, sink: Sink, is_stopped: Callable[[], bool]) -> None:
        """`is_stopped` is asked with every block."""
        self._sink = sink
        self._is_stopped = is_stopped

    def write(self, block: bytes) -> None:
        """Hand on. Raises: Stopped; whatever the sink raises."""
        if self._is_stopped():
            raise Stopped
        self._sink.write(block)


def origin_of(order: Order, contents: Contents, tally: Tally, seen: Seen, quirks: Quirks) -> Origin:
    """What is told about the page that is due."""
    number = tally.received + 1
    is_back = order.settings.source is ScanSource.ADF_DUPLEX and number % 2 == 0
    dpi, flags = measured(order, contents)
    turned = ("turned_180",) if is_back and quirks.backs_turned else ()
    return Origin(
        name=f"page {number}",
        device_page_ref=seen.place,
        side=Side.BACK if is_back else Side.FRONT,
        effective=order.settings,
        dpi=dpi,
        retries=tally.tries,
        flags=(*flags, *turned, *(("numbers_jump",) if tally.leaves_out_one(seen) else ())),
    )


def measured(order: Order, contents: Contents) -> tuple[tuple[float, float] | None, tuple[str, ...]]:
    """The resolution that the pixels show, and flags where they are not what the machine was told.

    A feeder may end the page where the paper ends: then only the width tells the resolution.
    """
    if not contents.width or not contents.height:
        return None, ()
    across, down = contents.width / order.region_inches[0], contents.height / order.region_inches[1]
    ends_elsewhere = abs(down / across - 1) > TOLERANCE
    asked = order.settings
    differs = {
        "size_differs": ends_elsewhere,
        "dpi_differs": abs(across / asked.dpi - 1) > TOLERANCE,
        "color_differs": contents.color not in (None, asked.color),
    }
    dpi = (round(across, 1), round(across if ends_elsewhere else down, 1))
    return dpi, tuple(flag for flag, holds in differs.items() if holds)
