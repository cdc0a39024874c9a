"""What is printed, or shown later, is not what the signer saw: changed after signing, or prepared before.

Every function yields variants of one kind.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pikepdf
from attacks_workshop import (
    BLANK,
    COVER,
    INKED,
    WHOLE_PAGE,
    Box,
    Hand,
    corner_copy,
    field_named,
    first_page,
    form_of,
    house_copy,
    name,
    paper,
    people,
    rewritten,
    sealed,
    sign,
    updated,
)
from pikepdf import Array, Dictionary, Name, Stream, String
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields

Change = Callable[[IncrementalPdfFileWriter], None]
PRINT_ONLY, VIEW_ONLY, HIDDEN, PLAIN, TOGGLED = 4 | 32, 0, 2, 4, 4 | 256
BOXES: tuple[Box, ...] = (INKED, (20, 190, 250, 215), WHOLE_PAGE)


# papers with a field or a stamp, made before anybody signs ---------------------------------------------


def with_field(flags: int = PLAIN, box: Box = INKED, look: bytes = b"", **more: Any) -> bytes:
    """A paper with a text field."""

    def change(document: pikepdf.Pdf) -> None:
        made = _annotation(document, flags, box, look)
        made.update({"/Subtype": Name.Widget, "/FT": Name.Tx, "/T": String("GhiChu"), **more})
        _add(document, made)
        document.Root.AcroForm = Dictionary(Fields=Array([document.pages[0].obj.Annots[0]]))

    return rewritten(paper(), change)


def with_stamp(flags: int, box: Box = INKED, look: bytes = COVER, **more: Any) -> bytes:
    """A paper with a rubber stamp."""

    def change(document: pikepdf.Pdf) -> None:
        made = _annotation(document, flags, box, look)
        made.update({"/Subtype": Name.Stamp, **more})
        _add(document, made)

    return rewritten(paper(), change)


def _annotation(document: pikepdf.Pdf, flags: int, box: Box, look: bytes) -> Dictionary:
    appearance = Dictionary(N=document.make_indirect(_form(document, look, box)))
    return Dictionary(Type=Name.Annot, F=flags, Rect=Array(list(box)), AP=appearance, P=document.pages[0].obj)


def _form(document: pikepdf.Pdf, look: bytes, box: Box) -> Stream:
    size = Array([0, 0, box[2] - box[0], box[3] - box[1]])
    return Stream(document, look, Type=Name.XObject, Subtype=Name.Form, BBox=size)


def _add(document: pikepdf.Pdf, annotation: Dictionary) -> None:
    page = document.pages[0].obj
    listed = list(page.get("/Annots", []))
    page.Annots = Array([*listed, document.make_indirect(annotation)])


def signed_twice(
    pdf: bytes, change: Change, certify: fields.MDPPerm | None = fields.MDPPerm.FILL_FORMS
) -> bytes:
    """Signed, changed, and signed again by another, so that somebody stands for the change."""
    first = sign(pdf, Hand(people().stranger, certify=certify))
    return sealed(sign(updated(first, change), Hand(people().officer, "Second")))


# changed after signing --------------------------------------------------------------------------------


def a_field_that_only_prints() -> Iterator[bytes]:
    """A field gets an appearance over the text, and flags that keep it off the screen."""
    for box, certify in product(BOXES, (None, fields.MDPPerm.FILL_FORMS)):
        yield signed_twice(with_field(box=box), _looking(COVER, PRINT_ONLY, box), certify)


def a_field_that_only_shows() -> Iterator[bytes]:
    for box in BOXES[:2]:
        yield signed_twice(with_field(box=box), _looking(COVER, VIEW_ONLY, box))


def a_hidden_field_brought_to_light() -> Iterator[bytes]:
    """It was signed hidden, with its ink; only its flags change."""
    for before, after in ((HIDDEN, PLAIN), (HIDDEN, PRINT_ONLY), (VIEW_ONLY | 32, PLAIN), (HIDDEN | 4, 4)):
        yield signed_twice(with_field(before, look=COVER), _flagged(after))


def a_field_hidden_after_signing() -> Iterator[bytes]:
    for after in (HIDDEN, PRINT_ONLY, VIEW_ONLY, TOGGLED):
        yield signed_twice(with_field(look=b"0 0 0 rg 0 0 60 20 re f", box=BLANK), _flagged(after))


def a_roll_over_appearance_added() -> Iterator[bytes]:
    """Nothing changes on the page, until the pointer comes near."""
    for state, box in product(("/R", "/D"), BOXES):
        yield signed_twice(with_field(box=box), _with_state(state, box))


def a_default_appearance_changed() -> Iterator[bytes]:
    """/DA decides how a reader draws the value anew: white ink, a size that fills the page."""
    for look in ("/Helv 0 Tf 1 1 1 rg", "/Helv 200 Tf 1 0 0 rg", "/ZaDb 12 Tf 0 g"):
        pdf = with_field(**{"/DA": String("/Helv 10 Tf 0 g"), "/V": String("5.000.000")})
        yield signed_twice(pdf, _entry("/DA", generic.TextStringObject(look)))


def a_field_turned_or_shifted() -> Iterator[bytes]:
    """/Q and the like: the value stands elsewhere in its box."""
    for value in (1, 2):
        pdf = with_field(**{"/V": String("5.000.000")})
        yield signed_twice(pdf, _entry("/Q", generic.NumberObject(value)))


def a_state_switched() -> Iterator[bytes]:
    """A tick box with both states signed: /AS chooses another one."""
    for box in BOXES:

        def change(document: pikepdf.Pdf, box: Box = box) -> None:
            made = _annotation(document, PLAIN, box, b"")
            states = Dictionary(Off=made.AP.N, Yes=document.make_indirect(_form(document, COVER, box)))
            made.AP = Dictionary(N=states)
            made.update({"/Subtype": Name.Widget, "/FT": Name.Btn, "/T": String("Chon"), "/AS": Name.Off})
            _add(document, made)
            document.Root.AcroForm = Dictionary(Fields=Array([document.pages[0].obj.Annots[0]]))

        for entries in ({"/AS": "/Yes"}, {"/AS": "/Yes", "/V": "/Yes"}):
            yield signed_twice(rewritten(paper(), change), _names(entries, "Chon"))


def a_signature_box_that_only_prints() -> Iterator[bytes]:
    """The second signer's own field is kept off the screen."""
    for flags, box in product((PRINT_ONLY, PRINT_ONLY | 128), (INKED, BLANK)):
        signed = sign(paper(), Hand(people().stranger))
        prepared = updated(signed, lambda writer, flags=flags, box=box: _empty_field(writer, flags, box))
        yield sealed(sign(prepared, Hand(people().officer, "Second", exists=True, ink=COVER)))


