import errno
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.durable import sha256_of
from storage import directory, disk
from storage.directory import DirectoryStore
from storage.faults import Finding, StorageCode, StorageFault
from storage.objects import AlreadyKept, Key, NotKept, ObjectStore
from tests.storage.samples import NOON, dies_in_child

KEY = Key("sha256/ab/abcdef")
OTHER = Key("sha256/ab/abcdee")


@pytest.fixture
def store(tmp_path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "objects")


def the_one_file(store: DirectoryStore, folder: str):
    (path,) = [path for path in (store._root / folder).rglob("*") if path.is_file()]
    return path


def test_what_was_put_is_got(store, file_of, tmp_path):
    port: ObjectStore = store
    kept = port.put(KEY, file_of(b"first"))
    assert kept == port.describe(KEY) == port.get(KEY, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"first" == port.read(KEY)
    assert (kept.size_bytes, kept.sha256) == (5, sha256_of(tmp_path / "out"))
    assert port.has(KEY)
    assert list(port.keys()) == [KEY]


def test_the_same_bytes_again_are_no_error(store, file_of):
    assert store.put(KEY, file_of(b"first")) == store.put(KEY, file_of(b"first"))


def test_a_second_put_of_other_bytes_is_refused(store, file_of):
    store.put(KEY, file_of(b"first"))
    with pytest.raises(AlreadyKept):
        store.put(KEY, file_of(b"second"))
    assert store.read(KEY) == b"first"


def test_what_was_never_put_is_not_kept(store, tmp_path):
    assert not store.has(KEY)
    for ask in (store.read, store.describe, lambda key: store.get(key, tmp_path / "out")):
        with pytest.raises(NotKept) as told:
            ask(KEY)
        assert (told.value.code, told.value.place) == (StorageCode.NOT_KEPT, KEY)
    assert not (tmp_path / "out").exists()


def test_a_file_that_stands_at_the_target_is_not_overwritten(store, file_of):
    store.put(KEY, file_of(b"first"))
    target = file_of(b"mine")
    with pytest.raises(FileExistsError):
        store.get(KEY, target)
    assert target.read_bytes() == b"mine"


def test_damaged_bytes_are_never_handed_out(store, file_of, tmp_path):
    store.put(KEY, file_of(b"first"))
    the_one_file(store, "bytes").write_bytes(b"firsT")
    with pytest.raises(StorageFault) as told:
        store.get(KEY, tmp_path / "out")
    assert told.value.code is StorageCode.DAMAGED
    assert not (tmp_path / "out").exists()
    with pytest.raises(StorageFault):
        store.read(KEY)


def test_damaged_bytes_are_repaired_when_the_same_content_is_put_again(store, file_of):
    store.put(KEY, file_of(b"first"))
    the_one_file(store, "bytes").write_bytes(b"fir")
    store.put(OTHER, file_of(b"first"))
    assert store.read(KEY) == store.read(OTHER) == b"first"


def test_missing_bytes_are_damage(store, file_of, tmp_path):
    store.put(KEY, file_of(b"first"))
    the_one_file(store, "bytes").unlink()
    with pytest.raises(StorageFault) as told:
        store.get(KEY, tmp_path / "out")
    assert told.value.code is StorageCode.DAMAGED


@pytest.mark.parametrize("line", ["", "abc", "abc x\n", "a 1 b"])
def test_a_damaged_name_is_damage_and_not_absence(store, file_of, line):
    store.put(KEY, file_of(b"first"))
    the_one_file(store, "keys").write_text(line)
    with pytest.raises(StorageFault) as told:
        store.describe(KEY)
    assert told.value.code is StorageCode.DAMAGED
    assert [finding.code for finding in store.verify()][:1] == [StorageCode.DAMAGED]


def test_a_key_may_be_the_beginning_of_another(store, file_of):
    store.put(Key("a"), file_of(b"1"))
    store.put(Key("a/b"), file_of(b"2"))
    assert sorted(store.keys()) == [Key("a"), Key("a/b")]
    assert (store.read(Key("a")), store.read(Key("a/b"))) == (b"1", b"2")


@pytest.mark.parametrize(
    "name", ["", "/a", "a//b", "a/", "../a", "a/../b", ".a", "a b", "e\u0301", "a.kept", "x" * 513]
)
def test_a_name_that_some_store_could_not_hold_is_no_key(name):
    with pytest.raises(ValueError, match="not a key"):
        Key(name)


@given(st.text(max_size=30))
def test_no_key_leaves_the_store(name):
    try:
        key = Key(name)
    except ValueError:
        return
    assert os.path.normpath(f"/top/{key}") == f"/top/{key}"


def test_a_directory_says_that_it_cannot_retain_and_refuses_to_pretend(store, file_of):
    assert (store.promises.put_once, store.promises.retention, store.promises.versions) == (
        True,
        False,
        False,
    )
    store.put(KEY, file_of(b"first"))
    with pytest.raises(StorageFault) as told:
        store.retain(KEY, NOON)
    assert told.value.code is StorageCode.CANNOT_RETAIN
    with pytest.raises(NotKept):
        store.retain(OTHER, NOON)


def test_of_many_puts_at_once_one_wins_and_it_stays_whole(store, file_of):
    contents = [f"writer {n}".encode() * 1000 for n in range(8)]
    sources = [file_of(content) for content in contents]

    def put(number: int) -> bool:
        try:
            store.put(KEY, sources[number])
        except AlreadyKept:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(put, range(8)))
    assert won.count(True) == 1
    assert store.read(KEY) == contents[won.index(True)]


