"""Foreign PDFs with hidden, visible and mixed text: is the text layer what a person sees, no more, no less?

Sixty documents, each made three ways from a seed. `visible`: all words are text that is seen. `hidden`: the
page is a picture, with other words as text that nobody sees. `mixed`: words seen and unseen on one page, in
one of the ways in which programs hide words. Words that are not to be seen have letters that no visible word
has, however marks are read, so that each word of the text layer belongs to one of both.

    ./motcua bench foreign [--documents N] [--first SEED]

Exit status: 1 when a goal is broken.
"""

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import pikepdf
import tests_at_hand  # noqa: F401 makes what the cases are built from importable
from pikepdf import Array

from bench.cases.documents import COVERS, HIDINGS, hide_line
from bench.cases.judging import answer_to
from bench.cases.made import A4_POINTS, add_scan, line_of, page, write_over, write_under
from bench.cases.made import add_words as add_page
from bench.goals import Goal, concluded
from vietnamese.letters import fold
from vietnamese.statistics import statistics

WAYS = ("visible", "hidden", "mixed")
MOST_MISSING = 0.002
READ = 0.95  # of the words of a picture, where only a picture shows them
VOCABULARY = 600
SIZES = (A4_POINTS, (419.5, 595.3), (842.0, 595.3), (612.0, 792.0))
LEFT, TOP = 60.0, 70.0


@dataclass
class Tally:
    """What was counted over all documents of one way."""

    unseen: int = 0
    wanted: int = 0
    missing: int = 0
    faults: list[str] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--documents", type=int, default=60)
    asked.add_argument("--first", type=int, default=0, metavar="SEED")
    options = asked.parse_args(arguments)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    shown, unseen = vocabularies()
    tallies = {way: Tally() for way in WAYS}
    for seed in range(options.first, options.first + options.documents):
        for way, tally in tallies.items():
            measure(seed, way, (shown, unseen), tally)
    return concluded(goals_of(tallies))


def goals_of(tallies: dict[str, Tally]) -> list[Goal]:
    """Nothing unseen anywhere; what is seen as text is there, what is seen as a picture is read."""
    goals = [
        Goal(f"{way}: words of the text layer that nobody sees", t.unseen, 0) for way, t in tallies.items()
    ]
    for way in ("visible", "mixed"):
        missing = tallies[way].missing / max(tallies[way].wanted, 1)
        goals.append(Goal(f"{way}: share of the file's visible words missing", missing, MOST_MISSING))
    hidden = tallies["hidden"]
    read = 1 - hidden.missing / max(hidden.wanted, 1)
    goals.append(Goal("hidden: share of the picture's words read", read, READ, least=True))
    return [*goals, Goal("documents that failed", sum(len(t.faults) for t in tallies.values()), 0)]


def measure(seed: int, way: str, words: tuple[Sequence[str], Sequence[str]], tally: Tally) -> None:
    """Make one document, digitize it, count."""
    with tempfile.TemporaryDirectory(prefix="motcua-foreign-") as name:
        path, wanted = written(seed, way, words, Path(name))
        answer = answer_to(path, Path(name))
    if answer.fault:
        tally.faults.append(f"{seed} {way}: {answer.fault}")
        print(tally.faults[-1])
        return
    found = Counter(answer.text.split())
    letters = {fold(word).lower() for word in words[1]}
    unseen = [word for word in found if fold(word).lower() in letters]
    missing = Counter(wanted) - found
    tally.unseen += sum(found[word] for word in unseen)
    tally.wanted += len(wanted)
    tally.missing += missing.total()
    if unseen or (missing and way != "hidden"):
        print(f"{seed} {way}: unseen {unseen[:5]}, missing {list(missing)[:5]}")


def vocabularies() -> tuple[list[str], list[str]]:
    """Syllables for what is seen and for what is not; those that differ in marks alone are on one side."""
    known = statistics()
    usual = sorted(known.numbers, key=lambda key: -known.counts[known.numbers[key]])[:VOCABULARY]
    usual = [word for word in usual if len(word) > 2 and word.isalpha()]
    bases = sorted({fold(word).lower() for word in usual})
    random.Random(0).shuffle(bases)  # noqa: S311 no secret
    hidden = set(bases[::3])
    sides: tuple[list[str], list[str]] = ([], [])
    for word in usual:
        sides[fold(word).lower() in hidden].append(word)
    return sides


def written(
    seed: int, way: str, words: tuple[Sequence[str], Sequence[str]], folder: Path
) -> tuple[Path, list[str]]:
    """A document and the words that are to be seen on it."""
    chance = random.Random(f"{seed} {way}")  # noqa: S311 no secret
    size = A4_POINTS if way == "mixed" else chance.choice(SIZES)
    lines = tuple(" ".join(chance.choices(words[0], k=chance.randint(4, 8))) for _ in range(10))
    others = [" ".join(chance.choices(words[1], k=6)) for _ in range(10)]
    with pikepdf.new() as pdf:
        if way == "hidden":
            lines = lines[: chance.randint(4, 8)]
            made = add_scan(pdf, page(lines, (size[0] / 72 * 25.4, size[1] / 72 * 25.4)), size)
            _hide_words(pdf, made, others, chance)
        else:
            made = add_page(pdf, ())
            made.obj.MediaBox = Array([0, 0, *size])
            rows = [size[1] - TOP - 20 * row for row in range(len(lines))]
            write_over(
                pdf, made, *(line_of(line, LEFT, at, 11) for line, at in zip(lines, rows, strict=True))
            )
        if way == "mixed":
            _hide_lines(pdf, made, others, chance)
        else:
            made.obj.Rotate = chance.choice((0, 0, 90, 180, 270))
        pdf.save(folder / "paper.pdf")
    return folder / "paper.pdf", " ".join(lines).split()


def _hide_words(pdf: pikepdf.Pdf, made: pikepdf.Page, others: Sequence[str], chance: random.Random) -> None:
    """Words under the picture, or over it without ink."""
    below = chance.random() < 0.5
    height = float(made.obj.MediaBox[3])
    rows = [height - 60 - 50 * row for row in range(6)]
    lines = [
        line_of(line, 40, at, 12, mode=0 if below else 3) for line, at in zip(others[:6], rows, strict=True)
    ]
    (write_under if below else write_over)(pdf, made, *lines)


def _hide_lines(pdf: pikepdf.Pdf, made: pikepdf.Page, others: Sequence[str], chance: random.Random) -> None:
    """A line hidden in one of the ways of the cases."""
    hide_line(pdf, made, chance.choice((*HIDINGS, *COVERS)), others[0])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
