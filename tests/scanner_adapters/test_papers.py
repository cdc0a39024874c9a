import unicodedata

import numpy as np
import pytest

from scanner_adapters.simulator.papers.papers import Paper, draw_paper
from scanner_adapters.simulator.papers.truth import Block, Part

LOW = 75  # dpi: enough to see where ink lies
PRINTED = [paper for paper in Paper if paper is not Paper.BLANK]


@pytest.mark.parametrize("paper", Paper)
def test_the_same_seed_gives_the_same_sheet(paper):
    first, again = draw_paper(paper, 5, LOW), draw_paper(paper, 5, LOW)
    assert np.array_equal(first.image, again.image)
    assert first.blocks == again.blocks


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("paper", PRINTED)
def test_blocks_hold_what_is_printed_and_nothing_else(paper, seed):
    sheet = draw_paper(paper, seed, LOW)
    words = sorted(" ".join(block.text for block in sheet.blocks).split())
    assert words == sorted(sheet.text.split())
    assert unicodedata.is_normalized("NFC", sheet.text)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("paper", PRINTED)
def test_nothing_is_printed_outside_the_margins(paper, seed):
    dark = draw_paper(paper, seed, LOW).image.min(axis=2) < 128
    rows, columns = (np.flatnonzero(dark.any(axis=axis)) * 25.4 / LOW for axis in (1, 0))
    assert rows[0] >= 18
    assert rows[-1] <= 297 - 20
    assert columns[0] >= 29
    assert columns[-1] <= 210 - 14


def parts(paper):
    return [block.part for block in draw_paper(paper, 2, LOW).blocks]


def test_header_and_closing_are_two_cells_each():
    assert parts(Paper.LETTER) == [
        Part.HEADER_LEFT,
        Part.HEADER_RIGHT,
        Part.BODY,
        Part.CLOSING_LEFT,
        Part.CLOSING_RIGHT,
    ]


def test_each_cell_of_a_table_and_each_column_is_a_block():
    cells = [block for block in draw_paper(Paper.TABLE, 2, LOW).blocks if block.part is Part.CELL]
    assert len(cells) == 15 * 5
    assert cells[1] == Block(Part.CELL, ("Họ và tên",))
    assert parts(Paper.COLUMNS) == [Part.BODY, Part.COLUMN, Part.COLUMN]


def test_a_report_fills_its_page_and_two_columns_fill_both():
    assert len(draw_paper(Paper.REPORT, 3, LOW).lines) > 30
    columns = draw_paper(Paper.COLUMNS, 3, LOW).blocks[1:]
    assert min(len(column.lines) for column in columns) > 25


def test_a_page_with_one_line_has_one_and_a_blank_page_none():
    for seed in range(6):
        assert len(draw_paper(Paper.LINE, seed, LOW).lines) == 1
    assert draw_paper(Paper.BLANK, 1, LOW).blocks == ()


def test_a_notice_is_set_in_capitals():
    body = next(block for block in draw_paper(Paper.CAPITALS, 3, LOW).blocks if block.part is Part.BODY)
    assert body.text == body.text.upper()
    assert len(body.lines) >= 9


def test_pages_of_one_kind_say_different_things():
    texts = {draw_paper(Paper.REPORT, seed, LOW).blocks[2].text for seed in range(8)}
    assert len(texts) == 8
