"""What a visible signature shows: measured, wrapped, never clipped, and in letters that read back."""

import io
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from certify.letters import typeface
from certify.letters.appearance import PageFrame, colour_operator, draw, fill, words_of, wrap
from certify.letters.embedding import embed_in_pages
from certify.letters.typeface import Weight, tinos
from certify.model import Align, Appearance, Box, CertifyFault, Corner, FaultCode, Signer

VIETNAMESE = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = [
    unicodedata.normalize("NFC", form)
    for base in VIETNAMESE
    for tone in TONES
    for form in (base + tone, (base + tone).upper())
] + ["đ", "Đ"]
FORM = Appearance("test", Box(Corner.TOP_LEFT, 10, 10, 60, 20), ("{name}",), font_size=10, smallest_size=7)
A4 = PageFrame(0, 0, 595.276, 841.89)
SYLLABLES = st.text(st.sampled_from(LETTERS + list("bcdghklmnpqrstvx")), min_size=1, max_size=7)


def refused(code):
    return pytest.raises(CertifyFault, match=str(code))


@pytest.mark.parametrize("weight", list(Weight))
def test_every_vietnamese_letter_has_a_glyph_and_reads_back(weight):
    face = tinos(weight)
    assert len(set(LETTERS)) == 146
    back = face.to_unicode().decode()
    for letter in LETTERS:
        glyph = face.glyphs[letter]
        assert f"<{glyph:04X}> <{ord(letter):04X}>" in back


def test_the_prepared_font_has_1000_units_and_the_advances_of_the_original():
    original = TTFont(typeface._find("Tinos-Regular.ttf"))
    unit = original["head"].unitsPerEm
    names = original.getBestCmap()
    for letter in LETTERS + list("0123456789/:;.,+-() "):
        true_width = original["hmtx"][names[ord(letter)]][0] / unit * 1000
        assert tinos().width(letter, 1000) == pytest.approx(true_width, abs=1)


@pytest.mark.parametrize("weight", list(Weight))
def test_every_glyph_has_its_own_width_in_a_document_in_few_words(weight):
    face = tinos(weight)
    with pikepdf.new() as pdf:
        font = embed_in_pages(weight, pdf).DescendantFonts[0]
        runs = [int(number) for number in font.W]
    read = [
        width for first, last, width in zip(*[iter(runs)] * 3, strict=True) for _ in range(first, last + 1)
    ]
    program = TTFont(io.BytesIO(face.program))
    assert read == [program["hmtx"][name][0] for name in program.getGlyphOrder()] == list(face.advances)
    assert program.getGlyphOrder()[0] == ".notdef"
    assert len(runs) < len(face.advances)


def test_a_letter_the_font_lacks_is_refused_not_drawn_as_a_box():
    with refused(FaultCode.RENDER_FAILED):
        draw(FORM, ["漢字"])


def test_no_font_folder_with_tinos_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(typeface, "FONT_FOLDERS", (tmp_path,))
    with refused(FaultCode.FONT_MISSING):
        typeface._find("Tinos-Regular.ttf")


def test_times_are_local_and_words_are_nfc():
    at = datetime(2026, 12, 31, 17, 30, 5, tzinfo=UTC)
    form = replace(FORM, lines=("{kind}; {agency}; {date}; {time} +07:00", "{title} {name}"))
    signer = Signer(unicodedata.normalize("NFD", "Nguyễn Thị Mẫu"), "KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH", "UBND")
    assert words_of(form, signer, at, "SAO Y") == (
        "SAO Y; UBND; 01/01/2027; 00:30:05 +07:00",
        "KT. CHỦ TỊCH PHÓ CHỦ TỊCH Nguyễn Thị Mẫu",
    )


@pytest.mark.parametrize("template", ["{nobody}", "{", "{name.first}", "{0}"])
def test_a_template_that_asks_for_what_is_not_there_is_refused(template):
    with refused(FaultCode.RENDER_FAILED):
        fill([template], {"name": "x"})


@given(st.lists(SYLLABLES, min_size=1, max_size=30))
def test_drawn_lines_stay_in_the_box_and_lose_no_word(syllables):
    sentence = unicodedata.normalize("NFC", " ".join(syllables))
    rows_at_smallest = wrap([sentence], lambda text: tinos().width(text, 7), 60 * 72 / 25.4)
    if rows_at_smallest is None or len(rows_at_smallest) > 6:
        with refused(FaultCode.TEXT_TOO_LONG):
            draw(FORM, [sentence])
        return
    drawing = draw(FORM, [sentence])
    assert " ".join(text for _, text in drawing.lines).split() == sentence.split()
    assert 7 <= drawing.size <= 10
    for indent, text in drawing.lines:
        assert indent + tinos().width(text, drawing.size) <= drawing.width + 0.02
    lowest = (len(drawing.lines) - 1) * 1.2 * drawing.size + (0.891 + 0.216) * drawing.size
    assert lowest <= drawing.height + 0.02


def test_a_long_name_is_set_smaller_before_it_is_refused():
    name = "Công Tằng Tôn Nữ Hoàng Diệu Phương Thảo Nguyên"
    narrow = replace(FORM, box=replace(FORM.box, width=63, height=4))
    assert draw(narrow, [name]).size < 10
    with refused(FaultCode.TEXT_TOO_LONG):
        draw(replace(narrow, box=replace(FORM.box, width=40, height=4)), [name])
    with refused(FaultCode.TEXT_TOO_LONG):
        draw(replace(FORM, box=replace(FORM.box, width=5)), ["Nghiêng"])


def test_centred_lines_stand_in_the_middle():
    drawing = draw(replace(FORM, align=Align.CENTRE), ["Mẫu"])
    indent, text = drawing.lines[0]
    assert indent == pytest.approx((drawing.width - tinos().width(text, 10)) / 2)


def test_spacing_is_kept_where_nothing_is_wrapped():
    assert wrap(["a   b"], len, 10) == ["a   b"]
    assert wrap(["a   bcd", "x"], len, 4) == ["a", "bcd", "x"]


@pytest.mark.parametrize(
    ("corner", "expected"),
    [
        (Corner.TOP_LEFT, (28.35, 757.0)),
        (Corner.TOP_RIGHT, (396.9, 757.0)),
        (Corner.BOTTOM_LEFT, (28.35, 28.35)),
        (Corner.BOTTOM_RIGHT, (396.9, 28.35)),
    ],
)
def test_boxes_are_measured_from_their_corner(corner, expected):
    left, bottom, right, top = A4.place(Box(corner, 10, 10, 60, 20))
    assert (left, bottom) == pytest.approx(expected, abs=0.2)
    assert (right - left, top - bottom) == pytest.approx((170.08, 56.69), abs=0.01)


@given(st.sampled_from([90, 180, 270]), st.sampled_from(list(Corner)), st.floats(0, 20), st.floats(0, 20))
def test_on_a_turned_page_the_box_keeps_size_and_stays_on_the_page(rotate, corner, x, y):
    turned = PageFrame(10, 20, 605.276, 861.89, rotate)
    left, bottom, right, top = turned.place(Box(corner, x, y, 60, 20))
    size = (right - left, top - bottom) if rotate == 180 else (top - bottom, right - left)
    assert size == pytest.approx((170.08, 56.69), abs=0.01)
    assert left >= 9.9
    assert bottom >= 19.9
    assert right <= 605.4
    assert top <= 862


def test_black_is_grey_and_colour_is_rgb():
    assert colour_operator((0, 0, 0)) == b"0 g"
    assert colour_operator((0, 0, 1)) == b"0 0 1 rg"
