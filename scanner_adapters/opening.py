"""From what people call a machine to a Scanner: an address, or an id that a search prints."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scanner_adapters.discovery import Search, discover, find
from scanner_adapters.escl.opening import SCHEME, open_escl
from scanner_adapters.folder_scanner import FolderScanner
from scanner_adapters.known import KnownMachines
from scanner_adapters.model import FaultCode, ScanFault
from scanner_adapters.sane import SaneScanner
from scanner_adapters.scanner import Scanner

FIND_SECONDS = 3.0
SANE = "sane:"
FOLDER = "folder:"


def open_scanner(name: str, known: KnownMachines, search: Search | None = None) -> Scanner:
    """The machine of this address or id.

    Raises: ScanFault OFFLINE when there is none, or its address is none.
    """
    kind = name.partition(":")[0] + ":"
    if kind in OPENERS:
        return OPENERS[kind](name, known)
    found = find(name, known, search or Search(FIND_SECONDS))
    if found is None:
        raise ScanFault(FaultCode.OFFLINE, name)
    return open_escl(found.address, known)


def list_scanners(known: KnownMachines, search: Search) -> Iterator[Mapping[str, Any]]:
    """Every machine that answers, then those known from before that do not, as id, name and sources."""
    answered = set()
    for found in discover(known, search):
        told = found.capabilities
        answered.add(told.id)
        yield _told(told.id, told.make_model, tuple(source.source for source in told.sources))
    for machine in known.all():
        if machine.id not in answered:
            yield _told(machine.id, machine.name, ())


def _told(machine: str, name: str, sources: tuple[str, ...]) -> Mapping[str, Any]:
    return {"id": machine, "name": name, "sources": list(sources)}


def _open_sane(name: str, _known: KnownMachines) -> Scanner:
    return SaneScanner(name.removeprefix(SANE))


def _open_folder(name: str, _known: KnownMachines) -> Scanner:
    return FolderScanner(Path(name.removeprefix(FOLDER)).expanduser())


OPENERS: dict[str, Callable[[str, KnownMachines], Scanner]] = {
    SCHEME: open_escl,
    SANE: _open_sane,
    FOLDER: _open_folder,
}
