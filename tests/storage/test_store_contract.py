"""What every object store keeps to, asked of each: the directory, and a real S3 server (MinIO, TLS)."""

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import urllib3
from minio.credentials import StaticProvider
from minio.minioadmin import MinioAdmin

from foundation.durable import sha256_of
from storage.directory import DirectoryStore
from storage.faults import StorageCode, StorageFault
from storage.objects import AlreadyKept, Kept, Key, NotKept, ObjectStore
from storage.s3 import bucket as s3_bucket
from storage.s3.address import Access, Address, Patience
from storage.s3.answers import SHA256
from storage.s3.bucket import Bucket
from storage.s3.store import S3Store
from tests.storage.samples import dies_in_child, soon

KEY, OTHER = Key("sha256/ab/abcdef"), Key("sha256/ab/abcdee")
MIB = 1 << 20
HASTY = Patience(connect=2, read=10, tries=3, first_wait=0.01, longest_wait=0.05)


@dataclass(frozen=True)
class Rig:
    """A store, and what somebody can do behind its back."""

    store: ObjectStore
    again: Callable[[], ObjectStore]  # a second handle on the same store
    damage: Callable[[Key, bytes], None]  # other bytes stand where these stood
    fill: Callable[[pytest.MonkeyPatch], None]  # no room is left
    die_half_way: Callable[[Path], bool]  # a process is killed while it puts KEY
    erase: Callable[[Key], None]  # whoever may delete, deletes
    leave: Callable[[str], None]  # somebody leaves a file of this name among the keys

    def refused(self, code: StorageCode, act: Callable[[], object]) -> StorageFault:
        with pytest.raises(StorageFault) as told:
            act()
        assert told.value.code is code
        return told.value


@pytest.fixture(params=["directory", "s3"])
def rig(request, tmp_path) -> Rig:
    if request.param == "directory":
        return directory_rig(tmp_path / "objects")
    return s3_rig(request.getfixturevalue("s3_server"))


@pytest.fixture
def store(rig) -> ObjectStore:
    return rig.store


def directory_rig(root: Path) -> Rig:
    def damage(key: Key, content: bytes) -> None:
        sha256 = store.describe(key).sha256
        (root / "bytes" / sha256[:2] / sha256).write_bytes(content)

    def leave(name: str) -> None:
        (root / "keys" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "keys" / name).write_bytes(b"left")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def die(source: Path) -> bool:
        def put(after):
            place = store._place
            store._place = lambda *paths: (place(*paths), after("bytes named"))
            store.put(KEY, source)

        return dies_in_child(put, "bytes named")

    store = DirectoryStore(root)
    return Rig(
        store,
        lambda: DirectoryStore(root),
        damage,
        lambda monkeypatch: monkeypatch.setattr(os, "fsync", full),
        die,
        lambda key: store._name_of(key).unlink(),
        leave,
    )


def s3_rig(server) -> Rig:
    name = server.new_bucket()
    address = Address.of(f"{server.url(name)}/objects")

    def open_bucket() -> Bucket:
        return Bucket(address, Access(server.credentials, server.authority), HASTY)

    def damage(key: Key, content: bytes) -> None:
        """Written over by somebody who keeps what it says of itself."""
        server.client()._put_object(
            bucket_name=name,
            object_name=f"objects/{key}.kept",
            data=content,
            headers={SHA256: bucket.see(f"{key}.kept").sha256},
        )

    def fill(_monkeypatch) -> None:
        pool = urllib3.PoolManager(ca_certs=str(server.authority))
        keys = StaticProvider(*server.keys)
        admin = MinioAdmin(endpoint=server.endpoint, credentials=keys, http_client=pool)
        admin.bucket_quota_set(name, 1)

    def die(source: Path) -> bool:
        def put(after):
            fresh = open_bucket()
            send = fresh._send_part
            fresh._send_part = lambda *told: (send(*told), after("part sent"))[0]
            S3Store(fresh).put(KEY, source)

        return dies_in_child(put, "part sent")

    def erase(key: Key) -> None:
        for found, version, _ in list(bucket.versions(key.name)):
            bucket.remove(found, version)

    bucket = open_bucket()
    leave = partial(bucket.put, body=b"left")
    return Rig(S3Store(bucket), lambda: S3Store(open_bucket()), damage, fill, die, erase, leave)


