"""Rules of the text as data: blocks, ALTO and hOCR say the same as the page, and say it in good order."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitize.exports.alto import NAMESPACE, alto
from digitize.exports.blocks import blocks_of
from digitize.exports.hocr import HOCR_DPI, hocr
from digitize.model import Box, Line, Opinion, PageText, Reader, Word
from digitize.words.reading_order import in_reading_order

ALTO = {"a": NAMESPACE}
HTML = {"h": "http://www.w3.org/1999/xhtml"}


def parsed(document: str) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 our own


def line(text: str, left: float, top: float, width: float = 0.3) -> Line:
    words = text.split()
    step = width / max(1, len(words))
    placed = tuple(
        Word(word, Box(left + at * step, top, left + (at + 0.9) * step, top + 0.012), 90.0)
        for at, word in enumerate(words)
    )
    return Line(placed, 0.25)


HEAD = in_reading_order(
    [
        line("ỦY BAN NHÂN DÂN", 0.1, 0.05),
        line("CỘNG HÒA XÃ HỘI", 0.55, 0.05),
        line("PHƯỜNG MỸ PHƯỚC", 0.12, 0.07),
        line("Độc lập", 0.6, 0.07),
        line("Căn cứ luật được ban hành", 0.1, 0.15, 0.8),
        line("trong năm nay và các năm trước", 0.1, 0.17, 0.8),
    ],
    0.7,
)
PAGE = PageText(1, 210.0, 297.0, HEAD)


def test_the_cells_of_a_head_and_a_paragraph_are_a_block_each():
    texts = [" / ".join(part.text for part in block) for block in blocks_of(HEAD)]
    assert texts == [
        "ỦY BAN NHÂN DÂN / PHƯỜNG MỸ PHƯỚC",
        "CỘNG HÒA XÃ HỘI / Độc lập",
        "Căn cứ luật được ban hành / trong năm nay và các năm trước",
    ]


def test_a_line_cut_at_a_gap_keeps_its_baseline():
    left, right = line("ỦY BAN", 0.1, 0.05), line("CỘNG HÒA", 0.6, 0.05)
    parts = in_reading_order([Line(left.words + right.words, 0.25)], 0.7)
    assert [part.baseline for part in parts] == [pytest.approx(0.059)] * 2


def test_alto_tells_words_places_baselines_and_readings():
    heard = (Opinion(Reader.OWN, "quyết", 93.0), Opinion(Reader.TESSERACT, "quyét", 71.0))
    word = Word("quyết", Box(0.1, 0.2, 0.2, 0.21), 87.5, sure=False, readings=heard)
    root = parsed(alto([PageText(3, 210.0, 297.0, (Line((word,), 0.2),))]))
    (page,) = root.findall("a:Layout/a:Page", ALTO)
    assert (page.get("WIDTH"), page.get("HEIGHT"), page.get("PHYSICAL_IMG_NR")) == ("2100.0", "2970.0", "3")
    (told,) = root.findall(".//a:TextLine", ALTO)
    assert told.get("BASELINE") == "210.0,617.8 420.0,617.8"
    (string,) = told.findall("a:String", ALTO)
    assert {name: string.get(name) for name in ("CONTENT", "WC", "HPOS", "VPOS", "WIDTH", "HEIGHT")} == {
        "CONTENT": "quyết",
        "WC": "0.875",
        "HPOS": "210.0",
        "VPOS": "594.0",
        "WIDTH": "210.0",
        "HEIGHT": "29.7",
    }
    assert [other.text for other in string.findall("a:ALTERNATIVE", ALTO)] == ["quyết", "quyét"]


def test_alto_keeps_to_the_order_of_elements_that_the_schema_wants():
    root = parsed(alto([PAGE, PAGE]))
    assert [child.tag.split("}")[1] for child in root] == ["Description", "Layout"]
    assert root[0][0].text == "mm10"
    assert root[0][1][0].tag.endswith("processingSoftware")
    for told in root.findall(".//a:TextLine", ALTO):
        kinds = [child.tag.split("}")[1] for child in told]
        assert kinds == ["String", *["SP", "String"] * (len(kinds) // 2)]
    names = [element.get("ID") for element in parsed(alto([PAGE])).iter() if element.get("ID")]
    assert len(names) == len(set(names))


def test_hocr_counts_in_pixels_of_the_upright_page():
    root = parsed(hocr([PAGE]).split("<!DOCTYPE html>")[1])
    (page,) = root.findall(".//h:div[@class='ocr_page']", HTML)
    assert page.get("title") == f"bbox 0 0 2480 3508; ppageno 0; scan_res {HOCR_DPI} {HOCR_DPI}"
    first = root.find(".//h:span[@class='ocr_line']", HTML)
    assert first is not None
    assert first.get("title", "").endswith("; baseline 0 -11")


texts = st.text(st.characters(min_codepoint=33, exclude_categories=("C", "Z")), min_size=1, max_size=8)


@given(st.lists(st.lists(texts, min_size=1, max_size=4), max_size=6))
def test_both_forms_hold_every_word_in_order_whatever_it_is(rows):
    lines = tuple(
        Line(
            tuple(
                Word(text, Box(0.1 * at, 0.05 * row, 0.1 * at + 0.08, 0.05 * row + 0.02), 50.0)
                for at, text in enumerate(words)
            )
        )
        for row, words in enumerate(rows)
    )
    page = PageText(1, 210.0, 297.0, lines)
    wanted = [text for words in rows for text in words]
    strings = parsed(alto([page])).findall(".//a:String", ALTO)
    assert [string.get("CONTENT") for string in strings] == wanted
    words = parsed(hocr([page]).split("<!DOCTYPE html>")[1]).findall(".//h:span[@class='ocrx_word']", HTML)
    assert [word.text for word in words] == wanted
