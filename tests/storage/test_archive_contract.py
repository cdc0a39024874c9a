"""What every archive keeps to, asked of each: the directory, and a real S3 server (MinIO, TLS)."""

import logging
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import ocfl
import pytest
from ocfl.validator import Validator

from storage.archive import KeptFile, VersionNote
from storage.faults import StorageCode, StorageFault
from storage.ocfl import bucket as ocfl_bucket
from storage.ocfl import objects as ocfl_objects
from storage.ocfl.bucket import Ground, OcflBucket
from storage.ocfl.mirror import Repository, is_mirrored, mirror, repair
from storage.ocfl.root import OcflRoot
from storage.s3 import bucket as s3_bucket
from storage.s3.address import Access, Address, Patience
from storage.s3.bucket import Bucket
from tests.storage.samples import CLERK, DOSSIER, NOON, dies_in_child

OTHER = "urn:motcua:phuong-mau:H00.00.00.01-261124-0002"
NOTE = VersionNote("Lưu", CLERK)
HASTY = Patience(connect=2, read=10, tries=3, first_wait=0.01, longest_wait=0.05)
KINDS = ("directory", "s3")
LATER = NOON + timedelta(days=2)


@dataclass(frozen=True)
class Rig:
    """An archive, how it is opened again (when, and who hears of each step), and its bytes as files."""

    archive: Repository
    again: Callable[..., Repository]
    copy_out: Callable[[], Path]  # a folder with the root's files as they are
    steps: tuple[str, ...]
    decided: str  # from this step on the version stands


def directory_rig(folder: Path) -> Rig:
    def again(clock=lambda: NOON, after=lambda _step: None):
        return OcflRoot(folder / "archive", clock, after)

    return Rig(again(), again, lambda: folder / "archive", ocfl_objects.STEPS, "version_sidecar_written")


def s3_rig(server, folder: Path) -> Rig:
    address = Address.of(f"{server.url(server.new_bucket())}/ward")
    access = Access(server.credentials, server.authority)
    counted = iter(range(1000))

    def again(clock=lambda: NOON, after=lambda _step: None):
        root, work = (Bucket(address.below(name), access, HASTY) for name in ("archive", "archive.work"))
        return OcflBucket(Ground(root, work, reads_back=False), clock, after)

    def copy_out() -> Path:
        out = folder / f"copied-{next(counted)}"
        bucket = Bucket(address.below("archive"), access, HASTY)
        for name in bucket.names():
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(bucket.read(name)[0])
        return out

    return Rig(again(), again, copy_out, ocfl_bucket.STEPS, "version_inventory_written")


@pytest.fixture(params=KINDS)
def rig(request, tmp_path) -> Rig:
    if request.param == "directory":
        return directory_rig(tmp_path)
    return s3_rig(request.getfixturevalue("s3_server"), tmp_path)


@pytest.fixture
def archive(rig) -> Repository:
    return rig.archive


@pytest.fixture
def add(file_of):
    """Adds a version with the given contents and returns its number."""

    def version(archive, object_id=DOSSIER, remove=(), note=NOTE, **contents: bytes) -> int:
        files = {f"du-lieu/{name}.pdf": file_of(content) for name, content in contents.items()}
        return archive.add_version(object_id, files, note, remove).number

    return version


def valid_for_ocfl_py(root: Path) -> bool:
    """The word of an independent validator, digests included and warnings counted as faults."""
    logging.getLogger().setLevel(logging.ERROR)
    judged = ocfl.StorageRoot(root=str(root))
    whole = judged.validate(validate_objects=True, check_digests=True)
    for declaration in root.rglob("0=ocfl_object_1.1"):
        judge = Validator(log_warnings=True, check_digests=True)
        whole = judge.validate_object(str(declaration.parent)) and not judge.status_str() and whole
    return whole and judged.num_objects == judged.good_objects


def fetched(archive, folder: Path, name: str, object_id: str = DOSSIER) -> bytes:
    target = folder / f"out-{random.random()}"  # noqa: S311 a name
    archive.fetch(object_id, f"du-lieu/{name}.pdf", target)
    return target.read_bytes()


def names_in(archive) -> str:
    return "".join(sorted(Path(name).stem for name in archive.version(DOSSIER).sha256))


def refused(code, act, *arguments, **named):
    with pytest.raises(StorageFault) as told:
        act(*arguments, **named)
    assert told.value.code is code


