"""From a scan to a searchable PDF/A-2u: what people get, whatever way the page lay in the feeder."""

import hashlib
import resource
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image
from pydantic import TypeAdapter

from digitize.model import DigitizeFault, Event, FaultCode, PageDone, ReasonCode, Verdict
from digitize.pipeline import digitize
from scanner_adapters.simulator.papers import sheets
from tests.digitize.digitize_desk import found_share

A4 = (210.0, 297.0)


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "work")


def drawn(path: Path, page: int = 0, dpi: float = 100) -> np.ndarray:
    with pypdfium2.PdfDocument(path) as document:
        return document[page].render(scale=dpi / 72, grayscale=True).to_numpy().squeeze().copy()


@pytest.mark.law("L2")
@pytest.mark.law("L3")
@pytest.mark.law("L4")
def test_a_scan_becomes_a_searchable_pdfa_of_the_papers_size(desk, decision, worn, verapdf):
    done = desk.digitize(worn(jpeg_quality=0), text=desk.folder / "out.txt")
    out = done.finished.path
    assert verapdf([out])[out]
    assert done.finished.conformance == "PDF/A-2u"
    assert done.finished.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert done.finished.pdf_bytes == out.stat().st_size
    page = done.pages[0]
    assert page.report.verdict is Verdict.GOOD
    assert page.text.width_mm == pytest.approx(A4[0], abs=1)
    assert page.text.height_mm == pytest.approx(A4[1], abs=1)
    assert found_share(decision.text.split(), done.text) >= 0.95
    assert (desk.folder / "out.txt").read_text().startswith("ỦY BAN NHÂN DÂN\n")


def test_the_scanners_jpeg_stays_byte_for_byte(desk, note):
    scan = note
    done = desk.digitize(scan)
    with pikepdf.open(done.finished.path) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        assert image.Filter == pikepdf.Name.DCTDecode
        assert image.read_raw_bytes() == scan.read_bytes()


@pytest.mark.parametrize("quarter_turns", [1, 2])
def test_a_page_fed_in_any_direction_comes_out_upright(desk, decision, worn, quarter_turns):
    done = desk.digitize(worn(quarter_turns=quarter_turns))
    assert_words_lie_on_ink(done.finished.path, done.pages[0])
    report, text = done.pages[0].report, done.pages[0].text
    assert report.rotation == (360 - 90 * quarter_turns) % 360
    assert (text.width_mm, text.height_mm) == pytest.approx(A4, abs=1)
    assert found_share(decision.text.split(), done.text) >= 0.95
    upright = np.asarray(
        Image.fromarray(decision.image).convert("L").resize(drawn(done.finished.path).shape[::-1])
    )
    assert np.abs(drawn(done.finished.path).astype(int) - upright).mean() < 6


@pytest.mark.parametrize(("skew", "quarter_turns"), [(-4.0, 0), (0.6, 0), (2.5, 3)])
def test_a_tilted_page_is_straightened_and_words_lie_on_their_pictures(desk, worn, skew, quarter_turns):
    done = desk.digitize(worn(skew_degrees=skew, quarter_turns=quarter_turns))
    assert done.pages[0].report.skew_degrees == pytest.approx(-skew, abs=0.1)
    assert_words_lie_on_ink(done.finished.path, done.pages[0])


def assert_words_lie_on_ink(path: Path, page: PageDone) -> None:
    """Black words' boxes hold ink, and hold most of the page's ink."""
    picture = drawn(path, dpi=150)
    height, width = picture.shape
    ink = picture < 128
    covered = np.zeros_like(ink)
    words = [word for line in page.text.lines for word in line.words if word.confidence > 60]
    empty = 0
    for word in words:
        box = word.box
        rows = slice(int(box.top * height), int(box.bottom * height) + 1)
        columns = slice(int(box.left * width), int(box.right * width) + 1)
        covered[rows, columns] = True
        empty += ink[rows, columns].mean() < 0.03
    assert len(words) > 100
    assert empty <= 0.02 * len(words)
    assert (ink & covered).sum() > 0.8 * ink.sum()


