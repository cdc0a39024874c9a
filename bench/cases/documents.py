"""PDFs: what a person sees of a page against what its file says, and what a file carries besides."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from bench.cases.codings import CODINGS
from bench.cases.fonts import FONTS
from bench.cases.judging import Case, Right, case
from bench.cases.laying import LAYINGS
from bench.cases.made import (
    A4_POINTS,
    LINES,
    READ,
    SAYS,
    add_scan,
    add_words,
    line_of,
    page,
    picture_of,
    write_over,
    write_under,
)
from digitize.model import FaultCode, Origin, ReasonCode
from tests.digitize import test_carriers as carriers

A4_MM = (210.0, 297.0)
WIDTH, HEIGHT = A4_POINTS
SECRET = "MẬT 555444333"  # noqa: S105 words that nobody sees
HALF = 150  # points from the top: all lines of LINES stand above, the secret one below
UNITS = (0.5, 0.75, 1.25, 1.5, 2.0, 3.0)
NUMBERS = (
    "123/QĐ-|UBND",
    "45/NQ-|HĐND",
    "7/TB-|VP",
    "H29-|0417",
    "15-|16",
    "2026-|11",
    "09/CT-|TTg",
    "A-|B1",
)
NUMBERS += ("318/BC-|STP", "1204/UBND-|NC", "56/KH-|UBND")
Change = Callable[[pikepdf.Pdf, pikepdf.Page], None]
Hide = Callable[[pikepdf.Pdf, pikepdf.Page, str], None]


def document_cases() -> Iterator[Case]:
    """Every kind of PDF."""
    yield from _visible()
    yield from _carriers()
    yield from _told_otherwise()


def _visible() -> Iterator[Case]:
    """What lies over, under and beside the words."""
    for unit, scan in itertools.product(UNITS, (True, False)):
        sized = Right(says=SAYS, share=READ, size=A4_MM)
        yield case("UserUnit", f"{unit} {scan}", partial(_in_units, unit, scan), sized)
    for hide in (*HIDINGS, *COVERS):
        right = Right(says=SAYS, lacks=(SECRET, "555444333"))
        yield case("hidden words", hide.__name__, partial(_hidden, hide), right)
    for cover in COVERS:
        right = Right(says=SAYS[:8], share=0.8, lacks=("1975", "Trần Phú"))
        yield case("covered scan", cover.__name__, partial(_covered_scan, cover), right)
    for strips in range(2, 13):
        read = Right(says=(*SAYS, "Trang", "17"), share=READ, origin=Origin.SCAN)
        yield case("scan in strips", f"{strips}", partial(_strips, strips), read)
    for seed, below in itertools.product(range(5), (True, False)):
        read = Right(says=SAYS, share=READ, lacks=WRONG[seed][:1])
        yield case("wrong words under a picture", f"{seed} {below}", partial(_wrong_words, seed, below), read)


def _told_otherwise() -> Iterator[Case]:
    """What the file's own structure tells in a way of its own."""
    for value, kind in itertools.product(VALUES, ("field", "note")):
        right = Right(says=(*SAYS, *value.split()))
        yield case("filled forms", f"{kind} {value}", partial(_filled, value, kind), right)
    for number in NUMBERS:
        first, second = number.split("|")
        right = Right(says=(first, second), lacks=(first + second,))
        yield case("hyphen at a line's end", number, partial(_hyphenated, first, second), right)
    for name, change in UNSIGNED.items():
        right = Right(says=SAYS, origin=Origin.BORN_DIGITAL)
        yield case("signed in words only", name, partial(_saved, change, "words"), right)
    read, told = Right(says=SAYS, share=READ), Right(says=LINES, untold=ReasonCode.WORDS_DIFFER)
    makings = (("codings", CODINGS, read), ("fonts", FONTS, read), ("layings", LAYINGS, told))
    for kind, makes, right in makings:
        yield from (case(kind, name, partial(_of, make), right) for name, make in makes.items())


def _saved(change: Change, kind: str, folder: Path) -> Path:
    with pikepdf.new() as pdf:
        made = add_scan(pdf, page(size_mm=A4_MM)) if kind == "scan" else add_words(pdf, LINES)
        change(pdf, made)
        pdf.save(folder / "paper.pdf", static_id=True)
    return folder / "paper.pdf"


def _of(make: Callable[[pikepdf.Pdf], None], folder: Path) -> Path:
    with pikepdf.new() as pdf:
        make(pdf)
        pdf.save(folder / "paper.pdf")
    return folder / "paper.pdf"