def test_verify_reads_every_byte_and_names_what_is_wrong(store, file_of):
    for number in range(3):
        store.put(Key(f"k/{number}"), file_of(b"%d" % number))
    assert list(store.verify()) == []
    damaged, missing = (
        f"bytes/{kept.sha256[:2]}/{kept.sha256}" for kept in map(store.describe, sorted(store.keys())[:2])
    )
    (store._root / damaged).write_bytes(b"?")
    (store._root / missing).unlink()
    left_over = store._root / "bytes" / "00" / ("0" * 64)
    left_over.parent.mkdir(exist_ok=True)
    left_over.write_bytes(b"")
    assert set(store.verify()) == {
        Finding(damaged, StorageCode.DAMAGED),
        Finding(missing, StorageCode.NOT_KEPT),
        Finding(f"bytes/00/{'0' * 64}", StorageCode.UNFINISHED),
    }


STEPS = ("bytes staged", "bytes named", "name staged", "key named")


def put_telling_steps(store: DirectoryStore, source, after) -> None:
    """The put, telling `after` when each of its four steps to the disk is done."""
    place, copy, write = store._place, disk.copy_new, disk.write_synced
    named = iter(("bytes named", "key named"))

    def told_place(staged, target):
        done = place(staged, target)
        after(next(named))
        return done

    def told_copy(source, target):
        done = copy(source, target)
        after("bytes staged")
        return done

    def told_write(target, content):
        write(target, content)
        after("name staged")

    store._place, directory.disk.copy_new, directory.disk.write_synced = told_place, told_copy, told_write
    store.put(KEY, source)


@pytest.mark.parametrize("step", STEPS)
def test_a_put_killed_at_any_step_leaves_the_object_whole_or_absent(store, file_of, step):
    source = file_of(b"first")
    assert dies_in_child(lambda after: put_telling_steps(store, source, after), step)
    assert store.has(KEY) == (step == "key named")
    assert {finding.code for finding in store.verify()} <= {StorageCode.UNFINISHED}
    store.put(KEY, source)
    assert store.read(KEY) == b"first"
    assert list(store.verify()) == []


def test_a_full_disk_is_told_as_one_and_nothing_is_kept(store, file_of, monkeypatch):
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFault) as told:
        store.put(KEY, file_of(b"first"))
    assert told.value.code is StorageCode.DISK_FULL
    assert not store.has(KEY)
    assert list((store._root / directory.STAGING).iterdir()) == []
