"""Is this page good enough, before the citizen leaves? What failed is told with its gate."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.model import Reason, ReasonCode, Verdict
from digitize.pixels.brightness import median, percentiles
from digitize.pixels.raster import Pixels
from digitize.plane.planes import noise_sigma

DPI_REJECT, DPI_WARN = 99.0, 199.0  # a shade under 100 and the law's 200, so that rounding condemns nobody
EDGE_REJECT, EDGE_WARN = 7.0, 4.4  # 10-90 edge width in pixels at 300 dpi
EDGE_DPI = 300.0
EDGE_STEP, DIRECTIONS = 3, 8  # every third pixel is measured; half a turn
MOVED, MOVED_WIDTH = 1.6, 4.5  # widest against narrowest, and pixels; measured: still pages 1.43 at most
FAINT_INK = 190.0  # of 255: what the darkest quarter of the ink reaches, where paper is white
DARKEST = 0.25
INK_PERCENTILE, PAPER_PERCENTILE, GRADIENT_PERCENTILE = 2, 97, 99.5
SOBEL_GAIN = 8
BLANK_SIGMA = 1.6
MOSTLY_BLACK, LIGHT_PERCENTILE = 96.0, 95  # of 255: print may stand on a light strip of such a page
BLANK_BORDER = 0.012  # of the shorter side: shadows at the edge
BLANK_DROP, BLANK_DROP_PER_SIGMA, BLANK_DROP_BASE = 38.0, 1.45, 18.0
STROKE_AREA = 40  # pixels at 300 dpi
STROKE_WIDE, STROKE_HIGH = 0.7, 0.5  # of the page
SHARP_STROKE = 9.0
STRIPS = 8  # of a page, looked through one by one
BESIDE_STROKE = 2  # pixels around a stroke that tell how sharp it is
DOUBTFUL = 60.0  # mean confidence of a page's words
LEAST_DOUBTFUL, DOUBTFUL_SHARE = 10, 0.07  # words that stayed doubtful; a few beside a seal say nothing
FEW_WORDS = 25  # on a page of a line or two a single wrong mark is a large share of it
SHAKY = 80.0  # confidence: there one such word is told; right words on clean lines have 90 and more


@dataclass(frozen=True)
class EdgeWidth:
    """How wide the edge of a stroke typically is, pixels of the plane: where it is narrowest and widest.

    Blur widens edges in all directions, a page that moved in one.
    """

    narrowest: float
    widest: float


@dataclass(frozen=True)
class Findings:
    """What is known of a page besides its reading plane; `ink` is the share of it that is written on."""

    dpi: float
    size_assumed: bool
    is_colour: bool
    edges_unsure: bool
    defects: tuple[Reason, ...]
    edges: EdgeWidth
    ink: float
    direction_sure: bool
    reading_complete: bool
    words: int
    doubtful_words: int
    mean_confidence: float
    least_confidence: float
    too_faint: bool = False


Gate = tuple[Verdict, Reason]
Numbers = NDArray[np.int32]
Slopes = NDArray[np.float32]


def judge(
    plane: Pixels, plane_dpi: float, found: Findings, *, blank: bool
) -> tuple[Verdict, tuple[Reason, ...]]:
    """Judge a scanned page by its reading plane and what was found on it."""
    gates = [*_scanning(found), *_reading(found)]
    gates += [(Verdict.LOOK, defect) for defect in found.defects]
    gates += (
        [(Verdict.LOOK, Reason(ReasonCode.BLANK))]
        if blank
        else [*_sharpness(found.edges, plane_dpi), *_contrast(plane, found)]
    )
    ranks = list(Verdict)
    worst = max((verdict for verdict, _ in gates), key=ranks.index, default=Verdict.GOOD)
    return worst, tuple(reason for _, reason in gates)


def is_blank(plane: Pixels, dpi: float) -> bool:
    """Is there no sharp stroke on the page? A lone page number counts as content."""
    smooth = cv2.GaussianBlur(plane, (0, 0), BLANK_SIGMA * max(dpi / EDGE_DPI, 0.4))
    border = max(1, round(BLANK_BORDER * min(plane.shape)))
    inner = np.asarray(smooth[border:-border, border:-border], np.uint8)
    if inner.size == 0:
        return True
    drop = max(BLANK_DROP, BLANK_DROP_PER_SIGMA * noise_sigma(plane) + BLANK_DROP_BASE)
    ink = np.asarray(inner < _paper(inner) - drop, np.uint8)
    return not any(_has_stroke(inner, ink, rows, dpi) for rows in _strips(len(ink)))


def _paper(inner: Pixels) -> float:
    """The tone of what is written on: of most of the page, or of what is light on a page mostly black."""
    usual = median(inner[::4, ::4])
    return usual if usual >= MOSTLY_BLACK else percentiles(inner[::4, ::4], LIGHT_PERCENTILE)[0]


def _strips(height: int) -> Iterator[slice]:
    """Strips of the page, then the whole: most pages show a stroke in the first that holds print."""
    edges = [height * strip // STRIPS for strip in range(STRIPS + 1)]
    yield from (slice(top, bottom) for top, bottom in pairwise(edges) if top < bottom)
    yield slice(0, height)


def _has_stroke(page: Pixels, ink: Pixels, rows: slice, dpi: float) -> bool:
    """Is there a sharp stroke in these rows, not counting what their edges may have cut?"""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink[rows], connectivity=8)
    parts, boxes = np.asarray(labels, np.int32), np.asarray(stats, np.int32)
    top = BESIDE_STROKE if rows.start else 0
    bottom = rows.stop - rows.start - (BESIDE_STROKE if rows.stop < len(ink) else 0)
    return any(
        _is_sharp(page[rows], parts, boxes[part], part)
        for part in _strokes(boxes, page.shape, dpi)
        if boxes[part, cv2.CC_STAT_TOP] >= top
        and boxes[part, cv2.CC_STAT_TOP] + boxes[part, cv2.CC_STAT_HEIGHT] <= bottom
    )


def edge_width(plane: Pixels) -> EdgeWidth:
    """Measure the 10-90 width of the steepest edges, across eight directions."""
    smooth = np.asarray(cv2.GaussianBlur(plane, (0, 0), 0.6), np.uint8)
    dark, light = percentiles(smooth[::2, ::2], INK_PERCENTILE, PAPER_PERCENTILE)
    across, down = (
        np.ascontiguousarray(cv2.Sobel(smooth, cv2.CV_16S, *axes)[::EDGE_STEP, ::EDGE_STEP], np.float32)
        for axes in ((1, 0), (0, 1))
    )
    steepest = [_steepest(across, down, math.pi * way / DIRECTIONS) for way in range(DIRECTIONS)]
    return EdgeWidth((light - dark) / max(steepest), (light - dark) / min(steepest))


def _steepest(across: Slopes, down: Slopes, angle: float) -> float:
    """Change of brightness per pixel in one direction at the steepest edges."""
    slope = cv2.addWeighted(across, math.cos(angle) / 4, down, math.sin(angle) / 4, 0)
    (steep,) = percentiles(np.asarray(cv2.convertScaleAbs(slope), np.uint8), GRADIENT_PERCENTILE)
    return max(4 * steep / SOBEL_GAIN, 1.0)


def _scanning(found: Findings) -> Iterator[Gate]:
    """Colour and resolution as the law asks (NĐ 30/2020 PL I, Phần II, I.2), and the paper's size."""
    if found.edges_unsure:
        yield Verdict.LOOK, Reason(ReasonCode.EDGES_UNSURE)
    elif found.size_assumed:
        yield Verdict.LOOK, Reason(ReasonCode.DPI_ASSUMED)
    if not found.is_colour:
        yield Verdict.LOOK, Reason(ReasonCode.NOT_COLOUR)
    if found.dpi < DPI_WARN:
        verdict = Verdict.SCAN_AGAIN if found.dpi < DPI_REJECT else Verdict.LOOK
        yield verdict, Reason(ReasonCode.LOW_RESOLUTION)


