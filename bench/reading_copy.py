"""What the small copy of a page keeps, and what it weighs: bytes, seal and signature, words, CPU time.

Sheets of the page maker, each with a seal and a signature, worn like an office scan (paper's tone, blur,
grain, JPEG) at 300 dpi in colour. The copy is drawn at 300 dpi and laid over the scan, pixel for pixel.
Ink is every pixel of the scan that is plainly red or blue (CIE Lab: chroma of 25 or more, hue of a seal or
of a pen); it is kept where the copy has that hue with half of that chroma. dE is the distance in CIE Lab
(1976) over all ink. Words are read from both with the `tesseract` command after the same clean-up; the
printed text is the truth.

    ./motcua bench reading_copy [--pages N] [--seals N] [--without-words]

`--seals` presses more red seals over the text than the sheets bear. Exit status: 1 when a goal is broken.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402 the rooms run in place, from the root
import numpy as np  # noqa: E402
import pypdfium2  # noqa: E402

from bench.goals import Goal, concluded  # noqa: E402
from digitize.model import PageText  # noqa: E402
from digitize.pdf.assembly import Assembly  # noqa: E402
from digitize.pdf.compact import write_compact  # noqa: E402
from digitize.pdf.reading_copy import write_reading_copy  # noqa: E402
from digitize.pixels.geometry import Pose  # noqa: E402
from digitize.plane.planes import reading_plane  # noqa: E402
from digitize.sources.scans import load_jpeg  # noqa: E402
from scanner_adapters.simulator.papers import sheets  # noqa: E402
from scanner_adapters.simulator.papers.wear import Wear, wear_down  # noqa: E402
from vietnamese.letters import nfc  # noqa: E402

COPY_KB, COMPACT_KB = 80.0, 400.0
KEPT, DISTANCE, MISSED_ABOVE = 0.99, 8.0, 0.2  # share of ink; dE; percent of words above the scan's
DPI = 300
OFFICE_SCAN = Wear(texture=2.0, blur=0.7, noise_sigma=4.0, jpeg_quality=90)
MAKERS = (sheets.decision, sheets.certificate, sheets.letter)
INK_CHROMA = 25.0
KEPT_CHROMA = INK_CHROMA / 2
RED, BLUE = (-45.0, 60.0), (225.0, 330.0)  # degrees of hue in CIE Lab
HUE_SLACK = 10.0


@dataclass(frozen=True)
class Score:
    """One page: kB of scan, compact page and copy; shares and dE of ink; words missed in %; CPU seconds."""

    scan: float
    compact: float
    copy: float
    red: float
    blue: float
    distance: float
    missed_scan: float
    missed_copy: float
    cpu: float


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pages", type=int, default=12)
    asked.add_argument("--seals", type=int, default=0, help="more red seals over the text")
    asked.add_argument("--without-words", action="store_true")
    options = asked.parse_args(arguments)
    print(f"{'page':16}" + "".join(f"{name:>11}" for name in COLUMNS))
    scores = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.pages):
            sheet = MAKERS[number % len(MAKERS)](number)
            wear = replace(OFFICE_SCAN, extra_seals=options.seals)
            scores.append(measure(sheet, wear, number, Path(folder), words=not options.without_words))
            print(f"{sheet.kind + f' {number}':16}" + row(scores[-1]))
    print(f"{'mean':16}" + row(mean(scores)))
    print(f"smaller than the scan: {mean(scores).scan / mean(scores).copy:.1f} times")
    return concluded(goals_of(mean(scores)))


COLUMNS = ("scan kB", "compact kB", "copy kB", "red %", "blue %", "dE", "missed %", "in copy %", "CPU-s")


def row(score: Score) -> str:
    return "".join(f"{value:11.2f}" for value in vars(score).values())


def mean(scores: Sequence[Score]) -> Score:
    return Score(
        *(float(np.nanmean(column)) for column in zip(*(vars(s).values() for s in scores), strict=True))
    )


def goals_of(score: Score) -> Iterator[Goal]:
    """What a mean page has to reach; words only where they were read."""
    above = score.missed_copy - score.missed_scan
    yield Goal("kB of a reading copy", score.copy, COPY_KB)
    yield Goal("kB of a compact page", score.compact, COMPACT_KB)
    yield Goal("red ink kept", score.red / 100, KEPT, least=True)
    yield Goal("blue ink kept", score.blue / 100, KEPT, least=True)
    yield Goal("dE of ink, mean", score.distance, DISTANCE)
    yield Goal("percent of words missed above the scan's", None if np.isnan(above) else above, MISSED_ABOVE)


def measure(sheet: sheets.Sheet, wear: Wear, seed: int, folder: Path, *, words: bool) -> Score:
    scan = sheets.save(wear_down(sheet.image, wear, seed), folder / "scan.jpg", DPI)
    raster = load_jpeg(scan)
    text = PageText(1, raster.width_mm, raster.height_mm, ())
    before = time.process_time()
    write_reading_copy(raster, Pose(), text, folder / "small.pdf")
    cpu = time.process_time() - before
    write_compact(raster, Pose(), text, folder / "compact.pdf")
    compact, copy = (_finished(folder, folder / name) for name in ("compact.pdf", "small.pdf"))
    shown = _drawn(copy, raster.pixels.shape)
    red, blue, distance = ink_kept(raster.pixels, shown)
    missed = [
        _missed(pixels, sheet.text, folder) if words else float("nan") for pixels in (raster.pixels, shown)
    ]
    sizes = [path.stat().st_size / 1000 for path in (scan, compact, copy)]
    return Score(*sizes, red, blue, distance, *missed, cpu)


def ink_kept(scan: np.ndarray, copy: np.ndarray) -> tuple[float, float, float]:
    """Percent of the scan's red and of its blue that the copy keeps, and the mean distance over both."""
    before, after = _in_lab(scan), _in_lab(copy)
    shares, distances = [], []
    for sector in (RED, BLUE):
        inked = _has_hue(before, sector, INK_CHROMA)
        low, high = sector
        kept = _has_hue(after, (low - HUE_SLACK, high + HUE_SLACK), KEPT_CHROMA) & inked
        shares.append(100 * kept.sum() / inked.sum() if inked.any() else float("nan"))
        distances.append(np.linalg.norm(before - after, axis=2)[inked])
    return shares[0], shares[1], float(np.concatenate(distances).mean())


def _in_lab(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)


def _has_hue(lab: np.ndarray, sector: tuple[float, float], chroma: float) -> np.ndarray:
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    low, high = sector
    return (np.hypot(lab[..., 1], lab[..., 2]) >= chroma) & ((hue - low) % 360 <= high - low)


def _finished(folder: Path, page: Path) -> Path:
    document, out = Assembly(folder / "parts"), page.with_name(f"{page.stem}-out.pdf")
    document.add_written(page)
    document.finish(out)
    return out


def _drawn(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    with pypdfium2.PdfDocument(path) as document:
        pixels = document[0].render(scale=DPI / 72).to_numpy()[..., :3]
    height, width = shape[:2]
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _missed(pixels: np.ndarray, truth: str, folder: Path) -> float:
    """Percent of the printed words that are not read, in whatever order."""
    cv2.imwrite(str(folder / "plane.pgm"), reading_plane(np.ascontiguousarray(pixels)))
    command = ["tesseract", folder / "plane.pgm", "-", "-l", "vie", "--dpi", str(DPI)]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    read = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    wanted, found = Counter(nfc(truth).split()), Counter(nfc(read).split())
    return 100 * (wanted - found).total() / wanted.total()


if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.exit(main(sys.argv[1:]))
