"""What was read from seals, signatures and scribbles is set apart: kept beside the page, no text of it."""

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from digitize.fields import extract
from digitize.model import Box, Line, Mark, Opinion, PageText, Reader, Word
from digitize.words.no_text import set_apart

PRINT = ("Ủy", "ban", "nhân", "dân", "phường", "Đồng", "Tâm")


def word(text, confidence, heard=None, own=None, *, sure=False, left=0.1, top=0.1):
    """A word as both readers read it; alike unless said otherwise."""
    opinions = (Opinion(Reader.OWN, own or text, confidence),)
    if heard is not None:
        opinions += (Opinion(Reader.TESSERACT, heard, confidence),)
    return Word(text, Box(left, top, left + 0.05, top + 0.02), confidence, sure, opinions)


def printed(*others):
    """A line that reads well, with other words behind."""
    return Line((*(word(text, 98.0) for text in PRINT), *others))


def texts(lines):
    return [line.text for line in lines]


def test_a_row_of_foreign_words_is_text_however_badly_it_is_read():
    told = ("SENATE", "wvidow", "scrape", "kitchen", "MESSAGE")
    row = [word(text, 34.0, "", left=0.1 * at, top=0.3) for at, text in enumerate(told)]
    lines, marks = set_apart([printed(), Line(tuple(row))])
    assert texts(lines)[1] == "SENATE wvidow scrape kitchen MESSAGE"
    assert marks == ()
    few, marks = set_apart([printed(), Line((*row[1:3],))])
    assert texts(few) == [" ".join(PRINT)]
    assert [mark.word.text for mark in marks] == ["wvidow", "scrape"]


def row_of(*words):
    """Words one beside the other, given as what is read, how surely, and what the second reader read."""
    placed = (word(*each, left=0.1 * at, top=0.3) for at, each in enumerate(words))
    return Line(tuple(placed))


FOREIGN = [(text, 95.0) for text in ("weeken", "kruidnagel", "kokend", "geschoond")]


def test_what_stands_within_a_row_of_foreign_words_is_text_be_it_a_figure_or_a_letter():
    line = row_of(*FOREIGN[:2], ("3", 49.0, "8"), ("l", 35.0, ""), *FOREIGN[2:])
    assert set_apart([printed(), line]) == ((printed(), line), ())


def test_strokes_beside_such_a_row_or_within_one_of_syllables_are_none():
    line = row_of(("4", 49.0, ""), *FOREIGN, ("–C", 26.6, "4©,"))
    lines, marks = set_apart([line])
    assert texts(lines) == ["weeken kruidnagel kokend geschoond"]
    assert [mark.word.text for mark in marks] == ["4", "–C"]
    lines, marks = set_apart([printed(word("T7", 52.0, "TT."), *map(word, PRINT[:2], (97.0, 97.0)))])
    assert [mark.word.text for mark in marks] == ["T7"]


def test_a_word_in_a_row_in_which_both_readers_see_letters_is_text():
    line = row_of(*FOREIGN[:3], ("TIFE", 24.0, "TTEE"))
    assert set_apart([line]) == ((line,), ())
    _, marks = set_apart([row_of(*FOREIGN[:3], ("TIFE", 24.0, ""))])
    assert [mark.word.text for mark in marks] == ["TIFE"]


def test_on_a_page_of_grain_what_looks_like_a_letter_is_none_but_a_word_is():
    grain = [Line((word("(T7", 20.0, "", top=0.01 * row),)) for row in range(60)]
    seeming = [Line((word(text, 95.0, "", top=0.7),)) for text in ("h", "m", "II", "41")]
    head = Line((word("PHƯỜNG", 97.0, "PHƯỜNG", top=0.8),))
    lines, marks = set_apart([*grain, *seeming, head])
    assert lines == (head,)
    assert len(marks) == len(grain) + len(seeming)
    assert set_apart([*grain[:20], *seeming, head])[0] == (*seeming, head)


