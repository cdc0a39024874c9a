"""What a certified copy may hold: a list of everything we write, held against the whole file.

Rules of this module:
1. Every key of every object that a viewer can reach is named here, or the file is refused.
2. Pages of the original are pictures laid by matrix and clip, under words that are never painted; only the
   last page paints letters, and so do the signatures' boxes, in our typeface.
3. Nothing acts, hides, is exchanged or lies outside: no annotation but our signature fields, no action,
   script, layer, form, attachment or external stream (the reason: PDF Insecurity, "Shadow Attacks", 2021).
4. Where a signing program drew a signature, its look is held against certify.signing.inert instead.

No file is opened here; whoever asks has opened it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pikepdf
from pikepdf import Dictionary, Stream

from certify.field_names import ARCHIVE_FIELD
from certify.letters.typeface import SUBSET_TAG
from certify.model import HOUSE_COPY, CopyFields
from certify.signing.inert import inert
from certify.signing.shapes import (
    Rule,
    anything,
    each,
    named,
    number,
    numbers,
    one_of,
    plain,
    points_to,
    shape,
    stream,
    text,
)

OUR_FACES = tuple(f"/{SUBSET_TAG}+Tinos-{weight}" for weight in ("Regular", "Bold"))
NEVER_PAINTED = 3  # text rendering mode, ISO 32000-2 table 104
PRINTED, PRINTED_AND_LOCKED = 4, 132  # annotation flags, ISO 32000-2 table 167
HIDDEN_FACE = "/MotcuaHidden"  # digitize's glyphless font
LAYING = frozenset(("q", "Q", "cm", "Do", "re", "W", "n"))  # pictures, their matrices and clips
WRITING = frozenset(("BT", "ET", "Tf", "Tm", "Tj"))
HIDDEN_WRITING = WRITING | {"Tr", "Td", "Tz"}
PAINTED_WRITING = WRITING | {"q", "Q", "g", "rg"}
FLATE = one_of("/FlateDecode")


def complaints(pdf: pikepdf.Pdf, copy: CopyFields = HOUSE_COPY) -> Iterator[str]:
    """Everything in the composed or finished copy that is not on the list, and where it stands."""
    yield from shape(_trailer(pdf, copy))(pdf.trailer, "trailer")
    fields, shown = _fields(pdf), [widget for page in pdf.pages for widget in page.obj.get("/Annots", ())]
    if {field.objgen for field in fields} != {widget.objgen for widget in shown}:
        yield "the form's fields are not those that lie on the pages"


def page_complaints(page: pikepdf.Page) -> Iterator[str]:
    """What keeps a page of a digitized paper from being a page of a certified copy."""
    yield from shape(_picture_page())(page.obj, "page")
    if "/XObject" in page.obj.get("/Resources", {}):
        yield from _drawn(page.obj, LAYING | HIDDEN_WRITING, "page")
    else:
        yield "page: no picture"


def _fields(pdf: pikepdf.Pdf) -> list[Any]:
    form = pdf.Root.get("/AcroForm")
    return list(form.get("/Fields", ())) if isinstance(form, Dictionary) else []


# the file, from its trailer down


def _trailer(pdf: pikepdf.Pdf, copy: CopyFields) -> Mapping[str, Rule]:
    return {
        "/Root": shape(_catalog(pdf, copy), "/Pages", "/OutputIntents", "/Metadata", "/AcroForm"),
        "/Info": named(text),
        "/ID": each(text),
        "/Size": number,
        "/Prev": number,
    }


def _catalog(pdf: pikepdf.Pdf, copy: CopyFields) -> Mapping[str, Rule]:
    widget = _widget(pdf, copy)
    fonts = shape({"/Font": named(_letters())})
    return {
        "/Type": one_of("/Catalog"),
        "/Version": plain,
        "/Extensions": plain,
        "/Pages": _pages(pdf, widget),
        "/Metadata": stream(
            {"/Type": one_of("/Metadata"), "/Subtype": one_of("/XML"), "/Filter": FLATE}, "/Type"
        ),
        "/OutputIntents": each(shape(_intent())),
        "/AcroForm": shape({"/Fields": each(widget), "/SigFlags": number, "/DR": fonts}, "/Fields"),
        "/Perms": shape({"/DocMDP": shape(_signature(pdf, by_program=copy.officer in copy.drawn_elsewhere))}),
        "/DSS": shape({key: each(stream({"/Filter": FLATE})) for key in ("/Certs", "/OCSPs", "/CRLs")}),
    }


def _intent() -> Mapping[str, Rule]:
    return {
        "/Type": one_of("/OutputIntent"),
        "/S": one_of("/GTS_PDFA1"),
        "/OutputConditionIdentifier": text,
        "/Info": text,
        "/DestOutputProfile": stream({"/N": one_of(3), "/Filter": FLATE}),
    }


def _pages(pdf: pikepdf.Pdf, widget: Rule) -> Rule:
    """One flat row of pages: pictures, and the statement behind them."""
    own: Mapping[str, Rule] = {"/Parent": points_to(pdf.Root.Pages), "/Annots": each(widget)}
    pictures, statement = shape({**_picture_page(), **own}), shape({**_letter_page(), **own})

    def judge(thing: Any, at: str) -> Iterator[str]:
        row = {"/Type": one_of("/Pages"), "/Count": number, "/Kids": each(anything)}
        yield from shape(row, "/Kids")(thing, at)
        kids = list(thing.get("/Kids", ()))
        for ordinal, page in enumerate(kids, start=1):
            where, is_last = f"page {ordinal}", ordinal == len(kids)
            yield from (statement if is_last else pictures)(page, where)
            yield from _drawn(page, PAINTED_WRITING if is_last else LAYING | HIDDEN_WRITING, where)

    return judge


def _picture_page() -> Mapping[str, Rule]:
    hidden = _type0(one_of(HIDDEN_FACE))
    return _page({"/XObject": named(_picture), "/Font": named(hidden)})


def _letter_page() -> Mapping[str, Rule]:
    return _page({"/Font": named(_letters())})


def _page(resources: Mapping[str, Rule]) -> Mapping[str, Rule]:
    return {
        "/Type": one_of("/Page"),
        "/Parent": anything,  # a page alone has left its parent behind
        "/MediaBox": numbers,
        "/Resources": shape(resources),
        "/Contents": stream({"/Filter": FLATE}),
    }


def _picture(thing: Any, at: str) -> Iterator[str]:
    yield from stream(
        {
            "/Type": one_of("/XObject"),
            "/Subtype": one_of("/Image"),
            "/Width": number,
            "/Height": number,
            "/BitsPerComponent": one_of(1, 8),
            "/ColorSpace": one_of("/DeviceRGB", "/DeviceGray"),
            "/Filter": one_of("/DCTDecode", "/CCITTFaxDecode", "/FlateDecode"),
            "/DecodeParms": shape({"/K": number, "/Columns": number, "/Rows": number}),
        },
        "/Subtype",
        "/Filter",
        "/ColorSpace",
    )(thing, at)


def _letters() -> Rule:
    return _type0(one_of(*OUR_FACES))


def _type0(name: Rule) -> Rule:
    packed = stream({"/Filter": FLATE, "/Length1": number})
    descriptor = {
        "/Flags": number,
        "/ItalicAngle": number,
        "/Ascent": number,
        "/Descent": number,
        "/CapHeight": number,
        "/StemV": number,
        "/Type": one_of("/FontDescriptor"),
        "/FontName": name,
        "/FontBBox": numbers,
        "/FontFile2": packed,
    }
    descendant = {
        "/Type": one_of("/Font"),
        "/Subtype": one_of("/CIDFontType2"),
        "/BaseFont": name,
        "/CIDSystemInfo": plain,
        "/CIDToGIDMap": _identity_or(packed),
        "/DW": number,
        "/W": plain,
        "/FontDescriptor": shape(descriptor, "/FontFile2"),
    }
    font = {
        "/Type": one_of("/Font"),
        "/Subtype": one_of("/Type0"),
        "/BaseFont": name,
        "/Encoding": one_of("/Identity-H"),
        "/DescendantFonts": each(shape(descendant, "/FontDescriptor")),
        "/ToUnicode": packed,
    }
    return shape(font, "/DescendantFonts", "/BaseFont")


def _identity_or(packed: Rule) -> Rule:
    def judge(thing: Any, at: str) -> Iterator[str]:
        yield from (packed if isinstance(thing, Stream) else one_of("/Identity"))(thing, at)

    return judge


def _widget(pdf: pikepdf.Pdf, copy: CopyFields) -> Rule:
    """One of the copy's fields, by who drew it."""
    ours = _field(pdf, *{*copy.names, ARCHIVE_FIELD} - copy.drawn_elsewhere)
    theirs = {
        **_field(pdf, *copy.drawn_elsewhere),
        "/F": one_of(PRINTED, PRINTED_AND_LOCKED),
        "/AP": shape({"/N": inert}),
        "/MK": plain,
        "/V": shape(_signature(pdf, by_program=True)),
    }

    def judge(thing: Any, at: str) -> Iterator[str]:
        is_theirs = isinstance(thing, Dictionary) and str(thing.get("/T", "")) in copy.drawn_elsewhere
        yield from shape(theirs if is_theirs else ours, "/FT", "/T")(thing, at)

    return judge


