"""How well and how cheaply a page is read: Tesseract `vie`, `script/Vietnamese`, our reader alone, and both.

All four read the same upright reading plane. The transcribed pages of ../shared/corpora/vn-scans are the
exam: nothing is trained or tuned on them. Word recall counts words regardless of order, exactly and with all
marks folded away; what is missed is told by cause. Sure words are held against the transcription: a wrong one
stands nowhere on the page, handwriting and stamps included; covered are printed words read right and sure.
Pages of the stress bench are read too, word errors and CPU held against `vie`.
Exit status: 1 when a mark is broken (`goals.py`), else 0.

    ./motcua bench reader [--pages N] [--stress N] [--weights FILE --calibration FILE]
"""

import argparse
import difflib
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402 the rooms run in place, from the root
import numpy as np  # noqa: E402

from bench.calibration import plane_of_file  # noqa: E402
from bench.certainty import Certainty  # noqa: E402
from bench.goals import Goal, concluded  # noqa: E402
from digitize.model import Box, DigitizeFault, Line, Word  # noqa: E402
from digitize.pixels.raster import Pixels  # noqa: E402
from digitize.reader.calibration import CALIBRATION, calibration  # noqa: E402
from digitize.reader.network import WEIGHTS, LineReader  # noqa: E402
from digitize.words.both_readers import as_line  # noqa: E402
from digitize.words.opinions import judged_alone  # noqa: E402
from digitize.words.own_reader import OwnReader, is_understood, load_own_reader  # noqa: E402
from digitize.words.recognize import read_by_tesseract  # noqa: E402
from vietnamese.letters import fold, nfc  # noqa: E402
from vietnamese.statistics import statistics  # noqa: E402

PAGES = ROOT.parent / "shared" / "corpora" / "vn-scans"
BYTE_PRODUCTS = ("avx_vnni", "avx512_vnni", "asimddp")  # what sums products of bytes in one instruction
HAS_BYTE_PRODUCTS = bool(set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split()) & {*BYTE_PRODUCTS})
OF_TESSERACT = 0.4 if HAS_BYTE_PRODUCTS else 0.6  # the network counts in bytes
MARKS = {  # name: (mark, whether it must be reached; the others must not be exceeded)
    "own exact": (0.978, True),
    "own folded": (0.988, True),
    "both exact": (0.985, True),
    "both folded": (0.991, True),
    "own cpu against vie": (OF_TESSERACT, False),
    "words sure, wrong": (0.005, False),
    "words sure, coverage": (0.90, True),
    "numbers sure, wrong": (0.002, False),
    "numbers sure, coverage": (0.85, True),
    "weights MB": (6.0, False),
    "load ms": (150.0, False),
    "memory MB": (120.0, False),
    "stress errors against vie": (0.35, False),
    "stress own cpu against vie": (OF_TESSERACT, False),
}
TAG = re.compile(
    r"\{\{\w+:(.*?)\}\}", re.DOTALL
)  # {{hand:..}}, {{stamp:..}}, {{sig:..}} of the transcriptions


@dataclass
class Tally:
    """What one reader did over all pages."""

    exact: list[float] = field(default_factory=list)
    folded: list[float] = field(default_factory=list)
    cpu: float = 0.0
    missed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Page:
    """A page to read and what is printed on it."""

    name: str
    plane: Pixels
    dpi: float
    printed: str
    all_words: str = ""  # handwriting and stamps too: a sure word that stands there is no mistake


