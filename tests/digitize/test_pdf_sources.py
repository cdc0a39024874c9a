"""PDFs that come in: each page is decided by itself, a signature is never broken, nothing hangs."""

from pathlib import Path

import pikepdf
import pytest

from digitize.model import DigitizeFault, FaultCode
from scanner_adapters.simulator.papers import sheets
from tests.digitize.digitize_papers import (
    A4_POINTS,
    LINES,
    add_scan_page,
    add_text_page,
    declare_pdfa,
    write_paper,
)


@pytest.fixture(scope="module")
def scan(tmp_path_factory) -> tuple[bytes, tuple[int, int]]:
    """The head of a letter, light to read."""
    image = sheets.letter(5).image.copy()
    image[1000:] = 255
    saved = sheets.save(image, tmp_path_factory.mktemp("scan") / "scan.jpg", 300)
    return saved.read_bytes(), (image.shape[1], image.shape[0])


def test_a_born_digital_page_is_drawn_with_its_own_words_and_its_source_kept(desk, tmp_path, verapdf):
    paper = write_paper(tmp_path / "paper.pdf")
    done = desk.digitize(paper)
    assert done.text.splitlines() == list(LINES)
    assert (tmp_path / "out.source.pdf").read_bytes() == paper.read_bytes()
    assert verapdf([done.finished.path])[done.finished.path]
    word = done.pages[0].text.lines[0].words[0]
    assert word.box.left == pytest.approx(72 / A4_POINTS[0], abs=0.01)
    assert word.box.bottom == pytest.approx(60 / A4_POINTS[1], abs=0.01)
    report = done.pages[0].report
    assert (report.rotation, report.skew_degrees, report.mean_confidence) == (0, 0.0, 100.0)
    assert report.dpi == pytest.approx(300, abs=1)


def test_a_turned_born_digital_page_keeps_its_words_on_its_pictures(desk, tmp_path):
    done = desk.digitize(write_paper(tmp_path / "paper.pdf", rotate=90))
    page = done.pages[0].text
    assert (page.width_mm, page.height_mm) == pytest.approx((297, 210), abs=0.5)
    (box,) = [line.words[0].box for line in page.lines if line.text == LINES[0]]
    assert box.right == pytest.approx(1 - 48 / A4_POINTS[1], abs=0.02)
    assert box.top == pytest.approx(72 / A4_POINTS[0], abs=0.02)


def test_a_pdfa_that_needs_no_change_is_left_alone(desk, tmp_path, verapdf):
    paper = write_paper(tmp_path / "paper.pdf", pdfa=True)
    assert verapdf([paper])[paper]
    done = desk.digitize(paper)
    assert done.finished.path.read_bytes() == paper.read_bytes()
    assert done.finished.conformance == "PDF/A-2u"
    assert done.text.splitlines() == list(LINES)
    assert not (tmp_path / "out.source.pdf").exists()


def test_a_pdfa_claim_without_its_font_is_not_believed(desk, tmp_path, verapdf):
    paper = write_paper(tmp_path / "paper.pdf", pdfa=True)
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        font = pdf.pages[0].Resources.Font.F1.DescendantFonts[0]
        del font.FontDescriptor.FontFile2
        pdf.save(paper)
    done = desk.digitize(paper)
    assert done.finished.path.read_bytes() != paper.read_bytes()
    assert verapdf([done.finished.path])[done.finished.path]


def test_only_the_scanned_page_of_a_mixed_pdfa_is_read(desk, tmp_path, scan, verapdf):
    paper = tmp_path / "mixed.pdf"
    with pikepdf.Pdf.new() as pdf:
        add_text_page(pdf, LINES)
        add_scan_page(pdf, *scan)
        declare_pdfa(pdf)
        pdf.save(paper)
    done = desk.digitize(paper)
    assert done.pages[0].text.text.splitlines() == list(LINES)
    assert "Kính gửi" in done.pages[1].text.text
    with pikepdf.open(done.finished.path) as pdf:
        assert "/F1" in pdf.pages[0].Resources.Font
        assert next(iter(pdf.pages[1].get_images().values())).read_raw_bytes() == scan[0]
    assert verapdf([done.finished.path])[done.finished.path]


