"""What the conformance bench counts: pages of another size than their paper, words that do not come back."""

from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from bench import conformance
from bench.conformance import A4_MM, Source, Tally
from digitize.model import (
    Box,
    DigitizeFault,
    FaultCode,
    PageDone,
    PageReport,
    PageText,
    Reason,
    ReasonCode,
    Verdict,
)

POINTS_PER_MM = 72 / 25.4
REPORT = PageReport(1, Verdict.GOOD, (), 300.0, 0, 0.0, 4, 95.0, 1.0, 1)
DONE = PageDone(REPORT, PageText(1, *A4_MM, ()))


def written(folder: Path, width_mm: float, height_mm: float) -> Path:
    with pikepdf.Pdf.new() as pdf:
        pdf.add_blank_page(page_size=(width_mm * POINTS_PER_MM, height_mm * POINTS_PER_MM))
        pdf.save(folder / "page.pdf")
    return folder / "page.pdf"


def held(folder: Path, size: tuple[float, float], done: PageDone = DONE) -> Tally:
    tally = Tally()
    conformance.hold_sizes(Source(folder / "scan.jpg", A4_MM), written(folder, *size), [done], tally)
    return tally


@pytest.mark.parametrize("size", [(210, 297), (210.9, 296.2), (297, 210)])
def test_a_page_as_large_as_its_paper_whichever_way_it_lies_is_right(tmp_path, size):
    tally = held(tmp_path, size)
    assert (tally.sized, tally.wrong_sizes) == (1, [])


@pytest.mark.parametrize("size", [(212, 297), (210, 280)])
def test_a_page_of_another_size_is_told_with_its_name(tmp_path, size):
    (told,) = held(tmp_path, size).wrong_sizes
    assert "scan.jpg page 1" in told


@pytest.mark.parametrize(
    "report",
    [
        replace(REPORT, reasons=(Reason(ReasonCode.DPI_ASSUMED),)),
        replace(REPORT, reasons=(Reason(ReasonCode.EDGES_UNSURE),)),
        replace(REPORT, crop=Box(0, 0, 0.5, 0.5)),
    ],
)
def test_papers_of_unknown_size_are_not_counted(tmp_path, report):
    assert held(tmp_path, (100, 100), replace(DONE, report=report)).sized == 0


def test_a_picture_tells_its_paper_by_its_resolution_or_not_at_all(tmp_path):
    Image.new("L", (500, 1000), 255).save(tmp_path / "told.png", dpi=(100, 200))
    Image.new("L", (500, 1000), 255).save(tmp_path / "silent.png")
    ((across, down),) = conformance.sizes_told(tmp_path / "told.png")
    assert (across, down) == (pytest.approx(127, abs=0.1), pytest.approx(127, abs=0.1))
    assert conformance.sizes_told(tmp_path / "silent.png") == [None]


def test_words_that_do_not_come_back_lower_the_score_and_name_their_page():
    tally = Tally()
    tally.count_words("poppler", "một hai ba bốn", "bốn ba hai một", "a.pdf page 1")
    assert (tally.f1("poppler"), tally.poor) == (1.0, [])
    tally.count_words("poppler", "năm sáu", "nămsáu", "b.pdf page 2")
    assert tally.f1("poppler") == pytest.approx(2 * 4 / 11)
    assert tally.poor == ["0.000 poppler: b.pdf page 2"]


def test_a_pdfs_paper_is_told_in_its_own_units(tmp_path):
    path = written(tmp_path, 100, 200)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].obj.UserUnit = 2
        pdf.save(path)
    ((across, down),) = conformance.sizes_told(path)
    assert (across, down) == (pytest.approx(200, abs=0.01), pytest.approx(400, abs=0.01))


def test_a_pdf_whose_pages_pdfium_alone_can_open_counts_in_points(tmp_path):
    path = written(tmp_path, 100, 200)
    damaged = path.read_bytes().replace(b"/Root", b"/Ruut")
    path.write_bytes(damaged)
    assert conformance._units_of(path, 1) == [conformance.MM_PER_POINT]


@pytest.mark.parametrize(("code", "status"), [(FaultCode.ENCRYPTED, 0), (FaultCode.PAGE_FAILED, 1)])
def test_a_page_that_failed_for_no_known_reason_is_a_miss_and_a_refusal_is_none(code, status, capsys):
    tally = Tally()
    tally.count_words("pdfium", "một cửa", "một cửa", "paper.pdf page 1")
    tally.count_refusal(DigitizeFault(code, "odd.pdf", 1, "attempt to get argmax"))
    assert conformance._told(tally, 1, {"PASS": []}) == status
    assert ("odd.pdf page 1: attempt to get argmax" in capsys.readouterr().out) == bool(status)
