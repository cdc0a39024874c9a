import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.stress.scoring import collapsed, locate, score_page
from scanner_adapters.simulator.papers.sheets import all_kinds
from scanner_adapters.simulator.papers.truth import Block, Part

HEADER = (
    Block(Part.HEADER_LEFT, ("ỦY BAN NHÂN DÂN", "PHƯỜNG HÒA BÌNH", "Số: 12/QĐ-UBND")),
    Block(Part.HEADER_RIGHT, ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")),
)
INTERLEAVED = (
    "ỦY BAN NHÂN DÂN CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\n"
    "PHƯỜNG HÒA BÌNH Độc lập - Tự do - Hạnh phúc\nSố: 12/QĐ-UBND"
)
LETTERS = st.text("aăâbcdđeêông ", max_size=24)


def plain_distance(wanted, text):
    """The smallest edit distance of `wanted` from any part of `text`, by the schoolbook table."""
    row = [0] * (len(text) + 1)
    for i, letter in enumerate(wanted, start=1):
        above, row = row, [i]
        for j, other in enumerate(text, start=1):
            row.append(min(above[j - 1] + (letter != other), above[j] + 1, row[j - 1] + 1))
    return min(row)


@given(LETTERS, LETTERS)
def test_the_place_found_is_the_nearest_there_is(wanted, text):
    found = locate(wanted, text)
    assert found.distance == plain_distance(wanted, text)
    assert 0 <= found.start <= found.end <= len(text)
    part = text[found.start : found.end]
    assert found.distance == locate(part, wanted).distance or len(part) <= len(wanted) + found.distance


@pytest.mark.parametrize("seed", range(3))
def test_blocks_in_any_order_are_read_without_error(seed):
    for sheet in all_kinds(seed, 50):
        blocks = list(sheet.blocks)
        random.Random(seed).shuffle(blocks)  # noqa: S311 any order will do
        score = score_page(sheet.blocks, "\n".join("\n".join(block.lines) for block in blocks))
        assert (score.errors, score.stray) == (0, 0)
        assert score.letters == sum(len(line) for block in blocks for line in block.lines)


@pytest.mark.parametrize("seed", range(3))
def test_the_lines_in_reading_order_are_read_without_error(seed):
    for sheet in all_kinds(seed, 50):
        assert score_page(sheet.blocks, sheet.text).errors == 0


def test_header_cells_read_line_across_line_are_no_error():
    assert score_page(HEADER, INTERLEAVED).errors == 0


@pytest.mark.parametrize(
    ("right", "wrong", "errors"),
    [
        ("HÒA BÌNH", "HOÀ BÌNH", 2),
        ("CHỦ NGHĨA", "CHÚ NGHIA", 2),
        ("12/QĐ", "13/QĐ", 1),
        ("Tự do", "Tựdo", 1),
        ("Số: ", "Sỗ : ", 2),
    ],
)
def test_a_misread_letter_counts_even_where_cells_interleave(right, wrong, errors):
    assert score_page(HEADER, INTERLEAVED.replace(right, wrong)).errors == errors


def test_a_line_that_was_not_read_counts_whole():
    text = INTERLEAVED.replace("Độc lập - Tự do - Hạnh phúc", "")
    assert score_page(HEADER, text).errors == len("Độc lập - Tự do - Hạnh phúc")


def test_one_reading_never_serves_two_lines():
    twice = (Block(Part.CELL, ("Đã trả kết quả",)), Block(Part.CELL, ("Đã trả kết quả",)))
    assert score_page(twice, "Đã trả kết quả").errors == len("Đã trả kết quả")
    assert score_page(twice, "Đã trả kết quả Đã trả kết quả").errors == 0


def test_a_short_cell_is_not_found_inside_another_word():
    cells = (Block(Part.CELL, ("7",)), Block(Part.CELL, ("27",)))
    assert score_page(cells, "27").errors == 1


def test_text_that_was_printed_nowhere_is_told_as_stray():
    score = score_page(HEADER, INTERLEAVED + "\n~ |x.")
    assert (score.errors, score.stray) == (0, 4)
    assert score_page((), "bóng ma").stray == 6


def test_letters_and_spaces_are_normalised_before_they_are_compared():
    assert collapsed("Ho\u0300a \n\t Bi\u0300nh") == "Hòa Bình"


@settings(max_examples=20)
@given(st.integers(0, 9), st.randoms(use_true_random=False))
def test_wrong_letters_far_apart_are_counted_one_by_one(wrong, chance):
    sheet = all_kinds(1, 50)[0]
    lines = [list(line) for block in sheet.blocks for line in block.lines]
    long_lines = [line for line in lines if len(line) > 20]
    for line in chance.sample(long_lines, wrong):
        line[chance.randrange(len(line))] = "¤"
    text = "\n".join("".join(line) for line in lines)
    assert score_page(sheet.blocks, text).errors == wrong
