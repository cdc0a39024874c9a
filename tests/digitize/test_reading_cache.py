"""A page read before with the same wishes is not read again; a slow page is told and blocks nobody."""

import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from digitize.model import Profile, ReasonCode, Wishes
from digitize.pipeline import digitize
from digitize.reading_cache import ReadingCache, purge
from digitize.sight import Aim
from digitize.words import tesseract
from digitize.words.same_number import is_number
from scanner_adapters.simulator.papers.papers import Paper
from tests.digitize.digitize_desk import Desk, found_share
from tests.digitize.digitize_scans import head, paper, raster_of, save, scanned

SLOW = 5  # seconds after which the reader is stopped here; a note takes a fraction of that


class Readers:
    """A `tesseract` ahead of the real one on the path: it counts its starts, and dawdles where told to."""

    def __init__(self, folder: Path) -> None:
        self._starts = folder / "starts"
        self._dawdle = folder / "dawdle"
        real = shutil.which("tesseract")
        self.script = folder / "bin" / "tesseract"
        self.script.parent.mkdir()
        self.script.write_text(
            f'#!/bin/sh\necho "$@" >>"{self._starts}"\n'
            f'if mv "{self._dawdle}" "{self._dawdle}-$$" 2>/dev/null; then $(cat "{self._dawdle}-$$"); fi\n'
            f'exec "{real}" "$@"\n'
        )
        self.script.chmod(0o755)

    def started(self) -> int:
        return len(self._starts.read_text().splitlines()) if self._starts.exists() else 0

    def dawdle_once(self, how: str = "exec sleep 60") -> None:
        self._dawdle.write_text(how)


@pytest.fixture
def readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Readers:
    counting = Readers(tmp_path)
    monkeypatch.setenv("PATH", f"{counting.script.parent}:/usr/bin:/bin")
    return counting


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(head(scanned(Paper.LETTER), 70), tmp_path_factory.mktemp("cache") / "note.jpg")


def test_the_same_page_is_read_once(desk: Desk, scan, readers):
    cache = desk.folder / "cache"
    first = desk.digitize(scan, cache=cache)
    starts = readers.started()
    assert starts >= 1
    again = desk.digitize(scan, cache=cache)
    assert readers.started() == starts
    assert again.finished.sha256 == first.finished.sha256
    assert again.pages[0].text == first.pages[0].text
    assert replace(again.pages[0].report, cpu_seconds=0) == replace(first.pages[0].report, cpu_seconds=0)


def test_without_a_cache_it_is_read_every_time(desk: Desk, scan, readers):
    desk.digitize(scan)
    starts = readers.started()
    desk.digitize(scan)
    assert readers.started() == 2 * starts


def test_another_rendition_of_a_known_page_is_not_read_again(desk: Desk, scan, readers):
    cache = desk.folder / "cache"
    desk.digitize(scan, cache=cache)
    starts = readers.started()
    desk.digitize(scan, cache=cache, profile=Profile.COMPACT, reading_copy=desk.folder / "small.pdf")
    assert readers.started() == starts


SHOWN = ((0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95))


@pytest.mark.parametrize("wishes", [Wishes(whiten=True), Wishes(dewarp=True), Wishes(corners=((1, SHOWN),))])
def test_with_other_wishes_a_known_page_is_read_again(desk: Desk, scan, readers, wishes):
    cache = desk.folder / "cache"
    desk.digitize(scan, cache=cache)
    starts = readers.started()
    wished = desk.digitize(scan, cache=cache, wishes=wishes)
    assert readers.started() > starts
    starts = readers.started()
    again = desk.digitize(scan, cache=cache, wishes=wishes)
    assert readers.started() == starts
    assert again.finished.sha256 == wished.finished.sha256


def test_pixels_paper_turn_and_back_all_decide_the_key(tmp_path):
    cache, raster = ReadingCache(tmp_path / "cache"), raster_of(paper(Paper.LINE, dpi=50).image, 50)
    other = raster.pixels.copy()
    other[3, 3] = 7
    rasters = (
        raster,
        replace(raster, pixels=other),
        replace(raster, turn=90),
        replace(raster, width_mm=raster.width_mm + 1),
        replace(raster, size_assumed=True),
    )
    keys = {cache.key(each, Aim()) for each in rasters} | {cache.key(raster, Aim(back=raster))}
    assert len(keys) == len(rasters) + 1
    assert cache.key(replace(raster, pixels=raster.pixels.copy()), Aim()) == cache.key(raster, Aim())