def test_what_was_put_is_got(store, file_of, tmp_path):
    kept = store.put(KEY, file_of(b"first"))
    assert kept == store.describe(KEY) == store.get(KEY, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"first" == store.read(KEY)
    assert (kept.size_bytes, kept.sha256) == (5, sha256_of(tmp_path / "out"))
    assert store.has(KEY)
    assert list(store.keys()) == [KEY]


@pytest.mark.parametrize("size", [0, 1, 4095, MIB, MIB + 1, 16 * MIB, 16 * MIB + 1, 33 * MIB])
def test_objects_of_any_size_come_back_byte_for_byte(store, tmp_path, size):
    source = tmp_path / "source"
    source.write_bytes(
        os.urandom(min(size, 999)) * (size // 999) + os.urandom(size % 999 if size > 999 else 0)
    )
    size = source.stat().st_size
    kept = store.put(KEY, source)
    assert (kept.size_bytes, kept.sha256) == (size, sha256_of(source))
    assert store.get(KEY, tmp_path / "out") == kept
    assert sha256_of(tmp_path / "out") == kept.sha256


def test_a_second_handle_sees_what_the_first_has_put(rig, file_of):
    rig.store.put(KEY, file_of(b"first"))
    assert rig.again().read(KEY) == b"first"


@pytest.mark.parametrize("size", [5, 16 * MIB + 5])
def test_the_same_bytes_again_are_no_error(store, file_of, size):
    content = b"x" * size
    assert store.put(KEY, file_of(content)) == store.put(KEY, file_of(content))
    assert list(store.keys()) == [KEY]


@pytest.mark.parametrize("size", [5, 16 * MIB + 5])
def test_a_second_put_of_other_bytes_is_refused(store, file_of, size):
    store.put(KEY, file_of(b"first"))
    with pytest.raises(AlreadyKept) as told:
        store.put(KEY, file_of(b"x" * size))
    assert told.value.place == KEY
    assert store.read(KEY) == b"first"


@pytest.mark.parametrize("ask", ["read", "describe", "read_range", "get"])
def test_what_was_never_put_is_not_kept(store, tmp_path, ask):
    arguments = {"read_range": (0, 1), "get": (tmp_path / "out",)}.get(ask, ())
    assert not store.has(KEY)
    with pytest.raises(NotKept) as told:
        getattr(store, ask)(KEY, *arguments)
    assert (told.value.code, told.value.place) == (StorageCode.NOT_KEPT, KEY)
    assert not (tmp_path / "out").exists()


def test_a_file_that_stands_at_the_target_is_not_overwritten(store, file_of):
    store.put(KEY, file_of(b"first"))
    target = file_of(b"mine")
    with pytest.raises(FileExistsError):
        store.get(KEY, target)
    assert target.read_bytes() == b"mine"


@pytest.mark.parametrize("content", [b"firsT", b"fir", b"first and more", b""])
def test_damaged_bytes_are_never_handed_out(rig, file_of, tmp_path, content):
    rig.store.put(KEY, file_of(b"first"))
    rig.damage(KEY, content)
    rig.refused(StorageCode.DAMAGED, lambda: rig.store.get(KEY, tmp_path / "out"))
    rig.refused(StorageCode.DAMAGED, lambda: rig.store.read(KEY))
    assert not (tmp_path / "out").exists()


def test_damaged_bytes_are_repaired_when_the_same_content_is_put_again(rig, file_of):
    rig.store.put(KEY, file_of(b"first"))
    rig.damage(KEY, b"firsT")
    rig.store.put(KEY, file_of(b"first"))
    assert rig.store.read(KEY) == b"first"


def test_verify_reads_every_byte_and_names_what_is_damaged(rig, file_of):
    for number in range(3):
        rig.store.put(Key(f"k/{number}"), file_of(b"%d" % number))
    assert list(rig.store.verify()) == []
    rig.damage(Key("k/1"), b"?")
    (finding,) = rig.store.verify()
    assert finding.code is StorageCode.DAMAGED


def test_a_key_may_be_the_beginning_of_another(store, file_of):
    store.put(Key("a"), file_of(b"1"))
    store.put(Key("a/b"), file_of(b"2"))
    assert sorted(store.keys()) == [Key("a"), Key("a/b")]
    assert (store.read(Key("a")), store.read(Key("a/b"))) == (b"1", b"2")


@pytest.mark.parametrize(
    "name",
    [
        "Giấy_xác_nhận/đơn.pdf",
        "hồ-sơ/Đường.Ỷ",
        "日本語",
        "urn%3avn%3a1",
        "a%2Fb",
        "-._",
        "x" * 240,
        "a/" * 120 + "b",
    ],
)
def test_every_key_that_is_one_can_be_kept_and_is_listed_as_it_is(store, file_of, name):
    store.put(Key(name), file_of(name.encode()))
    assert store.read(Key(name)) == name.encode()
    assert list(store.keys()) == [Key(name)]
    assert list(store.verify()) == []


def test_more_keys_than_one_answer_holds_are_all_listed(store, file_of, monkeypatch):
    monkeypatch.setattr(s3_bucket, "PAGE", 7)
    source = file_of(b"x")
    wanted = {Key(f"many/{number:03d}") for number in range(22)}
    for key in wanted:
        store.put(key, source)
    assert set(store.keys()) == wanted


def test_of_sixteen_puts_at_once_one_wins_and_it_stays_whole(store, file_of):
    contents = [f"writer {n}".encode() * 1000 for n in range(16)]
    sources = [file_of(content) for content in contents]

    def put(number: int) -> bool:
        try:
            store.put(KEY, sources[number])
        except AlreadyKept:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(put, range(16)))
    assert won.count(True) == 1
    assert store.read(KEY) == contents[won.index(True)]


def test_sixteen_puts_of_the_same_bytes_at_once_all_succeed(store, file_of):
    source = file_of(b"the same" * 1000)
    with ThreadPoolExecutor(16) as pool:
        kept = list(pool.map(lambda _: store.put(KEY, source), range(16)))
    assert set(kept) == {Kept(KEY, 8000, sha256_of(source))}


def test_many_objects_at_once_all_stand(store, file_of):
    sources = {Key(f"k/{n}"): file_of(b"%d" % n) for n in range(32)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda pair: store.put(*pair), sources.items()))
    assert {key: store.read(key) for key in list(store.keys())} == {
        key: source.read_bytes() for key, source in sources.items()
    }


