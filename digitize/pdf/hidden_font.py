"""How the font of hidden text is made: `python -m digitize.pdf.hidden_font` writes hidden.ttf, once.

A document would spend a tenth of a page's time on making it anew.
"""

from io import BytesIO

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph

from digitize.pdf.glyphless import ADVANCE, ASCENT, DESCENT, FONT_NAME, HIDDEN_FONT, UNITS_PER_EM

EPOCH = 2082844800  # font dates count from 1904; a fixed date keeps the file's bytes the same every time


def make_font() -> bytes:
    """A TrueType font of an empty glyph and a box."""
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    names = [".notdef", "hidden"]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({})
    builder.setupGlyf(dict(zip(names, (Glyph(), _box()), strict=True)))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (ADVANCE, 0)))
    builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    builder.setupNameTable({"familyName": FONT_NAME, "psName": FONT_NAME, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=DESCENT)
    builder.setupPost(keepGlyphNames=False)
    builder.updateHead(created=EPOCH, modified=EPOCH)
    builder.font.recalcTimestamp = False
    written = BytesIO()
    builder.save(written)
    return written.getvalue()


def _box() -> Glyph:
    pen = TTGlyphPen(None)
    pen.moveTo((0, DESCENT))
    for corner in ((0, ASCENT), (ADVANCE, ASCENT), (ADVANCE, DESCENT)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


if __name__ == "__main__":
    HIDDEN_FONT.write_bytes(make_font())
