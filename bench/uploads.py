"""Hostile uploads into the watched folder: is half a file ever taken, how soon after its end is a whole one?

Usage: ./motcua bench uploads [--files 1000] [--seed N]

Each writer is a thread of its own, on the real clock: it streams, pauses, closes and opens again, leaves a
placeholder, renames, or is cut off. The folder must give every whole file once, byte for byte, and none cut.
"""

import argparse
import hashlib
import random
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from scanner_adapters.folder.watched import WatchedFolder
from scanner_adapters.model import ScanSettings
from scanner_adapters.queue.spool import Spool

SEED = 20261124
MOST_AT_ONCE = 20  # writers, each with a folder of its own: a device saves one file after another
WAYS = ("streamed", "paused", "reopened", "placeholder", "renamed", "cut", "cut with an end", "empty")
WHOLE = WAYS[:5]
LOOK_SECONDS = 0.2
GOAL_SECONDS = 2.5


@dataclass(frozen=True)
class Upload:
    """One file on its way: how it is written, its bytes, the pause in its middle (seconds)."""

    number: int
    way: str
    content: bytes
    pause: float

    @property
    def name(self) -> str:
        """What the device calls the file."""
        return f"Scan {self.number:05d}.jpg"


@dataclass
class Result:
    """What came of all uploads."""

    half: int = 0
    missing: int = 0
    delays: tuple[float, ...] = ()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    result = run(chosen.files, chosen.seed, longest_pause=8.0)
    median = statistics.median(result.delays)
    print(f"{chosen.files} uploads: {result.half} half files taken, {result.missing} whole files missing")
    print(f"delay after the true end: median {median:.2f} s, longest {max(result.delays):.2f} s")
    return 1 if result.half or result.missing or median > GOAL_SECONDS else 0


def run(files: int, seed: int, longest_pause: float, at_once: int = MOST_AT_ONCE) -> Result:
    """Upload all files through `at_once` devices, each into its own folder, and compare what came out."""
    chance = random.Random(seed)  # noqa: S311 a choice that can be made again
    uploads = [upload(number, chance, longest_pause) for number in range(files)]
    result = Result()
    with tempfile.TemporaryDirectory() as folder:
        lanes = [Lane(Path(folder) / str(lane), uploads[lane::at_once], result) for lane in range(at_once)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
    return result


def upload(number: int, chance: random.Random, longest_pause: float) -> Upload:
    pixels = np.random.default_rng(number).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    held = BytesIO()
    Image.fromarray(pixels).save(held, format="JPEG")
    return Upload(number, chance.choice(WAYS), held.getvalue(), chance.random() ** 3 * longest_pause)


class Lane(threading.Thread):
    """One device: its folder, its writer, and who watches the folder."""

    lock = threading.Lock()

    def __init__(self, folder: Path, uploads: list[Upload], result: Result) -> None:
        super().__init__()
        self._place = folder / "inbox"
        self._uploads = uploads
        self._result = result
        self._ends: dict[str, float] = {}
        clock = lambda: datetime.now(UTC)  # noqa: E731 the real one
        self._inbox = WatchedFolder(self._place, clock)
        self._job = Spool(folder / "spool", clock).open_job("job", "folder", "bench", ScanSettings())

    def run(self) -> None:
        """Upload one file after another."""
        for one in self._uploads:
            writer = threading.Thread(target=self._write, args=(one,))
            writer.start()
            self._watch(one, writer)
            writer.join()
            for left in self._place.glob("*.jpg"):  # cut ones: nobody waits a quarter of an hour here
                left.unlink()

    def _watch(self, one: Upload, writer: threading.Thread) -> None:
        before, deadline = len(self._job.pages()), 0.0
        while not deadline or time.monotonic() < deadline:
            self._inbox.take(self._job)
            if len(self._job.pages()) > before:
                break
            if not deadline and not writer.is_alive():
                deadline = time.monotonic() + (90.0 if one.way in WHOLE else 4.0)
            time.sleep(LOOK_SECONDS)
        self._judge(one, self._job.pages()[before:])

    def _judge(self, one: Upload, pages: tuple) -> None:
        whole = hashlib.sha256(one.content).hexdigest()
        with self.lock:
            self._result.half += sum(page.sha256 != whole for page in pages)
            self._result.half += one.way not in WHOLE and bool(pages)
            self._result.missing += one.way in WHOLE and len(pages) != 1
            if pages and one.name in self._ends:
                self._result.delays += (time.monotonic() - self._ends[one.name],)

    def _write(self, one: Upload) -> None:
        half = len(one.content) // 2
        first, second = one.content[:half], one.content[half:]
        path = self._place / one.name
        match one.way:
            case "streamed":
                self._stream(path, one.content, 0)
            case "paused":
                self._stream(path, first, one.pause, second)
            case "reopened":
                path.write_bytes(first)
                time.sleep(one.pause)
                with path.open("ab") as again:
                    again.write(second)
            case "placeholder":
                path.touch()
                time.sleep(one.pause)
                path.write_bytes(one.content)
            case "renamed":
                part = path.with_suffix(".jpg.part")
                self._stream(part, first, one.pause, second)
                part.rename(path)
            case "cut":
                self._stream(path, first, one.pause)
            case "cut with an end":
                path.write_bytes(first + b"\xff\xd9")
            case _:
                path.touch()
        self._ends[one.name] = time.monotonic()

    def _stream(self, path: Path, first: bytes, pause: float, second: bytes = b"") -> None:
        with path.open("wb") as written:
            written.write(first)
            written.flush()
            time.sleep(pause)
            written.write(second)


if __name__ == "__main__":
    sys.exit(main())
