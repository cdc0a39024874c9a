"""What a stack of twenty colour pages costs, from the scanner's files to the checked PDF/A, and its memory.

The page maker's papers as A4 JPEG of 300 dpi: our CPU seconds a page against bare Tesseract (`-l vie`, hocr
and txt in one call, one thread) on the same files, and against OCRmyPDF with the flags of paperless-ngx on
the same pages as one PDF (`-j 2`), all in one run; our imports, the reading copy and what judging a page
costs (all that its verdict needs besides reading) are told apart.
With --memory a PDF of 500 such pages is then digitized by the command, and the memory of all its processes
(sum of PSS) is
watched. Figures go to bench/out/stack.json. Exit status: 1 when a goal is missed by more than a tenth.

    ./motcua bench stack [--pages N] [--jobs N] [--without-peer] [--memory] [--memory-pages N]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402 the rooms run in place, from the root
import pikepdf  # noqa: E402
import psutil  # noqa: E402
from PIL import Image  # noqa: E402

from bench.goals import Goal, concluded  # noqa: E402
from bench.peers import ocrmypdf  # noqa: E402
from digitize.judging import quality  # noqa: E402
from digitize.judging.defects import find_defects  # noqa: E402
from digitize.model import Digitized, Order, Profile  # noqa: E402
from digitize.paper.overview import look_over  # noqa: E402
from digitize.pipeline import digitize  # noqa: E402
from digitize.plane.planes import reading_plane  # noqa: E402
from digitize.sources.scans import load_jpeg  # noqa: E402
from scanner_adapters.simulator.papers.papers import Paper  # noqa: E402
from scanner_adapters.simulator.papers.scans import Recipe, as_jpeg, make_scan  # noqa: E402

OUT = ROOT / "bench" / "out"
PEER_FLAGS = (
    "--rotate-pages",
    "--rotate-pages-threshold",
    "12",
    "--deskew",
    "--clean",
    "--output-type",
    "pdf",
)
IMPORTS = "import digitize.pipeline, digitize.page, digitize.pdf.assembly, digitize.pdf.check"
PAPERS = (Paper.DECISION, Paper.REPORT, Paper.LETTER, Paper.CERTIFICATE, Paper.TABLE)
SEED = 4_000
A4_POINTS = (595.276, 841.89)
OVER_TESSERACT, STRETCH = 1.3, 0.9  # CPU seconds a page above bare Tesseract
SHARE, STRETCH_SHARE = 0.8, 0.6  # of bare Tesseract's CPU, since our own reader reads first
LESS_CPU, LESS_WALL = 15.0, 5.0  # times, against OCRmyPDF
JUDGING_MS = 300.0
PSS_MB, GROWTH_MB = 900.0, 50.0
EARLY_PAGES = 100  # from here on memory must be flat
SAMPLE_SECONDS = 0.5
MB = 1e6


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="motcua-stack-") as name:
        work = Path(name)
        told: dict[str, Any] = {"stack": measure_stack(options, work)}
        if options.memory:
            told["memory"] = watch_memory(options.memory_pages, options.jobs, work)
    goals = (*stack_goals(told["stack"]), *memory_goals(told.get("memory")))
    (OUT / "stack.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    print(json.dumps(told, indent=1))
    return concluded(goals)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pages", type=int, default=20)
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--without-peer", action="store_true")
    asked.add_argument("--memory", action="store_true")
    asked.add_argument("--memory-pages", type=int, default=500)
    return asked.parse_args(arguments)


def measure_stack(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """CPU seconds a page and wall seconds: Tesseract's, ours, ours with a reading copy, the peer's."""
    pages = [_scanned(number, work / f"{number:04d}.jpg") for number in range(1, options.pages + 1)]
    told = {
        "pages": len(pages),
        "imports_cpu": round(_spent(lambda: _run([sys.executable, "-P", "-c", IMPORTS]))[0], 3),
        "judging_ms": round(1000 * sum(map(_judging_cpu, pages)) / len(pages), 1),
        "tesseract": _told(_spent(lambda: _read_bare(pages, work)), pages),
        "motcua": _told(_spent(lambda: _digitize(pages, work, options.jobs, None)), pages),
    }
    small = work / "small.pdf"
    told["motcua_with_reading_copy"] = _told(
        _spent(lambda: _digitize(pages, work, options.jobs, small)), pages
    )
    peer = None if options.without_peer else ocrmypdf()
    if peer is None:
        return told
    bound = write_pdf(pages, work / "stack.pdf")
    command = [str(peer), "-l", "vie", "-j", str(options.jobs), "-q", *PEER_FLAGS]
    told["ocrmypdf"] = _told(_spent(lambda: _run([*command, str(bound), str(work / "peer.pdf")])), pages)
    return told


def stack_goals(told: dict[str, Any]) -> Iterator[Goal]:
    ours, bare = told["motcua"], told["tesseract"]
    above = ours["cpu_a_page"] - bare["cpu_a_page"]
    yield Goal("CPU seconds a page above bare Tesseract", above, OVER_TESSERACT)
    share = ours["cpu_a_page"] / bare["cpu_a_page"]
    yield Goal("CPU against bare Tesseract", share, SHARE)
    yield Goal("CPU milliseconds to judge a page", told["judging_ms"], JUDGING_MS)
    for name, value, stretch in (("CPU seconds above", above, STRETCH), ("share", share, STRETCH_SHARE)):
        print(f"stretch goal, {name}, {stretch}: {'held' if value <= stretch else 'not yet'}")
    if peer := told.get("ocrmypdf"):
        yield Goal(
            "times less CPU than OCRmyPDF", peer["cpu_a_page"] / ours["cpu_a_page"], LESS_CPU, least=True
        )
        yield Goal("times faster than OCRmyPDF", peer["wall"] / ours["wall"], LESS_WALL, least=True)


def memory_goals(told: dict[str, Any] | None) -> Iterator[Goal]:
    if told:
        yield Goal("megabytes of all processes (PSS), most", told["peak_mb"], PSS_MB)
        if told["growth_mb"] is not None:
            yield Goal(f"megabytes grown after page {EARLY_PAGES}", told["growth_mb"], GROWTH_MB)


def _scanned(number: int, path: Path) -> Path:
    recipe = Recipe(PAPERS[number % len(PAPERS)], SEED + number)
    path.write_bytes(as_jpeg(make_scan(recipe)))
    return path


def _read_bare(pages: Sequence[Path], work: Path) -> None:
    for page in pages:
        _run(["tesseract", str(page), str(work / "bare"), "-l", "vie", "hocr", "txt"])


def _judging_cpu(page: Path) -> float:
    """CPU seconds that the page's verdict takes once its reading plane stands."""
    raster = load_jpeg(page)
    plane, before = reading_plane(raster.pixels), time.process_time()
    find_defects(look_over(raster))
    quality.is_blank(plane, raster.pixels_dpi)
    quality.edge_width(plane)
    return time.process_time() - before


