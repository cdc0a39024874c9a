"""Words of the file are the page's only where they are seen; a picture is taken only where it is the page."""

import io
import string

import numpy as np
import pikepdf
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from digitize.sources.born_digital import is_doubtful, is_garbled, own_lines, picture_share, seen_letters
from digitize.sources.drawing import draw
from digitize.sources.letter_shapes import has_letters
from digitize.sources.letters import letters_of
from digitize.sources.pdf_pages import load_page
from scanner_adapters.simulator.papers import sheets
from tests.digitize.digitize_papers import A4_POINTS, LINES, TINOS, add_scan_page, add_text_page

FIRST, SECOND = LINES
WIDTH, HEIGHT = A4_POINTS
OVER_FIRST = f"0 {HEIGHT - 66:.0f} {WIDTH:.0f} 24 re"  # the place of the first line


def as_is(pdf):
    pass


def paper(path, change=as_is, lines=LINES):
    with pikepdf.new() as pdf:
        add_text_page(pdf, lines)
        change(pdf)
        pdf.save(path)
    return path


def content(pdf):
    return pdf.pages[0].obj.Contents.read_bytes()


def parts(pdf):
    first, second = content(pdf).split(b"\n")
    return first, second


def rewrite(pdf, data):
    pdf.pages[0].obj.Contents = Stream(pdf, data)


def covered_by_a_box(pdf):
    rewrite(pdf, content(pdf) + f"\n1 g {OVER_FIRST} f".encode())


def blacked_out(pdf):
    rewrite(pdf, content(pdf) + f"\n0 g {OVER_FIRST} f".encode())


def covered_by_a_picture(pdf):
    picture = Stream(pdf, b"\xee" * 100, Type=Name.XObject, Subtype=Name.Image, Width=10, Height=10)
    picture.ColorSpace, picture.BitsPerComponent = Name.DeviceGray, 8
    pdf.pages[0].obj.Resources.XObject = Dictionary(Over=picture)
    lay = f"\nq {WIDTH:.0f} 0 0 24 0 {HEIGHT - 66:.0f} cm /Over Do Q"
    rewrite(pdf, content(pdf) + lay.encode())


def covered_by_a_form(pdf):
    form = Stream(pdf, f"1 g {OVER_FIRST} f".encode(), Type=Name.XObject, Subtype=Name.Form)
    form.BBox = Array([0, 0, *A4_POINTS])
    pdf.pages[0].obj.Resources.XObject = Dictionary(Over=form)
    rewrite(pdf, content(pdf) + b"\n/Over Do")


def covered_by_a_note(pdf):
    form = Stream(pdf, b"1 g 0 0 600 24 re f", Type=Name.XObject, Subtype=Name.Form)
    form.BBox = Array([0, 0, 600, 24])
    box = Array([0, HEIGHT - 66, WIDTH, HEIGHT - 42])
    note = Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=box, F=4, AP=Dictionary(N=form))
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(note)])


def white_on_white(pdf):
    first, second = parts(pdf)
    rewrite(pdf, b"1 g " + first + b" 0 g\n" + second)


def nearly_white(pdf):
    first, second = parts(pdf)
    rewrite(pdf, b"0.97 g " + first + b" 0 g\n" + second)


def never_painted(pdf):
    first, second = parts(pdf)
    rewrite(pdf, first.replace(b"BT", b"BT 3 Tr") + b"\n" + second.replace(b"BT", b"BT 0 Tr"))


def clipped_away(pdf):
    first, second = parts(pdf)
    rewrite(pdf, b"q 0 0 5 5 re W n " + first + b" Q\n" + second)


def outside_the_crop(pdf):
    pdf.pages[0].obj.CropBox = Array([0, 0, WIDTH, HEIGHT - 68])


def in_a_layer_that_is_off(pdf):
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=b"draft"))
    order = Dictionary(ON=Array([]), OFF=Array([layer]))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=order)
    pdf.pages[0].obj.Resources.Properties = Dictionary(Draft=layer)
    first, second = parts(pdf)
    rewrite(pdf, b"/OC /Draft BDC " + first + b" EMC\n" + second)


def transparent(pdf):
    pdf.pages[0].obj.Resources.ExtGState = Dictionary(Glass=Dictionary(Type=Name.ExtGState, ca=0.02))
    first, second = parts(pdf)
    rewrite(pdf, b"q /Glass gs " + first + b" Q\n" + second)


def off_the_page(pdf):
    first, second = parts(pdf)
    rewrite(pdf, first.replace(b"72 ", b"-2000 ") + b"\n" + second)


