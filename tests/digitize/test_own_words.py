"""A page's own words stay, whatever is read, unless they are letters in another code; and their places."""

from dataclasses import replace

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream

from digitize.model import Box, Line, ReasonCode, Word
from digitize.own_words import look_with_own_words
from digitize.pixels.geometry import Pose
from digitize.pixels.raster import Raster
from digitize.sight import Sight
from digitize.sources.pdf_pages import load_page
from digitize.words.ways_of_writing import in_order_as_written
from tests.digitize.digitize_papers import A4_POINTS, LINES, add_text_page

FOREIGN = "Digitally signed by Alice Liddell in Wonderland on Tuesday because nobody else was at hand"
MISREAD = "Digitally signed by mua Liddell in Wonder la on thu because nobody else và at hand"
VNI = "Giaáy xaùc nhaän nôi ôû cuûa coâng daân hieän ôû toå daân phoá soá ñöôøng"
READ = "Giấy xác nhận nơi ở của công dân hiện ở tổ dân phố số đường"
SCRIPT = "テスト 縦書き してみましょう ちょっと 長めの 文を 書いて みた 括弧 です"
JUNK = "Th N C D TTA la Ki mo bb zz xq ww kk"


def a_line(text, top=0.1, left=0.1, step=0.05, size=(0.04, 0.02), down=0.0):
    """The words of `text` one beside the other, or with `down` one below the other."""
    width, height = size
    boxes = [(left + step * at, top + down * at) for at in range(len(text.split()))]
    return Line(
        tuple(
            Word(word, Box(*(round(edge, 5) for edge in (x, y, x + width, y + height))), 100.0)
            for word, (x, y) in zip(text.split(), boxes, strict=True)
        )
    )


def seen(own, read, *, beneath=(), rotation=0, never_paper=True):
    """What becomes of own words where the picture reads so, and what lies beneath them so."""
    blank = np.full((100, 100), 255, np.uint8)
    below = np.zeros((100, 100), np.uint8)

    def look(raster):
        lines = beneath if raster.pixels is below else read
        return Sight(Pose(rotation), tuple(lines)), raster

    raster = Raster(
        blank,
        210.0,
        297.0,
        lines=tuple(own),
        doubted=True,
        beneath=below if beneath else None,
        never_paper=never_paper,
    )
    sight, _ = look_with_own_words(raster, look)
    return [line.text for line in sight.lines], {reason.code for reason in sight.reasons}


@pytest.mark.parametrize(("own", "read"), [(FOREIGN, MISREAD), (FOREIGN, ""), (SCRIPT, JUNK)])
def test_foreign_words_and_tiny_print_stay_as_the_file_tells_them(own, read):
    assert seen([a_line(own)], [a_line(read)] if read else []) == ([own], set())


def test_letters_in_another_code_give_way_to_what_is_read_and_it_is_told():
    assert seen([a_line(VNI)], [a_line(READ)]) == ([READ], {ReasonCode.WORDS_DIFFER})


def test_what_is_read_elsewhere_on_the_page_says_nothing_about_the_files_words():
    lines, told = seen([a_line(FOREIGN, 0.1)], [a_line(JUNK, 0.1), a_line(READ, 0.5)])
    assert (lines, told) == ([FOREIGN], set())


def test_words_of_pictures_are_added_to_foreign_words():
    lines, told = seen([a_line(FOREIGN)], [a_line(MISREAD)], beneath=[a_line(READ, 0.5)])
    assert (lines, told) == ([FOREIGN, READ], {ReasonCode.WORDS_DIFFER})


@pytest.mark.parametrize("never_paper", [True, False])
def test_what_a_scan_hardly_says_is_judged_with_the_rest_and_what_a_drawing_does_is_none(never_paper):
    faint = a_line(READ, 0.5)
    faint = replace(faint, words=tuple(replace(word, confidence=45.0) for word in faint.words))
    lines, _ = seen([a_line(FOREIGN)], [], beneath=[faint], never_paper=never_paper)
    assert lines == ([FOREIGN] if never_paper else [FOREIGN, READ])


def test_a_drawing_that_reads_as_a_few_letters_on_its_side_adds_nothing():
    assert seen([a_line(FOREIGN)], [], beneath=[a_line("NI", 0.5)], rotation=90) == ([FOREIGN], set())


def test_words_of_a_picture_on_its_side_are_added_where_they_stand():
    lines, told = seen([a_line(FOREIGN)], [], beneath=[a_line(READ, 0.5)], rotation=90)
    assert (lines, told) == ([FOREIGN, READ], {ReasonCode.WORDS_DIFFER})


