"""Lines that were passed over are read once more; a new reading stands only where it is clearly surer."""

import numpy as np
import pytest

from digitize.model import Box, Line, Word
from digitize.words.second_look import look_again

DPI = 300.0
PLANE = np.full((3508, 2480), 250, np.uint8)
PLACE = Box(356 / 2480, 2107 / 3508, 621 / 2480, 2145 / 3508)
NO_INK = np.zeros((1170, 827), np.uint8)
PRINT = NO_INK.copy()
PRINT[703:715, 119:207:2] = 1
PRINT[703:715, 120:207:12] = 1


def reader(*told: tuple[str, float]):
    """Reads the same words in the middle of whatever it is given."""

    def read(strip: np.ndarray) -> tuple[Line, ...]:
        share = 1 / (len(told) + 2)
        boxes = (Box(share * (at + 1), 0.45, share * (at + 1.8), 0.55) for at in range(len(told)))
        return (Line(tuple(Word(text, box, sure) for (text, sure), box in zip(told, boxes, strict=True))),)

    return read


def standing(text: str, confidence: float) -> tuple[Line, ...]:
    return (Line((Word(text, PLACE, confidence),)),)


def after(lines: tuple[Line, ...], *told: tuple[str, float], ink: np.ndarray = NO_INK) -> list[str]:
    return [line.text for line in look_again(PLANE, DPI, lines, ink, reader(*told))]


def test_a_line_that_was_read_as_signs_alone_is_read_again_however_sure_they_were():
    assert after(standing("`...", 82), ("-", 92), ("Lưu:", 93), ("VT.", 60)) == ["- Lưu: VT."]


def test_a_word_surely_read_is_not_looked_at():
    assert after(standing("Lưu:", 82), ("Lừu:", 99)) == ["Lưu:"]


@pytest.mark.parametrize("lines", [(), standing("AT", 3)], ids=["nothing stands", "what stands is a guess"])
def test_a_line_of_print_that_was_lost_stands_when_three_words_of_it_are_fairly_sure(lines):
    assert after(lines, ("-", 73), ("Lưu:", 91), ("VT.", 50), ink=PRINT) == ["- Lưu: VT."]


def test_a_single_word_where_nothing_stood_must_be_surer():
    assert after((), ("vết", 70), ink=PRINT) == []
    assert after((), ("Lưu", 76), ink=PRINT) == ["Lưu"]


def test_a_reading_little_surer_than_the_old_does_not_replace_it():
    assert after(standing("Lưu", 59), ("Lừu", 73)) == ["Lưu"]
    assert after(standing("Lưu", 59), ("Lừu", 76)) == ["Lừu"]


def test_signs_never_replace_what_stands():
    assert after(standing("Lưu", 40), ("...", 95)) == ["Lưu"]
