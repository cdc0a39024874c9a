"""What a PDF carries besides its pages: forms drawn anew and folders are refused, attachments are told."""

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String

from digitize.model import DigitizeFault, FaultCode, Origin, ReasonCode, Verdict
from digitize.sources.sources import survey_source
from tests.digitize.digitize_papers import LINES, add_text_page, write_paper

TEMPLATE = b'<template><subform layout="tb"><field name="ho_ten"/></subform></template>'
WAIT = ("Please wait... If this message is not replaced, your viewer cannot show this document.",)


def carrying(path, change, lines=LINES):
    with pikepdf.new() as pdf:
        add_text_page(pdf, lines)
        change(pdf)
        pdf.save(path)
    return path


def attached(pdf, name="don.pdf"):
    file = Stream(pdf, b"%PDF-1.4 another paper", Type=Name.EmbeddedFile)
    told = Dictionary(Type=Name.Filespec, F=String(name), UF=String(name), EF=Dictionary(F=file))
    return pdf.make_indirect(told)


def in_the_names(pdf):
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([String("don"), attached(pdf)])))


def deep_in_the_names(pdf):
    leaf = pdf.make_indirect(Dictionary(Names=Array([String("don"), attached(pdf)])))
    middle = pdf.make_indirect(Dictionary(Kids=Array([leaf])))
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Kids=Array([middle])))


def of_the_document(pdf):
    pdf.Root.AF = Array([attached(pdf)])


def of_a_page(pdf):
    pdf.pages[0].obj.AF = Array([attached(pdf)])


def pinned_to_a_page(pdf):
    pin = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([9, 9, 29, 29]))
    pin.FS = attached(pdf)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(pin)])


ATTACHED = [in_the_names, deep_in_the_names, of_the_document, of_a_page, pinned_to_a_page]


def unchanged(_pdf):
    pass


def named_tree_without_files(pdf):
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([])))


def tree_that_bites_its_tail(pdf):
    node = pdf.make_indirect(Dictionary())
    node.Kids = Array([node, node])
    pdf.Root.Names = Dictionary(EmbeddedFiles=node)


def file_elsewhere(pdf):
    told = Dictionary(Type=Name.Filespec, F=String("elsewhere.pdf"))
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([String("x"), told])))


def folder_view_without_files(pdf):
    pdf.Root.Collection = Dictionary(Type=Name.Collection, View=Name.D)


@pytest.mark.parametrize("attach", ATTACHED, ids=lambda attach: attach.__name__)
def test_attachments_are_found_wherever_they_hang(attach, tmp_path):
    assert survey_source(carrying(tmp_path / "paper.pdf", attach)).has_attachments


@pytest.mark.parametrize(
    "change",
    [
        unchanged,
        named_tree_without_files,
        tree_that_bites_its_tail,
        file_elsewhere,
        folder_view_without_files,
    ],
)
def test_where_no_file_is_there_is_no_attachment(change, tmp_path):
    assert not survey_source(carrying(tmp_path / "paper.pdf", change)).has_attachments


@pytest.mark.parametrize("attach", ATTACHED, ids=lambda attach: attach.__name__)
def test_a_folder_of_files_is_refused(attach, tmp_path):
    def change(pdf):
        folder_view_without_files(pdf)
        attach(pdf)

    assert refusal(carrying(tmp_path / "folder.pdf", change)) is FaultCode.PORTFOLIO


def test_attachments_are_told_once_and_their_source_is_kept(desk, tmp_path):
    def change(pdf):
        in_the_names(pdf)
        add_text_page(pdf, LINES[::-1])

    source = carrying(tmp_path / "paper.pdf", change)
    done = desk.digitize(source)
    told = [[reason.code for reason in page.report.reasons] for page in done.pages]
    assert [ReasonCode.ATTACHMENTS in codes for codes in told] == [True, False]
    assert done.pages[0].report.verdict is Verdict.LOOK
    assert (tmp_path / "out.source.pdf").read_bytes() == source.read_bytes()
    with pikepdf.open(done.finished.path) as pdf:
        assert not list(pdf.attachments)


def test_a_scan_with_attachments_keeps_its_source_too(desk, tmp_path, note):
    from digitize.pixels import jpeg
    from tests.digitize.digitize_papers import add_scan_page

    data = note.read_bytes()
    header = jpeg.read_header(data)
    with pikepdf.new() as pdf:
        add_scan_page(pdf, data, (header.width, header.height))
        in_the_names(pdf)
        pdf.save(tmp_path / "scan.pdf")
    done = desk.digitize(tmp_path / "scan.pdf")
    assert done.finished.origins == (Origin.SCAN,)
    assert (tmp_path / "out.source.pdf").read_bytes() == (tmp_path / "scan.pdf").read_bytes()


