"""What can be slipped into a PDF so that it shows other things elsewhere, later, on paper or at a click."""

from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Stream


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
    pdf.attachments["words.txt"] = AttachedFileSpec(pdf, b"words", filename="words.txt")


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
