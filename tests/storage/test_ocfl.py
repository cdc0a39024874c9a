import json
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import ocfl
import pytest
from ocfl.validator import Validator

from foundation.durable import sha256_of
from storage.archive import Archive, KeptFile
from storage.faults import StorageCode, StorageFault
from storage.ocfl import layout as ocfl_layout
from storage.ocfl.root import OcflRoot, VersionNote
from tests.storage.samples import CLERK, DOSSIER, NOON

OTHER = "urn:motcua:phuong-mau:H00.00.00.01-261124-0002"
Add = Callable[..., int]


@pytest.fixture
def archive(tmp_path) -> OcflRoot:
    return OcflRoot(tmp_path / "archive", lambda: NOON)


@pytest.fixture
def add(archive, file_of) -> Add:
    """Adds a version with the given contents and returns its number."""

    def version(object_id: str = DOSSIER, remove: tuple[str, ...] = (), **contents: bytes) -> int:
        files = {f"du-lieu/{name}.pdf": file_of(content) for name, content in contents.items()}
        return archive.add_version(object_id, files, VersionNote("Lưu kết quả", CLERK), remove).number

    return version


def folder_of(archive: OcflRoot, object_id: str = DOSSIER) -> Path:
    return archive._folder(object_id).path


def codes(archive: OcflRoot) -> dict[str, StorageCode]:
    """Findings by the place inside their object."""
    return {finding.place.split("/", 4)[4]: finding.code for finding in archive.verify()}


def valid_for_ocfl_py(archive: OcflRoot) -> bool:
    """The word of an independent validator, digests included and warnings counted as faults."""
    logging.getLogger().setLevel(logging.ERROR)
    root = ocfl.StorageRoot(root=str(archive._path))
    whole = root.validate(validate_objects=True, check_digests=True)
    for place in archive._folders():
        judge = Validator(log_warnings=True, check_digests=True)
        whole = judge.validate_object(str(place.path)) and not judge.status_str() and whole
    return whole and root.num_objects == root.good_objects == len(list(archive.objects()))


def test_what_was_added_is_found_again_with_its_digests(archive, add):
    assert add(a=b"one", b=b"two") == 1
    assert {logical: path.read_bytes() for logical, path in archive.state(DOSSIER).items()} == {
        "du-lieu/a.pdf": b"one",
        "du-lieu/b.pdf": b"two",
    }
    file = archive.file(DOSSIER, "du-lieu/a.pdf")
    assert archive.version(DOSSIER).sha256["du-lieu/a.pdf"] == sha256_of(file)
    assert list(archive.objects()) == [DOSSIER]


def test_a_version_keeps_what_is_not_mentioned_and_takes_out_what_is_told(archive, add):
    add(a=b"one", b=b"two")
    assert add(c=b"three", remove=("du-lieu/a.pdf",)) == 2
    assert sorted(archive.state(DOSSIER)) == ["du-lieu/b.pdf", "du-lieu/c.pdf"]


def test_the_same_state_again_makes_no_version(archive, add):
    add(a=b"one")
    assert add(a=b"one") == 1
    assert add(a=b"other") == 2
    assert add(a=b"other") == 2


def test_each_content_is_kept_once(archive, add):
    add(a=b"one", b=b"one")
    add(c=b"one")
    kept = [path for path in folder_of(archive).rglob("content/**/*") if path.is_file()]
    assert len(kept) == 1
    assert len(set(archive.state(DOSSIER).values())) == 1


def test_what_is_not_there_is_not_kept(archive, add):
    add(a=b"one")
    for ask in (
        lambda: archive.state(OTHER),
        lambda: archive.file(DOSSIER, "x"),
        lambda: list(archive.verify(OTHER)),
    ):
        with pytest.raises(StorageFault) as told:
            ask()
        assert told.value.code is StorageCode.NOT_KEPT


def test_an_id_that_is_no_urn_is_refused(archive, add):
    with pytest.raises(ValueError, match="urn"):
        add("H00-1", a=b"one")


def test_an_independent_validator_finds_nothing_wrong(archive, add):
    add(a=b"one", b=b"two")
    add(c=b"ba", remove=("du-lieu/a.pdf",))
    add(OTHER, a=b"one")
    add("urn:motcua:" + "dài " * 40, a=b"x")
    assert valid_for_ocfl_py(archive)
    assert list(archive.verify()) == []