# prepared before signing ------------------------------------------------------------------------------


def a_stamp_that_only_prints() -> Iterator[bytes]:
    for box in (*BOXES, BLANK):
        yield sealed(sign(with_stamp(PRINT_ONLY, box), Hand(people().stranger)))


def a_stamp_that_only_shows() -> Iterator[bytes]:
    for box, flags in product((*BOXES[:2], BLANK), (VIEW_ONLY, 64)):
        yield sealed(sign(with_stamp(flags, box), Hand(people().stranger)))


def a_field_that_only_prints_from_the_start() -> Iterator[bytes]:
    for box in (*BOXES, BLANK):
        yield sealed(sign(with_field(PRINT_ONLY, box, COVER), Hand(people().stranger)))


def a_first_signature_that_only_prints() -> Iterator[bytes]:
    for box in (INKED, BLANK):
        prepared = updated(paper(), lambda writer, box=box: _empty_field(writer, PRINT_ONLY, box))
        yield sealed(sign(prepared, Hand(people().stranger, "Second", exists=True, ink=COVER)))


def a_roll_over_appearance_from_the_start() -> Iterator[bytes]:
    for state in ("/R", "/D"):
        for subtype in (Name.Stamp, Name.Widget):

            def change(document: pikepdf.Pdf, state: str = state, subtype: Name = subtype) -> None:
                made = _annotation(document, PLAIN, INKED, b"")
                made.AP[state] = document.make_indirect(_form(document, COVER, INKED))
                made.update({"/Subtype": subtype, "/FT": Name.Tx, "/T": String("GhiChu")})
                _add(document, made)
                if subtype == Name.Widget:
                    document.Root.AcroForm = Dictionary(Fields=Array([document.pages[0].obj.Annots[0]]))

            yield sealed(sign(rewritten(paper(), change), Hand(people().stranger)))


def layers_for_print() -> Iterator[bytes]:
    """Optional content: off on the screen, on for print, by usage or configuration; or simply switchable."""
    for usage in ("print", "off", "on", "export", "membership"):
        yield sealed(sign(rewritten(paper(), _layer(usage)), Hand(people().stranger)))


