"""Words in the text layer that nobody printed: read from seals, signatures, scribbles and dirt.

Reads the transcribed pages of ../shared/corpora/vn-scans (public documents that are not part of the project).
A word of the text layer that stands in no place of the full transcription, stamps and handwriting included,
marks folded away, was either misread or never printed: it is misread if a word of the transcription that is
missing otherwise looks like it. Recall of the printed words is told with and without what is set apart.

    ./motcua bench unprinted [--verbose]

Exit status: 1 when a goal is broken; skips where the pages are not here.
"""

import argparse
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.goals import Goal, concluded  # noqa: E402 the rooms run in place, from the root
from digitize.model import Order, PageDone, PageText, Profile  # noqa: E402
from digitize.pipeline import digitize  # noqa: E402
from vietnamese.letters import fold, nfc  # noqa: E402

PAGES = ROOT.parent / "shared" / "corpora" / "vn-scans"
TAG = re.compile(r"\{\{\w+:?|\}\}")
NO_LETTERS = re.compile(r"\W")
ALIKE = 0.6  # of two words' letters: then one is the other, misread
MOST_UNPRINTED = 2.0  # words of a page
MOST_LOST = 0.0  # of the printed words: recall is not lower


@dataclass(frozen=True)
class Counted:
    """One page: its words that nobody printed, those misread, and recall of its print."""

    unprinted: tuple[str, ...]
    misread: tuple[str, ...]
    recall: float
    recall_as_read: float
    unprinted_as_read: int


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--verbose", action="store_true", help="tell the words")
    options = asked.parse_args(arguments)
    pages = sorted([*PAGES.glob("*/gt-corrected/*.png"), *PAGES.glob("*/gt-corrected/*.jpg")])
    if not pages:
        print(f"skipped: the transcribed pages are not here ({PAGES.parent.name}/{PAGES.name})")
        return 0
    os.environ["OMP_THREAD_LIMIT"] = "1"
    counted = []
    for page in pages:
        full = page.with_suffix(".gt.txt").read_text(encoding="utf-8")
        printed = page.with_suffix(".printed.txt").read_text(encoding="utf-8")
        counted.append(one := count(read(page), full, printed))
        before = f"(before setting apart {one.unprinted_as_read})"
        print(
            f"{page.stem:28} unprinted {len(one.unprinted):3} {before} misread {len(one.misread):3}  "
            f"recall {one.recall:.4f} (before {one.recall_as_read:.4f})"
        )
        if options.verbose:
            print("  unprinted:", *one.unprinted, "\n  misread:", *one.misread)
    return concluded(goals_of(counted))


def goals_of(counted: Sequence[Counted]) -> list[Goal]:
    """What nobody printed stays out, what was printed stays in."""
    unprinted = sum(len(page.unprinted) for page in counted) / len(counted)
    lost = sum(page.recall_as_read - page.recall for page in counted) / len(counted)
    return [
        Goal("words nobody printed, of a page's text layer", unprinted, MOST_UNPRINTED),
        Goal("share of the printed words that were set apart", lost, MOST_LOST),
    ]


def count(page: PageText, full: str, printed: str) -> Counted:
    """Hold what was read against the transcription."""
    unprinted, misread = unexplained((word.text for line in page.lines for word in line.words), full)
    everything = [word.text for line in page.lines for word in line.words]
    everything += [mark.word.text for mark in page.marks]
    before, _ = unexplained(everything, full)
    return Counted(
        tuple(unprinted),
        tuple(misread),
        recall((word.text for line in page.lines for word in line.words), printed),
        recall(everything, printed),
        len(before),
    )


def unexplained(words: Iterable[str], full: str) -> tuple[list[str], list[str]]:
    """The words that the transcription does not hold: those that nobody printed, and those misread."""
    left = Counter(bare(word) for word in TAG.sub(" ", nfc(full)).split())
    strange = []
    for word in words:
        letters = bare(word)
        if left[letters] > 0:
            left[letters] -= 1
        else:
            strange.append(word)
    missing = [letters for letters in left.elements() if letters]
    unprinted, misread = [], []
    for word in strange:
        alike = next((one for one in missing if _is_alike(bare(word), one)), None)
        if alike is None:
            unprinted.append(word)
        else:
            missing.remove(alike)
            misread.append(word)
    return unprinted, misread


def _is_alike(letters: str, other: str) -> bool:
    return bool(letters) and SequenceMatcher(None, letters, other).ratio() >= ALIKE


def bare(word: str) -> str:
    """The word without marks, case and signs."""
    return NO_LETTERS.sub("", fold(word).lower())


def recall(words: Iterable[str], printed: str) -> float:
    """How many of the printed words were read as printed; a sign alone is no word: any stroke is a dash."""
    wanted = Counter(word for word in nfc(printed).split() if bare(word))
    return (wanted & Counter(words)).total() / wanted.total()


def read(page: Path) -> PageText:
    """The page as it is digitized."""
    with tempfile.TemporaryDirectory(prefix="motcua-unprinted-") as name:
        work = Path(name)
        order = Order((page,), work / "out.pdf", None, None, Profile.ARCHIVE, 1, work / "scratch")
        (done,) = [event for event in digitize(order) if isinstance(event, PageDone)]
    return done.text


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