def _digitize(pages: Sequence[Path], work: Path, jobs: int, small: Path | None) -> None:
    out = work / f"out-{'with' if small else 'without'}.pdf"
    order = Order(tuple(pages), out, None, small, Profile.ARCHIVE, jobs, work / out.stem)
    done = [event for event in digitize(order) if isinstance(event, Digitized)]
    if len(done) != 1 or len(done[0].pages) != len(pages):
        raise RuntimeError("the stack did not become one document")


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _spent(work: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds, those of children among them, and wall seconds."""
    began, before = time.monotonic(), _cpu_seconds()
    work()
    return _cpu_seconds() - before, time.monotonic() - began


def _told(spent: tuple[float, float], pages: Sequence[Path]) -> dict[str, float]:
    return {"cpu_a_page": round(spent[0] / len(pages), 3), "wall": round(spent[1], 2)}


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def write_pdf(pages: Sequence[Path], out: Path) -> Path:
    """Bind JPEG files into a PDF as a scanner's feeder does: one picture over the whole of each page."""
    with pikepdf.Pdf.new() as pdf:
        for page in pages:
            with Image.open(page) as shown:
                width, height = shown.size
            picture = pikepdf.Stream(pdf, page.read_bytes())
            picture.update(
                {
                    "/Type": pikepdf.Name.XObject,
                    "/Subtype": pikepdf.Name.Image,
                    "/Width": width,
                    "/Height": height,
                    "/BitsPerComponent": 8,
                    "/ColorSpace": pikepdf.Name.DeviceRGB,
                    "/Filter": pikepdf.Name.DCTDecode,
                }
            )
            sheet = pdf.add_blank_page(page_size=A4_POINTS)
            sheet.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=picture))
            across, down = A4_POINTS
            sheet.Contents = pikepdf.Stream(pdf, f"q {across} 0 0 {down} 0 0 cm /Scan Do Q".encode())
        pdf.save(out)
    return out


def watch_memory(count: int, jobs: int, work: Path) -> dict[str, Any]:
    """Digitize a long PDF by the command people use, and watch what all its processes hold."""
    source = write_pdf(_distinct_pages(count, work), work / "long.pdf")
    command = [str(ROOT / "motcua"), "digitize", str(source), "-o", str(work / "long-out.pdf")]
    command += ["--jobs", str(jobs), "--data", str(work / "data")]
    held: list[float] = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            held.append(_pss_of(child.pid))
            time.sleep(SAMPLE_SECONDS)
    if child.returncode:
        raise RuntimeError(f"the long document did not come out: exit {child.returncode}")
    return _course(held, count)


def _distinct_pages(count: int, work: Path) -> list[Path]:
    """Pages of a few papers, each with pixels of its own, so that no cache can serve one for another."""
    drawn = [make_scan(Recipe(paper, SEED)).image for paper in PAPERS]
    paths = []
    for number in range(count):
        page = drawn[number % len(drawn)][..., ::-1].copy()
        cv2.putText(page, f"{number + 1}", (1900, 3400), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (40, 40, 40), 3)
        paths.append(work / f"long-{number:04d}.jpg")
        cv2.imwrite(str(paths[-1]), page, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return paths


def _pss_of(pid: int) -> float:
    """Megabytes of the command, its confined child, workers and readers."""
    total = 0.0
    try:
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return total  # it has just ended
    for process in tree:
        try:
            total += process.memory_full_info().pss / MB
        except psutil.Error:
            continue  # this one has
    return total


def _course(held: Sequence[float], count: int) -> dict[str, Any]:
    """The most at any time; how much more was held at the end than around page 100, by the share of time."""
    early = [size for place, size in enumerate(held) if 0.5 <= place / len(held) * count / EARLY_PAGES < 1.5]
    known = bool(early) and count > 2 * EARLY_PAGES
    late = held[-max(1, len(held) * EARLY_PAGES // count) :]
    return {
        "pages": count,
        "peak_mb": round(max(held, default=0.0), 1),
        "growth_mb": round(max(late) - max(early), 1) if known else None,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