Readers = Mapping[str, Callable[[Page, Path], tuple[Line, ...]]]


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    cv2.setNumThreads(1)  # as the room reads a page (digitize/workers.py)
    try:
        own, facts = _loaded(options.weights, options.calibration)
    except DigitizeFault as missing:
        print(f"our reader is absent ({missing}): nothing to compare")
        return 1
    readers = _readers(own)
    told: dict[str, float] = dict(facts)
    pages = list(_transcribed(options.pages))
    if pages:
        told |= _exam(pages, readers)
    else:
        print(f"skipped: the transcribed pages are not here ({PAGES.parent.name}/{PAGES.name})")
    if options.stress:
        told |= _stressed(options.stress, readers)
    print(json.dumps({name: round(value, 4) for name, value in told.items()}, indent=1))
    return concluded(Goal(name, told[name], *mark) for name, mark in MARKS.items() if name in told)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pages", type=int, default=99)
    asked.add_argument("--stress", type=int, default=24, help="pages of the stress bench; 0 for none")
    asked.add_argument("--weights", type=Path, help="other weights than the project's")
    asked.add_argument("--calibration", type=Path, default=CALIBRATION)
    return asked.parse_args(arguments)


def _loaded(weights: Path | None, curves: Path) -> tuple[OwnReader, dict[str, float]]:
    """Our reader, and what loading it took."""
    before, began = _memory(), time.process_time()
    if weights is None:
        own = load_own_reader()
    else:
        own = OwnReader(LineReader(weights.read_bytes()), statistics(), calibration(curves))
    took = (time.process_time() - began) * 1000
    own.network.read([np.full((48, 1400), 255, np.uint8)] * 8)
    size = (weights or WEIGHTS).stat().st_size / 1e6
    print(f"weights {hashlib.sha256((weights or WEIGHTS).read_bytes()).hexdigest()[:12]}")
    return own, {"weights MB": size, "load ms": took, "memory MB": _memory() - before}


