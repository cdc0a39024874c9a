"""Rules of two opinions: words side by side, agreement, disagreement, numbers, and how sure a word is."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitize.model import Opinion, Reader
from digitize.reader.calibration import Calibration, Curve, odds
from digitize.reader.cut import cut_page
from digitize.reader.reading import OwnLine, OwnWord
from digitize.words import both_readers, tesseract_pieces
from digitize.words.both_readers import as_line, heard_around
from digitize.words.opinions import (
    Place,
    judge,
    judged_alone,
    must_ask,
    pieces_unsure,
    preference_of,
    side_by_side,
)
from digitize.words.same_number import is_number, same_sign
from digitize.words.tesseract_pieces import Heard, Piece, look_again
from tests.digitize.reader_pages import printed
from vietnamese.statistics import statistics

CURVES = Calibration(
    alone=Curve(0.0, (0.0, 1.0, 0.1, 0.0)),
    agreed=Curve(2.0, (0.0, 0.5, 0.1, 0.0, 0.5)),
    own=Curve(-1.0, (0.0, 1.0, 0.0, 0.0, -0.5, 0.5)),
    heard=Curve(-1.0, (0.0, -0.5, 0.0, 0.0, 1.0, -0.5)),
    sure_from=0.95,
    number_sure_from=0.95,
    ask_below=0.99,
    weights_sha256="",
)


def own(text: str, left: float, together: float = 0.9, raw: str = "", raw_sure: float = 0.9) -> OwnWord:
    return OwnWord(text, raw or text, raw_sure, together, together, left, left + 10.0 * len(text))


def heard(text: str, left: float, sure: float = 0.9) -> Heard:
    return Heard(text, sure, left, left + 10.0 * len(text))


def one(place: Place, before: str | None = None):
    (word,) = judge(place, before, CURVES, statistics())
    return word


def test_words_in_the_same_place_are_laid_side_by_side():
    mine = [own("Ủy", 0), own("ban", 30), own("nhân", 70), own("dân", 120)]
    theirs = [heard("Ủy", 1), heard("bannhân", 31), heard("dân", 121)]
    assert [(place.own_text, place.heard_text) for place in side_by_side(mine, theirs)] == [
        ("Ủy", "Ủy"),
        ("ban nhân", "bannhân"),
        ("dân", "dân"),
    ]


def test_a_word_that_one_reader_parts_is_compared_whole():
    (place,) = side_by_side([own("nhândân", 0)], [heard("nhân", 0), heard("dân", 40)])
    assert place.heard_text == "nhân dân"


def test_a_word_nobody_else_saw_stays_and_is_told():
    (place,) = side_by_side([own("dân", 0)], [])
    word = one(place)
    assert word.text == "dân"
    assert word.readings[1] == Opinion(Reader.TESSERACT, "", 0.0)


@given(
    st.lists(st.tuples(st.text("abc", min_size=1, max_size=5), st.floats(0, 300)), max_size=8),
    st.lists(st.tuples(st.text("abc", min_size=1, max_size=5), st.floats(0, 300)), max_size=8),
)
def test_no_word_of_ours_is_lost_or_doubled_and_none_heard_is_used_twice(mine, theirs):
    words = [own(text, left) for text, left in sorted(mine, key=lambda word: word[1])]
    places = list(side_by_side(words, [heard(text, left) for text, left in theirs]))
    assert [word for place in places for word in place.own] == words
    used = [id(word) for place in places for word in place.heard]
    assert len(used) == len(set(used)) <= len(theirs)


def test_what_both_read_stands_and_is_surer_than_alone():
    agreed = one(Place((own("quyết", 0, 0.8),), (heard("quyết", 0, 0.8),)))
    assert agreed.text == "quyết"
    assert agreed.chance > judged_alone(own("quyết", 0, 0.8), CURVES, statistics()).chance


def test_the_language_never_outvotes_what_both_surely_read():
    place = Place((own("quyết", 0, together=0.99, raw="quyét", raw_sure=0.95),), (heard("quyét", 0, 0.95),))
    assert one(place).text == "quyét"
    unsure = Place((own("quyết", 0, together=0.99, raw="quyét", raw_sure=0.55),), (heard("quyét", 0, 0.5),))
    assert one(unsure).text == "quyết"


@pytest.mark.parametrize(("mine", "theirs", "text"), [(0.95, 0.4, "tổ"), (0.4, 0.95, "tố")])
def test_where_they_differ_the_likelier_reading_is_taken_and_both_are_kept(mine, theirs, text):
    word = one(Place((own("tổ", 0, mine),), (heard("tố", 0, theirs),)))
    assert word.text == text
    assert [opinion.text for opinion in word.readings] == ["tổ", "tố"]


@pytest.mark.parametrize("is_ours", [True, False])
def test_where_only_spaces_differ_the_spacing_of_syllables_stands(is_ours):
    parted, joined = ("nhân", "dân"), ("nhândân",)
    mine, theirs = (parted, joined) if is_ours else (joined, parted)
    place = Place(
        tuple(own(word, 40.0 * at, 0.4) for at, word in enumerate(mine)),
        tuple(heard(word, 40.0 * at, 0.95) for at, word in enumerate(theirs)),
    )
    words = judge(place, None, CURVES, statistics())
    assert [word.text for word in words] == ["nhân", "dân"]


def test_numbers_that_only_spaces_tell_apart_are_sure():
    mine, theirs = (own("Số:", 0, 0.999), own("1906", 40, 0.999)), (heard("Số:1906", 0, 0.99),)
    words = judge(Place(mine, theirs), None, CURVES, statistics())
    assert [(word.text, word.sure) for word in words] == [("Số:", True), ("1906", True)]


@pytest.mark.parametrize(
    ("mine", "theirs"), [("1 2", "12"), ("12", "1 2"), ("12. 5", "12.5"), ("19 /6", "19/6")]
)
def test_a_space_inside_a_number_makes_another_number(mine, theirs):
    place = Place(
        tuple(own(word, 40.0 * at, 0.999) for at, word in enumerate(mine.split())),
        tuple(heard(word, 40.0 * at, 0.99) for at, word in enumerate(theirs.split())),
    )
    assert not any(word.sure for word in judge(place, None, CURVES, statistics()))


def test_a_lone_word_that_tesseract_was_not_asked_for_is_not_sure():
    lone, in_a_line = own("CÔNG", 0, 0.9999), dataclasses.replace(own("CÔNG", 0, 0.9999), around=0.95)
    assert [judged_alone(word, CURVES, statistics()).sure for word in (lone, in_a_line)] == [False, True]


def test_what_tesseract_joins_to_figures_is_parted_as_ours_is(shown, tmp_path, monkeypatch):
    _, lines = shown
    asked = [[True] * len(line.words) for line in lines]
    said = {Piece(1, 0, 9): (heard("ngày19", 0), heard("tháng", 80))}
    monkeypatch.setattr(both_readers, "look_again", lambda *_: said)
    (words,) = heard_around(lines, asked, tmp_path, statistics()).values()
    assert [word.text for word in words] == ["ngày", "19", "tháng"]
    assert words[0].right <= words[1].left < words[1].right == said[Piece(1, 0, 9)][0].right


def test_a_number_is_sure_only_where_both_read_the_same():
    alike = one(Place((own("046099123456", 0, 0.999),), (heard("046099123456", 0, 0.99),)))
    differ = one(Place((own("046099123456", 0, 0.999),), (heard("046099123458", 0, 0.2),)))
    alone = judged_alone(own("046099123456", 0, 0.9999), CURVES, statistics())
    assert (alike.sure, differ.sure, alone.sure) == (True, False, False)
    assert differ.text == "046099123456"


@pytest.mark.parametrize(
    ("mine", "theirs", "is_sure"),
    [
        ("01", "O1", True),
        ("19/6/2025", "l9/6/2025", True),
        ("11", "II", False),  # a Roman two, perhaps
        ("0-E)", "O-E)", False),
        ("01", "O7", False),
        ("07.", "07", False),
    ],
)
def test_a_letter_that_looks_like_a_figure_among_figures_is_no_other_reading(mine, theirs, is_sure):
    word = one(Place((own(mine, 0, 0.999),), (heard(theirs, 0, 0.99),)))
    assert word.text == mine
    assert word.sure == is_sure


@pytest.mark.parametrize(("mine", "theirs"), [("1]", "l1"), ("1|", "11"), ("11", "1]")])
def test_a_bracket_that_looks_like_a_figure_is_one_and_sure_only_where_our_reader_saw_the_figure(
    mine, theirs
):
    word = one(Place((own(mine, 0, 0.999),), (heard(theirs, 0, 0.99),)))
    assert (word.text, word.sure) == ("11", mine == "11")


@pytest.mark.parametrize(
    ("mine", "theirs", "before"),
    [(("của", "Bộ"), "của'Bộ", None), (("04", "tháng"), "O{†tháng", "ngày"), (("Tỵ", "-"), "Ty", "Ất")],
)
def test_syllables_are_likelier_than_a_word_with_a_sign_inside_or_another_syllable(mine, theirs, before):
    words = tuple(own(text, 100.0 * place, 0.6) for place, text in enumerate(mine))
    place = Place(words, (Heard(theirs, 0.7, 0.0, 200.0),))
    assert preference_of(place, before, statistics()) > 4
    assert [word.text for word in judge(place, before, CURVES, statistics())] == [*mine]


def test_of_codes_addresses_figures_and_silence_the_language_says_nothing():
    for mine, theirs in [("QĐ-UBND", "QĐ-UBNO"), ("a@b.vn", "a@h.vn"), ("12", "của"), ("của", "")]:
        place = Place((own(mine, 0),), (heard(theirs, 0),) if theirs else ())
        assert preference_of(place, None, statistics()) == 0.0


def test_a_word_with_marks_that_is_no_syllable_is_shown_to_both_and_never_sure():
    strange, name, plain = (own(text, 0, 0.9999) for text in ("Luậi", "Robert", "Luật"))
    line = [dataclasses.replace(word, around=0.99) for word in (strange, name, plain)]
    assert [must_ask(word, CURVES, statistics()) for word in line] == [True, False, False]
    assert [judged_alone(word, CURVES, statistics()).sure for word in line] == [False, True, True]
    assert not one(Place((strange,), (heard("Luậi", 0, 0.99),))).sure
    doubtful = own("Luậi", 0, 0.6)
    assert one(Place((doubtful,), (heard("Luật", 0, 0.96),)), "Căn").text == "Luật"


def test_numbers_and_lone_words_are_always_shown_to_the_second_reader_and_sure_words_in_a_line_never():
    number, doubtful, sure = own("12/2025", 0, 0.9999), own("dân", 0, 0.9), own("dân", 0, 0.9999)
    in_a_line = [dataclasses.replace(word, around=0.95) for word in (number, doubtful, sure)]
    assert [must_ask(word, CURVES, statistics()) for word in in_a_line] == [True, True, False]
    assert must_ask(sure, CURVES, statistics())
    assert [is_number(text) for text in ("QĐ-UBND", "12/QĐ-UBND", "hai")] == [False, True, False]


def test_a_line_of_one_letter_or_figure_is_never_sure():
    lone, in_a_line = own("3", 0, 0.999), dataclasses.replace(own("3", 0, 0.999), around=0.95)
    told = [one(Place((word,), (heard("3", 0, 0.99),))).sure for word in (lone, in_a_line)]
    assert told == [False, True]
    letters = [own("ý", 0, 0.9999), dataclasses.replace(own("ý", 0, 0.9999), around=0.95)]
    assert [judged_alone(word, CURVES, statistics()).sure for word in letters] == [False, True]


def test_odds_are_bounded_and_grow():
    assert odds(0.5) == 0
    assert odds(0.0) == -odds(1.0) == odds(-1.0)
    assert odds(0.9) < odds(0.99) <= odds(0.9999999)


LINES = (
    ("Căn cứ Luật Tổ chức chính quyền địa phương", 90, 160, 54),
    ("ngày 19 tháng 6 năm 2025 của Quốc hội", 90, 260, 54),
)


@pytest.fixture(scope="module")
def shown():
    """Two lines of print whose words were found but not read."""
    plane = printed(*LINES)
    _, cuts = cut_page(plane, 300)
    lines = []
    for cut, (text, *_) in zip(cuts, LINES, strict=True):
        step = cut.pixels.shape[1] / (len(text) + 1)
        starts = [text.find(f" {word}") + 1 if at else 0 for at, word in enumerate(text.split())]
        words = [own("?" * len(word), 0) for word in text.split()]
        placed = [
            dataclasses.replace(word, left=step * start, right=step * (start + len(word.text)))
            for word, start in zip(words, starts, strict=True)
        ]
        lines.append(OwnLine(cut, tuple(placed)))
    return plane, lines


def test_only_the_words_asked_for_and_their_neighbours_are_shown(shown, tmp_path):
    _, lines = shown
    asked = [[False] * len(line.words) for line in lines]
    asked[1][1] = True  # 19
    ((piece, words),) = look_again(lines, asked, tmp_path).items()
    assert piece == Piece(1, 0, 3)
    assert "19" in [word.text for word in words]
    assert "Luật" not in [word.text for word in words]


def test_pieces_of_many_lines_come_back_to_their_own(shown, tmp_path):
    _, lines = shown
    found = look_again(lines, [[True] * len(line.words) for line in lines], tmp_path)
    texts = [" ".join(word.text for word in words) for words in found.values()]
    assert texts == [text for text, *_ in LINES]


def test_pieces_of_more_lines_than_a_picture_holds_come_back_to_their_own(shown, tmp_path, monkeypatch):
    _, lines = shown
    monkeypatch.setattr(tesseract_pieces, "MOST_ROWS", 2)
    found = look_again(lines, [[True] * len(line.words) for line in lines], tmp_path)
    texts = [" ".join(word.text for word in words) for words in found.values()]
    assert texts == [text for text, *_ in LINES]


def test_a_page_of_hundreds_of_doubtful_lines_is_read_to_its_end(shown, tmp_path):
    _, lines = shown
    cut = dataclasses.replace(lines[0].cut, pixels=np.full_like(lines[0].cut.pixels, 255))
    # In one picture so many would be higher than Tesseract takes.
    many = [dataclasses.replace(lines[0], cut=cut)] * 440
    asked = [[True] + [False] * (len(line.words) - 1) for line in many]
    assert len(look_again(many, asked, tmp_path)) == 440


def test_nothing_asked_starts_nothing(shown, tmp_path, monkeypatch):
    _, lines = shown
    monkeypatch.setattr(tesseract_pieces, "read_lines", None)
    assert look_again(lines, [[False] * len(line.words) for line in lines], tmp_path) == {}


def test_a_line_of_the_page_tells_where_its_words_and_its_baseline_are(shown):
    plane, lines = shown
    words = [judged_alone(word, CURVES, statistics()) for word in lines[0].words]
    line = as_line(words, lines[0].cut, plane)
    height, width = plane.shape
    assert line.text == " ".join(word.text for word in lines[0].words)
    assert line.baseline is not None
    assert line.baseline * height == pytest.approx(160, abs=2)
    assert line.box.left * width == pytest.approx(90, abs=16)
    assert np.all([word.box.left < word.box.right for word in line.words])


@pytest.mark.parametrize(
    ("mine", "theirs", "sign"),
    [
        ("10/TTỶ-HĐND", "10/TTr-HĐND", "10/TTr-HĐND"),
        ("79/QĐ-UBND,", "79/QĐĐ-UBND,", "79/QĐ-UBND,"),
        ("02-NQ/TH", "02-NQ/TW", "02-NQ/TW"),
        ("10/TT-BTC", "10/TTr-BTC", None),  # both are known: which is it?
        ("10/XYZ-ABC", "10/XYZ-ABD", None),
        ("10/TTỶ-HĐND", "16/TTr-HĐND", None),
        ("1O/TTr-HĐND", "10/TTr-HĐND", None),
        ("10/TTỶ-HĐNĐ", "10/TTr-HĐND", None),
        ("TTỶ", "TTr", None),
    ],
)
def test_a_number_and_sign_one_letter_apart_is_the_known_one(mine, theirs, sign):
    assert same_sign(mine, theirs) == sign


def test_a_number_beside_a_doubtful_figure_may_be_a_piece_and_is_not_sure():
    number = one(Place((own("12", 20, 0.999),), (heard("12", 20, 0.97),)))
    word = dataclasses.replace(number, text="khoản")
    doubtful = dataclasses.replace(number, text="ý", chance=0.6, sure=False)
    lines = [
        (word, number, word),
        (word, number, doubtful),
        (doubtful, number, word),
        (doubtful, word, number),
    ]
    assert [[told.sure for told in pieces_unsure(line)] for line in lines] == [
        [True, True, True],
        [True, False, False],
        [False, False, True],
        [False, True, True],
    ]


def test_a_sign_that_only_one_reader_knows_is_taken_and_not_sure():
    word = one(Place((own("10/TTỶ-HĐND", 0, 0.999),), (heard("10/TTr-HĐND", 0, 0.99),)))
    assert (word.text, word.sure) == ("10/TTr-HĐND", False)