HIDINGS = [
    *(covered_by_a_box, blacked_out, covered_by_a_picture, covered_by_a_form, covered_by_a_note),
    *(white_on_white, nearly_white, never_painted, clipped_away, outside_the_crop),
    *(in_a_layer_that_is_off, transparent, off_the_page),
]


def inside_a_form(pdf):
    page = pdf.pages[0].obj
    form = Stream(pdf, content(pdf), Type=Name.XObject, Subtype=Name.Form, Resources=page.Resources)
    form.BBox = Array([0, 0, *A4_POINTS])
    page.Resources = Dictionary(XObject=Dictionary(All=form))
    rewrite(pdf, b"/All Do")


def on_a_dark_bar(pdf):
    rewrite(pdf, f"0.2 0.2 0.6 rg {OVER_FIRST} f 1 g ".encode() + content(pdf).replace(b"\n", b" 0 g\n"))


def on_a_picture(pdf):
    covered_by_a_picture(pdf)
    lay = content(pdf).split(b"\n")[-1]
    rewrite(pdf, lay + b"\n" + content(pdf)[: -len(lay)])


def painted_twice(pdf):
    rewrite(pdf, content(pdf) + b"\n" + content(pdf).replace(b" 72 ", b" 72.3 "))


def in_a_layer_that_is_on(pdf):
    in_a_layer_that_is_off(pdf)
    order = pdf.Root.OCProperties.D
    order.ON, order.OFF = order.OFF, Array([])


def grey(pdf):
    rewrite(pdf, b"0.6 g " + content(pdf))


def drawn_in_outline(pdf):
    rewrite(pdf, content(pdf).replace(b"BT", b"BT 1 Tr"))


def partly_behind_a_seal(pdf):
    rewrite(pdf, content(pdf) + f"\n2 w 1 0 0 RG 120 {HEIGHT - 90:.0f} 60 60 re S".encode())


def turned_page(pdf):
    pdf.pages[0].obj.Rotate = 270


def in_larger_units(pdf):
    pdf.pages[0].obj.UserUnit = 2


SHOWINGS = [
    *(as_is, inside_a_form, on_a_dark_bar, on_a_picture, painted_twice, in_a_layer_that_is_on, grey),
    *(drawn_in_outline, partly_behind_a_seal, turned_page, in_larger_units),
]


def laid_one_by_one(pdf):
    """Each letter by itself, where it stood in its line."""
    font = TTFont(TINOS)
    glyphs, widths = font.getGlyphOrder(), font["hmtx"]
    laid = []
    for line in parts(pdf):
        at, row = (float(number) for number in line.split(b" 1 0 0 1 ")[1].split()[:2])
        codes = line[line.index(b"<") + 1 : line.index(b">")].decode()
        for code in (codes[start : start + 4] for start in range(0, len(codes), 4)):
            laid.append(f"BT /F1 14 Tf 1 0 0 1 {at:.2f} {row} Tm <{code}> Tj ET")
            at += 14 * widths[glyphs[int(code, 16)]][0] / font["head"].unitsPerEm
    rewrite(pdf, "\n".join(laid).encode())


def words_of(path):
    raster = load_page(path, 0)
    return [line.text for line in raster.lines or ()], raster


@pytest.mark.parametrize("hide", HIDINGS, ids=lambda hide: hide.__name__)
def test_words_that_nobody_sees_are_no_words_of_the_page(hide, tmp_path):
    lines, raster = words_of(paper(tmp_path / "paper.pdf", hide))
    assert lines == [SECOND]
    assert not raster.all_seen


@pytest.mark.parametrize("show", SHOWINGS, ids=lambda show: show.__name__)
def test_words_that_are_seen_are_all_there(show, tmp_path):
    lines, raster = words_of(paper(tmp_path / "paper.pdf", show))
    assert lines == [FIRST, SECOND]
    assert raster.all_seen
    assert raster.never_paper


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("written_upright", [False, True])
def test_letters_laid_one_by_one_come_in_the_order_of_their_line(written_upright, turn, tmp_path):
    def change(pdf):
        laid_one_by_one(pdf)
        pdf.pages[0].obj.Rotate = turn
        if written_upright:  # the lines are level as shown
            lay = {0: "1 0 0 1 0 0", 90: "0 1 -1 0 840 0", 180: "-1 0 0 -1 600 842", 270: "0 -1 1 0 -300 700"}
            rewrite(pdf, f"q {lay[turn]} cm ".encode() + content(pdf) + b" Q")

    lines, _ = words_of(paper(tmp_path / "paper.pdf", change, ("Giấy xác nhận", "phường Đồng Tâm")))
    assert lines == ["Giấy xác nhận", "phường Đồng Tâm"]