def test_the_cache_is_its_owners_alone_even_if_it_was_open_before(desk: Desk, scan):
    cache = desk.folder / "cache"
    cache.mkdir(mode=0o755)
    desk.digitize(scan, cache=cache)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert [path.suffix for path in cache.iterdir()] == [".json"]


@pytest.mark.parametrize("broken", [b"", b"{", b'{"pose": 3}', b"\xff\xfe\x00", b"[]"])
def test_a_broken_entry_is_read_again_and_mended(desk: Desk, scan, readers, broken):
    cache = desk.folder / "cache"
    first = desk.digitize(scan, cache=cache)
    (entry,) = cache.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(broken)
    starts = readers.started()
    assert desk.digitize(scan, cache=cache).text == first.text
    assert readers.started() > starts
    assert entry.read_bytes() == whole


def test_a_purged_cache_knows_nothing(desk: Desk, scan, readers):
    cache = desk.folder / "cache"
    desk.digitize(scan, cache=cache)
    purge(cache)
    assert not cache.exists()
    starts = readers.started()
    desk.digitize(scan, cache=cache)
    assert readers.started() > starts
    purge(desk.folder / "nowhere")


@pytest.mark.usefixtures("tesseract_alone")
def test_a_page_that_takes_too_long_is_read_smaller_and_told_and_the_others_come_out(
    desk: Desk, scan, readers, monkeypatch
):
    monkeypatch.setattr(tesseract, "SLOW_SECONDS", SLOW)
    readers.dawdle_once()
    done = desk.digitize(scan, scan, jobs=1)
    incomplete = [
        ReasonCode.READING_INCOMPLETE in {r.code for r in page.report.reasons} for page in done.pages
    ]
    assert incomplete == [True, False]
    assert found_share(done.pages[1].text.text.split(), done.pages[0].text.text) > 0.6
    assert done.finished.conformance == "PDF/A-2u"


@pytest.mark.usefixtures("tesseract_alone")
def test_time_in_which_the_reader_does_not_get_the_processor_does_not_count(
    desk: Desk, scan, readers, monkeypatch
):
    monkeypatch.setattr(tesseract, "WORK_SECONDS", 2)
    readers.dawdle_once("sleep 3")
    done = desk.digitize(scan, jobs=1)
    assert not any(reason.code is ReasonCode.READING_INCOMPLETE for reason in done.pages[0].report.reasons)


@pytest.mark.usefixtures("tesseract_alone")
def test_a_reader_that_works_without_end_is_stopped_and_the_page_told(desk: Desk, scan, readers, monkeypatch):
    monkeypatch.setattr(tesseract, "WORK_SECONDS", 2)
    readers.dawdle_once("exec cat /dev/zero")
    done = desk.digitize(scan, jobs=1)
    assert any(reason.code is ReasonCode.READING_INCOMPLETE for reason in done.pages[0].report.reasons)


def test_a_second_reader_that_takes_too_long_leaves_the_first_ones_page_whole(
    desk: Desk, scan, readers, monkeypatch
):
    monkeypatch.setattr(tesseract, "SLOW_SECONDS", SLOW)
    readers.dawdle_once()
    done = desk.digitize(scan, scan, jobs=1)
    first, second = (page.text.text for page in done.pages)
    assert found_share(second.split(), first) > 0.95
    assert not any(reason.code is ReasonCode.READING_INCOMPLETE for reason in done.pages[0].report.reasons)
    numbers = [word for line in done.pages[0].text.lines for word in line.words if is_number(word.text)]
    assert numbers
    assert not any(word.sure for word in numbers)


def children() -> set[str]:
    return {
        child for tasks in Path("/proc/self/task").glob("*/children") for child in tasks.read_text().split()
    }


def test_an_order_given_up_between_pages_leaves_no_file_and_no_process(desk: Desk, scan, tmp_path):
    before = children()
    outputs = {"text": tmp_path / "out.txt", "reading_copy": tmp_path / "small.pdf"}
    events = digitize(desk.order(*[scan] * 5, **outputs))
    next(events)
    assert children() - before
    events.close()
    assert children() <= before
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "work") == []
    assert not list(tesseract.MEMORY_FOLDER.glob(f"{tesseract.MEMORY_PREFIX}{os.getpid()}-*"))
