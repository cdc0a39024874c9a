"""What is wrong at single spots of a scan: text off the glass, a cut seal, glare; never on good pages."""

import numpy as np
import pytest
from PIL import Image

from digitize.judging.defects import find_defects
from digitize.model import Box, ReasonCode, Verdict
from digitize.paper.overview import look_over
from scanner_adapters.simulator.handling import Handling
from scanner_adapters.simulator.papers.lens import Lens
from scanner_adapters.simulator.papers.lettering import Canvas, Face, Style
from scanner_adapters.simulator.papers.papers import Paper
from scanner_adapters.simulator.papers.wear import Wear
from tests.digitize.digitize_scans import DPI, head, raster_of, scanned, seen, turned

SHIFTS = {"left": (-42.0, 0.0), "right": (32.0, 0.0), "top": (0.0, -29.0)}
OFF = 0.02  # of the page: as near as a cut part lies to its edge
PRINTED = [kind for kind in Paper if kind is not Paper.BLANK]


def codes(image: np.ndarray, dpi: int = DPI) -> set[ReasonCode]:
    return {reason.code for reason in find_defects(look_over(raster_of(image, dpi)))}


def box_of(image: np.ndarray, code: ReasonCode) -> Box:
    (box,) = (reason.box for reason in find_defects(look_over(raster_of(image))) if reason.code is code)
    assert box is not None
    return box


def gap(box: Box, side: str) -> float:
    return {"left": box.left, "right": 1 - box.right, "top": box.top, "bottom": 1 - box.bottom}[side]


@pytest.mark.parametrize("side", SHIFTS)
@pytest.mark.parametrize("kind", [Paper.REPORT, Paper.DECISION])
def test_text_beyond_the_glass_is_told_and_where(kind, side):
    box = box_of(scanned(kind, lens=Lens(shift_mm=SHIFTS[side])), ReasonCode.CLIPPED)
    assert gap(box, side) <= OFF


@pytest.mark.parametrize("cut_mm", [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0])
@pytest.mark.parametrize("kind", [Paper.REPORT, Paper.COLUMNS])
def test_a_line_cut_by_the_lower_edge_is_told(kind, cut_mm):
    page = scanned(kind)
    ink = np.flatnonzero((page.max(axis=2) < 90).sum(axis=1) > 30)
    lowest = ink[-1] - round(cut_mm / 25.4 * DPI)  # the paper lay so low that the glass ended here
    box = box_of(np.ascontiguousarray(page[:lowest]), ReasonCode.CLIPPED)
    assert gap(box, "bottom") <= OFF


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
@pytest.mark.parametrize("side", SHIFTS)
def test_clipped_text_is_told_whichever_way_the_page_was_fed(side, quarter_turns):
    page = turned(scanned(Paper.REPORT, lens=Lens(shift_mm=SHIFTS[side])), quarter_turns)
    assert codes(page) == {ReasonCode.CLIPPED}


@pytest.mark.parametrize("up_mm", [33.0, 37.5, 42.0, 46.5, 51.0, 55.5, 60.0])
@pytest.mark.parametrize("kind", [Paper.REPORT, Paper.DECISION, Paper.LETTER])
def test_a_sheet_that_slid_off_the_glass_is_told_wherever_its_text_was_cut(kind, up_mm):
    box = box_of(scanned(kind, lens=Lens(shift_mm=(0.0, -up_mm))), ReasonCode.CLIPPED)
    assert gap(box, "top") <= OFF


def test_a_sheet_that_lost_no_more_than_its_margin_is_no_defect():
    assert codes(scanned(Paper.REPORT, lens=Lens(shift_mm=(0.0, -12.0)))) == set()


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_what_a_signing_program_printed_along_the_edge_is_no_defect(quarter_turns):
    canvas = Canvas(Image.fromarray(scanned(Paper.LETTER)), DPI)
    for row, told in enumerate(("Người ký: Ủy ban nhân dân phường Mẫu", "Thời gian ký: 05.11.2026 15:20:41")):
        canvas.put(told, 140, 5 + 2.8 * row, Style(Face.REGULAR, 7))
    assert codes(turned(np.asarray(canvas.image), quarter_turns)) == set()