@pytest.mark.parametrize("laid", ["0 1 -1 0 900 -50", "0 -1 1 0 -300 700"], ids=["up", "down"])
def test_words_in_columns_beside_level_print_stay_apart(laid, tmp_path):
    words = ("Giấy xác nhận", "sáu", "bảy")

    def change(pdf):
        level, *columns = content(pdf).split(b"\n")
        rewrite(pdf, b"\n".join([level, f"q {laid} cm".encode(), *columns, b"Q"]))

    path = paper(tmp_path / "paper.pdf", change, words)
    with pypdfium2.PdfDocument(path) as document:
        told = "".join(letter.text for letter in letters_of(document[0]))
    assert [line.strip() for line in told.splitlines() if line.strip()] == list(words)
    assert words_of(path)[0] == list(words)


@pytest.mark.parametrize("is_first", [False, True])
def test_a_stamp_across_the_page_keeps_the_order_of_its_letters(is_first, tmp_path):
    def change(pdf):
        laid_one_by_one(pdf)
        letters = content(pdf).split(b"\n")
        first, second = letters[: len(print_and_stamp[0])], letters[len(print_and_stamp[0]) :]
        stamp = [b"q -1 0 0 -1 400 1200 cm", *second, b"Q"]
        rewrite(pdf, b"\n".join([*stamp, *first] if is_first else [*first, *stamp]))

    print_and_stamp = ("Giấy xác nhận nơi ở", "Công văn đến")
    lines, _ = words_of(paper(tmp_path / "paper.pdf", change, print_and_stamp))
    assert lines == list(print_and_stamp)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_single_words_of_a_turned_page_with_notes_keep_the_order_of_the_file(turn, tmp_path):
    def change(pdf):
        covered_by_a_note(pdf)
        pdf.pages[0].obj.Annots[0].Rect = Array([0, 0, 20, 20])
        pdf.pages[0].obj.Rotate = turn

    lines, _ = words_of(paper(tmp_path / "paper.pdf", change, ("Giấy", "Đồng")))
    assert lines == ["Giấy", "Đồng"]


def test_a_hyphen_at_a_lines_end_stays_and_the_lines_apart(tmp_path):
    lines, _ = words_of(paper(tmp_path / "paper.pdf", lines=("Quyết định số 123/QĐ-", "UBND ngày 5 tháng 6")))
    assert lines == ["Quyết định số 123/QĐ-", "UBND ngày 5 tháng 6"]


def filled_form(path):
    """Two labels with their values beside them, typed into fields without appearances."""
    with pikepdf.new() as pdf:
        add_text_page(pdf, ("Họ và tên:", "Nơi ở:"))
        font = pdf.pages[0].obj.Resources.Font.F1
        widgets = []
        for row, value in enumerate(("Pham Thi Hong", "ngo Cay Da")):
            top = HEIGHT - 46 - 20 * row
            form = Stream(pdf, f"BT /Helv 12 Tf 2 4 Td ({value}) Tj ET".encode())
            form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 200, 18])
            plain = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
            form.Resources = Dictionary(Font=Dictionary(Helv=plain))
            box = Array([160, top - 18, 360, top])
            widget = Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=f"f{row}", V=value, Rect=box
            )
            widget.F, widget.AP = 4, Dictionary(N=form)
            widgets.append(pdf.make_indirect(widget))
        pdf.pages[0].obj.Annots = Array(widgets)
        pdf.Root.AcroForm = Dictionary(Fields=Array(widgets), DR=Dictionary(Font=Dictionary(F1=font)))
        pdf.save(path)
    return path


def test_what_was_typed_into_fields_stands_beside_its_labels(tmp_path):
    lines, _ = words_of(filled_form(tmp_path / "form.pdf"))
    assert " ".join(lines) == "Họ và tên: Pham Thi Hong Nơi ở: ngo Cay Da"


CIPHER = str.maketrans(string.ascii_letters, string.ascii_letters[13:] + string.ascii_letters[:13])
VNI = "PHÖÔØNG ÑOÀNG TAÂM Giaáy xaùc nhaän nôi ôû cuûa coâng daân hieän ôû toå daân phoá soá ñöôøng"
TCVN3 = "ñy ban nh©n d©n ph­êng ®ång t©m giÊy x¸c nhËn n¬i ë cña c«ng d©n hiÖn ë tæ d©n phè sè ®­êng"
PLAIN = "Ủy ban nhân dân phường Đồng Tâm xác nhận nơi ở của công dân hiện ở tổ dân phố số bảy"


