"""What the archive costs and what it withstands: archiving, reading again, repair, rebuilding, kill -9.

    ./motcua bench archive [--dossiers N] [--flips N] [--kills N] [--megabytes N]

The S3 server is MinIO on loopback with TLS, as the tests start it; where it cannot be had, that half is told
as not measured. Its own time stands beside ours: the bare system calls or the bare client do the same bytes.
"""

import argparse
import hashlib
import multiprocessing as mp
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import tests_at_hand  # noqa: E402, F401 the rooms run in place, from the root
from bench.dossiers import make_dossier  # noqa: E402
from bench.goals import Goal, concluded  # noqa: E402
from digitize.model import Box, Line, Opinion, Reader, Word  # noqa: E402
from office.bootstrap import open_office  # noqa: E402
from office.desk.upkeep import rebuilding, recording_rows, rereading  # noqa: E402
from office.rows import in_archive, snapshots  # noqa: E402
from office.schema import ALL_METADATA  # noqa: E402
from office.settings import Settings  # noqa: E402
from office.value import Office  # noqa: E402
from office.work.dispatcher import run_until_idle  # noqa: E402
from storage.archive import VersionNote  # noqa: E402
from storage.database import reading  # noqa: E402
from storage.faults import StorageFault  # noqa: E402
from storage.ocfl.bucket import Ground, OcflBucket  # noqa: E402
from storage.ocfl.mirror import Repository  # noqa: E402
from storage.ocfl.root import OcflRoot  # noqa: E402
from storage.s3.address import Access, Address  # noqa: E402
from storage.s3.bucket import Bucket  # noqa: E402
from tests.s3_server import MinioServer  # noqa: E402

WHO = ("bench", "urn:motcua:bench")
NOTE = VersionNote("bench", WHO)
PAGES, PAGE_KB, PDF_KB = 10, 300, 900  # of a result: masters, and the signed file
SEED = 20261130
LEAST_MB_A_SECOND, MOST_CPU_MS, LEAST_PAGES_A_SECOND, LEAST_SHARE_OF_BARE = 400.0, 60.0, 300.0, 0.9
SYLLABLES = """
    cộng hòa xã hội chủ nghĩa việt nam độc lập tự do hạnh phúc giấy khai sinh họ và tên nguyễn thị bình
    ngày tháng năm quê quán dân tộc kinh quốc tịch ủy ban nhân dân phường chứng thực bản sao đúng
"""
MOMENTS = (0.0, 0.15)  # seconds from the start of a writer to its kill


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--dossiers", type=int, default=150)
    asked.add_argument("--flips", type=int, default=100)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--megabytes", type=int, default=400)
    options = asked.parse_args(arguments)
    goals: list[Goal] = []
    with minio() as server:
        for kind in ("directory", "s3"):
            with tempfile.TemporaryDirectory(prefix="motcua-archive-") as told:
                folder = Path(told)
                if kind == "s3" and server is None:
                    goals += [Goal(f"{kind}: all", None, 0)]
                    continue
                archive = opened(kind, folder, server)
                goals.append(archiving(kind, archive, folder))
                if kind == "directory":
                    goals += reading_again(archive, folder, options.megabytes)
                goals += flips(kind, settings_of(kind, folder, server), options.flips)
                goals.append(kills(kind, (kind, folder / "killed", told_of(server)), options.kills))
        with tempfile.TemporaryDirectory(prefix="motcua-rebuild-") as told:
            goals += rebuilt(Path(told), options.dossiers)
    return concluded(goals)


@contextmanager
def minio() -> Iterator[MinioServer | None]:
    try:
        server = MinioServer()
    except (OSError, ValueError) as reason:
        print(f"MinIO cannot be had: {reason}")
        yield None
        return
    try:
        yield server
    finally:
        server.stop()


Server = tuple[str, Path, Path]  # its address with a bucket, the file of credentials, the authority


def told_of(server: MinioServer | None) -> Server | None:
    return (server.url(server.new_bucket()), server.credentials, server.authority) if server else None


def opened(kind: str, folder: Path, server: MinioServer | None) -> Repository:
    return opened_at((kind, folder / "archive", told_of(server)))


def opened_at(where: tuple[str, Path, Server | None]) -> Repository:
    kind, folder, server = where
    if kind == "directory" or server is None:
        return OcflRoot(folder, lambda: datetime.now(UTC))
    address, access = Address.of(server[0]), Access(server[1], server[2])
    root, work = (Bucket(address.below(f"{folder.name}{end}"), access) for end in ("", ".work"))
    return OcflBucket(Ground(root, work, reads_back=False), lambda: datetime.now(UTC))


