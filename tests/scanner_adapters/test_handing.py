"""Pages are handed out whole, numbered on, never over another file and never twice."""

import errno
import os

import pytest

from scanner_adapters.folder import handing
from scanner_adapters.folder.handing import hand_out
from tests.scanner_adapters.escl_rig import LEAVES, rig


@pytest.fixture
def pages(tmp_path):
    return rig(tmp_path / "spool").scan().pages


@pytest.fixture(params=["links", "no links"])
def out(tmp_path, request, monkeypatch):
    folder = tmp_path / "out"
    folder.mkdir()
    if request.param == "no links":

        def refuse(*_: object) -> None:
            raise OSError(errno.EXDEV, "another file system")

        monkeypatch.setattr(os, "link", refuse)
    return folder


def test_pages_are_numbered_on_from_what_is_there(pages, out):
    (out / "0007.png").write_bytes(b"somebody's")
    (out / "note.txt").write_bytes(b"")
    assert [hand_out(page, out).name for page in pages[:2]] == ["0008.jpg", "0009.jpg"]
    assert [(out / name).read_bytes() for name in ("0008.jpg", "0009.jpg")] == [LEAVES[1], LEAVES[2]]
    assert (out / "0007.png").read_bytes() == b"somebody's"
    assert len(list(out.iterdir())) == 4


def test_after_a_crash_a_page_that_lies_there_last_stays_alone(pages, out):
    first = hand_out(pages[0], out)
    assert hand_out(pages[0], out, after_crash=True) == first
    assert hand_out(pages[1], out, after_crash=True).name == "0002.jpg"
    assert hand_out(pages[1], out).name == "0003.jpg"  # the same sheet scanned again is another page


def test_a_name_taken_meanwhile_is_passed_over(pages, out, monkeypatch):
    place = handing._place
    calls = []

    def raced(source, target):
        if not calls:
            calls.append(target)
            target.write_bytes(b"another's")
        place(source, target)

    monkeypatch.setattr(handing, "_place", raced)
    assert hand_out(pages[0], out).name == "0002.jpg"
    assert (out / "0001.jpg").read_bytes() == b"another's"
