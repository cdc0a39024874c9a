"""Pages as a ward's desk really gets them, with known text: how they are read, judged and straightened.

Seeded pages from the page maker go through the digitizing room's public way. Each condition's row tells the
mean character error rate (per truth block, so that columns and header cells may come in any order), the
verdicts, CPU seconds and errors of geometry. All figures go to bench/out/stress.json; docs/stress.md explains
the conditions.
Exit status: 1 when a goal is missed by more than a tenth, else 0.

    ./motcua bench stress [--conditions NAME,NAME] [--sample N] [--jobs N] [--seed N] [--keep] [--peer]
"""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.goals import concluded
from bench.stress import peer, report
from bench.stress.conditions import CONDITIONS, SEED, Page, all_pages
from bench.stress.goals import goals_of
from bench.stress.making import digest
from bench.stress.running import Outcome, run_pages

OUT = Path(__file__).resolve().parents[1] / "out"
OLD_SECONDS = 24 * 3600
PAGES, LOOK = OUT / "stress-pages", OUT / "stress-look"


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    began = time.monotonic()
    pages = tuple(all_pages(options.seed, options.conditions, options.sample))
    _drop_old_pages(options.seed)
    outcomes = _run(pages, options.jobs)
    rows, reached = report.rows_of(outcomes), goals_of(outcomes)
    told = report.as_json(outcomes, rows, reached)
    print(report.table(rows), end="\n\n")
    if options.peer:
        told["peer"] = peer.compare(outcomes)
        print(peer.told(told["peer"]), end="\n\n")
    (OUT / "stress.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    if options.keep:
        _keep(outcomes)
    print(f"{len(outcomes)} pages in {time.monotonic() - began:.0f} s; figures in {OUT.name}/stress.json")
    return concluded(reached)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ", ".join(condition.name for condition in CONDITIONS)
    asked.add_argument("--conditions", type=lambda told: tuple(told.split(",")), default=(), help=names)
    asked.add_argument("--sample", type=int, default=1, help="every n-th page of each condition")
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--keep", action="store_true", help=f"pages and texts into bench/out/{LOOK.name}")
    asked.add_argument("--peer", action="store_true", help="OCRmyPDF on the first page of each condition")
    return asked.parse_args(arguments)


def _run(pages: Sequence[Page], jobs: int) -> tuple[Outcome, ...]:
    outcomes: list[Outcome] = []
    for done in run_pages(pages, jobs, PAGES):
        outcomes += done
        print(
            f"\r{len(outcomes)}/{len(pages)} {done[0].page.condition:20}", end="", file=sys.stderr, flush=True
        )
    print(file=sys.stderr)
    places = {page: place for place, page in enumerate(pages)}
    return tuple(sorted(outcomes, key=lambda outcome: places[outcome.page]))


def _drop_old_pages(seed: int) -> None:
    """Pages that this page maker would no longer make; another run may still want young ones."""
    known = {digest(page.recipe) for page in all_pages(seed)}
    for path in PAGES.glob("*"):
        if path.stem not in known and time.time() - path.stat().st_mtime > OLD_SECONDS:
            path.unlink(missing_ok=True)


def _keep(outcomes: Sequence[Outcome]) -> None:
    LOOK.mkdir(parents=True, exist_ok=True)
    for outcome in outcomes:
        name = f"{outcome.page.condition}-{outcome.page.index:02d}"
        shutil.copyfile(outcome.path, LOOK / f"{name}.jpg")
        (LOOK / f"{name}.txt").write_text(outcome.text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