def flip(archive, name: str, folder: Path, object_id: str = DOSSIER) -> None:
    """One bit of a kept file is another, behind the archive's back."""
    tree = archive.tree_of(object_id)
    content = bytearray(tree.read(name))
    content[len(content) // 2] ^= 1
    (folder / "flipped").write_bytes(content)
    tree.restore(name, folder / "flipped")


def codes(archive) -> dict[str, StorageCode]:
    return {finding.place.split("/", 4)[4]: finding.code for finding in archive.verify()}


def test_what_was_added_is_fetched_again_with_its_digests(archive, add, tmp_path):
    assert add(archive, a=b"one", b=b"two") == 1
    told = archive.fetch(DOSSIER, "du-lieu/a.pdf", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"one"
    assert told == KeptFile("du-lieu/a.pdf", 3, archive.version(DOSSIER).sha256["du-lieu/a.pdf"])
    assert list(archive.objects()) == [DOSSIER]


def test_the_newest_version_as_it_was_found_is_read_on_while_others_are_added(archive, add, tmp_path):
    with pytest.raises(StorageFault) as refused:
        archive.newest(DOSSIER)
    assert refused.value.code is StorageCode.NOT_KEPT
    add(archive, a=b"one")
    (found,) = archive.every()
    add(archive, a=b"two", b=b"three")
    assert (found.object_id, found.version.number) == (DOSSIER, 1)
    assert found.read("du-lieu/a.pdf") == b"one"
    found.fetch("du-lieu/a.pdf", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"one"
    with pytest.raises(StorageFault) as refused:
        found.read("du-lieu/b.pdf")
    assert refused.value.code is StorageCode.NOT_KEPT
    flip(archive, found.current.content_path(found.current.state["du-lieu/a.pdf"]), tmp_path)
    with pytest.raises(StorageFault) as refused:
        found.read("du-lieu/a.pdf")
    assert refused.value.code is StorageCode.DAMAGED


def test_a_version_keeps_what_is_not_mentioned_and_takes_out_what_is_told(archive, add):
    add(archive, a=b"one", b=b"two")
    assert add(archive, c=b"three", remove=("du-lieu/a.pdf",)) == 2
    assert names_in(archive) == "bc"


def test_the_same_state_again_makes_no_version(archive, add):
    assert [add(archive, a=b"one"), add(archive, a=b"one"), add(archive, a=b"other")] == [1, 1, 2]


def test_each_content_is_kept_once(rig, add):
    add(rig.archive, a=b"one", b=b"one")
    add(rig.archive, c=b"one")
    kept = [path for path in rig.copy_out().rglob("content/**/*") if path.is_file()]
    assert len(kept) == 1
    assert names_in(rig.archive) == "abc"


def test_what_is_not_there_is_not_kept(archive, add, tmp_path):
    add(archive, a=b"one")
    refused(StorageCode.NOT_KEPT, archive.version, OTHER)
    refused(StorageCode.NOT_KEPT, archive.fetch, DOSSIER, "x", tmp_path / "out")
    refused(StorageCode.NOT_KEPT, lambda: list(archive.verify(OTHER)))


def test_an_id_that_is_no_urn_and_a_path_that_climbs_are_refused(archive, add, file_of):
    with pytest.raises(ValueError, match="urn"):
        add(archive, "H00-1", a=b"one")
    with pytest.raises(ValueError, match="logical"):
        archive.add_version(DOSSIER, {"../x": file_of(b"x")}, NOTE)


def test_an_independent_validator_finds_nothing_wrong(rig, add):
    add(rig.archive, a=b"one", b=b"two")
    add(rig.archive, c=b"ba", remove=("du-lieu/a.pdf",))
    add(rig.archive, OTHER, a=b"one")
    add(rig.archive, "urn:motcua:" + "dài " * 40, a=b"x")
    assert valid_for_ocfl_py(rig.copy_out())
    assert list(rig.archive.verify()) == []


def test_an_archive_is_opened_again_as_it_was(rig, add, tmp_path):
    add(rig.archive, a=b"one")
    assert fetched(rig.again(), tmp_path, "a") == b"one"


def test_a_version_upon_another_than_the_newest_is_refused_and_nothing_is_written(rig, add):
    known = replace(NOTE, upon=0)
    add(rig.archive, note=known, a=b"one")
    refused(StorageCode.MOVED_ON, add, rig.archive, note=known, b=b"two")
    assert add(rig.archive, note=replace(known, upon=1), b=b"two") == 2
    assert valid_for_ocfl_py(rig.copy_out())


def test_a_source_that_changes_while_it_is_kept_is_refused_and_leaves_nothing(rig, file_of):
    source = file_of(b"one")

    def change(step: str) -> None:
        if step == "marked":
            source.write_bytes(b"changed")

    changing = rig.again(after=change)
    refused(StorageCode.DAMAGED, changing.add_version, DOSSIER, {"a": source}, NOTE)
    assert list(changing.objects()) == []
    assert valid_for_ocfl_py(rig.copy_out())


@pytest.mark.parametrize("before", ["", "ab"])
@pytest.mark.parametrize("number", range(len(ocfl_objects.STEPS)))
def test_killed_at_any_step_the_version_is_whole_or_absent(rig, add, tmp_path, number, before):
    if number >= len(rig.steps):
        return
    step = rig.steps[number]
    if before:
        add(rig.archive, **{name: name.encode() for name in before})
    new = {name: name.encode() for name in "bcd"}
    assert dies_in_child(lambda after: add(rig.again(after=after), **new), step)
    kept = number >= rig.steps.index(rig.decided)
    again = rig.again(clock=lambda: LATER)  # whoever was writing is surely dead by now
    assert (list(again.objects()) == [DOSSIER]) == (kept or bool(before))
    if kept or before:
        assert names_in(again) == "".join(sorted(set(before + "bcd" * kept)))
    assert list(again.verify()) == []
    assert valid_for_ocfl_py(rig.copy_out())
    assert add(again, **new) == (2 if before else 1)
    assert names_in(again) == "".join(sorted(set(before + "bcd")))
    assert {name: fetched(again, tmp_path, name) for name in "bcd"} == new
    assert valid_for_ocfl_py(rig.copy_out())


@pytest.mark.parametrize("number", range(len(ocfl_objects.STEPS)))
def test_done_again_at_once_after_a_kill_the_version_is_there_and_nothing_is_left_over(rig, add, number):
    if number >= len(rig.steps):
        return
    assert dies_in_child(lambda after: add(rig.again(after=after), a=b"one", b=b"two"), rig.steps[number])
    assert add(rig.again(), a=b"one", b=b"two") == 1
    assert valid_for_ocfl_py(rig.copy_out())
    assert codes(rig.again(clock=lambda: LATER)) == {}


def test_a_reader_that_was_open_all_along_never_sees_half_a_version(rig, add, tmp_path):
    add(rig.archive, a=b"a")
    for number, step in enumerate(rig.steps):
        dies_in_child(lambda after, n=number: add(rig.again(after=after), **{f"b{n}": b"b"}), step)
        told = rig.archive.version(DOSSIER).sha256
        assert "du-lieu/a.pdf" in told
        for name in told:
            rig.archive.fetch(DOSSIER, name, tmp_path / f"{number}-{Path(name).stem}")


def test_of_many_writers_of_one_version_one_wins_and_the_others_are_told(rig, add):
    add(rig.archive, first=b"0")

    def write(number: int) -> StorageCode | None:
        try:
            add(rig.again(), note=replace(NOTE, upon=1), **{f"p{number}": b"%d" % number})
        except StorageFault as told:
            return told.code
        return None

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(write, range(4)))
    assert sorted(told, key=str) == [*[StorageCode.MOVED_ON] * 3, None]
    assert names_in(rig.archive) == "".join(sorted(["first", f"p{told.index(None)}"]))
    assert codes(rig.again(clock=lambda: LATER)) == {}
    assert valid_for_ocfl_py(rig.copy_out())


def test_two_writers_with_the_same_file_take_nothing_from_each_other(rig, add, file_of, tmp_path):
    """The first stops before it is decided; the second wins; the first comes back, loses, and cleans up."""
    second = rig.again()
    seen = []

    def overtaken(step: str) -> None:
        if step == "content_written" and not seen:
            seen.append(add(second, a=b"shared", b=b"two"))

    if isinstance(rig.archive, OcflRoot):
        pytest.skip("a directory lets one writer of an object in at a time")
    refused(StorageCode.MOVED_ON, add, rig.again(after=overtaken), a=b"shared", c=b"three")
    assert seen == [1]
    assert names_in(rig.archive) == "ab"
    assert fetched(rig.archive, tmp_path, "a") == b"shared"
    assert codes(rig.again(clock=lambda: LATER)) == {}
    assert valid_for_ocfl_py(rig.copy_out())


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("0=ocfl_object_1.1", "0=ocfl_object_1.1"),
        ("inventory.json", "inventory.json"),
        ("inventory.json.sha512", "inventory.json"),
        ("v1/inventory.json", "v1/inventory.json"),
        ("v2/inventory.json.sha512", "v2/inventory.json"),
        ("v1/content/du-lieu/a.pdf", "v1/content/du-lieu/a.pdf"),
    ],
)
def test_a_flipped_bit_anywhere_is_found_and_repaired_from_a_replica(rig, add, tmp_path, name, found):
    replica = OcflRoot(tmp_path / "replica", lambda: NOON)
    add(rig.archive, a=b"one")
    add(rig.archive, b=b"two")
    original, copy = rig.archive.tree_of(DOSSIER), replica.tree_of(DOSSIER)
    mirror(original, copy)
    flip(rig.archive, name, tmp_path)
    assert codes(rig.archive)[found] is StorageCode.DAMAGED
    findings = tuple(
        replace(one, place=one.place.removeprefix(f"{original.place}/"))
        for one in rig.archive.verify(DOSSIER)
    )
    assert list(repair(original, copy, findings)) == []
    assert codes(rig.archive) == {}
    assert valid_for_ocfl_py(rig.copy_out())


