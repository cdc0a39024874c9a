"""How many printed words are found, and what a page costs: plain Tesseract, Motcua, OCRmyPDF, side by side.

Reads the transcribed pages of ../shared/corpora/vn-scans (public documents that are not part of the project);
each page is read as it is and once more after it was worn down: shade, a red seal over text, five degrees of
skew, half a turn. Word recall counts words regardless of order, exactly and with all marks folded away.

    ./motcua bench recall [--pages N] [--without-peer]

Exit status: 1 when a goal is broken.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 the rooms run in place, from the root
import pypdfium2  # noqa: E402
from PIL import Image  # noqa: E402

from bench.goals import Goal, concluded  # noqa: E402
from bench.peers import ocrmypdf  # noqa: E402
from digitize.model import Order, PageDone, Profile  # noqa: E402
from digitize.pipeline import digitize  # noqa: E402
from scanner_adapters.simulator.papers.wear import Wear, wear_down  # noqa: E402
from vietnamese.letters import fold, nfc  # noqa: E402

PAGES = ROOT.parent / "shared" / "corpora" / "vn-scans"
WORN = Wear(shade=0.5, skew_degrees=5.0, quarter_turns=2, noise_sigma=0.0, extra_seals=1, jpeg_quality=90)
WORN_EXACT, CPU_SECONDS = 0.92, 4.0


@dataclass(frozen=True)
class Score:
    """Share of printed words found, exactly and without marks, and CPU seconds of one page."""

    exact: float
    folded: float
    cpu: float


Reader = Callable[[Path, Path], str]


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pages", type=int, default=99)
    asked.add_argument("--without-peer", action="store_true")
    options = asked.parse_args(arguments)
    pages = sorted([*PAGES.glob("*/gt-corrected/*.png"), *PAGES.glob("*/gt-corrected/*.jpg")])[
        : options.pages
    ]
    if not pages:
        print(f"skipped: the transcribed pages are not here ({PAGES.parent.name}/{PAGES.name})")
        return 0
    os.environ["OMP_THREAD_LIMIT"] = "1"
    readers: dict[str, Reader] = {"tesseract": read_plain, "motcua": read_ours}
    if not options.without_peer and (program := ocrmypdf()):
        readers["ocrmypdf"] = partial(read_peer, program)
    table = {name: measure(pages, readers, worn=worn) for name, worn in (("as it is", False), ("worn", True))}
    told = summary(table)
    print(json.dumps(told, indent=1))
    return concluded(goals_of(told))


def measure(pages: Sequence[Path], readers: dict[str, Reader], *, worn: bool) -> dict[str, list[Score]]:
    scores: dict[str, list[Score]] = {name: [] for name in readers}
    with tempfile.TemporaryDirectory(prefix="motcua-recall-") as name:
        for number, page in enumerate(pages):
            truth = page.with_suffix(".printed.txt").read_text(encoding="utf-8")
            picture = wear_page(page, Path(name), number) if worn else page
            for reader, read in readers.items():
                work = Path(name) / f"{number}-{reader}"
                work.mkdir()
                before = cpu_seconds()
                text = read(picture, work)
                cost = cpu_seconds() - before
                score = Score(recall(truth, text), recall(fold(truth), fold(text)), cost)
                scores[reader].append(score)
                told = f"exact {score.exact:.3f}  folded {score.folded:.3f}  {cost:.1f} CPU-s"
                print(f"{'worn ' if worn else ''}{page.stem:28} {reader:10} {told}", flush=True)
                shutil.rmtree(work)
    return scores


def summary(table: dict[str, dict[str, list[Score]]]) -> dict[str, dict[str, dict[str, float]]]:
    told: dict[str, dict[str, dict[str, float]]] = {}
    for state, scores in table.items():
        plain = sum(score.cpu for score in scores["tesseract"])
        told[state] = {
            reader: {
                "exact": round(float(np.mean([score.exact for score in of])), 4),
                "folded": round(float(np.mean([score.folded for score in of])), 4),
                "cpu_seconds_a_page": round(float(np.mean([score.cpu for score in of])), 2),
                "cpu_against_tesseract": round(sum(score.cpu for score in of) / plain, 2),
            }
            for reader, of in scores.items()
        }
    return told


def goals_of(told: dict[str, dict[str, dict[str, float]]]) -> Iterator[Goal]:
    """What the product has to reach, against plain Tesseract in the same run."""
    ours, plain = told["as it is"]["motcua"], told["as it is"]["tesseract"]
    for kind in ("exact", "folded"):
        yield Goal(f"{kind} recall against plain Tesseract's", ours[kind] / plain[kind], 1.0, least=True)
    worn = told["worn"]["motcua"]
    yield Goal("exact recall of worn pages", worn["exact"], WORN_EXACT, least=True)
    for state, of in (("as it is", ours), ("worn", worn)):
        yield Goal(f"CPU seconds of a page {state}", of["cpu_seconds_a_page"], CPU_SECONDS)


def recall(truth: str, text: str) -> float:
    wanted, found = Counter(nfc(truth).split()), Counter(nfc(text).split())
    return (wanted & found).total() / wanted.total()


def wear_page(page: Path, folder: Path, seed: int) -> Path:
    with Image.open(page) as image:
        dpi = round(float(image.info.get("dpi", (200.0, 200.0))[0]))
        worn = wear_down(np.asarray(image.convert("RGB")), WORN, seed, dpi)
    out = folder / f"{page.stem}.jpg"
    Image.fromarray(worn).save(out, quality=90, dpi=(dpi, dpi))
    return out


def read_plain(picture: Path, work: Path) -> str:
    command = ["tesseract", str(picture), str(work / "words"), "-l", "vie"]
    subprocess.run(command, check=True, capture_output=True)
    return (work / "words.txt").read_text(encoding="utf-8")


def read_ours(picture: Path, work: Path) -> str:
    order = Order((picture,), work / "out.pdf", None, None, Profile.ARCHIVE, 1, work / "scratch")
    return "\n".join(event.text.text for event in digitize(order) if isinstance(event, PageDone))


def read_peer(program: Path, picture: Path, work: Path) -> str:
    """OCRmyPDF as paperless-ngx calls it, its text taken out of the PDF that it wrote."""
    turned = ["--rotate-pages", "--rotate-pages-threshold", "12", "--deskew", "--clean"]
    command = [str(program), "-l", "vie", "-j", "1", "-q", "--output-type", "pdf", *turned]
    out = work / "out.pdf"
    done = subprocess.run([*command, str(picture), str(out)], check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"ocrmypdf: exit {done.returncode}: {done.stderr.strip()[-200:]}")
        return ""
    with pypdfium2.PdfDocument(out) as document:
        text: str = document[0].get_textpage().get_text_range()
    return text


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
