"""The font of hidden text is kept as a file, and is what its maker makes."""

from digitize.pdf.glyphless import font_program
from digitize.pdf.hidden_font import make_font


def test_the_kept_font_is_the_one_that_is_made():
    assert font_program() == make_font()