@pytest.mark.parametrize(
    ("text", "wrong"), [(PLAIN, False), (VNI, True), (TCVN3, True), (PLAIN.translate(CIPHER), True)]
)
def test_text_in_another_code_is_told_from_vietnamese(text, wrong, tmp_path):
    from digitize.model import Box, Line, Word

    words = tuple(Word(word, Box(0, 0, 1, 1), 100.0) for word in text.split())
    assert (is_garbled(text) or is_doubtful((Line(words),))) == wrong


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    image = sheets.letter(5, dpi=150).image.copy()
    saved = sheets.save(image, tmp_path_factory.mktemp("scan") / "scan.jpg", 150)
    return saved.read_bytes(), (image.shape[1], image.shape[0])


@pytest.mark.parametrize(
    ("flags", "covers"), [(4, True), (0, True), (4 | 32, False), (2, False), (4 | 2, False)]
)
def test_a_note_counts_as_a_screen_shows_it(flags, covers, tmp_path):
    def change(pdf):
        covered_by_a_note(pdf)
        pdf.pages[0].obj.Annots[0].F = flags

    lines, _ = words_of(paper(tmp_path / "paper.pdf", change))
    assert lines == ([SECOND] if covers else [FIRST, SECOND])


def scanned(path, scan, change=as_is):
    with pikepdf.new() as pdf:
        add_scan_page(pdf, *scan)
        change(pdf)
        pdf.save(path)
    return path


def picture_of(pdf):
    return next(iter(pdf.pages[0].obj.Resources.XObject.values()))


def clipped(pdf):
    rewrite(pdf, b"q 0 500 600 400 re W n " + content(pdf) + b" Q")


def layer_off(pdf):
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=b"scan"))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    picture_of(pdf).OC = layer


def whitened_word(pdf):
    rewrite(pdf, content(pdf) + f" 1 g 60 {HEIGHT - 130:.0f} 300 40 re f".encode())


def faded(pdf):
    pdf.pages[0].obj.Resources.ExtGState = Dictionary(G=Dictionary(ca=0.3))
    rewrite(pdf, b"/G gs " + content(pdf))


def negative(pdf):
    picture_of(pdf).Decode = Array([1, 0, 1, 0, 1, 0])


def masked(pdf):
    mask = Stream(
        pdf, b"\x00" * 50 + b"\xff" * 50, Type=Name.XObject, Subtype=Name.Image, Width=10, Height=10
    )
    mask.ColorSpace, mask.BitsPerComponent = Name.DeviceGray, 8
    picture_of(pdf).SMask = mask


def stencilled(pdf):
    hole = Stream(pdf, b"\xff\xff" * 16, Type=Name.XObject, Subtype=Name.Image, Width=16, Height=16)
    hole.ImageMask, hole.BitsPerComponent = True, 1
    hole.Decode = Array([1, 0])
    pdf.pages[0].obj.Resources.XObject.Hole = hole
    rewrite(pdf, content(pdf) + b" q 1 0 0 rg 300 0 0 300 100 300 cm /Hole Do Q")


def stamped(pdf):
    rewrite(pdf, content(pdf) + b" 8 w 1 0 0 RG 100 300 200 200 re S")


def overlaid(pdf):
    form = Stream(pdf, b"1 g 0 300 600 300 re f", Type=Name.XObject, Subtype=Name.Form)
    form.BBox = Array([0, 0, *A4_POINTS])
    pdf.pages[0].obj.Resources.XObject.Over = form
    rewrite(pdf, content(pdf) + b" /Over Do")


def noted(pdf):
    covered_by_a_note(pdf)
    pdf.pages[0].obj.Annots[0].AP.N.write(b"0 g 0 0 600 24 re f")


def multiplied(pdf):
    pdf.pages[0].obj.Resources.ExtGState = Dictionary(G=Dictionary(BM=Name.Difference))
    rewrite(pdf, b"1 g 0 0 600 900 re f /G gs " + content(pdf))


CHANGED = [
    *(clipped, layer_off, whitened_word, faded, negative, masked, stencilled, stamped, overlaid, noted),
    multiplied,
]


