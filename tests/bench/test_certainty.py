"""Sure words are held against what stands on the paper."""

import pytest

from bench.certainty import Certainty
from digitize.model import Box, Line, Word

NOWHERE = Box(0.0, 0.0, 0.0, 0.0)


def line(*words: str) -> Line:
    """A line of words; those that end with ! are sure."""
    return Line(tuple(Word(word.removesuffix("!"), NOWHERE, 0.0, word.endswith("!"), ()) for word in words))


def test_a_sure_word_is_wrong_where_it_stands_nowhere_and_covered_is_what_is_printed():
    told = Certainty()
    told.add(
        [line("Số!", "12!", "-", "của", "bơ!"), line("29!", "của!", "7½")], "Số 12 - của bờ của", "29 Số 12"
    )
    assert told.wrong == ["bơ", "của"]
    assert told.shares() == {
        "words sure, wrong": pytest.approx(2 / 3),
        "words sure, coverage": pytest.approx(2 / 4),
        "words sure, of all read": pytest.approx(3 / 4),
        "numbers sure, wrong": 0.0,
        "numbers sure, coverage": 1.0,
        "numbers sure, of all read": pytest.approx(2 / 3),
    }


def test_an_unsure_word_takes_no_printed_one_from_a_sure_one():
    told = Certainty()
    told.add([line("ý"), line("ý!")], "ý kiến", "ý kiến")
    assert told.wrong == []


def test_no_page_covers_nothing():
    assert set(Certainty().shares().values()) == {0.0}