def test_a_root_is_opened_again_as_it_was(archive, add, tmp_path):
    add(a=b"one")
    again = OcflRoot(tmp_path / "archive", lambda: NOON)
    assert again.file(DOSSIER, "du-lieu/a.pdf").read_bytes() == b"one"


def test_a_folder_that_holds_something_else_is_not_taken_for_an_archive(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to-mother.txt").write_text("Con khỏe")
    with pytest.raises(StorageFault) as told:
        OcflRoot(tmp_path / "letters", lambda: NOON)
    assert told.value.code is StorageCode.NOT_AN_ARCHIVE


def test_a_root_of_another_layout_is_refused(archive, tmp_path):
    (tmp_path / "archive" / "ocfl_layout.json").write_text('{"extension": "0002-flat-direct-storage-layout"}')
    with pytest.raises(StorageFault) as told:
        OcflRoot(tmp_path / "archive", lambda: NOON)
    assert told.value.code is StorageCode.NOT_AN_ARCHIVE


def test_a_root_whose_making_was_cut_short_is_finished(tmp_path):
    for left in range(3):
        root = tmp_path / f"archive{left}"
        for name, content in list(ocfl_layout.root_files().items())[:left]:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        assert valid_for_ocfl_py(OcflRoot(root, lambda: NOON))


def test_a_flipped_byte_is_found(archive, add):
    add(a=b"one", b=b"two")
    archive.file(DOSSIER, "du-lieu/a.pdf").write_bytes(b"onE")
    assert codes(archive) == {"v1/content/du-lieu/a.pdf": StorageCode.DAMAGED}


def test_missing_added_and_unfinished_things_are_found(archive, add):
    add(a=b"one")
    folder = folder_of(archive)
    archive.file(DOSSIER, "du-lieu/a.pdf").unlink()
    (folder / "v1/content/du-lieu/x.pdf").write_bytes(b"")
    (folder / "v2").mkdir()
    assert codes(archive) == {
        "v1/content/du-lieu/a.pdf": StorageCode.NOT_KEPT,
        "v1/content/du-lieu/x.pdf": StorageCode.UNKNOWN_FILE,
        "v2": StorageCode.UNFINISHED,
    }


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("0=ocfl_object_1.1", "0=ocfl_object_1.1"),
        ("inventory.json", "inventory.json"),
        ("inventory.json.sha512", "inventory.json"),
        ("v1/inventory.json", "v1/inventory.json"),
        ("v2/inventory.json.sha512", "v2/inventory.json"),
    ],
)
def test_a_damaged_inventory_sidecar_or_declaration_is_found_and_nothing_lost(archive, add, name, found):
    add(a=b"one")
    add(b=b"two")
    (folder_of(archive) / name).write_bytes(b"rot")
    assert codes(archive)[found] is StorageCode.DAMAGED
    assert not valid_for_ocfl_py(archive)
    assert archive.file(DOSSIER, "du-lieu/b.pdf").read_bytes() == b"two"


def test_a_version_that_tells_another_history_is_found(archive, add, file_of, tmp_path):
    add(a=b"one")
    add(b=b"two")
    forged = OcflRoot(tmp_path / "forged", lambda: NOON)
    forged.add_version(DOSSIER, {"du-lieu/a.pdf": file_of(b"forged")}, VersionNote("Lưu", CLERK))
    for name in ("inventory.json", "inventory.json.sha512"):
        (folder_of(archive) / "v1" / name).write_bytes((folder_of(forged) / "v1" / name).read_bytes())
    assert codes(archive) == {"v1/inventory.json": StorageCode.DAMAGED}


def test_an_inventory_lost_with_its_newest_version_s_own_is_damage_and_no_older_state(archive, add):
    add(a=b"one")
    add(b=b"two")
    (folder_of(archive) / "inventory.json").write_bytes(b"rot")
    (folder_of(archive) / "v2/inventory.json").write_bytes(b"rot")
    with pytest.raises(StorageFault) as told:
        archive.state(DOSSIER)
    assert told.value.code is StorageCode.DAMAGED
    with pytest.raises(StorageFault):
        add(c=b"three")
    assert (folder_of(archive) / "v2/content/du-lieu/b.pdf").read_bytes() == b"two"
    assert codes(archive) == {"inventory.json": StorageCode.DAMAGED}


def test_what_no_crash_left_is_never_removed(archive, add):
    add(a=b"one")
    (folder_of(archive) / "v2").mkdir()
    with pytest.raises(StorageFault) as told:
        add(b=b"two")
    assert told.value.code is StorageCode.UNFINISHED
    assert (folder_of(archive) / "v2").is_dir()


