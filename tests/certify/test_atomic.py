"""Files appear whole or not at all."""

from pathlib import Path

import pytest

from certify.model import CertifyFault, FaultCode
from certify.signing.atomic import appearing, begins_with, disk_faults
from foundation.durable import sha256_of


def test_a_file_appears_when_its_block_ends_well(tmp_path):
    target = tmp_path / "new" / "out.pdf"
    with appearing(target) as staged:
        staged.write_bytes(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert [path.name for path in target.parent.iterdir()] == ["out.pdf"]


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    target = tmp_path / "out.pdf"
    target.write_bytes(b"old")

    def fail(staged):
        staged.write_bytes(b"half")
        raise ValueError

    with pytest.raises(ValueError), appearing(target) as staged:  # noqa: PT011 - the very error raised inside
        fail(staged)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.pdf"]


def test_a_full_disk_is_called_that(tmp_path):
    def write():
        with Path("/dev/full").open("wb") as full:
            full.write(bytes(100_000))

    with pytest.raises(CertifyFault, match=str(FaultCode.DISK_FULL)), disk_faults(tmp_path / "out.pdf"):
        write()


def test_a_folder_that_is_a_file_is_a_write_that_failed(tmp_path):
    (tmp_path / "folder").write_bytes(b"")
    with (
        pytest.raises(CertifyFault, match=str(FaultCode.WRITE_FAILED)),
        appearing(tmp_path / "folder" / "out"),
    ):
        pass


@pytest.mark.parametrize(
    ("whole", "start", "expected"),
    [(b"abcd", b"abc", True), (b"abc", b"abc", False), (b"ab", b"abc", False), (b"abxd", b"abc", False)],
)
def test_one_file_goes_on_from_another(tmp_path, whole, start, expected):
    (tmp_path / "whole").write_bytes(whole)
    (tmp_path / "start").write_bytes(start)
    assert begins_with(tmp_path / "whole", tmp_path / "start") is expected


def test_digests_are_hex(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_of(tmp_path / "empty").startswith("e3b0c44298fc")