@pytest.mark.parametrize(
    ("start", "length", "told"),
    [(0, 4, b"0123"), (3, 2, b"34"), (8, 100, b"89"), (9, 1, b"9"), (10, 1, b""), (99, 5, b""), (4, 0, b"")],
)
def test_ranges_are_what_stands_there_and_nothing_beyond_the_end(store, file_of, start, length, told):
    store.put(KEY, file_of(b"0123456789"))
    assert store.read_range(KEY, start, length) == told


@pytest.mark.parametrize(("start", "length"), [(-1, 2), (0, -1)])
def test_a_range_that_is_none_is_refused(store, file_of, start, length):
    store.put(KEY, file_of(b"0123456789"))
    with pytest.raises(ValueError, match="range"):
        store.read_range(KEY, start, length)


def test_ranges_across_the_parts_of_a_large_object(store, tmp_path):
    source = tmp_path / "large"
    source.write_bytes(b"a" * 16 * MIB + b"b" * 100)
    store.put(KEY, source)
    assert store.read_range(KEY, 16 * MIB - 2, 4) == b"aabb"


def test_retention_is_kept_or_refused_never_pretended(rig, file_of):
    store, until = rig.store, soon(hours=1)
    with pytest.raises(NotKept):
        store.retain(KEY, until)
    store.put(KEY, file_of(b"first"))
    assert store.retained_until(KEY) is None
    if not store.promises.retention:
        rig.refused(StorageCode.CANNOT_RETAIN, lambda: store.retain(KEY, until))
        return
    store.retain(KEY, until)
    assert store.retained_until(KEY) == until
    rig.refused(StorageCode.RETAINED, lambda: rig.erase(KEY))
    assert store.read(KEY) == b"first"


def test_retention_can_be_lengthened_and_not_shortened(rig, file_of):
    store, until = rig.store, soon(hours=1)
    store.put(KEY, file_of(b"first"))
    if not store.promises.retention:
        rig.refused(StorageCode.CANNOT_RETAIN, lambda: store.retain(KEY, until))
        return
    store.retain(KEY, until)
    store.retain(KEY, until + timedelta(hours=1))
    rig.refused(StorageCode.RETAINED, lambda: store.retain(KEY, until))
    assert store.retained_until(KEY) == until + timedelta(hours=1)


def test_a_legal_hold_is_kept_until_it_is_lifted_or_refused(rig, file_of):
    store = rig.store
    with pytest.raises(NotKept):
        store.hold(KEY, on=True)
    store.put(KEY, file_of(b"first"))
    assert not store.is_held(KEY)
    if not store.promises.retention:
        rig.refused(StorageCode.CANNOT_RETAIN, lambda: store.hold(KEY, on=True))
        return
    store.hold(KEY, on=True)
    assert store.is_held(KEY)
    rig.refused(StorageCode.RETAINED, lambda: rig.erase(KEY))
    store.hold(KEY, on=False)
    assert not store.is_held(KEY)
    rig.erase(KEY)
    assert not store.has(KEY)


def test_what_is_not_retained_can_be_erased_by_who_may_delete(rig, file_of):
    rig.store.put(KEY, file_of(b"first"))
    rig.erase(KEY)
    assert not rig.store.has(KEY)
    assert list(rig.store.keys()) == []
    assert rig.store.put(KEY, file_of(b"second")).size_bytes == 6