def test_in_a_picture_of_few_pixels_what_looks_like_a_letter_is_none():
    edges = [Line((word("m)", 39.0, "Im", top=0.02 * row),)) for row in range(27)]
    seeming = [
        Line((word(*each, top=0.7),)) for each in (("Em", 93.6, "Em"), ("II", 69.5, "gn"), ("h", 81.7, "T"))
    ]
    assert set_apart([*edges, *seeming])[0] == ()


MISREAD_IN_PRINT = [
    *(("11", 74.2, "1l]"), ("A1le", 66.4, "Alle"), ("1a", 72.2, "la"), ("O5", 61.0, "o5:")),
    *(("ĐTpc", 62.5, "ĐTIns"), ("KTTHE2o.", 73.2, "KTTHuø0."), ("(2).", 72.4, "@).")),
]


@pytest.mark.parametrize(("text", "confidence", "heard"), MISREAD_IN_PRINT)
def test_print_that_the_readers_take_for_other_shapes_is_text_in_its_line(text, confidence, heard):
    line = Line((word("Lưu:", 99.0), word("VT,", 99.0), word(text, confidence, heard), word("năm", 97.0)))
    assert set_apart([line]) == ((line,), ())


@pytest.mark.parametrize(
    ("text", "confidence", "heard"),
    [("ll", 60.0, "II"), ("ĐTpc", 62.5, "ĐTIns"), ("(2).", 72.4, "@)."), ("KTTHE2o.", 73.2, "KTTHuø0.")],
)
def test_alone_or_in_a_line_that_reads_badly_the_same_is_no_text(text, confidence, heard):
    alone, bad = (Line((word("§h", 19.0, "", top=0.3),) * number) for number in (0, 2))
    for line in (alone, bad):
        strokes = replace(line, words=(*line.words, word(text, confidence, heard, top=0.3)))
        assert set_apart([printed(), strokes])[0] == (printed(),)


def test_a_number_that_a_pen_wrote_into_a_gap_of_print_is_no_text():
    line = printed(word("92", 61.8, "8®#"), word("tháng", 99.0))
    assert [mark.word.text for mark in set_apart([line])[1]] == ["92"]


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("However,", "iowever,"),
        ("CHÍHPHỦ", "CHÍNHPHỦ]"),
        ("ttcbth@dongtam.gov.vn", "Is.ttcbth@)dongtaml.gov.vn"),
        ("(compressor/decompressor)”.", "(compressor/decombpressor) ."),
    ],
)
def test_a_long_word_that_both_readers_read_nearly_alike_is_text(text, heard):
    alone = Line((word(text, 12.0, heard),))
    assert set_apart([alone]) == ((alone,), ())


@pytest.mark.parametrize(("text", "heard"), [("UBMX", "soIes"), ("2.44.25", "2.44.26"), ("N(Dt", "N(Dt)t")])
def test_neither_figures_nor_a_few_letters_are_nearly_alike(text, heard):
    assert set_apart([Line((word(text, 12.0, heard),))])[0] == ()


SCRIBBLES = [
    *(("2g”g", 33.0, "soIes"), ("NN6", 41.0, ""), ("Dt", 52.0, "("), ("§h", 19.8, ""), ("7“;", 15.3, "SN)")),
    *(("G", 40.0, "6"), ("≤;,", 46.0, ""), ("3173", 16.5, "T7"), ("ý", 12.6, "#x"), ("–C", 26.6, "4©,")),
    *(("1:.“5", 16.7, "in,"), ("× ", 49.0, "&"), ("ma", 12.4, ""), ("34%", 74.0, ""), ("N”", 79.0, "Lct")),
]


@pytest.mark.parametrize(("text", "confidence", "heard"), SCRIBBLES)
def test_a_line_that_is_strokes_alone_is_no_text(text, confidence, heard):
    scribble = word(text.strip(), confidence, heard, top=0.3)
    lines, marks = set_apart([printed(), Line((scribble,))])
    assert texts(lines) == [" ".join(PRINT)]
    assert marks == (Mark(scribble, None, 0),)


