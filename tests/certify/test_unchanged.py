"""Which pages need no drawing: those the renderer would draw from the same objects, before and after."""

import io

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name

from certify.pdf_bytes.revisions import map_revisions
from certify.verification.seen import pixels, unchanged
from certify.verification.seen.pixels import Change, Comparison, compare_pages
from certify.verification.seen.unchanged import unchanged_pages

NOWHERE, SOMEWHERE = (0, 0, 0, 0), (20, 20, 60, 60)
SQUARE = b"1 0 0 rg 0 0 40 40 re f"
EVERYWHERE = b"1 0 0 rg -500 -500 1000 1000 re f"


def nothing(_):
    """No change."""


def paper(change=nothing, *, pages=2, grey=90):
    """A document of such pages, each a picture and a line of its own; `change` may do anything to it."""
    pdf = pikepdf.new()
    for number in range(pages):
        page = pdf.add_blank_page(page_size=(100, 100)).obj
        picture = pdf.make_stream(bytes([grey] * 64), Type=Name.XObject, Subtype=Name.Image)
        picture.update(Dictionary(Width=8, Height=8, BitsPerComponent=8, ColorSpace=Name.DeviceGray))
        page.Resources = Dictionary(XObject=Dictionary(Im0=pdf.make_indirect(picture)))
        page.Contents = pdf.make_stream(b"q 50 0 0 50 5 %d cm /Im0 Do Q" % (10 + number))
    change(pdf)
    out = io.BytesIO()
    pdf.save(out, static_id=True)
    return out.getvalue()


def annotated(box, look=b"", bounds=(0, 0, 40, 40), flags=4):
    """A change of the first page: a field of this box, whose appearance paints `look` within `bounds`."""

    def change(pdf):
        page = pdf.pages[0].obj
        shown = pdf.make_stream(look, Type=Name.XObject, Subtype=Name.Form, BBox=Array(bounds))
        field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T="x", Rect=Array(box), F=flags)
        field.AP = Dictionary(N=shown)
        page.Annots = Array([pdf.make_indirect(field)])
        pdf.Root.AcroForm = Dictionary(Fields=page.Annots, SigFlags=3)

    return change


def picture(data):
    """The dots of the first page, its annotations among them."""
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    return bytes(document[0].render(may_draw_forms=True).buffer)


def told(before, after):
    return sorted(unchanged_pages(before, after))


def test_pages_of_the_same_objects_are_told_wherever_those_stand():
    assert told(paper(), paper()) == [1, 2]
    assert told(paper(), paper(lambda pdf: pdf.make_indirect(Dictionary(Later=True)))) == [1, 2]


def test_a_state_beside_itself_has_changed_nothing():
    same = paper()
    assert told(same, same) == [1, 2]


@pytest.mark.parametrize("bounds", [(0, 0, 40, 40), NOWHERE], ids=str)
@pytest.mark.parametrize("flags", [4, 132, 2], ids=str)
def test_a_field_without_area_changes_nothing_on_a_page(bounds, flags):
    assert told(paper(), paper(annotated(NOWHERE, b"", bounds, flags))) == [1, 2]


@pytest.mark.parametrize("box", [NOWHERE, (0, 0, 90, 0), (30, 30, 30, 90), (-9, 120, -9, 120)], ids=str)
@pytest.mark.parametrize("bounds", [(0, 0, 40, 40), NOWHERE, (0, 0, 40, 0), (-900, -900, 900, 900)], ids=str)
@pytest.mark.parametrize("look", [SQUARE, EVERYWHERE], ids=["square", "everywhere"])
def test_a_page_is_told_only_where_drawing_it_shows_the_same(box, bounds, look):
    before, after = paper(), paper(annotated(box, look, bounds))
    assert told(before, after) in ([1, 2], [2])
    assert (1 in told(before, after)) <= (picture(before) == picture(after))


@pytest.mark.parametrize("look", [SQUARE, EVERYWHERE, b""], ids=["square", "everywhere", "empty"])
def test_a_field_with_area_is_drawn_whatever_it_shows(look):
    assert told(paper(), paper(annotated(SOMEWHERE, look))) == [2]


def test_annotations_that_were_signed_are_drawn():
    before = paper(annotated(SOMEWHERE, SQUARE))
    assert told(before, paper(annotated(SOMEWHERE, SQUARE))) == [2]
    assert told(before, paper()) == [2]


def other_picture(pdf):
    pdf.pages[1].obj.Resources.XObject.Im0.write(bytes([91] * 64))


def other_line(pdf):
    pdf.pages[1].obj.Contents = pdf.make_stream(b"q 50 0 0 50 5 30 cm /Im0 Do Q")


def other_box(pdf):
    pdf.pages[1].obj.CropBox = Array([0, 0, 50, 50])


def turned(pdf):
    pdf.pages[1].obj.Rotate = 90


def masked(pdf):
    mask = pdf.make_stream(bytes(8), Type=Name.XObject, Subtype=Name.Image, Width=8, Height=8)
    mask.update(Dictionary(BitsPerComponent=1, ImageMask=True))
    pdf.pages[1].obj.Resources.XObject.Im0.Mask = pdf.make_indirect(mask)


def enlarged(pdf):
    pdf.pages[1].obj.UserUnit = 2


@pytest.mark.parametrize("change", [other_picture, other_line, other_box, turned, masked, enlarged])
def test_whatever_changes_a_page_has_every_page_drawn(change):
    assert told(paper(), paper(change)) == []


def test_a_page_more_or_less_is_not_overlooked():
    assert told(paper(), paper(pages=3)) == told(paper(pages=3), paper()) == []
    assert compare_pages(Comparison(paper(), paper(pages=3))).differing == (3,)


def test_a_page_that_heeds_a_layer_is_drawn_also_where_no_layer_is_declared():
    def layered(pdf):
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="x"))
        pdf.pages[0].obj.Resources.Properties = Dictionary(MC0=layer)

    assert told(paper(layered), paper(layered)) == []


def test_files_too_large_and_files_that_cannot_be_read_are_left_to_drawing(monkeypatch):
    assert told(b"no document", paper()) == []
    monkeypatch.setattr(unchanged, "LARGEST_FILE", 10)
    assert told(paper(), paper()) == []


def test_what_is_told_unchanged_is_not_drawn_and_what_changed_is_found(monkeypatch):
    drawn = []

    def drawing(before, after, number, asked):
        drawn.append(number)
        return Change.NONE, False

    assert compare_pages(Comparison(paper(), paper(other_picture), {})).differing == (2,)
    monkeypatch.setattr(pixels, "_compared", drawing)
    compare_pages(Comparison(paper(), paper(annotated(SOMEWHERE))))
    compare_pages(Comparison(paper(), paper(), layered=True))
    assert drawn == [1, 1, 2]


def test_the_scan_of_a_stamped_copy_is_told_and_its_statement_drawn(certified_copy):
    data = certified_copy.path.read_bytes()
    end = map_revisions(data).signatures[0].end
    assert len(data) > end
    assert told(data[:end], data) == list(range(1, certified_copy.statement.approval.original.pages + 1))
