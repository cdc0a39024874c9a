"""Signed means a filled signature field, wherever it stands; nothing else is a signature."""

import warnings

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name

from digitize.sources.signed import is_signed
from digitize.sources.sources import survey_source
from tests.digitize.digitize_papers import write_paper


def value(pdf, **changes):
    usual = {"Type": Name.Sig, "ByteRange": Array([0, 1, 2, 3]), "Contents": b"\x30" * 64}
    return pdf.make_indirect(Dictionary(**{k: v for k, v in (usual | changes).items() if v is not None}))


def form(pdf, *fields):
    pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(field) for field in fields]))


def field(**entries):
    return Dictionary(**{"FT": Name.Sig, "T": b"s"} | entries)


def filled(pdf):
    form(pdf, field(V=value(pdf)))


def filled_time_stamp(pdf):
    form(pdf, field(V=value(pdf, Type=Name.DocTimeStamp)))


def without_type(pdf):
    form(pdf, field(V=value(pdf, Type=None)))


def second_of_two(pdf):
    form(pdf, field(), field(V=value(pdf)))


def among_kids(pdf):
    kid = pdf.make_indirect(field(V=value(pdf)))
    form(pdf, Dictionary(T=b"parent", Kids=Array([kid])))


def kind_inherited(pdf):
    kid = pdf.make_indirect(Dictionary(T=b"s", V=value(pdf)))
    form(pdf, Dictionary(FT=Name.Sig, T=b"parent", Kids=Array([kid])))


def value_inherited(pdf):
    kid = pdf.make_indirect(Dictionary(Subtype=Name.Widget))
    form(pdf, field(V=value(pdf), Kids=Array([kid])))


def widget_alone(pdf):
    note = field(V=value(pdf), Type=Name.Annot, Subtype=Name.Widget, Rect=Array([0, 0, 0, 0]))
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(note)])


def many_ranges(pdf):
    form(pdf, field(V=value(pdf, ByteRange=Array([0, 1, 2, 3, 4, 5]))))


def deep_among_kids(pdf):
    kid = pdf.make_indirect(field(V=value(pdf)))
    for _ in range(30):
        kid = pdf.make_indirect(Dictionary(T=b"p", Kids=Array([kid])))
    form(pdf, kid)


SIGNED = [
    *(filled, filled_time_stamp, without_type, second_of_two, among_kids, kind_inherited, value_inherited),
    *(widget_alone, many_ranges, deep_among_kids),
]


def plain(pdf):
    pass


def empty_field(pdf):
    form(pdf, field())


def text_field(pdf):
    form(pdf, Dictionary(FT=Name.Tx, T=b"s", V=b"/ByteRange"))


def usage_rights(pdf):
    pdf.Root.Perms = Dictionary(UR3=value(pdf))


def lonely_value(pdf):
    pdf.Root.Extra = value(pdf)


def value_of_a_text_field(pdf):
    form(pdf, Dictionary(FT=Name.Tx, T=b"s", V=value(pdf)))


def without_ranges(pdf):
    form(pdf, field(V=value(pdf, ByteRange=None)))


def short_ranges(pdf):
    form(pdf, field(V=value(pdf, ByteRange=Array([0, 1]))))


def without_contents(pdf):
    form(pdf, field(V=value(pdf, Contents=None)))


def empty_contents(pdf):
    form(pdf, field(V=value(pdf, Contents=b"")))


def title(pdf):
    pdf.docinfo.Title = "/ByteRange [0 1 2 3]"


def ring_of_fields(pdf):
    form(pdf, field())
    ring = pdf.Root.AcroForm.Fields[0]
    ring.Kids = Array([ring])


UNSIGNED = [
    *(plain, empty_field, text_field, usage_rights, lonely_value, value_of_a_text_field, without_ranges),
    *(short_ranges, without_contents, empty_contents, title, ring_of_fields),
]


def changed(path, change):
    paper = write_paper(path, pdfa=True)
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        change(pdf)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pikepdf.PageCopyWarning)  # a widget without a form is meant
            pdf.save(paper)
    return paper


@pytest.mark.parametrize("change", SIGNED, ids=lambda change: change.__name__)
def test_a_filled_signature_field_is_a_signature(change, tmp_path):
    assert survey_source(changed(tmp_path / "paper.pdf", change)).is_signed


@pytest.mark.parametrize("change", UNSIGNED, ids=lambda change: change.__name__)
def test_nothing_else_is(change, tmp_path):
    assert not survey_source(changed(tmp_path / "paper.pdf", change)).is_signed


def test_the_word_in_a_comment_is_no_signature(tmp_path):
    paper = write_paper(tmp_path / "paper.pdf")
    paper.write_bytes(paper.read_bytes() + b"\n% /ByteRange [0 1 2 3] /FT /Sig\n")
    assert not survey_source(paper).is_signed


@pytest.mark.parametrize(("change", "signed"), [(filled, True), (empty_field, False), (plain, False)])
def test_what_only_pdfium_opens_is_asked_of_pdfium(change, signed, tmp_path, monkeypatch):
    paper = changed(tmp_path / "paper.pdf", change)

    def refuse(_):
        raise pikepdf.PdfError("damaged")

    monkeypatch.setattr(pikepdf, "open", refuse)
    with pypdfium2.PdfDocument(paper) as document:
        assert is_signed(paper, document) == signed
