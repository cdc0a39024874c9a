"""Tinos, the metric twin of Times New Roman, prepared for embedding.

Rules of this module:
1. 1000 units per em. PDF widths are thousandths of an em; a signer that forgets it mis-spaces other fonts.
2. One glyph per letter and no layout features: a letter is looked up, never shaped, so what is drawn is what
   text extraction gives back, in NFC.
3. The same prepared font serves the statement page and both signatures; it is made once per process.
"""

import io
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.reorderGlyphs import reorderGlyphs
from fontTools.ttLib.scaleUpem import scale_upem

from certify.model import CertifyFault, FaultCode
from foundation.fonts import FONT_FOLDERS

UNITS_PER_EM = 1000
SUBSET_TAG = "MOTCUA"  # six capital letters, ISO 32000-2 9.9.2
BASIC_LATIN = range(0x20, 0x7F)
LATIN_SUPPLEMENT = range(0xA0, 0x180)  # with the letters of the highland languages
HORN_LETTERS = (0x1A0, 0x1A1, 0x1AF, 0x1B0)
VIETNAMESE = range(0x1EA0, 0x1EFA)
PUNCTUATION = tuple(map(ord, "–—‘’“”•…₫№"))
UNUSED_TABLES = ("GPOS", "GDEF", "GSUB", "kern", "DSIG", "STAT", "meta", "hdmx", "VDMX", "LTSH", "gasp")
BF_CHARS_PER_BLOCK = 100  # most that a ToUnicode block may hold


class Weight(StrEnum):
    """The two weights administrative documents use here."""

    REGULAR = "Regular"
    BOLD = "Bold"


@dataclass(frozen=True)
class Typeface:
    """A font program to embed: `glyphs` maps letters to glyph ids, `advances` are 1/1000 em by glyph id."""

    name: str
    program: bytes
    glyphs: dict[str, int]
    advances: tuple[int, ...]
    ascent: int
    descent: int
    cap_height: int
    bounds: tuple[int, int, int, int]
    is_bold: bool

    def width(self, text: str, size: float) -> float:
        """How wide `text` (NFC) runs at `size` points, in points."""
        return sum(self.advances[self._glyph(letter)] for letter in text) * size / UNITS_PER_EM

    def show(self, text: str) -> bytes:
        """`text` as the operand and operator that draw it with this font."""
        return b"<" + "".join(f"{self._glyph(letter):04X}" for letter in text).encode() + b"> Tj"

    def _glyph(self, letter: str) -> int:
        try:
            return self.glyphs[letter]
        except KeyError:
            raise CertifyFault(FaultCode.RENDER_FAILED, f"no glyph for U+{ord(letter):04X}") from None

    def to_unicode(self) -> bytes:
        """The CMap that gives every glyph its letter back (ISO 32000-2 9.10.3)."""
        pairs = sorted((glyph, letter) for letter, glyph in self.glyphs.items())
        blocks = [pairs[i : i + BF_CHARS_PER_BLOCK] for i in range(0, len(pairs), BF_CHARS_PER_BLOCK)]
        body = "\n".join(_bf_block(block) for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{body}\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        ).encode("ascii")


def composed(text: str) -> str:
    """`text` in NFC, the only form the prepared fonts know."""
    return unicodedata.normalize("NFC", text)


@cache
def tinos(weight: Weight = Weight.REGULAR) -> Typeface:
    """The prepared font.

    Raises: CertifyFault FONT_MISSING when no font folder holds Tinos (Debian: fonts-croscore).
    """
    font = _trimmed(_find(f"Tinos-{weight}.ttf"))
    scale_upem(font, UNITS_PER_EM)
    _order_by_width(font)
    program = io.BytesIO()
    font.save(program)
    return _described(TTFont(io.BytesIO(program.getvalue())), program.getvalue(), weight)


def _find(file_name: str) -> Path:
    for folder in FONT_FOLDERS:
        for found in sorted(folder.rglob(file_name)):
            return found
    raise CertifyFault(FaultCode.FONT_MISSING, file_name)


def _trimmed(path: Path) -> TTFont:
    options = subset.Options(
        layout_features=[], hinting=False, notdef_outline=True, drop_tables=list(UNUSED_TABLES), name_IDs=[6]
    )
    font = TTFont(path, recalcTimestamp=False)
    trimmer = subset.Subsetter(options)
    trimmer.populate(unicodes=[*BASIC_LATIN, *LATIN_SUPPLEMENT, *HORN_LETTERS, *VIETNAMESE, *PUNCTUATION])
    trimmer.subset(font)
    return font


def _order_by_width(font: TTFont) -> None:
    """Number glyphs of one width one after another: their widths take few words in each document.

    Whoever checks a copy reads the widths once for each of its revisions. The missing glyph stays the first.
    """
    missing, *others = font.getGlyphOrder()
    reorderGlyphs(font, [missing, *sorted(others, key=lambda name: font["hmtx"][name][0])])


def _described(font: TTFont, program: bytes, weight: Weight) -> Typeface:
    order = font.getGlyphOrder()
    head, os2, hhea = font["head"], font["OS/2"], font["hhea"]
    letters = {chr(code): font.getGlyphID(name) for code, name in font.getBestCmap().items()}
    return Typeface(
        name=f"{SUBSET_TAG}+Tinos-{weight}",
        program=program,
        glyphs=_one_letter_per_glyph(letters),
        advances=tuple(font["hmtx"][name][0] for name in order),
        ascent=hhea.ascent,
        descent=hhea.descent,
        cap_height=os2.sCapHeight,
        bounds=(head.xMin, head.yMin, head.xMax, head.yMax),
        is_bold=weight is Weight.BOLD,
    )


def _one_letter_per_glyph(letters: dict[str, int]) -> dict[str, int]:
    """Where letters share a glyph (space and no-break space), only the first one can be read back."""
    first: dict[int, str] = {}
    for letter in sorted(letters):
        first.setdefault(letters[letter], letter)
    return {letter: glyph for glyph, letter in first.items()}


def _bf_block(pairs: list[tuple[int, str]]) -> str:
    rows = "\n".join(f"<{glyph:04X}> <{letter.encode('utf-16-be').hex().upper()}>" for glyph, letter in pairs)
    return f"{len(pairs)} beginbfchar\n{rows}\nendbfchar"