def _field(pdf: pikepdf.Pdf, *names: str) -> Mapping[str, Rule]:
    demand = {
        "/Type": one_of("/SV"),
        "/V": number,
        "/Ff": number,
        "/SubFilter": plain,
        "/MDP": shape({"/P": one_of(2)}),
    }
    return {
        "/Type": one_of("/Annot"),
        "/Subtype": one_of("/Widget"),
        "/FT": one_of("/Sig"),
        "/T": one_of(*names),
        "/SV": shape(demand),
        "/TU": text,
        "/F": one_of(PRINTED_AND_LOCKED),
        "/P": points_to(*(page.obj for page in pdf.pages)),
        "/Rect": numbers,
        "/AP": shape({"/N": _appearance}),
        "/Lock": shape({"/Type": one_of("/SigFieldLock"), "/Action": one_of("/All"), "/P": one_of(1)}),
        "/V": shape(_signature(pdf)),
    }


def _appearance(thing: Any, at: str) -> Iterator[str]:
    """What a signature shows: lines of letters."""
    yield from stream(
        {
            "/Type": one_of("/XObject"),
            "/Subtype": one_of("/Form"),
            "/BBox": numbers,
            "/Matrix": numbers,
            "/Filter": FLATE,
            "/Resources": shape({"/Font": named(_letters())}),
        }
    )(thing, at)
    if isinstance(thing, Stream):
        yield from _operators(thing, PAINTED_WRITING, at)


