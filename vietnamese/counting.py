"""Count syllables and pairs in a corpus: `python -m vietnamese.counting SOURCE...`.

A source is a folder or a file: `.txt` is read as it is, of `.json` every text that carries Vietnamese marks,
of `.tar.xz` the `.txt` inside. Names of lists written without marks (`no_accents`) are left out. The years of
the lunar calendar, which legal texts hardly name and notices of holidays do, are counted besides.
"""

import argparse
import hashlib
import json
import sys
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path

import numpy as np

from vietnamese.letters import has_marks
from vietnamese.lunar_years import lunar_years
from vietnamese.statistics import CARD, COUNTS, PER_DOUBLING, runs
from vietnamese.syllables import exact_key

LEAST_SEEN = 3  # a rarer syllable is a slip of the typist
LEAST_PAIR = 2
EACH_YEAR = 30  # times that each lunar year counts
WITHOUT_MARKS = "no_accents"


def main(arguments: Sequence[str]) -> int:
    """Write the counts and their card; tell what was counted."""
    asked = argparse.ArgumentParser(prog="python -m vietnamese.counting", description=__doc__)
    asked.add_argument("sources", type=Path, nargs="+")
    asked.add_argument("--out", type=Path, default=COUNTS)
    asked.add_argument("--origin", action="append", default=[], help="where a source comes from, its licence")
    options = asked.parse_args(arguments)
    files = [file for source in options.sources for file in _files(source)]
    texts = chain.from_iterable(_texts(file) for file in files)
    single, pairs = count(chain(texts, *(lunar_years() for _ in range(EACH_YEAR))))
    write_counts(options.out, single, pairs)
    told = {"origins": options.origin, "sources": [_named(source) for source in options.sources]}
    card = json.dumps(told | _facts(options.out, single, pairs), ensure_ascii=False, indent=1) + "\n"
    options.out.with_name(CARD.name).write_text(card, encoding="utf-8")
    sys.stdout.write(card)
    return 0


def count(texts: Iterable[str]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """How often each syllable and each pair of neighbours stands in the texts, by exact keys."""
    single: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        for paragraph in text.splitlines():
            for run in runs(paragraph):
                keys = [exact_key(syllable) for syllable in run]
                single.update(keys)
                pairs.update(pairwise(keys))
    return single, pairs


def write_counts(out: Path, single: Counter[str], pairs: Counter[tuple[str, str]]) -> None:
    """Keep what was seen often enough; the same counts give the same bytes."""
    names = sorted(name for name, seen in single.items() if seen >= LEAST_SEEN)
    numbers = {name: at for at, name in enumerate(names)}
    kept = sorted(
        (numbers[first] * len(names) + numbers[second], seen)
        for (first, second), seen in pairs.items()
        if seen >= LEAST_PAIR and first in numbers and second in numbers
    )
    codes, seen = (np.array([row[column] for row in kept], np.int64) for column in (0, 1))
    np.savez_compressed(
        out,
        syllables=np.frombuffer("\n".join(names).encode("utf-8"), np.uint8),
        counts=_steps([single[name] for name in names]),
        code_steps=np.diff(codes, prepend=0).astype(np.uint32),
        pair_counts=_steps(seen),
    )


def _steps(
    counts: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int], np.dtype[np.uint16]]:
    return np.asarray(np.round(np.log2(counts) * PER_DOUBLING), np.uint16)


def _facts(out: Path, single: Counter[str], pairs: Counter[tuple[str, str]]) -> dict[str, object]:
    return {
        "syllables_counted": single.total(),
        "syllables_kept": sum(seen >= LEAST_SEEN for seen in single.values()),
        "pairs_kept": sum(seen >= LEAST_PAIR for seen in pairs.values()),
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
    }


def _named(source: Path) -> dict[str, str]:
    """A source's name and the digest of all its files."""
    digest = hashlib.sha256()
    for file in _files(source):
        digest.update(file.read_bytes())
    return {"name": source.name, "sha256": digest.hexdigest()}


def _files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    found = (file for file in source.rglob("*") if file.suffix in {".txt", ".json", ".xz"})
    return sorted(file for file in found if WITHOUT_MARKS not in file.name)


def _texts(file: Path) -> Iterator[str]:
    if file.suffix == ".xz":
        with tarfile.open(file) as bundle:
            for member in bundle:
                held = bundle.extractfile(member) if member.name.endswith(".txt") else None
                if held is not None:
                    yield held.read().decode("utf-8", "replace")
    elif file.suffix == ".json":
        yield from filter(has_marks, _strings(json.loads(file.read_text(encoding="utf-8"))))
    else:
        yield file.read_text(encoding="utf-8", errors="replace")


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