def test_hidden_words_come_back_at_their_places(read_once):
    page = read_once.pages[0].text
    with pypdfium2.PdfDocument(read_once.finished.path) as document:
        sheet = document[0]
        textpage = sheet.get_textpage()
        for line in page.lines[2:12]:
            finder = textpage.search(line.text, match_case=True)
            found = finder.get_next()
            assert found, line.text
            left, bottom, _, top = textpage.get_charbox(found[0], loose=True)
            assert left / sheet.get_width() == pytest.approx(line.box.left, abs=0.01)
            assert 1 - top / sheet.get_height() == pytest.approx(line.box.top, abs=0.015)
            assert 1 - bottom / sheet.get_height() == pytest.approx(line.box.bottom, abs=0.015)


def test_the_headers_left_cell_is_read_before_its_right_cell(read_once):
    text = read_once.text
    places = [
        text.find(part) for part in ("ỦY BAN NHÂN DÂN", "PHƯỜNG", "Số:", "CỘNG HÒA", "Độc lập", "QUYẾT ĐỊNH")
    ]
    assert -1 not in places
    assert places == sorted(places)


def test_a_worn_page_is_still_read(desk, decision, worn):
    done = desk.digitize(worn(shade=0.5, skew_degrees=5.0, quarter_turns=2, extra_seals=1, jpeg_quality=80))
    assert done.pages[0].report.rotation == 180
    assert found_share(decision.text.split(), done.text) >= 0.92


def test_several_files_become_one_document_in_that_order(desk, decision, tmp_path, verapdf):
    letter = sheets.letter(3)
    first = sheets.save(decision.image[:800], tmp_path / "one.png", 300)
    bilevel = np.where(letter.image[:1000].min(axis=2) < 128, 0, 255).astype(np.uint8)
    second = tmp_path / "two.tif"
    pages = [Image.fromarray(bilevel).convert("1"), Image.fromarray(decision.image[:600]).convert("L")]
    pages[0].save(second, save_all=True, append_images=pages[1:], dpi=(300, 300))
    done = desk.digitize(first, second, reading_copy=tmp_path / "small.pdf")
    assert [page.report.page for page in done.pages] == [1, 2, 3]
    assert "Kính gửi" in done.pages[1].text.text
    verdicts = verapdf([done.finished.path, tmp_path / "small.pdf"])
    assert all(verdicts.values())
    assert (tmp_path / "small.pdf").stat().st_size < done.finished.pdf_bytes
    with pikepdf.open(done.finished.path) as pdf:
        filters = [next(iter(page.get_images().values())).Filter for page in pdf.pages]
        assert filters == ["/DCTDecode", "/CCITTFaxDecode", "/DCTDecode"]


def test_a_bilevel_page_keeps_every_pixel(desk, decision, tmp_path):
    bilevel = np.where(decision.image[:800].min(axis=2) < 128, 0, 255).astype(np.uint8)
    scan = tmp_path / "scan.png"
    Image.fromarray(bilevel).convert("1").save(scan, dpi=(300, 300))
    done = desk.digitize(scan)
    with pypdfium2.PdfDocument(done.finished.path) as document:
        image = next(iter(document[0].get_objects()))
        kept = image.get_bitmap(render=False).to_numpy().squeeze()
    assert np.array_equal(kept > 127, bilevel > 127)


