"""Files appear whole or not at all, and stay."""

import errno
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.durable import (
    appearing,
    copy_whole,
    is_full,
    publish,
    sha256_of,
    sync,
    write_new,
    write_whole,
)

PRIVATE = 0o600


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_its_block_ends_well(tmp_path):
    target = tmp_path / "out.pdf"
    with appearing(target) as staged:
        staged.write_bytes(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert names_in(tmp_path) == ["out.pdf"]


def test_a_block_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    target = tmp_path / "out.pdf"
    target.write_bytes(b"old")

    def fail(staged):
        staged.write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), appearing(target) as staged:
        fail(staged)
    assert target.read_bytes() == b"old"
    assert names_in(tmp_path) == ["out.pdf"]


def test_a_new_file_never_takes_the_place_of_another(tmp_path):
    write_new(tmp_path / "key", b"first", PRIVATE)
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "key", b"second", PRIVATE)
    assert (tmp_path / "key").read_bytes() == b"first"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == PRIVATE


@given(old=st.binary(max_size=2000), new=st.binary(max_size=2000))
def test_what_was_written_whole_is_what_is_read(tmp_path_factory, old, new):
    folder = tmp_path_factory.mktemp("whole")
    write_whole(folder / "file", old)
    write_whole(folder / "file", new)
    assert (folder / "file").read_bytes() == new
    assert names_in(folder) == ["file"]


def test_a_copy_has_the_bytes_and_none_of_the_rights(tmp_path):
    (tmp_path / "source").write_bytes(b"bytes" * 100_000)
    (tmp_path / "source").chmod(0o400)
    copy_whole(tmp_path / "source", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"bytes" * 100_000
    assert os.access(tmp_path / "copy", os.W_OK)


def test_what_is_published_has_only_its_new_name(tmp_path):
    (tmp_path / "staged").write_bytes(b"x")
    publish(tmp_path / "staged", tmp_path / "target")
    assert names_in(tmp_path) == ["target"]
    sync(tmp_path)


def test_a_digest_is_hex(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_of(tmp_path / "empty").startswith("e3b0c44298fc")


@pytest.mark.parametrize(
    ("number", "full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EACCES, False)]
)
def test_a_full_disk_is_known_by_its_number(number, full):
    assert is_full(OSError(number, "told")) is full