def settings_of(kind: str, folder: Path, server: MinioServer | None) -> Settings:
    settings = Settings(data=folder / "house").having("replica", url=str(folder / "replica"))
    if kind == "directory" or server is None:
        return settings
    url, credentials, authority = told_of(server) or ("", "", "")
    return settings.having("archive", url=url, credentials=str(credentials), ca=str(authority))


def archiving(kind: str, archive: Repository, folder: Path) -> Goal:
    """CPU of one version with ten masters, the signed file, words and descriptions."""
    source = folder / "source"
    source.mkdir()
    spent = []
    for number in range(20):
        files = {f"goc/{page:04d}.jpg": written(source / f"p{page}", PAGE_KB) for page in range(PAGES)}
        files["du-lieu/x.1.pdf"] = written(source / "pdf", PDF_KB)
        began = time.process_time()
        archive.add_version(f"urn:motcua:bench:{number}", files, NOTE)
        spent.append(1000 * (time.process_time() - began))
    p50 = statistics.median(spent)
    print(f"{kind}: archive a result of {PAGES} pages, {PAGES * PAGE_KB + PDF_KB} kB: {p50:.1f} ms CPU p50")
    return Goal(f"{kind}: CPU ms to archive a 10-page result", p50, MOST_CPU_MS)


def written(path: Path, kilobytes: int) -> Path:
    path.write_bytes(os.urandom(kilobytes * 1000))
    return path


