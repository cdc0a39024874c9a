"""The font of hidden text: it carries the words of a picture, so that they can be searched and copied.

Codes are UTF-16BE units, two bytes each; every code is glyph 1, a plain box half an em wide. The text is
never painted; the box is there because viewers take letters without extent that are near each other for
one. A `ToUnicode` map of 256 rows gives each code its own letter (PDF/A-2u, ISO 19005-2 6.2.11.7).
"""

import zlib
from functools import cache
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

FONT_NAME = "MotcuaHidden"
UNITS_PER_EM = 1000
ADVANCE = 500
ASCENT, DESCENT = 800, -200
HIDDEN_FONT = Path(__file__).with_name("hidden.ttf")
FONT_FLAGS = 5  # fixed pitch, symbolic (ISO 32000-1 table 123)
ROWS_PER_BLOCK = 100  # of bfrange; the limit of ISO 32000-1 9.10.3


def add_font(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """Put the font into `pdf` and return it, for the pages' resources."""
    descriptor = pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name("/" + FONT_NAME),
            Flags=FONT_FLAGS,
            FontBBox=Array([0, DESCENT, ADVANCE, ASCENT]),
            ItalicAngle=0,
            Ascent=ASCENT,
            Descent=DESCENT,
            CapHeight=ASCENT,
            StemV=80,
            FontFile2=_packed(pdf, font_program(), Length1=len(font_program())),
        )
    )
    descendant = pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=Name("/" + FONT_NAME),
            CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
            FontDescriptor=descriptor,
            DW=ADVANCE,
            CIDToGIDMap=_packed(pdf, b"\0\1" * 65536),
        )
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name("/" + FONT_NAME),
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([descendant]),
            ToUnicode=_packed(pdf, unicode_map()),
        )
    )


@cache
def font_program() -> bytes:
    """The TrueType font of an empty glyph and a box, as digitize.pdf.hidden_font makes it."""
    return HIDDEN_FONT.read_bytes()


def unicode_map() -> bytes:
    """The CMap that gives every two-byte code the UTF-16 unit of the same number."""
    rows = [f"<{high:02X}00> <{high:02X}FF> <{high:02X}00>" for high in range(256)]
    blocks = [rows[at : at + ROWS_PER_BLOCK] for at in range(0, len(rows), ROWS_PER_BLOCK)]
    ranges = "\n".join(f"{len(block)} beginbfrange\n" + "\n".join(block) + "\nendbfrange" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{ranges}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")


def _packed(pdf: pikepdf.Pdf, data: bytes, **entries: int) -> pikepdf.Object:
    return Stream(pdf, zlib.compress(data, 9), Filter=Name.FlateDecode, **entries)
