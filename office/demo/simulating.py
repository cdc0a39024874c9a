"""`simulate-scanner`: a scanner for training and tests, made of pages, faults and a make's habits."""

import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from foundation.clock import utc_now
from scanner_adapters.model import FaultCode, ScanFault
from scanner_adapters.simulator.announcing import announced
from scanner_adapters.simulator.certificate import self_signed
from scanner_adapters.simulator.machine import Machine
from scanner_adapters.simulator.papers.paper import drawn_leaves, leaves_from_folder
from scanner_adapters.simulator.profile import PROFILES, Profile
from scanner_adapters.simulator.script import parse_script
from scanner_adapters.simulator.server import Place, serving

DRAWN_PAGES = 4
SEED = 20260100


@dataclass(frozen=True)
class Wanted:
    """The scanner to be.

    Args:
        host: the address to listen on.
        port: the port; 0 is whichever is free.
        pages: a folder of pictures to scan; None: pages drawn on the spot.
        faults: a TOML file that says what goes wrong when; None: nothing.
        profile: the make whose habits it has (docs/scanning.md).
        seconds_per_page: how long it takes for a page.
        tls_folder: where its own certificate lies; None: without TLS.
    """

    host: str
    port: int
    pages: Path | None = None
    faults: Path | None = None
    profile: str = "plain"
    seconds_per_page: float = 0.0
    tls_folder: Path | None = None


def simulate(wanted: Wanted, tell: Callable[[str], None]) -> None:
    """Be that scanner until interrupted; `tell` hears its address. Raises: ScanFault BAD_SCRIPT."""
    machine, profile = _machine(wanted)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with ExitStack() as held:
        tls = self_signed(wanted.tls_folder, utc_now()) if wanted.tls_folder else None
        url = held.enter_context(serving(machine, Place(wanted.host, wanted.port, tls)))
        tell(url)
        with suppress(OSError):  # a machine without multicast still serves who knows its address
            held.enter_context(announced(url, profile))
        done.wait()


def _machine(wanted: Wanted) -> tuple[Machine, Profile]:
    try:
        faults = parse_script(wanted.faults.read_text(encoding="utf-8")) if wanted.faults else ()
        leaves = leaves_from_folder(wanted.pages) if wanted.pages else drawn_leaves(DRAWN_PAGES, SEED)
        profile = replace(PROFILES[wanted.profile], seconds_per_page=wanted.seconds_per_page)
    except (OSError, UnicodeDecodeError, KeyError) as wrong:
        raise ScanFault(FaultCode.BAD_SCRIPT, str(wrong)) from wrong
    if not leaves:
        raise ScanFault(FaultCode.BAD_SCRIPT, str(wanted.pages))
    return Machine(leaves, profile, faults), profile
