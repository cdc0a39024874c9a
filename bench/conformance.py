"""Every document the room makes is PDF/A-2u, as large as its paper, and gives back the words that were read.

    ./motcua bench conformance [--limit N] [--every N]

Scans and PDFs of the corpora and every n-th page of the stress bench become archive renditions and reading
copies in one folder. veraPDF judges that folder in one run. Each page's size is held against its paper: A4
for pages of our own, what the file tells for others. The words that were read are held against those that
pdfium and poppler (`pdftotext -bbox`) take out of both renditions.
Sources that are refused, signed PDFs (kept as they are), born-digital pages (their words are their own) and
papers of unknown size count apart; a page that failed for no known reason is a miss. Without the corpora,
pages of our own are judged alone. Exit status: 1 when a goal is missed; skips without veraPDF.
"""

import argparse
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pikepdf  # noqa: E402 the rooms run in place, from the root
import pypdfium2  # noqa: E402
from PIL import Image  # noqa: E402

from bench.stress.conditions import SEED, all_pages  # noqa: E402
from bench.stress.making import make_page  # noqa: E402
from digitize.model import DigitizeFault, FaultCode, Order, PageDone, Profile, ReasonCode  # noqa: E402
from digitize.pipeline import digitize  # noqa: E402

CORPORA = ROOT.parent / "shared" / "corpora"
FOLDERS = ("vn-scans", "cleanup", "pdf-robustness")
KINDS = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".pdf"}
PAGES = ROOT / "bench" / "out" / "stress-pages"
VERAPDF = "org.verapdf.apps.GreenfieldCliWrapper"
MM_PER_POINT, MM_PER_INCH = 25.4 / 72, 25.4
A4_MM = (210.0, 297.0)
SIZE_MM, LEAST_F1 = 1.0, 0.995
UNKNOWN_SIZE = {ReasonCode.DPI_ASSUMED, ReasonCode.EDGES_UNSURE}
HYPHENS = {"\ufffe": "-", "\x02": "-"}  # pdfium's own marks for a hyphen at a line's end
WORD = re.compile(r"<word [^>]*>(.*?)</word>")  # of `pdftotext -bbox`
Sides = tuple[float, float]


@dataclass(frozen=True)
class Source:
    """A file, and the paper each of its pages was; None where only the file itself can tell."""

    path: Path
    paper: Sides | None = None


@dataclass
class Tally:
    """What was counted on the way: documents, pages, sizes, and words laid, given back and shared."""

    made: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    signed: int = 0
    sized: int = 0
    wrong_sizes: list[str] = field(default_factory=list)
    read_pages: int = 0
    words: dict[str, Counter[str]] = field(default_factory=dict)
    poor: list[str] = field(default_factory=list)

    def count_refusal(self, fault: DigitizeFault) -> None:
        """Every refusal has its reason; a page that failed for none that is known counts as a miss."""
        self.refused[fault.code] += 1
        if fault.code is FaultCode.PAGE_FAILED:
            self.failed.append(str(fault))

    def count_words(self, reader: str, laid: str, out: str, place: str) -> None:
        """Hold words taken out of a page against those that were laid on it."""
        wanted, found = Counter(laid.split()), Counter(out.split())
        shared = (wanted & found).total()
        known = self.words.setdefault(reader, Counter())
        known.update(laid=wanted.total(), out=found.total(), shared=shared)
        f1 = 2 * shared / max(wanted.total() + found.total(), 1)
        if wanted and f1 < LEAST_F1:
            self.poor.append(f"{f1:.3f} {reader}: {place}")

    def f1(self, reader: str) -> float:
        """Word F1 over all pages."""
        known = self.words[reader]
        return 2 * known["shared"] / max(known["laid"] + known["out"], 1)


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--limit", type=int, default=10_000, help="sources of the corpora at most")
    asked.add_argument("--every", type=int, default=6, help="every n-th page of each condition")
    options = asked.parse_args(arguments)
    judge = _judge()
    if judge is None:
        print("skipped: veraPDF is not here")
        return 0
    os.environ["OMP_THREAD_LIMIT"] = "1"
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="motcua-conformance-") as name:
        sources = [*_own_pages(options.every), *list(_corpora())[: options.limit]]
        for number, source in enumerate(sources):
            print(f"\r{number}/{len(sources)} {source.path.name:30.30}", end="", file=sys.stderr, flush=True)
            _measure(source, number, Path(name), tally)
        print(file=sys.stderr)
        failed = _failed(judge, Path(name))
    return _told(tally, len(sources), failed)