def _signature(pdf: pikepdf.Pdf, *, by_program: bool = False) -> Mapping[str, Rule]:
    reference = {
        "/Type": one_of("/SigRef"),
        "/TransformMethod": one_of("/DocMDP", "/FieldMDP"),
        "/TransformParams": plain,
        "/DigestMethod": plain,
        "/Data": points_to(pdf.Root),
    }
    said = {"/Location": text, "/ContactInfo": text, "/Prop_Build": plain} if by_program else {}
    return {
        **said,
        "/Type": one_of("/Sig", "/DocTimeStamp"),
        "/Filter": one_of("/Adobe.PPKLite"),
        "/SubFilter": one_of("/ETSI.CAdES.detached", "/ETSI.RFC3161"),
        "/Contents": text,
        "/ByteRange": numbers,
        "/M": text,
        "/Name": text,
        "/Reason": text,
        "/Reference": each(shape(reference)),
    }


# what is drawn


def _drawn(page: Any, operators: frozenset[str], at: str) -> Iterator[str]:
    content = page.get("/Contents")
    if isinstance(content, Stream):
        yield from _operators(content, operators, at)
    else:
        yield f"{at}: nothing is drawn"


def _operators(content: Any, allowed: frozenset[str], at: str) -> Iterator[str]:
    """Only these operators; where pictures are laid, all letters are of the kind that is never painted."""
    hides, opened = "Tr" in allowed, False
    for instruction in pikepdf.parse_content_stream(content):
        name, operands = str(instruction.operator), list(instruction.operands)
        if name not in allowed:
            yield f"{at}: the operator {name}"
        if hides and opened != (name == "Tr"):  # it stands at the head of every text, and nowhere else
            yield f"{at}: letters that may be painted"
        if name == "Tr" and operands != [NEVER_PAINTED]:
            yield f"{at}: letters that are painted"
        opened = name == "BT"
