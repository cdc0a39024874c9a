"""A certified copy holds what this house writes and nothing else: whatever else is slipped in is told."""

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream

from certify.model import AgencySigned, CertifyFault, FaultCode
from certify.signing import signing
from certify.signing.allowed import complaints, page_complaints
from certify.signing.statement import compose_copy
from tests.certify.certify_specimens import FORMS, make_digitized, statement_for


def stamp(pdf, **entries):
    """An annotation that paints the first page black."""
    form = Stream(
        pdf, b"0 0 600 900 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 600, 900])
    )
    usual = {"Type": Name.Annot, "Subtype": Name.Stamp, "Rect": Array([0, 0, 600, 900]), "F": 4}
    annotation = Dictionary(**usual | {"AP": Dictionary(N=form)} | entries)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(annotation)])


def script(pdf):
    return Dictionary(S=Name.JavaScript, JS=b"app.alert(1)")


def act_on_page(pdf):
    pdf.pages[0].obj.AA = Dictionary(O=script(pdf))


def act_on_opening(pdf):
    pdf.Root.OpenAction = script(pdf)


def act_by_name(pdf):
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([b"a", script(pdf)])))


def link(pdf):
    go = Dictionary(S=Name.URI, URI=b"https://example.invalid/")
    stamp(pdf, Subtype=Name.Link, A=go)


def print_only_stamp(pdf):
    stamp(pdf, F=4 | 32)


def hidden_stamp(pdf):
    stamp(pdf, F=2)


def roll_over(pdf):
    stamp(pdf, AP=Dictionary(N=picture_form(pdf, b""), R=picture_form(pdf, b"0 0 600 900 re f")))


def picture_form(pdf, content):
    return Stream(pdf, content, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 600, 900]))


def text_field(pdf):
    field = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        FT=Name.Tx,
        T=b"KyCaNhan",
        V=b"x",
        Rect=Array([0, 0, 9, 9]),
        F=132,
    )
    field = pdf.make_indirect(field)
    pdf.pages[0].obj.Annots = Array([field])
    add_field(pdf, field)


def hidden_field(pdf):
    field = pdf.make_indirect(Dictionary(FT=Name.Tx, T=b"secret", V=b"x"))
    add_field(pdf, field)


def add_field(pdf, field):
    if "/AcroForm" in pdf.Root:
        pdf.Root.AcroForm.Fields.append(field)
    else:
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]))


def layer(pdf):
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=b"layer"))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))
    next(iter(pdf.pages[0].obj.Resources.XObject.values())).OC = group


def external_picture(pdf):
    next(iter(pdf.pages[0].obj.Resources.XObject.values())).F = b"elsewhere.jpg"


def alternate_picture(pdf):
    picture = next(iter(pdf.pages[0].obj.Resources.XObject.values()))
    picture.Alternates = Array([Dictionary(Image=picture, DefaultForPrinting=True)])


def soft_mask(pdf):
    picture = next(iter(pdf.pages[0].obj.Resources.XObject.values()))
    picture.SMask = picture


def inverted(pdf):
    next(iter(pdf.pages[0].obj.Resources.XObject.values())).Decode = Array([1, 0, 1, 0, 1, 0])


def attachment(pdf):
    pdf.attachments["words.txt"] = pikepdf.AttachedFileSpec(pdf, b"words", filename="words.txt")


def associated_file(pdf):
    pdf.pages[0].obj.AF = Array([Dictionary(Type=Name.Filespec)])


def form_in_content(pdf):
    page = pdf.pages[0].obj
    page.Resources.XObject.Over = picture_form(pdf, b"0 0 600 900 re f")
    draw(pdf, b"/Over Do")


def painted_path(pdf):
    draw(pdf, b"0 0 600 900 re f")


def inline_picture(pdf):
    draw(pdf, b"BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI")


def transparency(pdf):
    pdf.pages[0].obj.Resources.ExtGState = Dictionary(G=Dictionary(ca=0.1))
    draw(pdf, b"/G gs")


def painted_letters(pdf):
    draw(pdf, b"BT 0 Tr (x) Tj ET")


def letters_painted_later(pdf):
    draw(pdf, b"BT 3 Tr (x) Tj 0 Tr (y) Tj ET")


def letters_of_no_mode(pdf):
    draw(pdf, b"BT (x) Tj ET")


def foreign_face(pdf):
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    pdf.pages[0].obj.Resources.Font = Dictionary(F9=font)


def draw(pdf, more):
    page = pdf.pages[0].obj
    page.Contents = Stream(pdf, page.Contents.read_bytes() + b"\n" + more)


def layered_content(pdf):
    draw(pdf, b"/OC /Layer BDC EMC")


def several_contents(pdf):
    pdf.pages[0].obj.Contents = Array([pdf.pages[0].obj.Contents])


def turned(pdf):
    pdf.pages[0].obj.Rotate = 90