def test_lines_up_and_down_the_page_are_read_as_with_the_head_turned():
    tall = (0.02, 0.04)
    up = [a_line("mot hai ba", 0.6, left, 0, tall, -0.05) for left in (0.1, 0.14)]
    down = [a_line("bon nam sau", 0.3, left, 0, tall, 0.05) for left in (0.9, 0.86)]
    level = [a_line("bay tam chin", 0.1 * row) for row in (1, 2, 3)]
    wanted = [*level, *up, *down]
    assert in_order_as_written([down[1], up[1], *reversed(level), down[0], up[0]], 0.7) == tuple(wanted)


def test_words_alone_up_or_down_the_page_keep_the_order_of_the_file():
    lines = [a_line(text, 0.3, left, size=(0.02, 0.09)) for text, left in (("mot", 0.9), ("hai", 0.86))]
    assert in_order_as_written(lines, 0.7) == tuple(lines)
    assert in_order_as_written(lines[::-1], 0.7) == tuple(lines[::-1])


def test_lines_that_run_to_the_left_keep_the_order_of_the_file():
    lines = [a_line("alif ba ta", 0.1 * row, 0.8, -0.06) for row in (2, 1)]
    assert in_order_as_written(lines, 0.7) == tuple(lines)


def noted(path, *, inherited=(), rotate=0):
    """A page with a note, of whose dictionary some entries stand in the node above it."""
    with pikepdf.new() as pdf:
        add_text_page(pdf, LINES, rotate)
        page = pdf.pages[0].obj
        form = Stream(pdf, b"1 0 0 rg 0 0 60 24 re f", Type=Name.XObject, Subtype=Name.Form)
        form.BBox = Array([0, 0, 60, 24])
        box = Array([0, 0, 60, 24])
        note = Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=box, F=4, AP=Dictionary(N=form))
        page.Annots = Array([pdf.make_indirect(note)])
        for key in inherited:
            pdf.Root.Pages[key] = page[key]
            del page[key]
        add_text_page(pdf, LINES[:1])
        pdf.save(path)
    return path


INHERITED = [("/MediaBox",), ("/Resources",), ("/MediaBox", "/Resources", "/Rotate")]


@pytest.mark.parametrize("inherited", [(), *INHERITED], ids=" ".join)
@pytest.mark.parametrize("rotate", [0, 90])
def test_a_page_with_notes_keeps_what_it_inherits(inherited, rotate, tmp_path):
    raster = load_page(noted(tmp_path / "paper.pdf", inherited=inherited, rotate=rotate), 0)
    size = (raster.width_mm, raster.height_mm)
    assert size == pytest.approx((297, 210) if rotate else (210, 297), abs=0.5)
    assert [line.text for line in raster.lines] == list(LINES)


def test_what_a_form_says_its_letters_stand_for_is_seen_where_the_form_lies(tmp_path):
    with pikepdf.new() as pdf:
        add_text_page(pdf, LINES)
        page = pdf.pages[0].obj
        first, second = page.Contents.read_bytes().split(b"\n")
        told = b"/Span <</ActualText <FEFF" + LINES[0].encode("utf-16-be").hex().encode() + b">>> BDC "
        form = Stream(pdf, told + first.replace(b"72 781.9", b"20 30") + b" EMC", Type=Name.XObject)
        form.Subtype, form.BBox, form.Resources = Name.Form, Array([0, 0, *A4_POINTS]), page.Resources
        page.Resources = Dictionary(XObject=Dictionary(Stamp=form), Font=page.Resources.Font)
        page.Contents = Stream(pdf, b"q 0.5 0 0 0.5 250 500 cm /Stamp Do Q\n" + second)
        pdf.save(tmp_path / "paper.pdf")
    raster = load_page(tmp_path / "paper.pdf", 0)
    assert {line.text for line in raster.lines} == set(LINES)
    (stamp,) = (line for line in raster.lines if line.text == LINES[0])
    assert stamp.box.left == pytest.approx(260 / A4_POINTS[0], abs=0.01)
    assert stamp.box.bottom == pytest.approx(1 - 515 / A4_POINTS[1], abs=0.01)


def test_two_letters_of_one_shape_are_both_there(tmp_path):
    with pikepdf.new() as pdf:
        add_text_page(pdf, ("ax bx",))
        font = pdf.pages[0].obj.Resources.Font.F1
        told = font.ToUnicode.read_bytes()
        x = f"<{ord('x'):04X}>".encode()
        assert told.count(x) == 1
        font.ToUnicode = Stream(pdf, told.replace(x, b"<00660066>"))
        pdf.save(tmp_path / "paper.pdf")
    assert [line.text for line in load_page(tmp_path / "paper.pdf", 0).lines] == ["aff bff"]