def test_a_source_that_changes_while_it_is_kept_is_refused_and_leaves_nothing(tmp_path, file_of):
    source = file_of(b"one")

    def change(step: str) -> None:
        if step == "declared":
            source.write_bytes(b"changed")

    archive = OcflRoot(tmp_path / "archive", lambda: NOON, change)
    with pytest.raises(StorageFault) as told:
        archive.add_version(DOSSIER, {"a": source}, VersionNote("Lưu", CLERK))
    assert told.value.code is StorageCode.DAMAGED
    assert list(archive.objects()) == []
    assert valid_for_ocfl_py(archive)


def test_many_writers_of_one_object_come_one_after_the_other(archive, add):
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda n: add(**{f"p{n}": b"%d" % n}), range(12)))
    assert sorted(numbers) == list(range(1, 13))
    assert len(archive.state(DOSSIER)) == 12
    assert valid_for_ocfl_py(archive)


def test_readers_always_see_a_whole_version_while_one_writes(archive, add):
    add(p0=b"0")

    def read(_n: int) -> int:
        state = archive.state(DOSSIER)
        assert [path.read_bytes() for path in state.values()]
        return len(state)

    with ThreadPoolExecutor(3) as pool:
        writing = pool.submit(lambda: [add(**{f"p{n}": b"%d" % n}) for n in range(1, 15)])
        seen = list(pool.map(read, range(100)))
        writing.result()
    assert min(seen) >= 1
    assert len(archive.state(DOSSIER)) == 15


def test_a_dossier_is_read_without_this_software(archive, add):
    add(a=b"one")
    told = json.loads((folder_of(archive) / "inventory.json").read_text())
    newest = told["versions"][told["head"]]
    assert newest["user"] == {"name": CLERK[0], "address": CLERK[1]}
    assert newest["created"] == "2026-11-24T05:00:00.000000+00:00"
    (path,) = told["manifest"][next(iter(newest["state"]))]
    assert (folder_of(archive) / path).read_bytes() == b"one"


def test_a_version_upon_another_than_the_newest_is_refused_and_nothing_is_written(archive, file_of):
    known = VersionNote("Lưu", CLERK, upon=0)
    first = archive.add_version(DOSSIER, {"a": file_of(b"one")}, known)
    with pytest.raises(StorageFault) as refused:
        archive.add_version(DOSSIER, {"b": file_of(b"two")}, known)
    assert refused.value.code is StorageCode.MOVED_ON
    assert archive.version(DOSSIER) == first
    second = archive.add_version(DOSSIER, {"b": file_of(b"two")}, replace(known, upon=first.number))
    assert sorted(second.sha256) == ["a", "b"]
    assert list(archive.verify(DOSSIER)) == []


def test_a_fetched_file_is_a_checked_copy_and_no_answer_says_where_it_lies(archive, add, tmp_path):
    port: Archive = archive
    add(a=b"one")
    told = port.fetch(DOSSIER, "du-lieu/a.pdf", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"one"
    assert told == KeptFile("du-lieu/a.pdf", 3, port.version(DOSSIER).sha256["du-lieu/a.pdf"])
    with pytest.raises(FileExistsError):
        port.fetch(DOSSIER, "du-lieu/a.pdf", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"one"


def test_fetching_writes_no_more_than_the_copy_and_syncs_nothing(archive, add, tmp_path, monkeypatch):
    add(a=b"one")
    monkeypatch.setattr(os, "fsync", lambda _handle: pytest.fail("a throw-away copy was synced"))
    archive.fetch(DOSSIER, "du-lieu/a.pdf", tmp_path / "out")


@pytest.mark.parametrize("damage", ["changed", "missing", "unknown"])
def test_what_is_not_as_it_was_kept_is_not_fetched(archive, add, tmp_path, damage):
    add(a=b"one")
    if damage == "changed":
        archive.file(DOSSIER, "du-lieu/a.pdf").write_bytes(b"onE")
    elif damage == "missing":
        archive.file(DOSSIER, "du-lieu/a.pdf").unlink()
    with pytest.raises(StorageFault) as told:
        archive.fetch(DOSSIER, "x" if damage == "unknown" else "du-lieu/a.pdf", tmp_path / "out")
    assert told.value.code is (StorageCode.NOT_KEPT if damage == "unknown" else StorageCode.DAMAGED)
    assert not (tmp_path / "out").exists()
