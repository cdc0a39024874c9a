"""Scan folders: in which order files become pages, what is no page, who holds whom back."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from bench.cases.judging import Case
from scanner_adapters.folder.watched import Taken, WatchedFolder
from scanner_adapters.model import ScanSettings
from scanner_adapters.queue.spool import Spool
from tests.scanner_adapters.scan_files import Clock, jpeg, put

QUIET = 60.0  # seconds since a file was written
STEMS = ("Image", "scan", "Quét tài liệu", "IMG_", "Doc 2026-11-30 ", "a (1) b", "trang", "x", "0", "S-1-")
SYSTEM = ("Thumbs.db", "desktop.ini", ".DS_Store", "~$don.docx", "ehthumbs.db", "Desktop.ini", "._1.jpg")
NO_PAGES = (*SYSTEM, "scan.log", "list.xlsx", "don.docx", "note.txt")
COUNTERS = (("IMG_", 4), ("DSC0", 4), ("scan_", 3), ("", 5), ("Doc-", 6), ("P", 4))


def folder_cases() -> Iterator[Case]:
    """Names as people, Windows and machines give them; each list is written in a shuffled order."""
    for seed, stem in enumerate(STEMS):
        copies = [f"{stem}.jpg", *(f"{stem} ({number}).jpg" for number in (2, 3, 9, 10, 21))]
        yield Case("copies", stem, partial(_shuffled, copies, seed))
        plain = [f"{stem}{number}.jpg" for number in (1, 2, 9, 10, 11, 100)]
        yield Case("numbers by value", stem, partial(_shuffled, plain, seed))
    for (stem, digits), (before, after) in itertools.product(COUNTERS, ((1, 1), (3, 4))):
        numbers = [*range(10**digits - before, 10**digits), *range(1, after + 1)]
        names = [f"{stem}{number:0{digits}d}.jpg" for number in numbers]
        yield Case("counters that run out", names[0], partial(_turned_over, names))
    for name in NO_PAGES:
        yield Case("system and other files", name, partial(_held_open, name))


def order_of(ages: Mapping[str, float], wanted: Sequence[str], folder: Path) -> str:
    """Files of these ages in seconds become pages in the wanted order."""
    came = [page.source_name for page in _taken(ages, folder).pages]
    return "" if came == list(wanted) else f"came as {came}"


def _shuffled(names: Sequence[str], seed: int, folder: Path) -> str:
    mixed = list(names)
    random.Random(seed).shuffle(mixed)  # noqa: S311 no secret
    return order_of(dict.fromkeys(mixed, QUIET), names, folder)


def _turned_over(names: Sequence[str], folder: Path) -> str:
    taken = _taken({name: QUIET + len(names) - at for at, name in enumerate(names)}, folder)
    if [page.source_name for page in taken.pages] != list(names):
        return f"came as {[page.source_name for page in taken.pages]}"
    return "" if any(page.flags for page in taken.pages) else "is not told"


def _held_open(name: str, folder: Path) -> str:
    clock, place = Clock(), folder / "inbox"
    inbox = WatchedFolder(place, clock)
    junk = put(place, name, b"\xd0\xcf\x11\xe0 no page", clock)
    put(place, "zz.jpg", jpeg(1), clock)
    with junk.open("ab"):
        taken = inbox.take(_job(folder, clock))
    if [page.source_name for page in taken.pages] != ["zz.jpg"]:
        return f"holds back {taken.waiting}"
    return "" if junk.exists() else "was moved while it was held open"


def _taken(ages: Mapping[str, float], folder: Path) -> Taken:
    clock, place = Clock(), folder / "inbox"
    inbox = WatchedFolder(place, clock)
    for at, (name, age) in enumerate(ages.items()):
        put(place, name, jpeg(at), clock, age=age)
    return inbox.take(_job(folder, clock))


def _job(folder: Path, clock: Clock) -> object:
    return Spool(folder / "spool", clock).open_job("job-1", "folder", "bench", ScanSettings())
