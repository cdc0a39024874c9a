"""Pictures of pages: of PDFs and of scans, light, whole, and of nothing else."""

import cv2
import numpy as np
import pikepdf
import pytest

from digitize.model import DigitizeFault, FaultCode
from digitize.picture import draw_page
from scanner_adapters.simulator.papers import sheets


@pytest.fixture(scope="module")
def sheet():
    return sheets.certificate(5, dpi=100)


@pytest.fixture
def pdf(tmp_path):
    """Two A4 pages, the second lying on its side and turned upright by /Rotate."""
    path = tmp_path / "two.pdf"
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(595, 842))
        document.add_blank_page(page_size=(842, 595))
        document.pages[1].Rotate = 90
        document.save(path)
    return path


def drawn(source, page, width, tmp_path):
    out = tmp_path / "out.jpg"
    draw_page(source, page, width, out)
    return cv2.imread(str(out)), out.stat().st_size


@pytest.mark.parametrize("width", [160, 1000])
@pytest.mark.parametrize("page", [1, 2])
def test_a_page_of_a_pdf_is_drawn_upright_in_the_width_asked_for(pdf, page, width, tmp_path):
    pixels, _ = drawn(pdf, page, width, tmp_path)
    assert abs(pixels.shape[1] - width) <= 1
    assert pixels.shape[0] / pixels.shape[1] == pytest.approx(842 / 595, abs=0.02)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_a_scan_is_shown_as_it_is_only_smaller(sheet, suffix, tmp_path):
    source = sheets.save(sheet.image, tmp_path / f"scan{suffix}", sheet.dpi)
    pixels, _ = drawn(source, 1, 400, tmp_path)
    expected = cv2.resize(sheet.image[:, :, ::-1], (400, pixels.shape[0]), interpolation=cv2.INTER_AREA)
    assert np.abs(pixels.astype(int) - expected.astype(int)).mean() < 4


def test_a_picture_is_never_blown_up(sheet, tmp_path):
    source = sheets.save(sheet.image[:300, :200], tmp_path / "small.png", sheet.dpi)
    pixels, _ = drawn(source, 1, 1000, tmp_path)
    assert pixels.shape[:2] == (300, 200)


def test_even_a_noisy_page_is_light_enough_for_an_old_line(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (1414, 1000, 3), dtype=np.uint8)
    source = sheets.save(noise, tmp_path / "noise.png", 120)
    _, heavy = drawn(source, 1, 1000, tmp_path)
    _, light = drawn(sheets.save(np.full_like(noise, 255), tmp_path / "white.png", 120), 1, 1000, tmp_path)
    assert light < 30_000 < heavy < 700_000


def test_an_absurdly_tall_page_does_not_take_the_memory(tmp_path):
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(10, 14_000))
        document.save(tmp_path / "tall.pdf")
    pixels, _ = drawn(tmp_path / "tall.pdf", 1, 1000, tmp_path)
    assert pixels.shape[0] <= 20_000


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", FaultCode.UNREADABLE),
        (b"GIF89a nothing", FaultCode.UNREADABLE),
        (b"%PDF-1.7", FaultCode.UNREADABLE),
    ],
)
def test_what_is_no_page_is_told_and_leaves_no_picture(content, code, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(content)
    with pytest.raises(DigitizeFault) as told:
        draw_page(source, 1, 160, tmp_path / "out.jpg")
    assert told.value.code is FaultCode.UNREADABLE
    assert not (tmp_path / "out.jpg").exists()


@pytest.mark.parametrize("page", [0, 3, -1])
def test_a_page_that_is_not_there_is_told(pdf, page, tmp_path):
    with pytest.raises(DigitizeFault) as told:
        draw_page(pdf, page, 160, tmp_path / "out.jpg")
    assert told.value.code is FaultCode.NO_PAGES