def _memory() -> float:
    """Resident memory of this process, MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def _readers(own: OwnReader) -> Readers:
    def alone(page: Page, _work: Path) -> tuple[Line, ...]:
        reading = own.read(page.plane, page.dpi)
        return tuple(
            as_line(
                [judged_alone(word, own.curves, own.language) for word in line.words], line.cut, page.plane
            )
            for line in reading.lines
        )

    def both(page: Page, work: Path) -> tuple[Line, ...]:
        reading = own.read(page.plane, page.dpi)
        if is_understood(reading):
            return own.lines(reading, page.plane, work)
        return read_by_tesseract(page.plane, page.dpi, work).lines

    return {"vie": _tesseract("vie"), "Vietnamese": _tesseract("Vietnamese"), "own": alone, "both": both}


def _tesseract(language: str) -> Callable[[Page, Path], tuple[Line, ...]]:
    """Plain Tesseract on the same plane: hocr and txt, as people call it."""

    def read(page: Page, work: Path) -> tuple[Line, ...]:
        image = work / "page.pgm"
        height, width = page.plane.shape
        image.write_bytes(b"P5\n%d %d\n255\n" % (width, height) + page.plane.tobytes())
        command = ["tesseract", str(image), str(work / "out"), "-l", language, "--dpi", str(round(page.dpi))]
        subprocess.run([*command, "hocr", "txt"], check=True, capture_output=True)
        text = (work / "out.txt").read_text(encoding="utf-8")
        nowhere = Box(0.0, 0.0, 0.0, 0.0)
        rows = [tuple(Word(nfc(word), nowhere, 0.0) for word in row.split()) for row in text.splitlines()]
        return tuple(Line(row) for row in rows if row)

    return read


def _transcribed(count: int) -> Iterator[Page]:
    for path in sorted([*PAGES.glob("*/gt-corrected/*.png"), *PAGES.glob("*/gt-corrected/*.jpg")])[:count]:
        plane, dpi = plane_of_file(path)
        printed, whole = (
            nfc(path.with_suffix(kind).read_text(encoding="utf-8")) for kind in (".printed.txt", ".gt.txt")
        )
        yield Page(path.stem, plane, dpi, printed, TAG.sub(r" \1 ", whole))


def _exam(pages: Sequence[Page], readers: Readers) -> dict[str, float]:
    tallies = {name: Tally() for name in readers}
    certainty = Certainty()
    for page in pages:
        lines = _read_all(page, readers, tallies)
        certainty.add(lines["both"], page.printed, page.all_words)
    print(f"sure and not printed: {' '.join(certainty.wrong)}")
    for name, tally in tallies.items():
        causes = ", ".join(f"{cause} {count}" for cause, count in tally.missed.most_common())
        print(
            f"{name:11} exact {np.mean(tally.exact):.4f}  folded {np.mean(tally.folded):.4f}  "
            f"{tally.cpu / len(pages):.2f} CPU-s a page; missed: {causes}"
        )
    own, both, peer = tallies["own"], tallies["both"], tallies["vie"]
    return {
        "own exact": float(np.mean(own.exact)),
        "own folded": float(np.mean(own.folded)),
        "both exact": float(np.mean(both.exact)),
        "both folded": float(np.mean(both.folded)),
        "own cpu against vie": own.cpu / peer.cpu,
        "both cpu against vie": both.cpu / peer.cpu,
        **certainty.shares(),
    }


def _read_all(page: Page, readers: Readers, tallies: Mapping[str, Tally]) -> dict[str, tuple[Line, ...]]:
    read: dict[str, tuple[Line, ...]] = {}
    for name, reader in readers.items():
        with tempfile.TemporaryDirectory(prefix="motcua-reader-") as work:
            before = _cpu_seconds()
            read[name] = reader(page, Path(work))
            cost = _cpu_seconds() - before
        text = " ".join(line.text for line in read[name])
        tally, exact = tallies[name], recall(page.printed, text)
        tally.exact.append(exact)
        tally.folded.append(recall(fold(page.printed), fold(text)))
        tally.cpu += cost
        tally.missed += causes(page.printed, text)
        print(
            f"{page.name[:26]:26} {name:11} {exact:.3f} {tally.folded[-1]:.3f} {cost:.2f} CPU-s", flush=True
        )
    return read


def recall(printed: str, read: str) -> float:
    """Share of the printed words that were read, regardless of order."""
    wanted = Counter(printed.split())
    return (wanted & Counter(read.split())).total() / wanted.total()


def causes(printed: str, read: str) -> Counter[str]:
    """Why printed words are missing: a mark, a letter, words split or joined, or nothing like them read."""
    missed = list((Counter(printed.split()) - Counter(read.split())).elements())
    strange = list((Counter(read.split()) - Counter(printed.split())).elements())
    joined = fold("".join(strange)).lower()
    told: Counter[str] = Counter()
    for word in missed:
        plain = fold(word).lower()
        near = difflib.get_close_matches(plain, [fold(other).lower() for other in strange], 1, 0.6)
        if near and near[0] == plain:
            told["mark"] += 1
        elif any(plain in fold(other).lower() for other in strange if len(other) > len(word) + 1):
            told["joined"] += 1
        elif near:
            told["letter"] += 1
        else:
            told["split" if len(plain) > 2 and plain in joined else "not read"] += 1
    return told


def _stressed(count: int, readers: Readers) -> dict[str, float]:
    """Word errors on pages of the stress bench that need no turning, against `vie` alone."""
    from bench.calibration import UPRIGHT, plane_of  # noqa: PLC0415
    from bench.stress.conditions import SEED, all_pages  # noqa: PLC0415
    from bench.stress.making import make_page  # noqa: PLC0415

    chosen = [page for page in all_pages(SEED) if page.condition in UPRIGHT]
    tallies = {name: Tally() for name in readers}
    with tempfile.TemporaryDirectory(prefix="motcua-reader-") as folder:
        for recipe in chosen[:: max(1, len(chosen) // count)][:count]:
            file = make_page(recipe, Path(folder))
            plane, dpi = plane_of(file)
            printed = " ".join(line for block in file.blocks for line in block.lines)
            _read_all(Page(recipe.condition, plane, dpi, nfc(printed)), readers, tallies)
    errors = {name: 1 - float(np.mean(tally.exact)) for name, tally in tallies.items()}
    for name, share in errors.items():
        print(f"{name:11} stress pages: {share:.4f} of the words missed")
    return {
        "stress errors against vie": errors["both"] / max(errors["vie"], 1e-9),
        "stress own cpu against vie": tallies["own"].cpu / tallies["vie"].cpu,
    }


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