def _own_pages(every: int) -> Iterator[Source]:
    PAGES.mkdir(parents=True, exist_ok=True)
    for page in all_pages(SEED, every=every):
        yield Source(make_page(page, PAGES).path, A4_MM)


def _corpora() -> Iterator[Source]:
    if not CORPORA.is_dir():
        print("the corpora are not here: pages of our own alone")
    for folder in FOLDERS:
        files = sorted(path for path in (CORPORA / folder).rglob("*") if path.suffix.lower() in KINDS)
        yield from (Source(path) for path in files if path.is_file())


def _measure(source: Source, number: int, folder: Path, tally: Tally) -> None:
    out, small = folder / f"{number:04d}.pdf", folder / f"{number:04d}-small.pdf"
    work = folder / "work"
    try:
        order = Order((source.path,), out, None, small, Profile.ARCHIVE, 2, work)
        pages = [event for event in digitize(order) if isinstance(event, PageDone)]
    except DigitizeFault as fault:
        tally.count_refusal(fault)
        return
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for kept in folder.glob("*.source.pdf"):
        kept.unlink()
    if out.read_bytes() == source.path.read_bytes() and b"/ByteRange" in out.read_bytes():
        out.unlink()  # a signed PDF is kept as it is, whatever it is
        tally.signed += 1
    else:
        tally.made += 1
        hold_sizes(source, out, pages, tally)
        _hold_words(source, out, pages, tally)
    tally.made += 1
    _hold_words(source, small, pages, tally)


def hold_sizes(source: Source, out: Path, pages: Sequence[PageDone], tally: Tally) -> None:
    """Hold each page's size against its paper's, either way round; papers of unknown size do not count."""
    written = _sizes_of_pdf(out)
    papers = [source.paper] * len(pages) if source.paper else sizes_told(source.path)
    for done, paper, size in zip(pages, papers, written, strict=True):
        codes = {reason.code for reason in done.report.reasons}
        if paper is None or done.report.crop or codes & UNKNOWN_SIZE:
            continue
        tally.sized += 1
        if max(abs(one - other) for one, other in zip(sorted(paper), sorted(size), strict=True)) > SIZE_MM:
            tally.wrong_sizes.append(f"{source.path.name} page {done.report.page}: {size} of {paper} mm")


def _hold_words(source: Source, out: Path, pages: Sequence[PageDone], tally: Tally) -> None:
    taken = {name: read(out) for name, read in READERS.items()}
    for place, done in enumerate(pages):
        if done.report.recipe is None:
            continue
        tally.read_pages += 1
        where = f"{source.path.name} page {done.report.page}, {'copy' if 'small' in out.stem else 'archive'}"
        for reader, texts in taken.items():
            tally.count_words(reader, done.text.text, texts[place], where)


def _sizes_of_pdf(path: Path) -> list[Sides]:
    with pikepdf.open(path) as pdf:
        return [_size_of(page) for page in pdf.pages]


def _size_of(page: pikepdf.Page) -> Sides:
    left, bottom, right, top = (float(edge) for edge in page.cropbox)
    unit = float(page.obj.get("/UserUnit", 1))
    return abs(right - left) * unit * MM_PER_POINT, abs(top - bottom) * unit * MM_PER_POINT