def test_a_fine_scan_keeps_all_its_pixels_and_is_read(desk, tmp_path):
    letter = sheets.letter(3, 600)
    scan = sheets.save(letter.image[: 600 * 60 // 25], tmp_path / "fine.png", 600)
    done = desk.digitize(scan)
    assert done.pages[0].report.dpi == pytest.approx(600, abs=1)
    assert "Độc lập - Tự do - Hạnh phúc" in done.text
    with pikepdf.open(done.finished.path) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        assert (int(image.Width), int(image.Height)) == (letter.image.shape[1], 1440)


@pytest.mark.parametrize(
    ("pixels", "size"), [((1240, 1754), A4), ((1000, 1000), (127.0, 127.0)), ((1754, 1270), (297.0, 210.0))]
)
def test_a_picture_that_does_not_tell_its_size_is_flagged(desk, tmp_path, pixels, size):
    scan = tmp_path / "scan.png"
    Image.new("RGB", pixels, "white").save(scan)
    done = desk.digitize(scan)
    text, report = done.pages[0].text, done.pages[0].report
    assert (text.width_mm, text.height_mm) == pytest.approx(size, abs=0.1)
    codes = {reason.code for reason in report.reasons}
    coarse = {ReasonCode.LOW_RESOLUTION} if report.dpi < 199 else set()
    assert codes == {ReasonCode.DPI_ASSUMED, ReasonCode.BLANK, ReasonCode.NOT_COLOUR} | coarse
    assert report.verdict is Verdict.LOOK


def test_the_same_pages_give_the_same_bytes(desk, note):
    scan = note
    once = desk.digitize(scan).finished.sha256
    assert desk.digitize(scan).finished.sha256 == once


def test_events_travel_as_json(desk, note):
    done = desk.digitize(note)
    events: TypeAdapter[Event] = TypeAdapter(Event)
    for event in (*done.pages, done.finished):
        assert events.validate_json(events.dump_json(event)) == event


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.pdf", b"", FaultCode.NOT_A_DOCUMENT),
        ("notes.txt", "chỉ là chữ".encode(), FaultCode.NOT_A_DOCUMENT),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj <<", FaultCode.UNREADABLE),
        ("cut.png", b"\x89PNG\r\n\x1a\n\0\0", FaultCode.UNREADABLE),
        ("cut.tif", b"II*\0\x08\0\0\0", FaultCode.UNREADABLE),
        ("head.jpg", b"\xff\xd8\xff\xe0", FaultCode.UNREADABLE),
    ],
)
def test_what_is_no_page_is_refused_and_nothing_is_left(desk, tmp_path, name, content, code):
    source = tmp_path / "in" / name
    source.parent.mkdir()
    source.write_bytes(content)
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(source, text=tmp_path / "out.txt")
    assert told.value.code is code
    assert told.value.source == name
    assert left_behind(tmp_path) == ["in"]


@pytest.mark.parametrize(
    ("name", "code"), [("work", FaultCode.NOT_A_DOCUMENT), ("nowhere.jpg", FaultCode.NO_FILE)]
)
def test_a_folder_or_a_missing_file_is_refused_each_as_what_it_is(desk, tmp_path, name, code):
    (tmp_path / "work").mkdir(exist_ok=True)
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(tmp_path / name)
    assert told.value.code is code


@pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
def test_a_cut_jpeg_is_refused_even_after_good_pages(desk, tmp_path, note, share):
    scan = note
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(scan.read_bytes()[: int(share * scan.stat().st_size)])
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(scan, cut)
    assert told.value.code is FaultCode.UNREADABLE
    assert told.value.source == "cut.jpg"
    assert left_behind(tmp_path) == ["cut.jpg"]


def test_an_earlier_document_stays_when_a_new_one_fails(desk, tmp_path):
    (tmp_path / "out.pdf").write_bytes(b"earlier")
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(DigitizeFault):
        desk.digitize(bad)
    assert (tmp_path / "out.pdf").read_bytes() == b"earlier"


def test_an_order_given_up_half_way_leaves_nothing(desk, tmp_path, note):
    events = digitize(desk.order(note, note))
    assert isinstance(next(events), PageDone)
    events.close()
    assert left_behind(tmp_path) == []


def test_a_picture_bomb_is_too_large(desk, tmp_path):
    bomb = tmp_path / "bomb.png"
    Image.new("1", (30_000, 20_000)).save(bomb)
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(bomb)
    assert told.value.code is FaultCode.TOO_LARGE


def test_without_tesseract_the_fault_says_so(desk, note, tmp_path, monkeypatch: pytest.MonkeyPatch):
    only_python = tmp_path / "bin"
    only_python.mkdir()
    monkeypatch.setenv("PATH", str(only_python))
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(note)
    assert told.value.code is FaultCode.OCR_MISSING


def test_a_source_is_never_overwritten(desk, note, tmp_path):
    source = tmp_path / "out.pdf"
    source.write_bytes(note.read_bytes())
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(source)
    assert told.value.code is FaultCode.WRITE_FAILED
    assert source.read_bytes() == note.read_bytes()


def test_a_full_disk_is_a_write_fault_and_leaves_nothing(desk, note, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(DigitizeFault) as told:
            desk.digitize(note)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told.value.code is FaultCode.WRITE_FAILED
    assert left_behind(tmp_path) == []


def test_a_missing_folder_is_a_write_fault(desk, note, tmp_path):
    with pytest.raises(DigitizeFault) as told:
        desk.digitize(note, out=tmp_path / "nowhere" / "out.pdf")
    assert told.value.code is FaultCode.WRITE_FAILED
