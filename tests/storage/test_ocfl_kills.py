"""A writer killed at every step of a commit, first version and later one, on a fresh process each."""

from pathlib import Path

import pytest

from storage.ocfl.objects import STEPS
from storage.ocfl.root import OcflRoot, VersionNote
from tests.storage.samples import CLERK, DOSSIER, NOON, dies_in_child
from tests.storage.test_ocfl import valid_for_ocfl_py

COMMITTED_FROM = STEPS.index("version_sidecar_written")  # whole, so rolled forward


def opened(root: Path, after=lambda _step: None) -> OcflRoot:
    return OcflRoot(root, lambda: NOON, after)


def add(archive: OcflRoot, file_of, names: str) -> int:
    files = {f"du-lieu/{name}.pdf": file_of(name.encode()) for name in names}
    return archive.add_version(DOSSIER, files, VersionNote("Lưu", CLERK)).number


def names_in(archive: OcflRoot) -> str:
    return "".join(sorted(path.read_text() for path in archive.state(DOSSIER).values()))


@pytest.mark.parametrize("before", ["", "ab"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_version_is_whole_or_absent(tmp_path, file_of, step, before):
    root = tmp_path / "archive"
    if before:
        add(opened(root), file_of, before)
    assert dies_in_child(lambda after: add(opened(root, after), file_of, "bcd"), step)
    kept = STEPS.index(step) >= COMMITTED_FROM
    again = opened(root)
    assert (list(again.objects()) == [DOSSIER]) == (kept or bool(before))
    if kept or before:
        assert names_in(again) == "".join(sorted(set(before + "bcd" * kept)))
    assert list(again.verify()) == []
    assert valid_for_ocfl_py(again)
    assert add(again, file_of, "bcd") == (2 if before else 1)
    assert names_in(again) == "".join(sorted(set(before + "bcd")))
    assert valid_for_ocfl_py(again)


@pytest.mark.parametrize("step", STEPS)
def test_a_reader_that_was_open_all_along_never_sees_half_a_version(tmp_path, file_of, step):
    root = tmp_path / "archive"
    reader = opened(root)
    add(reader, file_of, "a")
    assert dies_in_child(lambda after: add(opened(root, after), file_of, "b"), step)
    assert names_in(reader) in {"a", "ab"}
    assert (names_in(reader) == "ab") == (STEPS.index(step) >= STEPS.index("inventory_replaced"))


@pytest.mark.parametrize("first", STEPS)
def test_killed_again_while_cleaning_up_nothing_is_lost(tmp_path, file_of, first):
    root = tmp_path / "archive"
    add(opened(root), file_of, "a")
    assert dies_in_child(lambda after: add(opened(root, after), file_of, "b"), first)
    for second in ("inventory_replaced", "sidecar_replaced"):
        dies_in_child(lambda after: opened(root, after), second)
    again = opened(root)
    assert names_in(again) in {"a", "ab"}
    assert list(again.verify()) == []
    assert valid_for_ocfl_py(again)


def test_opening_leaves_alone_what_another_is_writing(tmp_path, file_of):
    root = tmp_path / "archive"
    seen = []

    def look(step: str) -> None:
        other = opened(root)
        seen.append((step, len(list(other.objects()))))

    add(opened(root, look), file_of, "a")
    assert [step for step, _objects in seen] == list(STEPS)
    assert names_in(opened(root)) == "a"
