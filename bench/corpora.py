"""What becomes of every picture and PDF of the shared corpora, and how that differs from before.

Digitizes each file of ../shared/corpora (material that is not part of the project) as the command does, and
lists outcome, pages, their sizes, text and verdict. With --against a listing of an earlier tree, every file
that differs is told with what differs. Skips where the corpora are not here.

    ./motcua bench corpora [--out FILE] [--against FILE] [--most-pages N] [--every N] [--jobs N]

Exit status: 1 when a file ended in anything but a document or a fault that has a name.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pypdfium2  # noqa: E402 the rooms run in place, from the root

from bench.goals import Goal, concluded  # noqa: E402
from digitize.model import DigitizeFault, Order, PageDone, Profile  # noqa: E402
from digitize.pipeline import digitize  # noqa: E402

CORPORA = ROOT.parent / "shared" / "corpora"
KINDS = {".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff"}
SECONDS = 120
MOST_WORDS = 40  # of a difference that are shown
NOT_A_FAULT = ("crashed", "too slow")


class TooSlow(Exception):
    """A file took longer than SECONDS."""


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--out", type=Path, default=ROOT / "bench" / "out" / "corpora.json")
    asked.add_argument("--against", type=Path, default=None)
    asked.add_argument("--most-pages", type=int, default=8)
    asked.add_argument("--every", type=int, default=1, help="every n-th file")
    asked.add_argument("--jobs", type=int, default=2)
    options = asked.parse_args(arguments)
    files = sorted(path for path in CORPORA.rglob("*") if path.suffix.lower() in KINDS)[:: options.every]
    if not files:
        print(f"skipped: the corpora are not here ({CORPORA.parent.name}/{CORPORA.name})")
        return 0
    os.environ["OMP_THREAD_LIMIT"] = "1"
    with ProcessPoolExecutor(options.jobs) as pool:
        came = pool.map(partial(outcome, most_pages=options.most_pages), files)
        found = {path.relative_to(CORPORA).as_posix(): one for path, one in zip(files, came, strict=True)}
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    if options.against:
        tell_differences(json.loads(options.against.read_text(encoding="utf-8")), found)
    unnamed = [name for name, one in found.items() if one["outcome"].startswith(NOT_A_FAULT)]
    print(*unnamed, sep="\n")
    return concluded([Goal("files that ended in neither a document nor a named fault", len(unnamed), 0)])


def outcome(path: Path, most_pages: int) -> dict[str, Any]:
    """What becomes of one file."""
    signal.signal(signal.SIGALRM, _too_slow)
    signal.alarm(SECONDS)
    try:
        pages = _count(path)
        if pages > most_pages:
            return {"outcome": "left out", "pages": pages}
        return {"outcome": "document", "pages": list(_pages(path))}
    except DigitizeFault as fault:
        return {"outcome": fault.code.value}
    except TooSlow:
        return {"outcome": "too slow"}
    except Exception as crash:  # noqa: BLE001 what has no name is what is counted
        return {"outcome": f"crashed: {crash!r}"}
    finally:
        signal.alarm(0)


def _pages(path: Path) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="motcua-corpora-") as name:
        work = Path(name)
        order = Order((path,), work / "out.pdf", None, None, Profile.ARCHIVE, 1, work / "scratch")
        pages = [event for event in digitize(order) if isinstance(event, PageDone)]
        document = pypdfium2.PdfDocument(order.out)
        try:
            sizes = [document.get_page_size(number) for number in range(len(document))]
        finally:
            document.close()
        for page, (width, height) in zip(pages, sizes, strict=True):
            yield {
                "size": [round(width, 1), round(height, 1)],
                "text": " ".join(word.text for line in page.text.lines for word in line.words),
                "verdict": page.report.verdict.value,
                "reasons": sorted({reason.code.value for reason in page.report.reasons}),
            }


def _count(path: Path) -> int:
    if path.suffix.lower() != ".pdf":
        return 1
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:
        return 1  # the fault is digitize's to tell
    try:
        return len(document)
    finally:
        document.close()


def _too_slow(*_: object) -> None:
    raise TooSlow


def tell_differences(before: dict[str, Any], now: dict[str, Any]) -> None:
    """Print each file that differs, and how many do by what differs."""
    counted: dict[str, int] = {}
    for name, one in now.items():
        told = dict(differences(before.get(name, {"outcome": "not there"}), one))
        for what in told:
            counted[what] = counted.get(what, 0) + 1
        if told:
            print(name, json.dumps(told, ensure_ascii=False))
    print(f"{len(now)} files; differing by:", json.dumps(counted))


def differences(before: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What differs, by kind, with both sides."""
    if before["outcome"] != now["outcome"]:
        yield "outcome", [before["outcome"], now["outcome"]]
        return
    if now["outcome"] != "document":
        return
    if len(before["pages"]) != len(now["pages"]):
        yield "pages", [len(before["pages"]), len(now["pages"])]
        return
    for what in ("size", "text", "verdict", "reasons"):
        pairs = [(old[what], new[what]) for old, new in zip(before["pages"], now["pages"], strict=True)]
        changed = [_shown(old, new) if what == "text" else [old, new] for old, new in pairs if old != new]
        if changed:
            yield what, changed


def _shown(before: str, now: str) -> list[Any]:
    """Words that went and words that came."""
    old, new = before.split(), now.split()
    gone = [word for word in old if word not in set(new)]
    come = [word for word in new if word not in set(old)]
    return [len(old), len(new), " ".join(gone[:MOST_WORDS]), " ".join(come[:MOST_WORDS])]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
