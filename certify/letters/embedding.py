"""A typeface as PDF objects: described once, written by pikepdf (new pages) or pyHanko (signing revisions).

The description is ISO 32000-2 9.7.4: a Type 0 font over a CIDFontType2 with identity mapping, widths for all
glyphs and a ToUnicode map, which is what PDF/A-2u asks of embedded fonts (ISO 19005-2 6.2.11).
"""

import zlib
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from certify.letters.typeface import Typeface, Weight, tinos

NONSYMBOLIC_SERIF = 34  # ISO 32000-2 table 121: bits 2 and 6
STEM_REGULAR, STEM_BOLD = 80, 140  # rough stem widths; readers use them only when substituting


class Name(str):
    """A PDF name, with its slash."""

    __slots__ = ()


@dataclass(frozen=True)
class Indirect:
    """An object of its own; with `data` it is a stream, kept deflated."""

    entries: dict[str, Any]
    data: bytes | None = None


@cache
def described(weight: Weight) -> Indirect:
    """The Type 0 font of `weight` as a tree of plain values."""
    face = tinos(weight)
    return Indirect(
        {
            "/Type": Name("/Font"),
            "/Subtype": Name("/Type0"),
            "/BaseFont": Name(f"/{face.name}"),
            "/Encoding": Name("/Identity-H"),
            "/DescendantFonts": [_descendant(face)],
            "/ToUnicode": _stream({}, face.to_unicode()),
        }
    )


def embed_in_pages(weight: Weight, pdf: pikepdf.Pdf) -> pikepdf.Object:
    """Write the font into a document being composed; returns a reference."""
    made: pikepdf.Object = _for_pikepdf(described(weight), pdf)
    return made


def embed_in_revision(weight: Weight, writer: BasePdfFileWriter) -> Any:
    """Write the font into the revision being written; returns a reference."""
    return in_revision(described(weight), writer)


def in_revision(value: Any, writer: BasePdfFileWriter) -> Any:
    """A tree of plain values as pyHanko objects."""
    if isinstance(value, Indirect):
        return writer.add_object(_indirect(value, writer))
    if isinstance(value, dict):
        return _dictionary({key: in_revision(item, writer) for key, item in value.items()})
    if isinstance(value, list):
        return generic.ArrayObject([in_revision(item, writer) for item in value])
    return _scalar(value)


def _descendant(face: Typeface) -> Indirect:
    system = {"/Registry": b"Adobe", "/Ordering": b"Identity", "/Supplement": 0}
    return Indirect(
        {
            "/Type": Name("/Font"),
            "/Subtype": Name("/CIDFontType2"),
            "/BaseFont": Name(f"/{face.name}"),
            "/CIDSystemInfo": system,
            "/CIDToGIDMap": Name("/Identity"),
            "/DW": 0,
            "/W": _widths(face),
            "/FontDescriptor": _descriptor(face),
        }
    )


def _widths(face: Typeface) -> list[int]:
    """First glyph, last glyph and width of each run of equal widths (ISO 32000-2 9.7.4.3)."""
    told: list[int] = []
    for width, run in groupby(enumerate(face.advances), key=itemgetter(1)):
        numbers = [glyph for glyph, _ in run]
        told += [numbers[0], numbers[-1], width]
    return told


def _descriptor(face: Typeface) -> Indirect:
    return Indirect(
        {
            "/Type": Name("/FontDescriptor"),
            "/FontName": Name(f"/{face.name}"),
            "/Flags": NONSYMBOLIC_SERIF,
            "/FontBBox": list(face.bounds),
            "/ItalicAngle": 0,
            "/Ascent": face.ascent,
            "/Descent": face.descent,
            "/CapHeight": face.cap_height,
            "/StemV": STEM_BOLD if face.is_bold else STEM_REGULAR,
            "/FontFile2": _stream({"/Length1": len(face.program)}, face.program),
        }
    )


def _stream(entries: dict[str, Any], data: bytes) -> Indirect:
    return Indirect({**entries, "/Filter": Name("/FlateDecode")}, zlib.compress(data, 9))


def _for_pikepdf(value: Any, pdf: pikepdf.Pdf) -> Any:
    match value:
        case Indirect(entries=entries, data=None):
            return pdf.make_indirect(_for_pikepdf(entries, pdf))
        case Indirect(entries=entries, data=data):
            return pikepdf.Stream(pdf, data, _for_pikepdf(entries, pdf))
        case dict():
            return pikepdf.Dictionary({key: _for_pikepdf(item, pdf) for key, item in value.items()})
        case list():
            return pikepdf.Array([_for_pikepdf(item, pdf) for item in value])
        case Name():
            return pikepdf.Name(str(value))
        case _:
            return value


def _indirect(value: Indirect, writer: BasePdfFileWriter) -> Any:
    entries = in_revision(value.entries, writer)
    if value.data is None:
        return entries
    return generic.StreamObject(entries, encoded_data=value.data)


def _dictionary(entries: dict[str, Any]) -> Any:
    make: Any = generic.DictionaryObject
    return make({generic.NameObject(key): item for key, item in entries.items()})


def _scalar(value: Any) -> Any:
    if isinstance(value, Name):
        return generic.NameObject(str(value))
    if isinstance(value, bytes):
        return generic.TextStringObject(value.decode("ascii"))
    make: Any = generic.NumberObject if isinstance(value, int) else generic.FloatObject
    return make(value)