def scripts() -> Iterator[bytes]:
    for where in ("open", "names", "page", "document", "calculate", "next"):
        yield sealed(sign(rewritten(paper(), _script(where)), Hand(people().stranger)))


def actions_that_hide() -> Iterator[bytes]:
    for action in (
        Dictionary(S=Name.Hide, T=String("GhiChu"), H=False),
        Dictionary(S=Name.SetOCGState, State=Array([])),
        Dictionary(S=Name.ResetForm),
        Dictionary(S=Name.ImportData, F=String("values.fdf")),
        Dictionary(S=Name.GoTo, Next=Dictionary(S=Name.Hide, T=String("GhiChu"))),
    ):

        def change(document: pikepdf.Pdf, action: Dictionary = action) -> None:
            document.Root.OpenAction = action

        yield sealed(sign(rewritten(paper(), change), Hand(people().stranger)))


def xfa_forms() -> Iterator[bytes]:
    for dynamic in (False, True):

        def change(document: pikepdf.Pdf, dynamic: bool = dynamic) -> None:
            template = document.make_indirect(Stream(document, b"<xdp:xdp/>"))
            document.Root.AcroForm = Dictionary(
                Fields=Array(), XFA=Array([String("template"), template]) if dynamic else template
            )
            if dynamic:
                document.Root.NeedsRendering = True

        yield sealed(sign(rewritten(paper(), change), Hand(people().stranger)))


def streams_outside_the_file() -> Iterator[bytes]:
    for where in ("picture", "appearance", "page"):
        yield sealed(sign(rewritten(paper(), _outside(where)), Hand(people().stranger)))


def other_pictures_for_print() -> Iterator[bytes]:
    for key in ("/Alternates", "/OPI", "/Ref", "/PS"):
        yield sealed(sign(rewritten(paper(), _alternate(key)), Hand(people().stranger)))


def another_shade_for_print() -> Iterator[bytes]:
    """A transfer function, which printers heed and screens do not: the page inverted, or white."""
    for key, upside in (("/TR", True), ("/TR2", True), ("/TR", False)):

        def change(document: pikepdf.Pdf, key: str = key, upside: bool = upside) -> None:
            ends = {"/C0": Array([1]), "/C1": Array([0 if upside else 1])}
            function = Dictionary({"/FunctionType": 2, "/Domain": Array([0, 1]), "/N": 1, **ends})
            state = Dictionary({"/Type": Name.ExtGState, key: function})
            page = document.pages[0].obj
            page.Resources = Dictionary(ExtGState=Dictionary(G=document.make_indirect(state)))
            page.Contents = document.make_stream(b"/G gs " + page.Contents.read_bytes())

        yield sealed(sign(rewritten(paper(), change), Hand(people().stranger)))


def another_box_for_print() -> Iterator[bytes]:
    for key, value in (
        ("/PrintArea", Name.MediaBox),
        ("/PrintClip", Name.MediaBox),
        ("/ViewArea", Name.ArtBox),
        ("/PrintPageRange", Array([0, 0])),
    ):

        def change(document: pikepdf.Pdf, key: str = key, value: Any = value) -> None:
            document.Root.ViewerPreferences = Dictionary({key: value})

        yield sealed(sign(rewritten(paper(), change), Hand(people().stranger)))


def moving_pictures() -> Iterator[bytes]:
    for subtype in ("/3D", "/RichMedia", "/Movie", "/Screen", "/Watermark"):

        def change(document: pikepdf.Pdf, subtype: str = subtype) -> None:
            made = _annotation(document, PLAIN, INKED, b"")
            made.Subtype = Name(subtype)
            _add(document, made)

        yield sealed(sign(rewritten(paper(), change), Hand(people().stranger)))


def a_portfolio() -> Iterator[bytes]:
    def change(document: pikepdf.Pdf) -> None:
        document.attachments["khac.pdf"] = paper()
        document.Root.Collection = Dictionary(Type=Name.Collection, View=Name.D, D=String("khac.pdf"))

    yield sealed(sign(rewritten(paper(), change), Hand(people().stranger)))


# files of the house that carry any of it ----------------------------------------------------------------


