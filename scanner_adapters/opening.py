"""From what people call a machine to a Scanner: an address, or an id that a search prints."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scanner_adapters.discovery import Search, discover, find
from scanner_adapters.escl.opening import SCHEME, open_escl
from scanner_adapters.folder.scanner import FolderScanner
from scanner_adapters.known import KnownMachines
from scanner_adapters.model import FaultCode, ScanFault
from scanner_adapters.sane.scanner import SaneScanner, SaneSetup, find_devices
from scanner_adapters.scanner import Scanner

FIND_SECONDS = 3.0
SANE = "sane:"
FOLDER = "folder:"
OURS_ALREADY = ("airscan", "escl")  # SANE's own ways to machines that we reach ourselves


def open_scanner(name: str, known: KnownMachines, search: Search | None = None) -> Scanner:
    """The machine of this address or id.

    Raises: ScanFault OFFLINE when there is none, or its address is none; NOT_ALLOWED when the list lacks it.
    """
    kind = name.partition(":")[0] + ":"
    if kind in OPENERS:
        return OPENERS[kind](name, known)
    found = find(name, known, search or Search(FIND_SECONDS))
    if found is None:
        raise ScanFault(FaultCode.OFFLINE, name)
    return open_escl(found.address, known)


def list_scanners(known: KnownMachines, search: Search) -> Iterator[Mapping[str, Any]]:
    """Every machine that answers, then those known from before that do not, as id, name and sources.

    SANE is asked at the same time, and left alone when the search is over.
    """
    over = threading.Event()
    heard: list[tuple[str, str]] = []
    asking = threading.Thread(target=_ask_sane, args=(heard, over, known), daemon=True)
    asking.start()
    answered = set()
    for found in discover(known, search):
        told = found.capabilities
        answered.add(told.id)
        yield _told(told.id, told.make_model, tuple(source.source for source in told.sources))
    over.set()
    asking.join()
    for name, model in heard:
        yield _told(f"{SANE}{name}", model, ())
    for machine in known.all():
        if machine.id not in answered:
            yield _told(machine.id, machine.name, ())


def _ask_sane(heard: list[tuple[str, str]], over: threading.Event, known: KnownMachines) -> None:
    with contextlib.suppress(ScanFault, OSError):  # nothing is installed, or nothing was found in time
        for name, model in find_devices(SaneSetup(), over.is_set):
            if name.partition(":")[0] not in OURS_ALREADY and known.allows(f"{SANE}{name}"):
                heard.append((name, model))


def _told(machine: str, name: str, sources: tuple[str, ...]) -> Mapping[str, Any]:
    return {"id": machine, "name": name, "sources": list(sources)}


def _open_sane(address: str, known: KnownMachines) -> Scanner:
    known.require_allowed(address)
    return SaneScanner(address.removeprefix(SANE))


def _open_folder(address: str, _known: KnownMachines) -> Scanner:
    return FolderScanner(Path(address.removeprefix(FOLDER)).expanduser())


OPENERS: dict[str, Callable[[str, KnownMachines], Scanner]] = {
    SCHEME: open_escl,
    SANE: _open_sane,
    FOLDER: _open_folder,
}