def form_of(pdf, xfa, fields=()):
    pdf.Root.AcroForm = Dictionary(Fields=Array(fields), XFA=xfa)


def in_one_stream(pdf):
    form_of(pdf, Stream(pdf, b"<xdp:xdp>" + TEMPLATE + b"</xdp:xdp>"))


def in_packets(pdf):
    form_of(pdf, Array([String("preamble"), Stream(pdf, b"<x>"), String("template"), Stream(pdf, TEMPLATE)]))


def asked_for_by_the_file(pdf):
    form_of(pdf, Stream(pdf, b"<template/>"))
    pdf.Root.NeedsRendering = True


def asked_for_by_its_settings(pdf):
    settings = b"<config><acrobat><acrobat7><dynamicRender> required </dynamicRender></acrobat7></acrobat>"
    form_of(pdf, Array([String("config"), Stream(pdf, settings + b"</config>")]))


def with_a_signature_box_alone(pdf):
    box = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("ky"), F=132)
    box.Rect = Array([0, 0, 0, 0])
    field = pdf.make_indirect(box)
    pdf.pages[0].obj.Annots = Array([field])
    form_of(pdf, Stream(pdf, TEMPLATE), [field])


def with_prefixed_names(pdf):
    template = TEMPLATE.replace(b"<", b"<x:").replace(b"<x:/", b"</x:")
    form_of(pdf, Stream(pdf, template))


def asked_for_although_fields_stand_there(pdf):
    shown_by_itself(pdf)
    pdf.Root.NeedsRendering = True


def shown_by_itself(pdf):
    """A static form: its fields stand on the page as well."""
    entry = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("ho_ten"), F=4)
    entry.Rect, entry.V = Array([160, 700, 360, 718]), String("Tran Van Kien")
    field = pdf.make_indirect(entry)
    pdf.pages[0].obj.Annots = Array([field])
    form_of(pdf, Stream(pdf, TEMPLATE), [field])


def with_fields_below_a_parent(pdf):
    shown_by_itself(pdf)
    kid = pdf.pages[0].obj.Annots[0]
    del kid.FT
    kid.Parent = pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("group"), Kids=Array([kid])))
    pdf.Root.AcroForm.Fields = Array([kid.Parent])


def without_anything_to_draw(pdf):
    form_of(pdf, Array([]))


DRAWN_ANEW = [
    *(in_one_stream, in_packets, asked_for_by_the_file, asked_for_by_its_settings, with_prefixed_names),
    *(with_a_signature_box_alone, asked_for_although_fields_stand_there),
]


def refusal(path):
    with pytest.raises(DigitizeFault) as told:
        survey_source(path)
    assert told.value.source == path.name
    return told.value.code


@pytest.mark.parametrize("change", DRAWN_ANEW, ids=lambda change: change.__name__)
def test_a_form_that_its_program_draws_is_refused(change, tmp_path):
    assert refusal(carrying(tmp_path / "form.pdf", change, WAIT)) is FaultCode.DYNAMIC_FORM


@pytest.mark.parametrize("change", [shown_by_itself, with_fields_below_a_parent, without_anything_to_draw])
def test_a_form_that_shows_itself_is_a_paper(change, tmp_path):
    assert survey_source(carrying(tmp_path / "form.pdf", change)).pages == 1


def test_a_path_that_does_not_exist_is_told_as_that(tmp_path):
    assert refusal(tmp_path / "nothing.pdf") is FaultCode.NO_FILE
    (tmp_path / "link.pdf").symlink_to(tmp_path / "gone.pdf")
    assert refusal(tmp_path / "link.pdf") is FaultCode.NO_FILE


def test_a_folder_is_there_and_is_no_document(tmp_path):
    assert refusal(tmp_path) is FaultCode.NOT_A_DOCUMENT


def test_nothing_is_written_of_what_is_refused(desk, tmp_path):
    source = write_paper(tmp_path / "paper.pdf")
    refused = carrying(tmp_path / "form.pdf", in_one_stream, WAIT)
    with pytest.raises(DigitizeFault):
        desk.digitize(source, refused)
    assert not desk.order(source).out.exists()
