"""kill -9 of dispatchers at random moments while they archive dossiers: rows, archive and index agree.

Usage: ./motcua bench kill_chain [--kills 500] [--seed N] [--database URL] [--s3]

Three dispatcher processes work on dossiers of three papers and a copy each, so that several acts want the
same OCFL object; one of them is killed again and again, and replaced. Without --database it is done on SQLite
and on a PostgreSQL of its own.
"""

import argparse
import importlib.util
import json
import multiprocessing as mp
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.goals import Goal, concluded
from digitize.model import Box, Line, PageText, Word
from foundation.durable import sha256_of
from foundation.processes import name_process
from office.bootstrap import open_office
from office.desk import archiving, intake
from office.desk.searching import Wanted, find_records
from office.nouns import Actor
from office.procedure import CopyState, FileRole, PaperState, Role
from office.rows import keeping, page_texts
from office.settings import Settings
from office.tables import catalogue, chores, copies, dossiers, papers
from office.value import Office
from office.work.bell import HouseBell
from office.work.dispatcher import Dispatcher, run_until_idle
from storage import fixity, ledger
from storage.database import reading, writing

WORKERS = 3
PAPERS = 3
AT_ONCE = 2  # dossiers under way, so that a killed worker always leaves something behind
MOMENTS_SECONDS = (0.1, 1.0)  # from a claim to the kill, at most: in the midst of an act, or some acts later
LOOK_SECONDS = 0.01
LONGEST_IDLE_SECONDS = 2.0
IMPATIENCE_SECONDS = 0.05  # between two looks of a dispatcher that nobody rings for
PATIENCE_SECONDS = 300
SEED = 20261124
CORNER = Box(0.1, 0.1, 0.2, 0.2)
PRELOADED = ["__main__", "office.work.dispatcher", "office.bootstrap"]


class ImpatientBell(HouseBell):
    """Rung by the clock: the processes of this bench hear nothing of each other."""

    def wait(self, seconds: float) -> bool:
        """Wait until it is rung, or a moment."""
        return super().wait(min(seconds, IMPATIENCE_SECONDS))


def _settings(data: Path, address: str, bucket: "tuple[str, Path, Path] | None" = None) -> Settings:
    settings = Settings(data=data).having("database", url=address).having("limits", workers=2)
    if bucket is None:
        return settings
    url, credentials, authority = bucket
    return settings.having("archive", url=url, credentials=str(credentials), ca=str(authority))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=500, help="on each database")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--database", default="", help="the address of an empty database; none: both kinds")
    parser.add_argument("--s3", action="store_true", help="the archive in a bucket of a MinIO on loopback")
    chosen = parser.parse_args()
    goals: list[Goal] = []
    for url in [chosen.database] if chosen.database else ["", "postgresql"]:
        with tempfile.TemporaryDirectory() as folder, database(url) as address, minio(chosen.s3) as bucket:
            chain = Chain(_settings(Path(folder) / "house", address, bucket), chosen.seed)
            name = f"{url.split(':')[0] or 'sqlite'}{' and s3' if bucket else ''}"
            goals += told(name, chain, chosen.kills)
    return concluded(goals)


@contextmanager
def minio(wanted: bool) -> "Iterator[tuple[str, Path, Path] | None]":  # noqa: FBT001 an option's word
    """A fresh bucket of a server of this bench: address, credentials, authority; None: not wanted."""
    if not wanted:
        yield None
        return
    from bench import tests_at_hand  # noqa: F401, PLC0415 needs a built server
    from tests.s3_server import MinioServer  # noqa: PLC0415

    server = MinioServer()
    try:
        yield f"{server.url(server.new_bucket())}/ward", server.credentials, server.authority
    finally:
        server.stop()


@contextmanager
def database(url: str) -> Iterator[str]:
    """The address itself, or that of a server started for this bench."""
    if url != "postgresql":
        yield url
        return
    server = the_tests_own_server()
    try:
        yield server.url(server.new_database())
    finally:
        server.stop()


def the_tests_own_server() -> Any:
    """PostgreSQL as the tests start it; by path, because a library brings a package `tests` of its own."""
    place = Path(__file__).resolve().parent.parent / "tests" / "conftest.py"
    described = importlib.util.spec_from_file_location("tests_conftest", place)
    if described is None or described.loader is None:
        raise LookupError(place)
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module.PostgresServer()


def told(kind: str, chain: "Chain", kills: int) -> list[Goal]:
    begun = time.perf_counter()
    hits = chain.run(kills)
    seconds = time.perf_counter() - begun
    wrong = chain.wrong()
    print(
        f"{kind}: {kills} kills in {seconds:.0f} s, {hits} of them hit a worker that held a claim; "
        f"{len(chain.made)} dossiers, {dict(wrong)}"
    )
    missing = wrong.pop("missing in a description", 0)
    return [
        Goal(f"{kind}: papers missing in any description", missing, 0),
        Goal(f"{kind}: other disagreements of rows, archive and index", wrong.total(), 0),
        Goal(f"{kind}: share of kills that hit a claim", hits / kills, 0.1, least=True),
    ]