@pytest.mark.parametrize(
    ("text", "confidence", "heard"),
    [
        ("ĐẾN", 45.0, ""),  # a stamp's word, hardly read
        ("tổ", 58.0, "tô"),
        ("02-NQ/TW", 44.6, "02-NQ/1W"),
        ("/QĐ-TTg", 71.0, "/QĐ-TTøg"),
        ("donghoa@dongtam.gov.vn", 50.0, "donghoa(@dongtam"),
        ("15", 30.0, "15"),
        ("11", 30.0, "1l"),
        ("Êban", 60.0, "êban"),
        ("Wozniak", 83.0, "Woznlak"),
        ("7", 81.0, ""),
    ],
)
def test_what_may_be_print_stays(text, confidence, heard):
    alone = Line((word(text, confidence, heard, top=0.3),))
    lines, marks = set_apart([printed(word(text, confidence, heard)), alone])
    assert texts(lines) == [f"{' '.join(PRINT)} {text}", text]
    assert marks == ()


def test_what_one_reader_alone_or_the_file_told_stays():
    bare = Word("g”g", Box(0, 0, 0.1, 0.1), 20.0)
    assert set_apart([Line((bare,))]) == ((Line((bare,)),), ())
    unheard = word("4ẬT", 40.0)
    assert set_apart([Line((unheard,))]) == ((Line((unheard,)),), ())
    certain = word("§", 30.0, "", sure=True)
    assert set_apart([Line((certain,))])[1] == ()


def test_a_stroke_within_a_line_leaves_the_line_and_can_be_put_back():
    line = printed(word("Tt", 8.0, ""), word("họp", 97.0), word("4/5", 40.0, "445"))
    lines, marks = set_apart([Line((word("G", 20.0, ""),)), line])
    assert texts(lines) == [" ".join((*PRINT, "họp"))]
    assert [(mark.word.text, mark.line, mark.at) for mark in marks] == [
        ("G", None, 0),
        ("Tt", 0, len(PRINT)),
        ("4/5", 0, len(PRINT) + 2),
    ]
    page = PageText(1, 210.0, 297.0, lines, marks)
    assert page.text == lines[0].text
    assert page.as_read == (line,)


def test_of_a_line_that_was_read_twice_the_surer_reading_stays():
    once = Line((word("Cơ", 97.0, "Cơ"), word("quan:", 98.0, "quan:", left=0.2)))
    again = Line((word("Cơ", 77.0, "Cơ"), word("quan:", 77.0, "quam", left=0.2)))
    lines, marks = set_apart([again, once])
    assert lines == (once,)
    assert [mark.word for mark in marks] == list(again.words)


def test_print_under_a_seal_does_not_give_way_to_what_is_no_syllable():
    seal = Line((word("UBMX@ĐƠNG", 79.0, "UBMX"),))
    line = Line((word("phường", 82.0, "phuòng"),))
    lines, _ = set_apart([line, seal])
    assert line in lines


def test_neighbours_whose_boxes_touch_both_stay():
    lines = [Line((word("phường", 85.0, "phuòng"),)), Line((word("phường", 86.0, "phuờng", left=0.14),))]
    assert set_apart(lines) == (tuple(lines), ())


def test_marks_are_kept_with_the_words_and_older_words_have_none():
    lines, marks = set_apart([Line((word("G", 20.0, ""),)), printed()])
    kept = TypeAdapter(PageText)
    page = PageText(1, 210.0, 297.0, lines, marks)
    assert kept.validate_json(kept.dump_json(page)) == page
    older = kept.dump_python(replace(page, marks=()), mode="json")
    del older["marks"]
    assert kept.validate_python(older) == replace(page, marks=())


def test_a_number_written_by_hand_is_still_offered_for_review_but_is_no_text():
    box = Box(0.1, 0.1, 0.3, 0.12)
    words = [word("Số:", 99.0), word("4S/7", 40.0, "445"), word("/QĐ-UBND", 95.0)]
    line = Line(tuple(replace(one, box=replace(box, left=0.1 + at / 20)) for at, one in enumerate(words)))
    lines, marks = set_apart([line])
    assert texts(lines) == ["Số: /QĐ-UBND"]
    page = PageText(1, 210.0, 297.0, lines, marks)
    before = extract([PageText(1, 210.0, 297.0, (line,))])
    assert [(field.name, field.value) for field in extract([page])] == [
        (field.name, field.value) for field in before
    ]