def test_a_shorter_sheet_on_the_glass_is_no_defect():
    page = scanned(Paper.LETTER)
    page[page.shape[0] // 2 :] = 243  # A5 laid across: the lid shows on the other half
    assert codes(page) == set()


@pytest.mark.parametrize("share", [0.35, 0.5, 0.65])
@pytest.mark.parametrize("kind", [Paper.DECISION, Paper.LETTER, Paper.CERTIFICATE])
def test_a_seal_cut_by_the_lower_edge_is_told(kind, share):
    page = scanned(kind, lens=Lens(cut_seal=share))
    box = box_of(page, ReasonCode.SEAL_CUT)
    assert gap(box, "bottom") <= OFF
    assert box.right - box.left > 0.1


def test_a_seal_pressed_over_the_edges_of_several_sheets_asks_for_a_look_at_most(tmp_path):
    page = scanned(Paper.DECISION, handling=Handling(straddling_seal=True))
    assert codes(page) <= {ReasonCode.SEAL_CUT}
    short = scanned(Paper.MINUTE, handling=Handling(straddling_seal=True), dpi=200)
    sight = seen(raster_of(short, 200), tmp_path)
    assert sight.verdict in (Verdict.GOOD, Verdict.LOOK)
    assert {reason.code for reason in sight.reasons} <= {ReasonCode.SEAL_CUT}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("diameter_mm", [40.0, 55.0, 70.0])
def test_a_lamps_reflection_over_text_is_told_and_where(diameter_mm, seed):
    page = scanned(Paper.REPORT, lens=Lens(glare_mm=diameter_mm), seed=seed)
    box = box_of(page, ReasonCode.GLARE)
    spot = (box.right - box.left) * 210, (box.bottom - box.top) * 297
    assert all(0.5 * diameter_mm < side < 2.1 * diameter_mm for side in spot)


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
@pytest.mark.parametrize("kind", list(Paper))
def test_a_good_page_of_any_kind_has_no_defect(kind, quarter_turns):
    assert codes(turned(scanned(kind), quarter_turns)) == set()


@pytest.mark.parametrize("tilt", [-4.0, 1.5, 6.0])
@pytest.mark.parametrize("kind", PRINTED)
def test_a_good_page_that_lay_askew_has_no_defect(kind, tilt):
    assert codes(scanned(kind, wear=Wear(skew_degrees=tilt, shade=0.3, noise_sigma=3.0))) == set()


@pytest.mark.parametrize(
    "handling",
    [
        Handling(red_seals=4),
        Handling(blue_seals=4),
        Handling(punch_holes=True),
        Handling(folded_corner_mm=15.0),
        Handling(paper_tone=0.8),
        Handling(bleed=0.2),
        Handling(ink_level=130, pencil=True),
    ],
    ids=["red", "blue", "holes", "folded", "grey", "bleed", "pencil"],
)
def test_what_offices_do_to_good_pages_is_no_defect(handling):
    assert codes(scanned(Paper.DECISION, handling=handling)) == set()


def test_a_grey_scan_is_looked_at_too():
    page = scanned(Paper.REPORT, lens=Lens(shift_mm=SHIFTS["left"])).mean(axis=2).astype(np.uint8)
    assert codes(page) == {ReasonCode.CLIPPED}


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_the_framed_spot_lies_on_the_upright_page(tmp_path, quarter_turns):
    page = turned(head(scanned(Paper.REPORT, lens=Lens(shift_mm=SHIFTS["left"]))), quarter_turns)
    sight = seen(raster_of(page), tmp_path)
    assert sight.pose.rotation == (360 - 90 * quarter_turns) % 360
    told = [each.box for each in sight.reasons if each.code is ReasonCode.CLIPPED and each.box]
    (box,) = (each for each in told if each.bottom - each.top > 0.3)  # the cut below it may be told too
    assert gap(box, "left") <= OFF
    assert sight.verdict is not Verdict.GOOD