def sizes_told(path: Path) -> list[Sides | None]:
    """What the file itself says of its papers."""
    if path.suffix.lower() == ".pdf":
        with pypdfium2.PdfDocument(path) as document:
            told = [page.get_size() for page in document]
        units = _units_of(path, len(told))
        return [(w * mm, h * mm) for (w, h), mm in zip(told, units, strict=True)]
    sizes: list[Sides | None] = []
    with Image.open(path) as picture:
        for frame in range(getattr(picture, "n_frames", 1)):
            picture.seek(frame)
            dpi = picture.info.get("dpi")
            across, down = picture.size
            sizes.append(dpi and (across / dpi[0] * MM_PER_INCH, down / dpi[1] * MM_PER_INCH))
    return sizes


def _units_of(path: Path, count: int) -> list[float]:
    """Millimetres to each page's unit (UserUnit, ISO 32000-1 table 30), which pdfium does not tell."""
    usual = [MM_PER_POINT] * count
    try:
        with pikepdf.open(path) as pdf:
            units = [MM_PER_POINT * float(page.obj.get("/UserUnit", 1)) for page in pdf.pages]
    except (pikepdf.PdfError, pikepdf.PasswordError):  # attachments alone are locked, or it is damaged
        return usual
    return units if len(units) == count else usual


def _from_pdfium(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    return [text.translate(str.maketrans(HYPHENS)) for text in texts]


def _from_poppler(path: Path) -> list[str]:
    """Words alone: as prose poppler takes hyphens at line ends away, laid out it joins rows that touch."""
    told = subprocess.run(["pdftotext", "-bbox", "-enc", "UTF-8", path, "-"], check=True, capture_output=True)
    pages = told.stdout.decode("utf-8").split("<page ")[1:]
    return [" ".join(html.unescape(word) for word in WORD.findall(page)) for page in pages]


READERS: dict[str, Callable[[Path], list[str]]] = {"pdfium": _from_pdfium, "poppler": _from_poppler}


def _judge() -> list[str] | None:
    told = subprocess.run(
        [ROOT / "deploy" / "set-up", "judges-folder"], capture_output=True, text=True, check=True
    )
    jar = Path(told.stdout.strip()) / "verapdf.jar"
    options = ["--format", "text", "--flavour", "2u", "--recurse"]
    return ["java", "-cp", str(jar), VERAPDF, *options] if jar.exists() else None


def _failed(judge: list[str], folder: Path) -> dict[str, list[str]]:
    """What veraPDF says of each file, by the first word of its lines."""
    done = subprocess.run([*judge, str(folder)], capture_output=True, text=True, check=False)
    told: dict[str, list[str]] = {"PASS": []}
    for line in done.stdout.splitlines():
        told.setdefault(line.split(" ", 1)[0], []).append(line)
    return told


def _told(tally: Tally, sources: int, judged: dict[str, list[str]]) -> int:
    refused = ", ".join(f"{code} {count}" for code, count in sorted(tally.refused.items()))
    print(f"{sources} sources: {tally.made} renditions; refused: {refused or 'none'}; signed: {tally.signed}")
    passed = len(judged["PASS"])
    print(f"veraPDF 2u: {passed} of {tally.made} pass")
    others = [line for word, lines in judged.items() if word != "PASS" for line in lines]
    right = tally.sized - len(tally.wrong_sizes)
    print(*others, f"page size within {SIZE_MM:g} mm: {right} of {tally.sized}", sep="\n")
    print(*tally.failed, *tally.wrong_sizes, *tally.poor, sep="\n")
    f1 = {reader: tally.f1(reader) for reader in tally.words}
    for reader, value in f1.items():
        print(f"word F1 {reader}: {value:.4f} over {tally.read_pages} pages (at least {LEAST_F1})")
    missed = passed != tally.made or tally.failed or tally.wrong_sizes
    return 1 if missed or min(f1.values(), default=1.0) < LEAST_F1 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