def _in_units(unit: float, scan: bool, folder: Path) -> Path:  # noqa: FBT001 a variant
    size = WIDTH / unit, HEIGHT / unit
    with pikepdf.new() as pdf:
        if scan:
            made = add_scan(pdf, page(size_mm=A4_MM), size)
        else:
            made = add_words(pdf, LINES)
            made.obj.MediaBox = Array([0, 0, *size])
            made.obj.Contents = Stream(
                pdf, b"%.5f 0 0 %.5f 0 0 cm " % (1 / unit, 1 / unit) + made.obj.Contents.read_bytes()
            )
        made.obj.UserUnit = unit
        pdf.save(folder / "paper.pdf")
    return folder / "paper.pdf"


OVER = b"0 %.1f %.1f 60 re" % (HEIGHT - 430, WIDTH)
OVER_SCAN = b"0 0 %.1f %.1f re" % (WIDTH, HEIGHT - 100)  # all but the first two lines of the scan


def hide_line(pdf: pikepdf.Pdf, made: pikepdf.Page, hide: Hide | Change, text: str) -> None:
    """Write a line that nobody is to see, 400 points below the top of an A4 page."""
    if hide in HIDINGS:
        hide(pdf, made, text)  # type: ignore[call-arg]
        return
    write_over(pdf, made, secret_line(text))
    hide(pdf, made)  # type: ignore[call-arg]


def secret_line(text: str, mode: int = 0) -> bytes:
    """The line's operators."""
    return line_of(text, 72, HEIGHT - 400, 11, mode)


def _hidden(hide: Hide | Change, folder: Path) -> Path:
    return _saved(lambda pdf, made: hide_line(pdf, made, hide, SECRET), "words", folder)


def _covered_scan(cover: Change, folder: Path) -> Path:
    return _saved(cover, "scan", folder)


def _area(made: pikepdf.Page) -> bytes:
    return OVER_SCAN if "/I0" in made.obj.Resources.XObject else OVER


