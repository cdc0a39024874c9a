"""A hundred hostile uploads: no half file becomes a page, every whole one does, and soon after its end."""

import os
import random
import statistics
from collections.abc import Iterator
from pathlib import Path

from scanner_adapters.folder.watched import WatchedFolder
from scanner_adapters.model import ScanSettings
from scanner_adapters.queue.spool import Spool
from tests.scanner_adapters.scan_files import Clock, growing_pdf, jpeg, pdf, tiff

LOOK_SECONDS = 0.5
UPLOADS = 100
ENDING = 30  # bytes: without its last line break a PDF is whole, and so is a TIFF without its padding
CONTENTS = [jpeg(1), jpeg(2, progressive=True), pdf(2), tiff(2), growing_pdf(2)[0]]


class Device:
    """Writes one file after another, in steps; between two steps lies a pause (seconds)."""

    def __init__(self, folder: Path, chance: random.Random, clock: Clock) -> None:
        self.folder, self.chance, self.clock = folder, chance, clock
        self.ended: dict[str, tuple[bytes, object]] = {}

    def upload(self, number: int) -> Iterator[float]:
        """One file; what it leaves is whole or, for the last three ways, never will be."""
        content, path = self.chance.choice(CONTENTS), self.folder / f"Scan {number:03d}"
        way = self.chance.choice([self.streamed, self.reopened, self.placeholder, self.renamed, self.cut])
        yield from way(path, content)

    def streamed(self, path: Path, content: bytes) -> Iterator[float]:
        with path.open("wb") as file:
            for part in self.parts(content):
                file.write(part)
                file.flush()
                self.touch(path)
                yield self.pause()
        self.end(path, content)

    def reopened(self, path: Path, content: bytes) -> Iterator[float]:
        *parts, last = self.parts(content)
        for part in parts:
            with path.open("ab") as file:
                file.write(part)
            self.touch(path)
            yield self.pause()
        with path.open("ab") as file:
            file.write(last)
        self.end(path, content)

    def placeholder(self, path: Path, content: bytes) -> Iterator[float]:
        path.touch()
        self.touch(path)
        yield self.pause()
        yield from self.streamed(path, content)

    def renamed(self, path: Path, content: bytes) -> Iterator[float]:
        part = path.with_name(path.name + ".part")
        part.write_bytes(content[:-50])
        yield self.pause()
        part.write_bytes(content)
        part.rename(path)
        self.end(path, content)

    def cut(self, path: Path, content: bytes) -> Iterator[float]:
        path.write_bytes(content[: self.chance.randrange(len(content) - ENDING)])
        self.touch(path)
        yield self.pause()

    def parts(self, content: bytes) -> list[bytes]:
        places = sorted(self.chance.sample(range(1, len(content) - ENDING), 3))
        return [content[a:b] for a, b in zip([0, *places], [*places, len(content)], strict=True)]

    def pause(self) -> float:
        return self.chance.choice([0.0, 0.1, 0.5, 1.5, 10.0, 60.0])

    def touch(self, path: Path) -> None:
        os.utime(path, (self.clock().timestamp(),) * 2)

    def end(self, path: Path, content: bytes) -> None:
        self.touch(path)
        self.ended[path.name] = (content, self.clock())


def test_no_half_file_is_taken_and_every_whole_one_is(tmp_path):
    clock, chance = Clock(), random.Random(20261124)  # noqa: S311 a choice that can be made again
    job = Spool(tmp_path / "spool", clock).open_job("job", "folder", "lan", ScanSettings())
    place, delays = tmp_path / "inbox", []
    for number in range(UPLOADS):
        inbox = WatchedFolder(place, clock)
        device = Device(place, chance, clock)
        for seconds in device.upload(number):
            delays += take_for(inbox, job, device, seconds)
        delays += take_for(inbox, job, device, 70.0)
        for left in place.glob("Scan*"):
            assert left.name not in device.ended
            left.unlink()
        assert len(job.pages()) == len(delays)
    assert len(delays) > UPLOADS / 2
    assert statistics.median(delays) <= 2.5


def take_for(inbox, job, device, seconds: float) -> list[float]:
    """Look at the folder for so long; how long after its true end each page came."""
    delays = []
    for _ in range(int(seconds / LOOK_SECONDS) + 1):
        for page in inbox.take(job).pages:
            content, ended = device.ended[page.source_name]
            assert page.path.read_bytes() == content
            delays.append((device.clock() - ended).total_seconds())
        device.clock.wait(seconds=LOOK_SECONDS)
        if delays:
            break
    return delays