def _reading(found: Findings) -> Iterator[Gate]:
    if not found.reading_complete:
        yield Verdict.LOOK, Reason(ReasonCode.READING_INCOMPLETE)
    if not found.direction_sure:
        yield Verdict.LOOK, Reason(ReasonCode.DIRECTION_UNSURE)
    if found.words and _is_doubtful(found):
        yield Verdict.LOOK, Reason(ReasonCode.DOUBTFUL_TEXT)


def _is_doubtful(found: Findings) -> bool:
    many = found.doubtful_words >= max(LEAST_DOUBTFUL, DOUBTFUL_SHARE * found.words)
    shaky = found.words <= FEW_WORDS and found.least_confidence < SHAKY
    return many or shaky or found.mean_confidence < DOUBTFUL


def _sharpness(edges: EdgeWidth, dpi: float) -> Iterator[Gate]:
    width = edges.narrowest * EDGE_DPI / dpi
    moved = edges.widest > MOVED * edges.narrowest and edges.widest > MOVED_WIDTH
    if width > EDGE_WARN or moved:
        yield Verdict.SCAN_AGAIN if width > EDGE_REJECT else Verdict.LOOK, Reason(ReasonCode.BLURRED)


def _contrast(plane: Pixels, found: Findings) -> Iterator[Gate]:
    shares = (100 * found.ink * DARKEST, PAPER_PERCENTILE)
    dark, light = percentiles(plane[::2, ::2], *shares)
    if found.too_faint or dark > FAINT_INK * light / 255:
        yield Verdict.LOOK, Reason(ReasonCode.FAINT)


def _strokes(stats: Numbers, shape: tuple[int, ...], dpi: float) -> list[int]:
    height, width = shape
    large = stats[:, cv2.CC_STAT_AREA] >= STROKE_AREA * (dpi / EDGE_DPI) ** 2
    narrow = stats[:, cv2.CC_STAT_WIDTH] < STROKE_WIDE * width
    low = stats[:, cv2.CC_STAT_HEIGHT] < STROKE_HIGH * height
    parts = np.flatnonzero(large & narrow & low)
    return [int(part) for part in parts if part]


def _is_sharp(
    page: Pixels,
    labels: Numbers,
    box: Numbers,
    part: int,
) -> bool:
    left, top, width, height = (int(value) for value in box[:4])
    rows = slice(max(0, top - BESIDE_STROKE), top + height + BESIDE_STROKE)
    columns = slice(max(0, left - BESIDE_STROKE), left + width + BESIDE_STROKE)
    spot = page[rows, columns].astype(np.float32)
    steep = np.hypot(cv2.Sobel(spot, cv2.CV_32F, 1, 0), cv2.Sobel(spot, cv2.CV_32F, 0, 1)) / SOBEL_GAIN
    near = cv2.dilate((labels[rows, columns] == part).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return float(np.percentile(steep[near], 97)) > SHARP_STROKE
