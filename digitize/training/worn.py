"""What printers, copiers, scanners and desks do to a line: ink gain, seals, pens, shade, noise, thresholds.

Shade, noise, seals and signatures are the page maker's own; here is what it does not do to whole pages.
Ranges were set by comparing with lines of real scans (CARD.md).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitize.pixels.brightness import percentiles
from digitize.pixels.raster import WHITE, Pixels
from digitize.training.dice import happens, number
from scanner_adapters.simulator.papers.lettering import MM_PER_INCH, Canvas
from scanner_adapters.simulator.papers.marks import press_seal, write_signature
from scanner_adapters.simulator.papers.wear import SEAL_WORDS, Wear, wear_down

MARK_MM = 42.0  # side of the picture that a seal or a signature is kept in
MARK_DPI = 220
RIPPLE = 0.8, 1.6  # ems from one ripple to the next, down and across

Press = Callable[[Canvas, int], None]


@dataclass(frozen=True)
class Copy:
    """How a line was printed and copied.

    Args:
        spread: blur of the ink on the paper, pixels of the drawn line.
        threshold: of full ink, 0-1: where paper turns to ink; low makes strokes fat, high thin.
        hardness: how steeply it turns.
        patches: how much the threshold varies from place to place.
    """

    spread: float
    threshold: float
    hardness: float
    patches: float


def raised(ink: Pixels, row: float, share: float) -> Pixels:
    """Everything above `row` (the height of x) made higher or lower: faces set their marks differently."""
    above = round(row)
    height = max(1, round(above * share))
    size = (ink.shape[1], height)
    part = np.asarray(cv2.resize(ink[:above], size, interpolation=cv2.INTER_LINEAR), np.uint8)
    other = ink.copy()
    other[:above] = 0
    kept = min(above, height)
    other[above - kept : above] = part[height - kept :]
    return other


def rippled(cover: Pixels, em: float, depth: float, chance: np.random.Generator) -> Pixels:
    """Paper that was wet or crumpled: from place to place letters are moved by about `depth` ems."""
    height, width = cover.shape
    cells = (2, round(height / em / RIPPLE[0]) + 2, round(width / em / RIPPLE[1]) + 2)
    moved = [
        cv2.resize(way, (width, height), interpolation=cv2.INTER_CUBIC) * np.float32(depth * em)
        for way in chance.standard_normal(cells, dtype=np.float32)
    ]
    rows, columns = np.indices(cover.shape, np.float32)
    seen = cv2.remap(cover, columns + moved[0], rows + moved[1], cv2.INTER_LINEAR)
    return np.asarray(seen, np.uint8)


def framed(line: Pixels, chance: np.random.Generator) -> Pixels:
    """The side of a stamp's frame or of a table's cell at one end of a line that was cut out."""
    height = line.shape[0]
    paper = int(*percentiles(line, 90))
    thick, gap = number(chance, 1, 5), number(chance, 1, 9)
    side = np.full((height, gap + thick + number(chance, 0, 5)), paper, np.uint8)
    side[:, gap : gap + thick] = int(paper * chance.uniform(0, 0.5))
    side[: number(chance, 0, height // 3)] = paper  # a frame's corner may lie within the line
    soft = np.asarray(cv2.GaussianBlur(side, (0, 0), chance.uniform(0.4, 0.9)), np.uint8)
    return np.hstack([line, soft] if happens(chance, 0.5) else [soft[:, ::-1], line])


def printed(ink: Pixels, copy: Copy, chance: np.random.Generator) -> Pixels:
    """Ink as a printer or a copier leaves it, strokes fatter or thinner, here and there faded."""
    soft = cv2.GaussianBlur(ink, (0, 0), copy.spread)
    if not copy.patches:
        levels = (np.arange(256, dtype=np.float32) / WHITE - copy.threshold) * copy.hardness + 0.5
        return np.asarray(cv2.LUT(soft, (np.clip(levels, 0, 1) * WHITE).astype(np.uint8)), np.uint8)
    height, width = ink.shape
    cells = chance.standard_normal((height // 24 + 2, width // 24 + 2), dtype=np.float32)
    limit = cv2.resize(cells, (width, height), interpolation=cv2.INTER_LINEAR)
    limit = copy.threshold + copy.patches * limit
    covered = (soft.astype(np.float32) / WHITE - limit) * copy.hardness + 0.5
    return np.asarray(np.clip(covered, 0, 1) * WHITE, np.uint8)


def scanned(cover: Pixels, paper: float, ink: float) -> Pixels:
    """Grey of a sheet whose paper and full ink have these brightnesses."""
    levels = paper + (ink - paper) * np.arange(256, dtype=np.float32) / WHITE
    return np.asarray(cv2.LUT(cover, np.clip(levels, 0, WHITE).astype(np.uint8)), np.uint8)


def worn(grey: Pixels, wear: Wear, seed: int) -> Pixels:
    """The page maker's wear on a grey picture; blur and JPEG on one channel, which is three times cheaper."""
    if wear.blur:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), wear.blur), np.uint8)
    rest = replace(wear, blur=0.0, jpeg_quality=0)
    grey = np.ascontiguousarray(wear_down(grey[..., None], rest, seed)[..., 0])
    return _through_jpeg(grey, wear.jpeg_quality) if wear.jpeg_quality else grey