def a_house_file_that_carries_what_acts() -> Iterator[bytes]:
    """Already issued, every signature in order: a script, a link, a stamp, a program came in with a page."""
    there = people()
    for change in CARRIED:
        pdf = rewritten(paper(), change)
        yield corner_copy("KySaoChup", there.stranger, pdf)
        yield corner_copy("KySao", there.agency, pdf)
        with_both = updated(pdf, _both_fields)
        yield house_copy(base=with_both)


def _link(document: pikepdf.Pdf) -> None:
    made = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array(list(WHOLE_PAGE)), F=4)
    made.A = Dictionary(S=Name.URI, URI=String("https://example.invalid/"))
    _add(document, made)


def _launch(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.Launch, F=String("chay.exe"))


def _attachment(document: pikepdf.Pdf) -> None:
    document.attachments["chay.exe"] = b"MZ"


def _print_only_stamp(document: pikepdf.Pdf) -> None:
    made = _annotation(document, PRINT_ONLY, INKED, COVER)
    made.Subtype = Name.Stamp
    _add(document, made)


def _plain_stamp(document: pikepdf.Pdf) -> None:
    made = _annotation(document, PLAIN, INKED, COVER)
    made.Subtype = Name.Stamp
    _add(document, made)


def _script(where: str) -> Callable[[pikepdf.Pdf], None]:
    def change(document: pikepdf.Pdf) -> None:
        action = Dictionary(S=Name.JavaScript, JS=String("this.getField('GhiChu').value = 'khac'"))
        if where == "open":
            document.Root.OpenAction = action
        elif where == "names":
            document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), action])))
        elif where == "page":
            document.pages[0].obj.AA = Dictionary(O=action)
        elif where == "document":
            document.Root.AA = Dictionary(WP=action)
        elif where == "calculate":
            made = _annotation(document, PLAIN, BLANK, b"")
            made.update({"/Subtype": Name.Widget, "/FT": Name.Tx, "/T": String("GhiChu")})
            made.AA = Dictionary(C=action)
            _add(document, made)
            document.Root.AcroForm = Dictionary(Fields=Array([document.pages[0].obj.Annots[0]]))
        else:
            document.Root.OpenAction = Dictionary(S=Name.GoTo, Next=Array([action]))

    return change


def _layer(usage: str) -> Callable[[pikepdf.Pdf], None]:
    def change(document: pikepdf.Pdf) -> None:
        states = {"print": ("OFF", "ON"), "export": ("ON", "OFF")}.get(usage, ("ON", "ON"))
        group = document.make_indirect(
            Dictionary(
                Type=Name.OCG,
                Name=String("Lop"),
                Usage=Dictionary(
                    View=Dictionary(ViewState=Name("/" + states[0])),
                    Print=Dictionary(PrintState=Name("/" + states[1])),
                ),
            )
        )
        events = [
            Dictionary(Event=Name("/" + event), Category=Array([Name("/" + event)]), OCGs=Array([group]))
            for event in ("View", "Print", "Export")
        ]
        shown = Dictionary(Order=Array([group]))
        if usage in {"print", "export"}:
            shown.AS = Array(events)
        if usage == "off":
            shown.OFF = Array([group])
        document.Root.OCProperties = Dictionary(OCGs=Array([group]), D=shown)
        member = Dictionary(Type=Name.OCMD, OCGs=group) if usage == "membership" else group
        page = document.pages[0].obj
        page.Resources = Dictionary(
            Properties=Dictionary(Lop=document.make_indirect(member) if usage == "membership" else member)
        )
        old = page.Contents.read_bytes()
        page.Contents = document.make_stream(old + b" /OC /Lop BDC 1 1 1 rg 20 290 150 60 re f EMC")

    return change


def _outside(where: str) -> Callable[[pikepdf.Pdf], None]:
    def change(document: pikepdf.Pdf) -> None:
        page = document.pages[0].obj
        if where == "page":
            page.Contents = Array([page.Contents, document.make_indirect(_elsewhere(document))])
        elif where == "picture":
            picture = _elsewhere(document)
            picture.update({"/Type": Name.XObject, "/Subtype": Name.Image, "/Width": 1, "/Height": 1})
            page.Resources = Dictionary(XObject=Dictionary(Im=document.make_indirect(picture)))
        else:
            made = _annotation(document, PLAIN, INKED, b"")
            made.AP.N.F = String("https://example.invalid/look")
            made.Subtype = Name.Stamp
            _add(document, made)

    return change


def _elsewhere(document: pikepdf.Pdf) -> Stream:
    stream = Stream(document, b"")
    stream.F = Dictionary(FS=Name.URL, F=String("https://example.invalid/"), Type=Name.Filespec)
    return stream