def test_a_put_killed_half_way_leaves_nothing_and_is_done_again(rig, file_of):
    source = file_of(b"x" * (16 * MIB + 1))
    assert rig.die_half_way(source)
    again = rig.again()
    assert not again.has(KEY)
    again.put(KEY, source)
    assert again.describe(KEY).size_bytes == 16 * MIB + 1
    assert list(again.verify()) == []


@pytest.mark.parametrize("size", [5, 200_000])
def test_a_full_disk_is_told_as_one_and_nothing_is_kept(rig, file_of, monkeypatch, size):
    source = file_of(b"x" * size)
    rig.fill(monkeypatch)
    rig.refused(StorageCode.DISK_FULL, lambda: rig.store.put(KEY, source))
    assert not rig.store.has(KEY)


def test_a_source_that_is_not_there_keeps_nothing(store, tmp_path):
    with pytest.raises(FileNotFoundError):
        store.put(KEY, tmp_path / "missing")
    assert not store.has(KEY)


@pytest.mark.parametrize("name", ["notes.txt", "a b.kept", "sha256/.kept", "x/note", "sha256/ab/x.kept.kept"])
def test_a_file_whose_name_is_no_key_is_told_and_troubles_nobody(rig, file_of, name):
    rig.store.put(KEY, file_of(b"first"))
    rig.leave(name)
    assert list(rig.store.keys()) == [KEY]
    (finding,) = rig.store.verify()
    assert finding.code is StorageCode.UNKNOWN_FILE
    assert finding.place.endswith(name)
    assert rig.store.read(KEY) == b"first"


def test_what_was_removed_is_gone_and_can_be_put_again(store, file_of):
    store.put(KEY, file_of(b"first"))
    store.remove(KEY)
    assert not store.has(KEY)
    assert list(store.keys()) == []
    store.remove(KEY)
    store.put(KEY, file_of(b"second"))
    assert store.read(KEY) == b"second"


def test_of_two_keys_with_the_same_bytes_one_may_go_and_the_other_stays(store, file_of):
    source = file_of(b"the same")
    named = Key(f"sha256/{sha256_of(source)}")  # the key whose going takes the bytes along
    for first, second in ((named, OTHER), (OTHER, named)):
        store.put(first, source)
        store.put(second, source)
        store.remove(first)
        assert (store.has(first), store.read(second)) == (False, b"the same")
        store.remove(second)
        assert list(store.keys()) == []


def test_removing_a_key_takes_its_bytes_along(store, file_of):
    source = file_of(b"alone")
    key = Key(f"sha256/{sha256_of(source)}")
    store.put(key, source)
    store.remove(key)
    assert list(store.verify()) == []


def test_while_many_put_and_remove_the_same_key_what_stands_is_whole(store, file_of):
    source = file_of(b"to and fro" * 100)
    key = Key(f"sha256/{sha256_of(source)}")

    def turn(number: int) -> None:
        if number % 2:
            store.remove(key)
        else:
            store.put(key, source)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(turn, range(40)))
    store.put(key, source)
    assert store.read(key) == source.read_bytes()
    assert list(store.verify()) == []


def test_what_is_retained_is_not_removed(rig, file_of):
    if not rig.store.promises.retention:
        return  # `retain` refuses
    rig.store.put(KEY, file_of(b"first"))
    rig.store.retain(KEY, soon(hours=1))
    rig.refused(StorageCode.RETAINED, lambda: rig.store.remove(KEY))
    assert rig.store.read(KEY) == b"first"


def test_retained_firmly_nobody_lifts_it(rig, file_of):
    rig.store.put(KEY, file_of(b"first"))
    until = soon(seconds=30)
    if not rig.store.promises.retention:
        rig.refused(StorageCode.CANNOT_RETAIN, lambda: rig.store.retain(KEY, until, firmly=True))
        return
    rig.store.retain(KEY, until, firmly=True)
    bucket = rig.store._bucket
    ((name, version, _),) = bucket.versions(f"{KEY}.kept")
    rig.refused(StorageCode.RETAINED, lambda: bucket.remove(name, version, lift_governance=True))


def test_rotten_bytes_are_repaired_by_the_same_bytes_and_by_no_others(rig, file_of):
    rig.store.put(KEY, file_of(b"first"))
    rig.damage(KEY, b"firsT")
    with pytest.raises(AlreadyKept):
        rig.store.repair(KEY, file_of(b"other"))
    rig.store.repair(KEY, file_of(b"first"))
    assert rig.store.read(KEY) == b"first"
    assert list(rig.store.verify()) == []
    with pytest.raises(NotKept):
        rig.store.repair(OTHER, file_of(b"first"))