def reading_again(archive: Repository, folder: Path, megabytes: int) -> list[Goal]:
    """MB/s a core of `verify`, and its share of what the bare digests reach over the same files."""
    files = {f"goc/{n:04d}.jpg": written(folder / f"big{n}", 8000) for n in range(megabytes // 8)}
    archive.add_version("urn:motcua:bench:big", files, NOTE)
    spent: dict[str, list[float]] = {}
    for _turn in range(3):  # in turns: others may be at work on this machine
        began = time.process_time()
        assert list(archive.verify("urn:motcua:bench:big")) == []
        spent.setdefault("verify", []).append(time.process_time() - began)
        for algorithms in (("sha512",), ("sha512", "sha256")):
            spent.setdefault(" and ".join(algorithms), []).append(bare_digests(files.values(), algorithms))
    ours, bare512, bare = (8 * len(files) / min(seconds) for seconds in spent.values())
    print(f"reading again: {ours:.0f} MB/s a core; bare sha512 {bare512:.0f}, with sha256 {bare:.0f}")
    return [
        Goal("directory: MB/s a core read again (sha512 and sha256)", ours, LEAST_MB_A_SECOND, least=True),
        Goal("directory: share of the bare digests' MB/s", ours / bare, LEAST_SHARE_OF_BARE, least=True),
    ]


def bare_digests(paths: Iterable[Path], algorithms: Sequence[str]) -> float:
    """CPU seconds of the digests alone over these files, each read in one piece."""
    began = time.process_time()
    for path in paths:
        content = path.read_bytes()
        for algorithm in algorithms:
            hashlib.new(algorithm, content).digest()
    return time.process_time() - began


def flips(kind: str, settings: Settings, wanted: int) -> list[Goal]:
    """Bits flipped in files of the archive, ten at a time, found and repaired from the replica."""
    office = open_office(settings)
    made = [make_dossier(office, number) for number in range(5)]
    run_until_idle(office)
    chance, found, repaired = random.Random(SEED), 0, 0  # noqa: S311 places, not secrets
    trees = {one.code: office.archive.tree_of(in_archive.archive_id(office, one.code)) for one in made}
    for _ in range(wanted // 10):
        places = sorted((one.code, name) for one in made for name in trees[one.code].names())
        for code, name in chance.sample(places, 10):
            content = bytearray(trees[code].read(name) or b"")
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            with office.work_folder() as work:
                (work / "flipped").write_bytes(content)
                trees[code].restore(name, work / "flipped")
            broken = list(office.archive.verify(in_archive.archive_id(office, code)))
            found += bool(broken)
            told = [rereading.reread_dossier(office, one.id, one.code) for one in made if one.code == code]
            repaired += all(not one.damaged for one in told)
    left = len(list(office.archive.verify()))
    office.engine.dispose()
    print(f"{kind}: of {wanted} flipped bits {found} found, {repaired} repaired, {left} findings left")
    return [
        Goal(f"{kind}: flipped bits not found", wanted - found, 0),
        Goal(f"{kind}: flipped bits not repaired", wanted - repaired + left, 0),
    ]


def kills(kind: str, where: tuple[str, Path, Server | None], wanted: int) -> Goal:
    """A writer killed at random moments; after each, readers see whole versions and the next goes on."""
    chance, wrong = random.Random(SEED), 0  # noqa: S311 moments, not secrets
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(["__main__"])
    reader = opened_at(where)
    with tempfile.TemporaryDirectory() as told:
        source = written(Path(told) / "file", 200)
        for number in range(wanted):
            ready = context.Event()
            writer = context.Process(target=write_on, args=(where, number, source, ready), daemon=True)
            writer.start()
            ready.wait(60)
            time.sleep(chance.uniform(*MOMENTS))
            writer.kill()
            writer.join()
            wrong += not is_whole(reader, f"urn:motcua:bench:{number % 7}", Path(told))
        after = replace_clock(where)
        wrong += len(list(after.verify()))
    print(f"{kind}: {wanted} kills of a writer, {wrong} half objects or findings")
    return Goal(f"{kind}: half objects after kill -9", wrong, 0)


def write_on(where: tuple[str, Path, Server | None], number: int, source: Path, ready: Any) -> None:
    archive = opened_at(where)
    ready.set()
    for again in range(10_000):
        files = {f"du-lieu/{number}-{again}-{part}.pdf": source for part in range(3)}
        try:
            archive.add_version(f"urn:motcua:bench:{number % 7}", files, NOTE)
        except StorageFault as fault:
            print(f"writer: {fault}")
            raise


def is_whole(reader: Repository, object_id: str, folder: Path) -> bool:
    """Can every file of the newest version be fetched, with its digest?"""
    try:
        version = reader.version(object_id)
    except StorageFault:
        return True  # nothing committed yet
    target = folder / "fetched"
    for logical in list(version.sha256)[-3:]:
        target.unlink(missing_ok=True)
        reader.fetch(object_id, logical, target)
    return True


def replace_clock(where: tuple[str, Path, Server | None]) -> Repository:
    """The archive opened two days later: whoever was writing is dead for sure."""
    kind, folder, server = where
    later = datetime.fromtimestamp(time.time() + 2 * 86400, UTC)
    if kind == "directory" or server is None:
        return OcflRoot(folder, lambda: later)
    address, access = Address.of(server[0]), Access(server[1], server[2])
    root, work = (Bucket(address.below(f"{folder.name}{end}"), access) for end in ("", ".work"))
    return OcflBucket(Ground(root, work, reads_back=False), lambda: later)


def rebuilt(folder: Path, wanted: int) -> list[Goal]:
    """All but the archive deleted, then brought back: pages a second, and what differs."""
    settings = Settings(data=folder / "house")
    office = open_office(settings)
    page = full_page()
    for number in range(wanted):
        make_dossier(office, number, page)
    run_until_idle(office)
    recording_rows.record_all(office)
    before = rows_of(office)
    office.engine.dispose()
    for path in settings.data.iterdir():
        if path.name not in ("archive", "archive.work", "records"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    new = open_office(settings)
    began, cpu = time.perf_counter(), time.process_time()
    told = rebuilding.rebuild_house(new)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    wrong = sum(before[name] != rows for name, rows in rows_of(new).items() if name != "files")
    new.engine.dispose()
    words = sum(len(line.words) for line in page)
    took = f"{seconds:.2f} s ({cpu:.2f} s of CPU)"
    print(f"rebuilt {told.papers} papers of a page of {words} words in {took}; {wrong} tables differ")
    return [
        Goal("rebuild: pages a second", told.papers / seconds, LEAST_PAGES_A_SECOND, least=True),
        Goal("rebuild: tables that differ", wrong, 0),
    ]


def full_page() -> tuple[Line, ...]:
    """What a written page holds: so many words, each read by two readers."""
    chance = random.Random(SEED)  # noqa: S311 words, not secrets
    return tuple(
        Line(
            tuple(
                Word(
                    chance.choice(SYLLABLES.split()),
                    Box(0.1 + 0.08 * place, row / 32, 0.17 + 0.08 * place, (row + 1) / 32),
                    93.75,
                    sure=True,
                    readings=(Opinion(Reader.OWN, "chủ", 91.5), Opinion(Reader.TESSERACT, "chú", 88.25)),
                )
                for place in range(10)
            )
        )
        for row in range(1, 31)
    )


def rows_of(office: Office) -> dict[str, list[dict[str, Any]]]:
    """Every row that is kept; the entry that tells of the rebuilding is not compared."""
    with reading(office.engine) as connection:
        return {
            table.name: [
                row
                for row in snapshots.plain_rows(connection, table, sa.true())
                if row.get("what") != "house_rebuilt" and row.get("name") not in snapshots.PROGRESS
            ]
            for metadata in ALL_METADATA
            for table in metadata.sorted_tables
            if table not in snapshots.NOT_KEPT and table.name != "ledger_head"
        }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
