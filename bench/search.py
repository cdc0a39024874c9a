"""How fast and how completely pages are found: Motcua's index and plain SQLite FTS5 on the same pages.

The pages are made here from a seed: syllables of Vietnamese shape whose frequency falls as in real text
(Zipf), in words of two and in set phrases, with numbers between them. FTS5 stands as most programs use it
(`unicode61 remove_diacritics 2`, best 20 by bm25) and gives row numbers only; ours also narrows to what the
asker may see, counts, and gives snippets and boxes.

    ./motcua bench search [--pages N] [--queries N] [--seed N]
"""

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from storage.search.index import PageRecord, Query, Scope, SearchIndex  # noqa: E402 the rooms run in place

WORDS_A_PAGE = 254  # syllables of an administrative page
FORMS = 4000  # different syllables
PAIRS = 30_000  # different words of two syllables
INITIALS = "b,c,ch,d,đ,g,gi,h,k,kh,l,m,n,ng,nh,ph,qu,r,s,t,th,tr,v,x"
RHYMES = (
    "a,ai,an,ang,anh,ao,ăn,ăng,ân,âm,ây,e,em,ên,ênh,i,in,inh,o,oa,oan,ôi,ôn,ông,ơi,ơn,u,ui,ung,ư,ưng,"
    "ươi,ương,iên"
)
TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
SCOPE = Scope(frozenset({"phuong-mau"}), 3)
LIMIT = 20


@dataclass(frozen=True)
class Engine:
    """One index over the pages: what it took to build, and how it answers."""

    name: str
    seconds: float
    megabytes: float
    best: Callable[[str], object]
    with_phrase: Callable[[str], set[int]]


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pages", type=int, default=20_000)
    asked.add_argument("--queries", type=int, default=60)
    asked.add_argument("--seed", type=int, default=20261124)
    options = asked.parse_args(arguments)
    chance = random.Random(options.seed)  # noqa: S311 the same pages every time
    texts = list(page_texts(chance, options.pages))
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = build_ours(Path(folder), texts), build_fts5(Path(folder), texts)
        print(f"{options.pages} pages, {WORDS_A_PAGE} syllables each, seed {options.seed}")
        print(f"{'':34}{ours.name:>14}{plain.name:>14}{'ratio':>9}")
        tell("build, s", ours.seconds, plain.seconds)
        tell("size, MB", ours.megabytes, plain.megabytes)
        for words in (1, 2, 3):
            queries = [without_marks(phrase(chance, texts, words)) for _ in range(options.queries)]
            tell_speed(f"{words} word{'s' * (words > 1)} without marks", queries, ours, plain)
        queries = [phrase(chance, texts, 3) for _ in range(options.queries)]
        tell_speed("3 words with marks", queries, ours, plain)
        tell_recall(chance, texts, options.queries, (ours, plain))
    return 0


