"""What keeping an object costs: a directory against its bare system calls, a bucket against its bare client.

    ./motcua bench objects [--puts N] [--kilobytes N]

The S3 server is MinIO on loopback with TLS, as the tests start it; where it cannot be had, that half is told
as not measured. Each put is a new key; ours and the bare way take turns.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import tests_at_hand  # noqa: E402, F401 the rooms run in place, from the root
from bench.goals import Goal, concluded  # noqa: E402
from foundation.durable import sha256_of  # noqa: E402
from storage.directory import DirectoryStore  # noqa: E402
from storage.objects import Key  # noqa: E402
from storage.s3.address import Access, Address  # noqa: E402
from storage.s3.bucket import Bucket  # noqa: E402
from storage.s3.store import S3Store  # noqa: E402
from tests.s3_server import MinioServer  # noqa: E402

DIRECTORY_LIMIT, S3_LIMIT = 1.6, 1.2  # times the bare way
WARMING = 1000  # puts that are not counted: they make the folders that a store has after some weeks
Act = Callable[[int], object]


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--puts", type=int, default=200)
    asked.add_argument("--kilobytes", type=int, default=200)
    options = asked.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="motcua-objects-") as folder:
        source = Path(folder) / "source"
        source.write_bytes(os.urandom(options.kilobytes * 1000))
        goals = [on_directory(Path(folder), source, options.puts), *on_s3(source, options.puts)]
    return concluded(goals)


def on_directory(folder: Path, source: Path, puts: int) -> Goal:
    store = DirectoryStore(folder / "objects")
    bare = folder / "bare"
    bare.mkdir()
    sources = [folder / f"source-{number}" for number in range(puts + WARMING)]
    for number, path in enumerate(sources):  # the house keeps each content once, under its digest
        path.write_bytes(number.to_bytes(8, "big") + source.read_bytes())
    keys = [Key(f"sha256/{number % 100:02d}/{sha256_of(path)}") for number, path in enumerate(sources)]
    for number in range(puts, puts + WARMING):
        store.put(keys[number], sources[number])
    ours, theirs = turns(lambda n: store.put(keys[n], sources[n]), partial(keep_bare, bare, source), puts)
    tell("put, directory", ours, theirs)
    return Goal("put on a directory, times two file syncs and a link", ours / theirs, DIRECTORY_LIMIT)


def keep_bare(folder: Path, source: Path, number: int) -> None:
    """Two files written and synced, one linked to its name."""
    for name, content in (("bytes", source.read_bytes()), ("line", b"x" * 80)):
        with (folder / f"{number}-{name}").open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    os.link(folder / f"{number}-line", folder / f"{number}-key")


def on_s3(source: Path, puts: int) -> Iterator[Goal]:
    try:
        server = MinioServer()
    except (OSError, ValueError) as reason:
        print(f"MinIO cannot be had: {reason}")
        yield Goal("put in a bucket, times the bare client", None, S3_LIMIT)
        return
    try:
        yield from against_client(server, source, puts)
    finally:
        server.stop()


def against_client(server: MinioServer, source: Path, puts: int) -> Iterator[Goal]:
    name = server.new_bucket()
    bucket = Bucket(Address.of(server.url(name)).below("ours"), Access(server.credentials, server.authority))
    store, client, body = S3Store(bucket, reads_back=False), server.client(), source.read_bytes()

    def put_bare(number: int) -> None:
        client.put_object(
            bucket_name=name, object_name=f"bare/{number}", data=BytesIO(body), length=len(body)
        )

    def get_bare(number: int) -> None:
        client.fget_object(
            bucket_name=name, object_name=f"bare/{number}", file_path=f"{source}-bare-{number}"
        )

    def get_ours(number: int) -> None:
        store.get(Key(f"k/{number}"), Path(f"{source}-ours-{number}"))

    ours, theirs = turns(lambda n: store.put(Key(f"k/{n}"), source), put_bare, puts)
    tell("put, bucket", ours, theirs)
    yield Goal("put in a bucket, times the bare client", ours / theirs, S3_LIMIT)
    ours, theirs = turns(get_ours, get_bare, puts)
    tell("get, bucket", ours, theirs)
    yield Goal("get from a bucket, times the bare client", ours / theirs, S3_LIMIT)


def turns(ours: Act, theirs: Act, count: int) -> tuple[float, float]:
    """Median milliseconds of each, taken in turns."""
    spent: tuple[list[float], list[float]] = ([], [])
    for number in range(count):
        for act, times in zip((ours, theirs), spent, strict=True):
            began = time.perf_counter()
            act(number)
            times.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent[0]), statistics.median(spent[1])


def tell(what: str, ours: float, theirs: float) -> None:
    print(f"{what:16} ours {ours:7.2f} ms   bare {theirs:7.2f} ms   p50")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