@pytest.mark.parametrize("change", CHANGED, ids=lambda change: change.__name__)
def test_a_picture_that_is_not_the_page_as_seen_is_not_taken(change, scan, tmp_path):
    path = scanned(tmp_path / "scan.pdf", scan, change)
    raster = load_page(path, 0)
    assert raster.stream is None
    with pypdfium2.PdfDocument(path) as document:
        document.init_forms() if document.get_formtype() else None
        seen = draw(document[0], 1.0)
    small = np.asarray(Image.fromarray(raster.pixels).resize(seen.shape[1::-1], Image.Resampling.BOX))
    apart = np.abs(small.astype(int) - seen) if small.ndim == seen.ndim else np.zeros(1)
    assert apart.mean() < 6


def as_scanned(pdf):
    pass


def hidden_words(pdf):
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    pdf.pages[0].obj.Resources.Font = Dictionary(F=font)
    rewrite(pdf, content(pdf) + b" BT 3 Tr /F 12 Tf 72 700 Td (old words) Tj ET")


def generous_clip(pdf):
    rewrite(pdf, b"q 0 0 600 900 re W n " + content(pdf) + b" Q")


def opaque_state(pdf):
    pdf.pages[0].obj.Resources.ExtGState = Dictionary(G=Dictionary(ca=1))
    rewrite(pdf, b"/G gs " + content(pdf))


def white_below(pdf):
    rewrite(pdf, b"1 g 0 0 600 900 re f " + content(pdf))


@pytest.mark.parametrize(
    "change",
    [as_scanned, hidden_words, generous_clip, opaque_state, white_below, turned_page, in_larger_units],
    ids=lambda change: change.__name__,
)
def test_a_picture_that_is_the_page_is_taken_byte_for_byte(change, scan, tmp_path):
    raster = load_page(scanned(tmp_path / "scan.pdf", scan, change), 0)
    assert raster.stream is not None
    assert raster.stream.data == scan[0]
    larger = 2 if change is in_larger_units else 1
    assert raster.width_mm == pytest.approx(210 * larger, abs=0.5)
    assert not raster.never_paper


def strips(path, scan, count):
    """A scan in strips, as some copiers write it, with a typed page number over it."""
    image = Image.open(io.BytesIO(scan[0]))
    with pikepdf.new() as pdf:
        add_text_page(pdf, ("Trang 1",))
        lay = []
        pdf.pages[0].obj.Resources.XObject = Dictionary()
        for number in range(count):
            top, bottom = (round(image.height * part / count) for part in (number, number + 1))
            data = io.BytesIO()
            image.crop((0, top, image.width, bottom)).save(data, "JPEG", quality=90)
            strip = Stream(pdf, data.getvalue(), Type=Name.XObject, Subtype=Name.Image, Width=image.width)
            strip.Height, strip.BitsPerComponent, strip.Filter = bottom - top, 8, Name.DCTDecode
            strip.ColorSpace = Name.DeviceRGB
            pdf.pages[0].obj.Resources.XObject[f"/S{number}"] = strip
            high = HEIGHT / count
            lay.append(f"q {WIDTH} 0 0 {high} 0 {HEIGHT - high * (number + 1)} cm /S{number} Do Q")
        rewrite(pdf, " ".join(lay).encode() + b"\n" + content(pdf).replace(b"72 781", b"280 15"))
        pdf.save(path)
    return path


@pytest.mark.parametrize("count", [2, 4, 9])
def test_a_scan_in_strips_is_read_and_is_paper(count, scan, tmp_path):
    path = strips(tmp_path / "strips.pdf", scan, count)
    raster = load_page(path, 0)
    assert not raster.never_paper
    assert raster.beneath is not None
    assert [line.text for line in raster.lines] == ["Trang 1"]
    with pypdfium2.PdfDocument(path) as document:
        assert picture_share(document[0]) == pytest.approx(1, abs=0.02)


def test_writing_is_told_from_rules_and_emblems(scan):
    page = np.asarray(Image.open(io.BytesIO(scan[0])).convert("L"))
    assert has_letters(page, 150)
    drawing = np.full((1754, 1240), 255, np.uint8)
    drawing[100:110], drawing[:, 600:604], drawing[300:500, 200:400] = 0, 0, 90
    assert not has_letters(drawing, 150)


def test_what_is_seen_is_found_on_pages_of_any_turn(tmp_path):
    for degrees in (0, 90, 180, 270):
        path = paper(
            tmp_path / "paper.pdf", lambda pdf, turn=degrees: setattr(pdf.pages[0].obj, "Rotate", turn)
        )
        with pypdfium2.PdfDocument(path) as document:
            page = document[0]
            assert {line.text for line in own_lines(seen_letters(page), page)} == {FIRST, SECOND}