def bilevel(grey: Pixels, share: float, speckle: float, chance: np.random.Generator) -> Pixels:
    """Black and white, as in a scanner's text mode; `share` of the way from paper to ink is the limit."""
    ink, paper = (float(level) for level in np.percentile(grey[::2, ::2], (1, 90)))
    black = grey < paper + (ink - paper) * share
    if speckle:
        black ^= chance.random(black.shape, dtype=np.float32) < speckle
    return np.where(black, np.uint8(0), np.uint8(WHITE))


def marks_of_seals(count: int, seed: int) -> tuple[Pixels, ...]:
    """Seals as ink (0-255), each pressed differently."""
    return tuple(_mark(_seal, seed + place) for place in range(count))


def marks_of_pens(count: int, seed: int) -> tuple[Pixels, ...]:
    """Signatures as ink (0-255)."""
    return tuple(_mark(_signature, seed + place) for place in range(count))


def with_mark(grey: Pixels, mark: Pixels, darkness: float, chance: np.random.Generator) -> Pixels:
    """A piece of a seal or a signature over the line; `darkness` 0-1 of the light below is taken away."""
    height, width = grey.shape
    layer = np.zeros((height + 2 * mark.shape[0], width + 2 * mark.shape[1]), np.uint8)
    top = int(chance.integers(height // 2, height + mark.shape[0] - height // 4))
    left = int(chance.integers(mark.shape[1] // 2, width + mark.shape[1] // 2))
    layer[top : top + mark.shape[0], left : left + mark.shape[1]] = mark
    over = layer[mark.shape[0] : mark.shape[0] + height, mark.shape[1] : mark.shape[1] + width]
    light: NDArray[np.float32] = 1 - over.astype(np.float32) * np.float32(darkness / WHITE)
    return np.asarray(grey * light, np.uint8)


def _through_jpeg(grey: Pixels, quality: int) -> Pixels:
    _, coded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)


def _mark(press: Press, seed: int) -> Pixels:
    side = round(MARK_MM * MARK_DPI / MM_PER_INCH)
    canvas = Canvas(Image.new("RGB", (side, side), (WHITE,) * 3), MARK_DPI)
    press(canvas, seed)
    green = np.asarray(canvas.image)[..., 1]  # red and blue ink are both dark in green
    return np.asarray(WHITE - green, np.uint8)


def _seal(canvas: Canvas, seed: int) -> None:
    press_seal(canvas, (MARK_MM / 2, MARK_MM / 2), SEAL_WORDS, seed)


def _signature(canvas: Canvas, seed: int) -> None:
    write_signature(canvas, (MARK_MM / 2, MARK_MM / 2), seed)