def white_box(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
    write_over(pdf, made, b"1 g " + _area(made) + b" f")


def black_box(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
    write_over(pdf, made, b"0 g " + _area(made) + b" f")


def red_box(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
    write_over(pdf, made, b"0.6 0 0 rg " + _area(made) + b" f")


def picture_over(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
    from PIL import Image  # noqa: PLC0415 used here alone

    made.obj.Resources.XObject.Over = picture_of(pdf, Image.new("L", (20, 20), 235))
    left, bottom, width, height = (float(each) for each in _area(made).split()[:4])
    write_over(pdf, made, b"q %.1f 0 0 %.1f %.1f %.1f cm /Over Do Q" % (width, height, left, bottom))


def form_over(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
    form = Stream(pdf, b"0.9 g " + _area(made) + b" f", Type=Name.XObject, Subtype=Name.Form)
    form.BBox = Array([0, 0, *A4_POINTS])
    made.obj.Resources.XObject.Over = form
    write_over(pdf, made, b"/Over Do")


def note_over(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
    left, bottom, width, height = (float(each) for each in _area(made).split()[:4])
    form = Stream(pdf, b"1 g 0 0 %.1f %.1f re f" % (width, height), Type=Name.XObject, Subtype=Name.Form)
    form.BBox = Array([0, 0, width, height])
    note = Dictionary(Type=Name.Annot, Subtype=Name.Square, F=4, AP=Dictionary(N=form))
    note.Rect = Array([left, bottom, left + width, bottom + height])
    made.obj.Annots = Array([pdf.make_indirect(note)])


def shading_over(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
    shade = Dictionary(ShadingType=2, ColorSpace=Name.DeviceGray, Coords=Array([0, 0, 600, 0]))
    shade.Extend = Array([True, True])
    shade.Function = Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=Array([0.8]), C1=Array([1]), N=1)
    made.obj.Resources.Shading = Dictionary(Sh=shade)
    write_over(pdf, made, b"q " + _area(made) + b" W n /Sh sh Q")


def stencil_over(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
    stencil = Stream(pdf, b"\x00" * 32, Type=Name.XObject, Subtype=Name.Image, Width=16, Height=16)
    stencil.ImageMask, stencil.BitsPerComponent = True, 1
    made.obj.Resources.XObject.Over = stencil
    left, bottom, width, height = (float(each) for each in _area(made).split()[:4])
    write_over(pdf, made, b"q 0.95 g %.1f 0 0 %.1f %.1f %.1f cm /Over Do Q" % (width, height, left, bottom))


def turned_page_box(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
    made.obj.Rotate = 180
    white_box(pdf, made)


def clip_before(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
    top = 100 if "/I0" in made.obj.Resources.XObject else 300
    write_under(pdf, made, b"0 %.1f %.1f %.1f re W n" % (HEIGHT - top, WIDTH, top))


def cropped(_pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
    top = 100 if "/I0" in made.obj.Resources.XObject else 300
    made.obj.CropBox = Array([0, HEIGHT - top, *A4_POINTS])


COVERS: tuple[Change, ...] = (white_box, black_box, red_box, picture_over, form_over, note_over)
COVERS += (shading_over, stencil_over, turned_page_box, clip_before, cropped)


def white_ink(pdf: pikepdf.Pdf, made: pikepdf.Page, text: str) -> None:
    write_over(pdf, made, b"1 g", secret_line(text))


def pale_ink(pdf: pikepdf.Pdf, made: pikepdf.Page, text: str) -> None:
    write_over(pdf, made, b"0.97 g", secret_line(text))


def no_ink(pdf: pikepdf.Pdf, made: pikepdf.Page, text: str) -> None:
    write_over(pdf, made, secret_line(text, mode=3))


def clipping_ink(pdf: pikepdf.Pdf, made: pikepdf.Page, text: str) -> None:
    write_over(pdf, made, b"q", secret_line(text, mode=7), b"Q")


def glass_ink(pdf: pikepdf.Pdf, made: pikepdf.Page, text: str) -> None:
    made.obj.Resources.ExtGState = Dictionary(G=Dictionary(ca=0))
    write_over(pdf, made, b"q /G gs", secret_line(text), b"Q")


def off_page(pdf: pikepdf.Pdf, made: pikepdf.Page, text: str) -> None:
    write_over(pdf, made, line_of(text, 72, -200), line_of(text, 3000, 300))


def layer_off(pdf: pikepdf.Pdf, made: pikepdf.Page, text: str) -> None:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=b"draft"))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    made.obj.Resources.Properties = Dictionary(L=layer)
    write_over(pdf, made, b"/OC /L BDC", secret_line(text), b"EMC")


def black_on_black(pdf: pikepdf.Pdf, made: pikepdf.Page, text: str) -> None:
    write_over(pdf, made, b"0 g " + OVER + b" f", secret_line(text))


HIDINGS: tuple[Hide, ...] = (white_ink, pale_ink, no_ink, clipping_ink, glass_ink, off_page, layer_off)
HIDINGS += (black_on_black,)


def _strips(count: int, folder: Path) -> Path:
    def change(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
        image, lay = page(size_mm=A4_MM), []
        for number in range(count):
            top, bottom = (round(image.height * part / count) for part in (number, number + 1))
            made.obj.Resources.XObject[f"/S{number}"] = picture_of(
                pdf, image.crop((0, top, image.width, bottom))
            )
            high = HEIGHT / count
            low = HEIGHT - high * (number + 1)
            lay.append(b"q %.3f 0 0 %.3f 0 %.3f cm /S%d Do Q" % (WIDTH, high, low, number))
        made.obj.Contents = Stream(pdf, b"\n".join([*lay, line_of("Trang 17", 280, 20)]))

    return _saved(change, "words", folder)


WRONG = (
    ("UY BAN NHÀN DÀN", "Ong Nguyên Vàn Húng"),
    ("gibberish", "zzz"),
    ("Tòa án nhân dân tối cao", "Bản án"),
    ("l1l1l", "0O0O"),
    ("THƯ MỜI HỌP", "Kính gửi quý vị"),
)


def _wrong_words(seed: int, below: bool, folder: Path) -> Path:  # noqa: FBT001 a variant
    def change(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
        lines = [line_of(text, 72, HEIGHT - 80 * row - 80) for row, text in enumerate(WRONG[seed] * 3)]
        hidden = [line_of(text, 72, HEIGHT - 80 * row - 80, mode=3) for row, text in enumerate(WRONG[seed])]
        if below:
            write_under(pdf, made, *lines)
        else:
            write_over(pdf, made, *hidden)

    return _saved(change, "scan", folder)


VALUES = ("Pham Thi Hong", "12/05/1990", "phuong Dong Tam", "0912 345 678", "so 7 Hoa Sen", "Nam")


def _filled(value: str, kind: str, folder: Path) -> Path:
    def change(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
        plain = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        drawn = f"BT /Helv 12 Tf 2 4 Td ({value}) Tj ET".encode()
        form = Stream(pdf, drawn, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 220, 18]))
        form.Resources = Dictionary(Font=Dictionary(Helv=plain))
        told = Dictionary(Type=Name.Annot, Rect=Array([90, 500, 310, 518]), F=4, AP=Dictionary(N=form))
        if kind == "field":
            told.Subtype, told.FT, told.T, told.V = Name.Widget, Name.Tx, String("f"), String(value)
        else:
            told.Subtype, told.Contents, told.DA = Name.FreeText, String(value), String("/Helv 12 Tf 0 g")
        field = pdf.make_indirect(told)
        made.obj.Annots = Array([field])
        if kind == "field":
            pdf.Root.AcroForm = Dictionary(Fields=Array([field]))

    return _saved(change, "words", folder)


def _hyphenated(first: str, second: str, folder: Path) -> Path:
    with pikepdf.new() as pdf:
        add_words(pdf, (f"Căn cứ văn bản số {first}", f"{second} của cơ quan có thẩm quyền"))
        pdf.save(folder / "paper.pdf")
    return folder / "paper.pdf"


def _carriers() -> Iterator[Case]:
    def carried(change: Callable[[pikepdf.Pdf], None], pages: int, folder: Path) -> Path:
        def change_all(pdf: pikepdf.Pdf, _made: pikepdf.Page) -> None:
            for _ in range(pages - 1):
                add_words(pdf, LINES)
            change(pdf)

        return _saved(change_all, "words", folder)

    for pages in (1, 3):
        for draw in carriers.DRAWN_ANEW:
            refused = Right(fault=FaultCode.DYNAMIC_FORM)
            yield case("dynamic forms", f"{draw.__name__} {pages}", partial(carried, draw, pages), refused)
        for attach in carriers.ATTACHED:
            told = Right(pages=pages, says=SAYS, told=ReasonCode.ATTACHMENTS)
            yield case("attachments", f"{attach.__name__} {pages}", partial(carried, attach, pages), told)

            def folded(pdf: pikepdf.Pdf, attach: Callable[[pikepdf.Pdf], None] = attach) -> None:
                carriers.folder_view_without_files(pdf)
                attach(pdf)

            refused = Right(fault=FaultCode.PORTFOLIO)
            yield case("portfolios", f"{attach.__name__} {pages}", partial(carried, folded, pages), refused)


def _field(kind: pikepdf.Name, value: object) -> Change:
    def change(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
        told = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=kind, T=String("KyCaNhan"), F=132)
        told.Rect = Array([0, 0, 0, 0])
        if value is not None:
            told.V = value
        field = pdf.make_indirect(told)
        made.obj.Annots = Array([field])
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)

    return change


def _entry(key: str, value: Callable[[], object]) -> Change:
    def change(pdf: pikepdf.Pdf, _made: pikepdf.Page) -> None:
        pdf.Root[key] = value()

    return change


def _said(words: bytes) -> Change:
    def change(pdf: pikepdf.Pdf, made: pikepdf.Page) -> None:
        write_under(pdf, made, b"% " + words)

    return change


def _in_the_information(pdf: pikepdf.Pdf, _made: pikepdf.Page) -> None:
    pdf.docinfo["/Subject"] = String("/ByteRange [0 100 200 300] /Type /Sig")


def _rights() -> Dictionary:
    grant = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Contents=String("x" * 64))
    grant.ByteRange = Array([0, 100, 200, 300])
    return Dictionary(UR3=grant)


BROKEN = Dictionary(Type=Name.Sig)
UNSIGNED: dict[str, Change] = {
    "the word in a comment": _said(b"/ByteRange [0 1 2 3]"),
    "the words of a signature": _said(b"/Type /Sig /SubFilter /adbe.pkcs7.detached /ByteRange"),
    "the word in the information": _in_the_information,
    "the word in a string": _entry("/Lang", lambda: String("/ByteRange")),
    "an empty field": _field(Name.Sig, None),
    "a field with an empty dictionary": _field(Name.Sig, Dictionary()),
    "a field with a type alone": _field(Name.Sig, BROKEN),
    "a text field of that name": _field(Name.Tx, String("signed")),
    "a button of that name": _field(Name.Btn, Name.Yes),
    "usage rights": _entry("/Perms", _rights),
    "a ByteRange at the root": _entry("/ByteRange", lambda: Array([0, 1, 2, 3])),
}