def _alternate(key: str) -> Callable[[pikepdf.Pdf], None]:
    def change(document: pikepdf.Pdf) -> None:
        picture = Stream(document, b"\xff", Type=Name.XObject, Width=1, Height=1, BitsPerComponent=8)
        picture.ColorSpace, picture.Subtype = Name.DeviceGray, Name.Image
        other = Dictionary(Image=document.make_indirect(Stream(document, b"\x00")), DefaultForPrinting=True)
        if key == "/Alternates":
            picture.Alternates = Array([other])
        elif key == "/PS":
            picture = Stream(document, b"showpage", Type=Name.XObject, Subtype=Name.PS)
        else:
            picture = _form(document, b"", INKED)
            picture[key] = Dictionary(F=String("khac.pdf"), Page=0)
        page = document.pages[0].obj
        page.Resources = Dictionary(XObject=Dictionary(Im=document.make_indirect(picture)))
        page.Contents = document.make_stream(page.Contents.read_bytes() + b" q 9 0 0 9 9 9 cm /Im Do Q")

    return change


CARRIED = (_link, _launch, _attachment, _print_only_stamp, _plain_stamp, _script("open"), _layer("print"))


# changes by a writer ----------------------------------------------------------------------------------


def _touched(writer: IncrementalPdfFileWriter, wanted: str = "GhiChu") -> Any:
    field = field_named(writer, wanted)
    writer.update_container(field)
    return field


def _looking(look: bytes, flags: int, box: Box) -> Change:
    def change(writer: IncrementalPdfFileWriter) -> None:
        field = _touched(writer)
        field[name("/AP")] = generic.DictionaryObject({name("/N"): form_of(writer, look, box)})
        field[name("/F")] = generic.NumberObject(flags)

    return change


def _with_state(state: str, box: Box) -> Change:
    def change(writer: IncrementalPdfFileWriter) -> None:
        field = _touched(writer)
        states = {name("/N"): field["/AP"].raw_get("/N"), name(state): form_of(writer, COVER, box)}
        field[name("/AP")] = generic.DictionaryObject(states)

    return change


def _flagged(flags: int) -> Change:
    return _entry("/F", generic.NumberObject(flags))


def _entry(key: str, value: Any) -> Change:
    def change(writer: IncrementalPdfFileWriter) -> None:
        _touched(writer)[name(key)] = value

    return change


def _names(entries: dict[str, str], wanted: str) -> Change:
    def change(writer: IncrementalPdfFileWriter) -> None:
        field = _touched(writer, wanted)
        for key, value in entries.items():
            field[name(key)] = name(value)

    return change


def _empty_field(writer: IncrementalPdfFileWriter, flags: int, box: Box) -> None:
    fields.append_signature_field(writer, fields.SigFieldSpec("Second", on_page=0, box=box))
    field_named(writer, "Second")[name("/F")] = generic.NumberObject(flags)
    writer.update_container(first_page(writer))


def _both_fields(writer: IncrementalPdfFileWriter) -> None:
    lock = fields.FieldMDPSpec(fields.FieldMDPAction.ALL)
    fields.append_signature_field(writer, fields.SigFieldSpec("KyCaNhan", on_page=-1, box=(40, 60, 180, 130)))
    agency = fields.SigFieldSpec(
        "KyCoQuan",
        on_page=-1,
        box=(190, 60, 290, 130),
        field_mdp_spec=lock,
        doc_mdp_update_value=fields.MDPPerm.NO_CHANGES,
    )
    fields.append_signature_field(writer, agency)


KINDS = (
    a_field_that_only_prints,
    a_field_that_only_shows,
    a_hidden_field_brought_to_light,
    a_field_hidden_after_signing,
    a_roll_over_appearance_added,
    a_default_appearance_changed,
    a_field_turned_or_shifted,
    a_state_switched,
    a_signature_box_that_only_prints,
    a_stamp_that_only_prints,
    a_stamp_that_only_shows,
    a_field_that_only_prints_from_the_start,
    a_first_signature_that_only_prints,
    a_roll_over_appearance_from_the_start,
    layers_for_print,
    scripts,
    actions_that_hide,
    xfa_forms,
    streams_outside_the_file,
    other_pictures_for_print,
    another_shade_for_print,
    another_box_for_print,
    moving_pictures,
    a_portfolio,
    a_house_file_that_carries_what_acts,
)
