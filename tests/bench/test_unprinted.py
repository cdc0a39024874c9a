"""What counts as a word that nobody printed."""

from bench.unprinted import Counted, count, goals_of, unexplained
from digitize.model import Box, Line, Mark, PageText, Word

FULL = "Ủy ban nhân dân {{stamp: ĐẾN}} số {{hand:12}} phường Đồng Tâm"


def test_stamps_and_handwriting_are_printed_and_marks_do_not_matter():
    words = ["Uỷ", "ban", "nhân", "dan", "ĐẾN", "số", "12", "phường", "Đồng", "Tâm."]
    assert unexplained(words, FULL) == ([], [])


def test_a_word_like_one_that_is_missing_is_misread_any_other_nobody_printed():
    assert unexplained(["phuờnq", "2g”g"], "phường Đồng") == (["2g”g"], ["phuờnq"])


def test_a_word_said_twice_was_printed_once():
    assert unexplained(["ban", "ban"], "ban") == (["ban"], [])


def word(text):
    return Word(text, Box(0, 0, 1, 1), 90.0)


def test_what_is_set_apart_is_neither_unprinted_nor_recalled():
    page = PageText(
        1, 210, 297, (Line((word("ban"),)),), (Mark(word("dân"), None, 0), Mark(word("§h"), None, 0))
    )
    counted = count(page, "ban dân", "ban dân")
    assert counted == Counted((), (), 0.5, 1.0, 1)
    assert [goal.state for goal in goals_of([counted])] == ["held", "broken"]


def test_too_many_of_them_break_the_goal():
    counted = Counted(("a", "b", "c"), (), 1.0, 1.0, 3)
    assert goals_of([counted])[0].state == "broken"
