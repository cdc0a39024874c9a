"""The bench of odd inputs: it has enough of each kind, can fail, and its codings and fonts come out right."""

from collections import Counter

import numpy as np
import pikepdf
import pytest

from bench.cases.codings import CODINGS, bilevel
from bench.cases.documents import document_cases
from bench.cases.folders import folder_cases
from bench.cases.fonts import FONTS
from bench.cases.judging import Answer, Case, Right
from bench.cases.laying import LAYINGS
from bench.cases.machines import machine_cases
from bench.cases.made import LINES
from bench.cases.pictures import picture_cases
from digitize.model import (
    Box,
    FaultCode,
    Line,
    Origin,
    PageDone,
    PageReport,
    PageText,
    ReasonCode,
    Verdict,
    Word,
)
from digitize.sources.drawing import grey_of
from digitize.sources.pdf_pages import load_page

FEWEST = 10
ALIKE = 20.0  # of 255, mean difference from the page as it was drawn


def written(make, path):
    with pikepdf.new() as pdf:
        make(pdf)
        pdf.save(path)
    return path


@pytest.mark.parametrize("name", CODINGS)
def test_however_a_scan_is_coded_its_pixels_are_those_that_are_seen(name, tmp_path):
    raster = load_page(written(CODINGS[name], tmp_path / "scan.pdf"), 0)
    assert (raster.width_mm, raster.height_mm) == pytest.approx((210, 297), abs=0.5)
    wanted = bilevel().convert("L").resize(raster.pixels.shape[1::-1])
    apart = np.abs(grey_of(raster.pixels).astype(float) - np.asarray(wanted, float))
    assert apart.mean() < ALIKE
    assert np.asarray(wanted).mean() > 200 > np.median(grey_of(raster.pixels)[np.asarray(wanted) < 60])
    assert not raster.never_paper


@pytest.mark.parametrize("name", LAYINGS)
def test_lines_are_whole_however_their_parts_are_laid_and_the_page_is_turned(name, tmp_path):
    raster = load_page(written(LAYINGS[name], tmp_path / "paper.pdf"), 0)
    assert [line.text for line in raster.lines] == list(LINES)


@pytest.mark.parametrize("name", FONTS)
def test_letters_are_taken_where_their_font_tells_them_and_read_where_it_does_not(name, tmp_path):
    raster = load_page(written(FONTS[name], tmp_path / "paper.pdf"), 0)
    if "untold" in name or "code" in name or "without" in name:
        assert raster.doubted
    else:
        assert [line.text for line in raster.lines] == list(LINES)
        assert not raster.doubted


def test_every_kind_has_ten_variants_and_no_two_of_a_name():
    cases = [*picture_cases(), *document_cases(), *folder_cases(), *machine_cases()]
    kinds = Counter(case.kind for case in cases)
    assert min(kinds.values()) >= FEWEST, kinds
    assert len({(case.kind, case.name) for case in cases}) == len(cases)


def answer(text="một hai", size=(210.0, 297.0), *reasons: ReasonCode) -> Answer:
    words = tuple(Word(word, Box(0, 0, 1, 1), 90.0) for word in text.split())
    report = PageReport(1, Verdict.GOOD, (), 300.0, 0, 0.0, len(words), 90.0, 0.1, 1)
    return Answer((PageDone(report, PageText(1, *size, (Line(words),))),), Origin.SCAN)


@pytest.mark.parametrize(
    "right",
    [
        Right(pages=2),
        Right(says=("ba",)),
        Right(lacks=("hai",)),
        Right(size=(148.0, 210.0)),
        Right(size=(297.0, 210.0)),
        Right(dpi=200.0),
        Right(origin=Origin.BORN_DIGITAL),
        Right(fault=FaultCode.PORTFOLIO),
        Right(told=ReasonCode.BLANK),
    ],
)
def test_whatever_does_not_hold_is_told(right):
    assert [*right.complaints(answer())]
    assert not [*Right(says=("một", "hai"), size=(210.0, 297.0), dpi=300.0).complaints(answer())]


def test_a_fault_that_nobody_expects_is_wrong():
    assert [*Right().complaints(Answer(fault=FaultCode.UNREADABLE))]


def test_an_error_is_wrong_and_stops_nobody(capsys):
    from bench.cases.__main__ import goals_of

    def breaks(_folder):
        raise ValueError("odd")

    first, fewest = goals_of([Case("kind", "one", breaks), Case("kind", "two", lambda _folder: "")])
    assert (first.value, first.state) == (0.5, "broken")
    assert fewest.state == "broken"
    assert "ValueError: odd" in capsys.readouterr().out