def cropped(pdf):
    pdf.pages[0].obj.CropBox = Array([0, 0, 100, 100])


def magnified(pdf):
    pdf.pages[0].obj.UserUnit = 2


def grouped(pdf):
    pdf.pages[0].obj.Group = Dictionary(S=Name.Transparency)


def presented(pdf):
    pdf.pages[0].obj.Trans = Dictionary(S=Name.Fly)


ON_A_PAGE = [
    *(stamp, print_only_stamp, hidden_stamp, roll_over, link, act_on_page, external_picture),
    *(alternate_picture, soft_mask, inverted, associated_file, form_in_content, painted_path, inline_picture),
    *(transparency, painted_letters, letters_painted_later, letters_of_no_mode, foreign_face),
    *(layered_content, several_contents, turned, cropped, magnified, grouped, presented, layer),
]
IN_THE_FILE = [act_on_opening, act_by_name, text_field, hidden_field, attachment]


def named(change):
    return change.__name__


def test_what_the_house_writes_is_on_the_list(composed_copy, officer_signed, agency_signed, certified_copy):
    for stage in (composed_copy, officer_signed, agency_signed, certified_copy):
        with pikepdf.open(stage.path) as pdf:
            assert list(complaints(pdf)) == []


@pytest.mark.parametrize("slip_in", ON_A_PAGE + IN_THE_FILE, ids=named)
def test_whatever_else_is_slipped_into_a_copy_is_told(slip_in, composed_copy):
    with pikepdf.open(composed_copy.path) as pdf:
        slip_in(pdf)
        assert list(complaints(pdf))


@pytest.mark.parametrize("slip_in", ON_A_PAGE, ids=named)
def test_a_page_that_is_more_than_a_picture_makes_no_copy(slip_in, tmp_path):
    paper = make_digitized(tmp_path / "paper.pdf")
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        assert list(page_complaints(pdf.pages[0])) == []
        slip_in(pdf)
        pdf.save(paper)
    with pytest.raises(CertifyFault) as told:
        compose_copy(statement_for(paper), FORMS, tmp_path / "copy.pdf")
    assert told.value.code is FaultCode.FOREIGN_CONTENT
    assert "page 1" in told.value.detail
    assert [path.name for path in tmp_path.iterdir()] == ["paper.pdf"]


@pytest.mark.parametrize("slip_in", [act_on_opening, act_by_name, attachment], ids=named)
def test_what_stands_beside_the_pages_stays_behind(slip_in, tmp_path, verapdf):
    paper = make_digitized(tmp_path / "paper.pdf")
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        slip_in(pdf)
        pdf.save(paper)
    copy = compose_copy(statement_for(paper), FORMS, tmp_path / "copy.pdf").path
    with pikepdf.open(copy) as pdf:
        assert list(complaints(pdf)) == []
    assert b"JavaScript" not in copy.read_bytes()
    assert verapdf([copy])[copy]


def test_every_key_that_is_not_ours_is_told_wherever_it_stands(certified_copy):
    with pikepdf.open(certified_copy.path) as pdf:
        total, silent = 0, []
        for thing in pdf.objects:
            if not isinstance(thing, Dictionary | Stream):
                continue
            total += 1
            thing["/Foreign"] = Name.Foreign
            if not list(complaints(pdf)):
                silent.append(dict(thing.items()))
            del thing["/Foreign"]
        assert list(complaints(pdf)) == []
    assert total > 40
    left_behind = [sorted(keys) for keys in silent if "/BBox" not in keys]  # boxes that signing replaced
    assert left_behind == []


def test_a_turn_handed_down_to_the_page_is_told(tmp_path):
    paper = make_digitized(tmp_path / "paper.pdf")
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        pdf.Root.Pages.Rotate = 180
        pdf.save(paper)
    with pytest.raises(CertifyFault) as told:
        compose_copy(statement_for(paper), FORMS, tmp_path / "copy.pdf")
    assert told.value.code is FaultCode.FOREIGN_CONTENT


def test_letters_in_the_middle_are_no_page_of_an_original(composed_copy):
    with pikepdf.open(composed_copy.path) as pdf:
        pdf.pages.insert(0, pdf.pages[-1])
        assert any(said.startswith("page 1") for said in complaints(pdf))


@pytest.mark.parametrize("slip_in", [stamp, layer, act_on_opening], ids=named)
def test_a_signed_copy_that_holds_more_is_never_released(slip_in, agency_signed, authority, tmp_path):
    """Whoever got something in between the signatures does not get it out of the house."""
    changed = tmp_path / "agency.pdf"
    with pikepdf.open(agency_signed.path) as pdf:
        slip_in(pdf)
        pdf.save(changed)
    locked = AgencySigned(agency_signed.statement, changed)
    with pytest.raises(CertifyFault) as told:
        signing.seal_for_decades(locked, tmp_path / "out.pdf", authority.services)
    assert told.value.code is FaultCode.FOREIGN_CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["agency.pdf"]