@pytest.mark.parametrize("name", ["inventory.json.sha512", "v1/inventory.json.sha512"])
def test_a_flipped_bit_behind_a_sidecar_s_digest_is_found_too(rig, add, tmp_path, name):
    add(rig.archive, a=b"one")
    tree = rig.archive.tree_of(DOSSIER)
    (tmp_path / "changed").write_bytes(tree.read(name).replace(b"inventory", b"inventorY"))
    tree.restore(name, tmp_path / "changed")
    assert codes(rig.archive) == {name: StorageCode.DAMAGED}


def test_a_replica_is_an_archive_of_its_own_and_the_second_copying_sends_nothing(rig, add, tmp_path):
    replica = OcflRoot(tmp_path / "replica", lambda: NOON)
    add(rig.archive, a=b"one")
    original, copy = rig.archive.tree_of(DOSSIER), replica.tree_of(DOSSIER)
    assert not is_mirrored(original, copy)
    assert mirror(original, copy) > 0
    assert is_mirrored(original, copy)
    assert mirror(original, copy) == 0
    add(rig.archive, b=b"two")
    assert not is_mirrored(original, copy)
    mirror(original, copy)
    assert is_mirrored(original, copy)
    assert replica.version(DOSSIER) == rig.archive.version(DOSSIER)
    assert valid_for_ocfl_py(tmp_path / "replica")
    flip(replica, "v1/content/du-lieu/a.pdf", tmp_path)
    assert not is_mirrored(original, copy)


