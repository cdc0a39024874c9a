"""Pages in parallel: in order, a bounded number at once, and a worker's death is told, never suffered."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
from PIL import Image

from digitize import workers
from digitize.model import DigitizeFault, FaultCode
from digitize.pdf import assembly
from digitize.words.tesseract import MEMORY_PREFIX, forget_pages
from digitize.workers import Workers


def name(task: int) -> tuple[str, int | None]:
    return f"source-{task}", task


def square(task: int) -> int:
    time.sleep(0.02 if task % 2 else 0)
    return task * task


def die_at_two(task: int) -> int:
    if task == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def hang_at_one(task: int) -> int:
    while task == 1:
        pass
    return task


def fault_at_one(task: int) -> int:
    if task == 1:
        raise DigitizeFault(FaultCode.TOO_LARGE, "wide.pdf", 4, "why")
    return task


def test_results_come_in_order_and_few_tasks_are_on_their_way():
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        for task in range(40):
            taken += 1
            yield task

    with Workers(2) as pool:
        for done, result in enumerate(pool.map(square, tasks(), name)):
            assert result == done * done
            assert taken <= done + 2 + workers.AHEAD


def test_a_worker_that_dies_is_a_fault_that_names_source_and_page():
    with pytest.raises(DigitizeFault) as told, Workers(1) as pool:
        list(pool.map(die_at_two, iter(range(5)), name))
    assert (told.value.code, told.value.source, told.value.page) == (FaultCode.PAGE_FAILED, "source-2", 2)


def test_a_page_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workers, "PAGE_SECONDS", 0.3)
    with pytest.raises(DigitizeFault) as told, Workers(2) as pool:
        list(pool.map(hang_at_one, iter(range(3)), name))
    assert (told.value.code, told.value.page) == (FaultCode.PAGE_FAILED, 1)


def test_pictures_of_ended_workers_are_forgotten_and_those_of_others_kept(tmp_path):
    mine, others = tmp_path / f"{MEMORY_PREFIX}{os.getpid()}-a", tmp_path / f"{MEMORY_PREFIX}1-b"
    gone = tmp_path / f"{MEMORY_PREFIX}4194999-c"  # no process has a number that high
    for folder in (mine, others, gone):
        folder.mkdir()
        (folder / "page.pgm").write_bytes(b"P5")
    forget_pages(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [others.name]


def test_a_workers_own_fault_arrives_whole():
    with pytest.raises(DigitizeFault) as told, Workers(1) as pool:
        list(pool.map(fault_at_one, iter(range(3)), name))
    fault = told.value
    assert (fault.code, fault.source, fault.page, fault.detail) == (FaultCode.TOO_LARGE, "wide.pdf", 4, "why")


def test_a_long_document_keeps_its_order_over_many_part_files(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(assembly, "PAGES_PER_PART", 4)
    sheets = [Image.new("L", (300 + 10 * page, 300), "white") for page in range(19)]
    scan = tmp_path / "stack.tif"
    sheets[0].save(scan, save_all=True, append_images=sheets[1:], dpi=(100, 100))
    done = desk.digitize(scan, reading_copy=tmp_path / "small.pdf")
    widths = [(300 + 10 * page) * 0.254 for page in range(19)]
    assert [page.text.width_mm for page in done.pages] == pytest.approx(widths, abs=0.01)
    import pikepdf

    for path in (done.finished.path, tmp_path / "small.pdf"):
        with pikepdf.open(path) as pdf:
            boxes = [float(page.mediabox[2]) * 25.4 / 72 for page in pdf.pages]
        assert boxes == pytest.approx(widths, abs=0.01)
    assert not [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