def page_texts(chance: random.Random, pages: int) -> Iterator[str]:
    """Pages of a made-up office: frequent and rare words of two syllables, a number, lines of a dozen."""
    spoken = [toned(*shape) for shape in product(INITIALS.split(","), RHYMES.split(","), TONES)]
    forms = chance.sample(spoken, FORMS)
    pairs = [f"{chance.choice(forms)} {chance.choice(forms)}" for _ in range(PAIRS)]
    weights = list(accumulate(1 / rank for rank in range(1, PAIRS + 1)))
    for _ in range(pages):
        words = " ".join(chance.choices(pairs, cum_weights=weights, k=WORDS_A_PAGE // 2)).split()
        words[7] = f"{chance.randrange(10**12):012d}"
        lines = (words[n : n + 12] for n in range(0, len(words), 12))
        yield "\n".join(" ".join(line).capitalize() for line in lines)


def toned(initial: str, rhyme: str, tone: str) -> str:
    """The tone on the rhyme's first vowel: nobody reads these pages, but marks must stand as in real text."""
    return unicodedata.normalize("NFC", initial + rhyme[0] + tone + rhyme[1:])


def without_marks(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def phrase(chance: random.Random, texts: Sequence[str], words: int) -> str:
    """Neighbouring words of some page."""
    found = chance.choice(texts).split()
    start = chance.randrange(len(found) - words)
    return " ".join(found[start : start + words])


def build_ours(folder: Path, texts: Sequence[str]) -> Engine:
    started = time.perf_counter()
    SearchIndex.rebuild(folder / "ours", (page_record(n, text) for n, text in enumerate(texts)), 1)
    seconds = time.perf_counter() - started
    index = SearchIndex.open_reader(folder / "ours")

    def with_phrase(text: str) -> set[int]:
        results = index.search(Query(f'"{text}"', SCOPE, limit=len(texts)))
        return {int(hit.record) for hit in results.hits}

    def best(text: str) -> object:
        return index.search(Query(text, SCOPE, LIMIT))

    return Engine("Motcua", seconds, megabytes(folder / "ours"), best, with_phrase)


def page_record(number: int, text: str) -> PageRecord:
    words = text.split()
    placed = tuple((word, (n % 12 / 12, n // 12 / 25, 0.9, 0.95)) for n, word in enumerate(words))
    return PageRecord(
        record=str(number),
        paper=str(number),
        file="1.pdf",
        page=2,
        title="",
        text=text,
        words=placed,
        unit="phuong-mau",
        sensitivity=number % 3 + 1,
        year=2026,
        procedure="1.004884",
        change=1,
    )


def build_fts5(folder: Path, texts: Sequence[str]) -> Engine:
    started = time.perf_counter()
    database = sqlite3.connect(folder / "fts5.db")
    database.execute("CREATE VIRTUAL TABLE pages USING fts5(text, tokenize='unicode61 remove_diacritics 2')")
    with database:
        database.executemany("INSERT INTO pages(rowid, text) VALUES (?, ?)", enumerate(texts))
    seconds = time.perf_counter() - started
    best_rows = "SELECT rowid FROM pages WHERE pages MATCH ? ORDER BY bm25(pages) LIMIT ?"

    def best(text: str) -> object:
        return database.execute(best_rows, (quoted(text), LIMIT)).fetchall()

    def with_phrase(text: str) -> set[int]:
        rows = database.execute("SELECT rowid FROM pages WHERE pages MATCH ?", (f'"{text}"',))
        return {number for (number,) in rows}

    return Engine("FTS5", seconds, megabytes(folder / "fts5.db"), best, with_phrase)


def quoted(text: str) -> str:
    return " ".join(f'"{word}"' for word in text.split())


def megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def tell(what: str, ours: float, plain: float) -> None:
    print(f"{what:34}{ours:14.2f}{plain:14.2f}{plain / ours:8.1f}×")


def tell_speed(what: str, queries: Sequence[str], ours: Engine, plain: Engine) -> None:
    cuts = [
        statistics.quantiles((timed(engine, query) for query in queries), n=20) for engine in (ours, plain)
    ]
    for name, cut in (("p50", 9), ("p95", 18)):
        tell(f"{what}, {name}, ms", cuts[0][cut], cuts[1][cut])


def timed(engine: Engine, query: str) -> float:
    engine.best(query)  # both warm
    started = time.perf_counter()
    engine.best(query)
    return (time.perf_counter() - started) * 1000


def tell_recall(chance: random.Random, texts: Sequence[str], queries: int, engines: Sequence[Engine]) -> None:
    """Of the pages that hold a phrase with đ, how many are found when it is typed without marks?"""
    plain_texts = [f" {without_marks(' '.join(text.split()))} " for text in texts]
    found, wanted = [0] * len(engines), 0
    for _ in range(queries):
        words = next(p for p in iter(lambda: phrase(chance, texts, 3), "") if "đ" in p.lower())
        typed = without_marks(words)
        holding = {n for n, text in enumerate(plain_texts) if f" {typed} " in text}
        wanted += len(holding)
        for n, engine in enumerate(engines):
            found[n] += len(engine.with_phrase(typed) & holding)
    shares = [one / wanted for one in found]
    print(f"{f'recall of {queries} phrases with đ':34}{shares[0]:14.3f}{shares[1]:14.3f}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