def test_what_the_replica_has_lost_too_stays_a_finding(rig, add, tmp_path):
    replica = OcflRoot(tmp_path / "replica", lambda: NOON)
    add(rig.archive, a=b"one")
    original, copy = rig.archive.tree_of(DOSSIER), replica.tree_of(DOSSIER)
    mirror(original, copy)
    for one in (rig.archive, replica):
        flip(one, "v1/content/du-lieu/a.pdf", tmp_path)
    place = f"{original.place}/"
    findings = tuple(replace(one, place=one.place.removeprefix(place)) for one in rig.archive.verify(DOSSIER))
    assert [one.place for one in repair(original, copy, findings)] == ["v1/content/du-lieu/a.pdf"]


def test_a_version_in_a_bucket_costs_nine_requests_and_one_for_each_new_file(
    tmp_path, s3_server, monkeypatch
):
    archive, asked = s3_rig(s3_server, tmp_path).archive, []
    ask = s3_bucket.ask
    monkeypatch.setattr(
        s3_bucket, "ask", lambda patience, request: (asked.append(1), ask(patience, request))[1]
    )
    files = {f"du-lieu/{number}.pdf": tmp_path / f"{number}" for number in range(3)}
    for number, path in enumerate(files.values()):
        path.write_text(f"{number}")
    archive.add_version(DOSSIER, files, NOTE)
    assert len(asked) <= 8 + 3
    asked.clear()
    (tmp_path / "0").write_text("another")
    archive.add_version(DOSSIER, files, NOTE)
    assert len(asked) <= 9 + 1


def test_a_place_that_holds_something_else_is_not_taken_for_an_archive(rig, tmp_path, s3_server):
    if isinstance(rig.archive, OcflRoot):
        return  # tests/storage/test_ocfl.py
    address = Address.of(s3_server.url(s3_server.new_bucket()))
    access = Access(s3_server.credentials, s3_server.authority)
    root, work = (Bucket(address.below(name), access, HASTY) for name in ("archive", "work"))
    root.put("letters/to-mother.txt", b"Con")
    refused(StorageCode.NOT_AN_ARCHIVE, OcflBucket, Ground(root, work), lambda: NOON)