@dataclass(frozen=True)
class Made:
    """A dossier of this bench: its row's id, its code, its papers with a word that only each has."""

    id: str
    code: str
    papers: dict[str, str]


class Chain:
    """A house whose dispatchers die all the time."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self._settings = settings
        self._office = open_office(settings, demo=False)
        self._chance = random.Random(seed)  # noqa: S311 moments, not secrets
        self._workers: list[Any] = []
        self._forks = mp.get_context("forkserver")
        self._forks.set_forkserver_preload(PRELOADED)
        self.made: list[Made] = []

    def run(self, kills: int) -> int:
        """Kill so often, then let the work come to its end; how many kills hit a worker that held a claim."""
        try:
            self._workers = [self._begin() for _ in range(WORKERS)]
            hits = sum(self._kill_one() for _ in range(kills))
            deadline = time.monotonic() + PATIENCE_SECONDS
            while self._unfinished() and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            for worker in self._workers:
                worker.kill()
                worker.join()
        run_until_idle(self._office)
        return hits

    def wrong(self) -> Counter[str]:
        """Everything in which rows, archive, index, catalogue and ledger do not agree, counted by kind."""
        found: Counter[str] = Counter()
        for made in self.made:
            found.update(wrong_in_archive(self._office, made))
            found.update(wrong_in_index(self._office, made))
        found.update(
            str(finding.code) for finding in fixity.verify(self._office.objects, self._office.archive)
        )
        with reading(self._office.engine) as connection:
            found["broken ledger"] += ledger.verify(connection).first_break is not None
        return +found

    def _begin(self) -> Any:
        worker = self._forks.Process(target=work, args=(self._settings,), daemon=True)
        worker.start()
        return worker

    def _kill_one(self) -> bool:
        while self._unfinished() < AT_ONCE * (PAPERS + 1):
            self.made.append(make_dossier(self._office, len(self.made)))
        dying = self._busy_worker()
        time.sleep(self._chance.uniform(0, self._chance.choice(MOMENTS_SECONDS)))
        owner = name_process(dying.pid)
        dying.kill()
        dying.join()
        self._workers.remove(dying)
        self._workers.append(self._begin())
        return owner in self._owners()

    def _busy_worker(self) -> Any:
        """One that has a claim now; whichever, when none has for a while."""
        deadline = time.monotonic() + LONGEST_IDLE_SECONDS
        while time.monotonic() < deadline:
            owners = self._owners()
            busy = [worker for worker in self._workers if name_process(worker.pid) in owners]
            if busy:
                return self._chance.choice(busy)
            time.sleep(LOOK_SECONDS)
        return self._chance.choice(self._workers)

    def _owners(self) -> set[str]:
        with reading(self._office.engine) as connection:
            return {
                owner
                for table in (papers, copies, dossiers, chores)
                for owner in connection.execute(
                    sa.select(table.c.owner).where(table.c.owner.is_not(None))
                ).scalars()
            }

    def _unfinished(self) -> int:
        """How many papers and copies are not archived, and chores not done."""
        waiting = (
            sa.select(papers.c.id).where(papers.c.archived_version.is_(None)),
            sa.select(copies.c.id).where(copies.c.archived_version.is_(None)),
            sa.select(chores.c.id).where(chores.c.owner.is_not(None) | chores.c.fault.is_not(None)),
        )
        with reading(self._office.engine) as connection:
            return sum(len(connection.execute(one).all()) for one in waiting)


def work(settings: Settings) -> None:
    """A dispatcher in a process of its own, until it is killed."""
    dispatcher = Dispatcher(open_office(settings), ImpatientBell())
    dispatcher.start()
    while True:
        time.sleep(PATIENCE_SECONDS)


def make_dossier(office: Office, number: int, below: tuple[Line, ...] = ()) -> Made:
    """A dossier of reviewed papers and an issued copy of the first: all that archiving asks for."""
    clerk = Actor("bench", "", "", frozenset({Role.CLERK}), frozenset({office.settings.unit}))
    dossier = intake.open_dossier(office, clerk, intake.Intake("2.000815", "Trần Thị Bình"))
    words = {office.new_id(): f"kc{number * PAPERS + ordinal:06d}" for ordinal in range(PAPERS)}
    with reading(office.engine) as connection:
        code = connection.execute(sa.select(dossiers.c.code).where(dossiers.c.id == dossier)).scalar_one()
    for ordinal, (paper, word) in enumerate(words.items(), 1):
        make_paper(office, dossier, (paper, ordinal), (Line((Word(word, CORNER, 96.0),)), *below))
    make_copy(office, next(iter(words)), PAPERS + 1)
    return Made(dossier, code, words)


def make_paper(office: Office, dossier: str, named: tuple[str, int], lines: tuple[Line, ...]) -> None:
    """A reviewed paper with everything that is kept of one; `lines` stand on its page."""
    paper, ordinal = named
    texts = (PageText(1, 210.0, 297.0, lines),)
    guard = {"unit": office.settings.unit, "sensitivity": 2, "scanned_by": "bench"}
    row = {"id": paper, "dossier": dossier, "ordinal": ordinal, "title": "Giấy", "page_count": 1, **guard}
    with office.work_folder() as folder, writing(office.engine) as connection:
        at = office.clock()
        state = {"state": PaperState.REVIEWED, "scanned_at": at, "scan_job": "bench"}
        connection.execute(sa.insert(papers).values(**row, **state))
        for role in (FileRole.MASTER, FileRole.SIGNED_SCAN):
            path = folder / role
            path.write_text(f"{role} {paper}")
            kept = keeping.keep(office, path, sha256_of(path))
            evidence = {"file": "0001.jpg"} if role is FileRole.MASTER else None
            place = keeping.Place(paper, role)
            keeping.attach(connection, office, place, kept, "application/pdf", at=at, evidence=evidence)
        packed = page_texts.pack(folder, texts)
        kept = keeping.keep(office, packed, sha256_of(packed))
        words = keeping.Place(paper, FileRole.WORDS)
        keeping.attach(connection, office, words, kept, page_texts.MEDIA_TYPE, at=at)


def make_copy(office: Office, paper: str, ordinal: int) -> str:
    """An issued copy of a paper, not yet archived."""
    copy, at = office.new_id(), office.clock()
    guard = {"unit": office.settings.unit, "sensitivity": 2, "compared_by": "bench", "compared_at": at}
    asked = {"kind": "chung-thuc", "check_code": copy, "original_pages": 1, "checks": [], "fee": 2000}
    row = {"id": copy, "paper": paper, "ordinal": ordinal, "state": CopyState.ISSUED, "issued_at": at}
    with office.work_folder() as folder, writing(office.engine) as connection:
        path = folder / "copy"
        path.write_text(f"copy {copy}")
        kept = keeping.keep(office, path, sha256_of(path))
        connection.execute(sa.insert(copies).values(**row, **asked, **guard))
        place = keeping.Place(paper, FileRole.COPY, copy)
        keeping.attach(connection, office, place, kept, "application/pdf", at=at)
    return copy


def wrong_in_archive(office: Office, made: Made) -> Iterator[str]:
    """Papers and copies that the rows call archived and the archive does not have or does not describe."""
    versions = versions_of(office, made.code)
    for files, described in versions:
        yield from ("missing in a description" for _ in documents(files) - described)
        yield from ("described and not there" for _ in described - documents(files))
    newest = documents(versions[-1][0]) if versions else set()
    with reading(office.engine) as connection:
        rows = list(connection.execute(sa.select(papers).where(papers.c.dossier == made.id)))
        paper_ids = [row.id for row in rows]
        rows += connection.execute(sa.select(copies).where(copies.c.paper.in_(paper_ids)))
        entered = list(
            connection.execute(sa.select(catalogue.c.paper).where(catalogue.c.paper.in_(paper_ids))).scalars()
        )
        events = Counter(entry.what for entry in ledger.entries(connection, made.code))
    if sorted(entered) != sorted(paper_ids):
        yield "not once in the catalogue"
    if (events["paper_archived"], events["copy_archived"]) != (PAPERS, 1):
        yield "not once in the ledger"
    for row in rows:
        name = archiving.archive_name(made.code, row.ordinal)
        if row.archived_version is None or row.fault is not None:
            yield "not archived"
        elif name not in newest or name not in versions[row.archived_version - 1][0]:
            yield "not in the archive"


def wrong_in_index(office: Office, made: Made) -> Iterator[str]:
    """Papers that are not found by their own word, once."""
    units = frozenset({office.settings.unit})
    reader = Actor("bench", "", "", frozenset(), units)
    for paper, word in made.papers.items():
        found = [hit.paper for hit in find_records(office, reader, Wanted(word)).hits]
        if found != [paper]:
            yield "not found"


def documents(files: set[str]) -> set[str]:
    return {name for name in files if name.startswith("du-lieu/")}


def versions_of(office: Office, code: str) -> list[tuple[set[str], set[str]]]:
    """Of each version of a dossier's object: the files in it, and the files that its description names."""
    tree = office.archive.tree_of(archiving.archive_id(office, code))
    inventory = json.loads(tree.read("inventory.json") or b"{}")
    versions = []
    for number in range(1, len(inventory["versions"]) + 1):
        state = inventory["versions"][f"v{number}"]["state"]
        names = {name: digest for digest, there in state.items() for name in there}
        described = json.loads(tree.read(inventory["manifest"][names[archiving.DESCRIPTION]][0]) or b"{}")
        versions.append((set(names), {document["file"] for document in described["documents"]}))
    return versions


if __name__ == "__main__":
    sys.exit(main())