@pytest.mark.parametrize("rotate", [0, 90])
def test_a_scanned_pages_jpeg_is_taken_unchanged_and_its_size_kept(desk, tmp_path, scan, rotate):
    paper = tmp_path / "scan.pdf"
    with pikepdf.Pdf.new() as pdf:
        add_scan_page(pdf, *scan, rotate=rotate)
        pdf.save(paper)
    done = desk.digitize(paper)
    page = done.pages[0]
    assert page.report.rotation == 0  # the words decide, not what the PDF says of itself
    assert (page.text.width_mm, page.text.height_mm) == pytest.approx((210, 297), abs=0.5)
    assert page.report.dpi == pytest.approx(300, abs=1)
    with pikepdf.open(done.finished.path) as pdf:
        assert next(iter(pdf.pages[0].get_images().values())).read_raw_bytes() == scan[0]
    assert not (tmp_path / "out.source.pdf").exists()


def test_a_masked_scan_is_drawn_as_people_see_it(desk, tmp_path, scan):
    paper = tmp_path / "inverted.pdf"
    with pikepdf.Pdf.new() as pdf:
        add_scan_page(pdf, *scan)
        next(iter(pdf.pages[0].get_images().values())).Decode = pikepdf.Array([1, 0, 1, 0, 1, 0])
        pdf.save(paper)
    done = desk.digitize(paper)
    with pikepdf.open(done.finished.path) as pdf:
        assert next(iter(pdf.pages[0].get_images().values())).read_raw_bytes() != scan[0]


@pytest.fixture
def signed(tmp_path) -> Path:
    paper = write_paper(tmp_path / "signed.pdf")
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        value = pikepdf.Dictionary(
            Type=pikepdf.Name.Sig, ByteRange=pikepdf.Array([0, 1, 2, 3]), Contents=b"\0" * 64
        )
        field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, T=b"Signature1", V=pdf.make_indirect(value))
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([pdf.make_indirect(field)]), SigFlags=3)
        pdf.save(paper, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return paper


def test_a_signed_pdf_keeps_every_byte_and_is_read_beside(desk, tmp_path, signed):
    done = desk.digitize(signed, text=tmp_path / "out.txt")
    assert done.finished.path.read_bytes() == signed.read_bytes()
    assert done.finished.conformance is None
    assert (tmp_path / "out.txt").read_text() == "\n".join(LINES) + "\n\f"


def test_a_signed_pdf_is_not_joined_with_others(desk, tmp_path, signed):
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(signed, write_paper(tmp_path / "other.pdf"))
    assert told.value.code is FaultCode.SIGNED_AMONG_OTHERS
    assert not (tmp_path / "out.pdf").exists()


def test_a_locked_pdf_is_told_as_encrypted(desk, tmp_path):
    paper = write_paper(tmp_path / "paper.pdf")
    with pikepdf.open(paper) as pdf:
        pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(tmp_path / "locked.pdf")
    assert told.value.code is FaultCode.ENCRYPTED


def test_a_pdf_without_pages_is_refused(desk, tmp_path):
    with pikepdf.Pdf.new() as pdf:
        pdf.save(tmp_path / "none.pdf")
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(tmp_path / "none.pdf")
    assert told.value.code in (FaultCode.NO_PAGES, FaultCode.UNREADABLE)


def test_a_cyclic_page_tree_ends_in_a_clear_answer(desk, tmp_path):
    paper = write_paper(tmp_path / "paper.pdf")
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        pdf.Root.Pages.Kids = pikepdf.Array([pdf.Root.Pages])
        pdf.save(paper)
    with pytest.raises(DigitizeFault):
        desk.digitize(paper)


def test_an_absurd_page_is_too_large(desk, tmp_path):
    paper = write_paper(tmp_path / "paper.pdf")
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        pdf.pages[0].MediaBox = pikepdf.Array([0, 0, 1_000_000, 1_000_000])
        pdf.save(paper)
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(paper)
    assert told.value.code is FaultCode.TOO_LARGE


@pytest.mark.parametrize(
    ("box", "code"), [((2, 700), FaultCode.UNREADABLE), ((20_000, 50), FaultCode.TOO_LARGE)]
)
def test_paper_that_no_pdfa_page_can_be_is_refused(desk, tmp_path, box, code):
    paper = write_paper(tmp_path / "paper.pdf")
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        pdf.pages[0].MediaBox = pikepdf.Array([0, 0, *box])
        pdf.save(paper)
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(paper)
    assert told.value.code is code


@pytest.mark.parametrize("cut", [0.05, 0.4, 0.8])
def test_a_cut_pdf_ends_in_a_result_or_a_fault(desk, tmp_path, cut):
    paper = write_paper(tmp_path / "paper.pdf")
    whole = paper.read_bytes()
    paper.write_bytes(whole[: int(cut * len(whole))])
    try:
        desk.digitize(paper)
    except DigitizeFault:
        assert not (tmp_path / "out.pdf").exists()
