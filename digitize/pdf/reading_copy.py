"""The reading copy of a page: small enough for any screen and line, every stroke in its place (MRC).

A quiet background of the paper and its shade, photographs, a bilevel mask of all text coded without loss,
and the coloured inks (seals, signatures) as pictures of their own on top. It is derived: never signed, and
never the only copy that is kept. Numbers were chosen by `bench reading_copy` unless said otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from digitize.model import Box, PageText
from digitize.paper.photographs import find_photographs
from digitize.pdf.compose import Layer, points, write_layers
from digitize.pdf.ground import quiet_ground, spread
from digitize.pdf.mask import text_mask
from digitize.pdf.upright import dpi_of, resized, upright_pixels
from digitize.pixels.coding import g4_stream, jpeg_stream
from digitize.pixels.geometry import Pose
from digitize.pixels.raster import WHITE, Pixels, Raster, Stream, is_bilevel
from digitize.pixels.regions import Region
from digitize.plane.inks import Inks, find_inks

GROUND_QUALITY = 45  # of JPEG
TINT_STEP = 4  # every fourth pixel tells the text's colour
TINT_PERCENTILE = 25
BLACKEST, PALEST = 28.0, 120.0  # of 255; text is never painted blacker than print is, nor too pale to read
STROKE_REACH = 2  # pixels on each side that belong to a stroke beyond those found
COLOUR = 3  # axes
NO_INKS = Inks(np.zeros((1, 1), np.uint8), ())


@dataclass(frozen=True)
class Fineness:
    """How finely pictures are kept: dots per inch and JPEG quality, of inks and of photographs."""

    ink_dpi: float
    ink_quality: int
    photograph_dpi: float
    photograph_quality: int


FINENESSES = (Fineness(200, 70, 150, 60), Fineness(200, 50, 150, 45), Fineness(200, 40, 125, 40))
MOST_BYTES = 74_000  # of a page's pictures: the first fineness that keeps to it is taken, else the last,
# because a page full of seals shall rather be heavier than have them pale


def write_reading_copy(
    raster: Raster, pose: Pose, text: PageText, out: Path, crop: Box | None = None
) -> None:
    """Write the page's reading copy to `out`, with its hidden words; the font is not in it."""
    write_layers(layers_of(upright_pixels(raster, pose, crop), text), text, out)


def layers_of(pixels: Pixels, text: PageText) -> tuple[Layer, ...]:
    """The pictures of a page, from the bottom to the top, from its upright pixels (grey or BGR)."""
    frame = _Frame(pixels, text)
    if is_bilevel(pixels):
        return (frame.layer(g4_stream(pixels)),)
    page = look_at(pixels, dpi_of(pixels, text.width_mm))
    ground = frame.layer(jpeg_stream(page.ground, GROUND_QUALITY, full_colour=False))
    letters = frame.layer(g4_stream(page.mask), tint=_tint(pixels, page.mask))
    left = MOST_BYTES - len(ground.stream.data) - len(letters.stream.data)
    for fineness in FINENESSES:
        photographs = [frame.layer(*coded) for coded in _photographs(page, fineness)]
        inks = [frame.layer(*coded) for coded in _inks(page, fineness)]
        if sum(len(layer.stream.data) for layer in (*photographs, *inks)) <= left:
            break
    return (ground, *photographs, letters, *inks)


@dataclass(frozen=True)
class Parts:
    """A page taken apart: where photographs and inks are, the mask of the text elsewhere, the background.

    `pictured` (255 on 0) are all pixels that ink or text darkens.
    """

    pixels: Pixels
    dpi: float
    photographs: tuple[Region, ...]
    inks: tuple[Region, ...]
    mask: Pixels
    pictured: Pixels
    ground: Pixels


def look_at(pixels: Pixels, dpi: float) -> Parts:
    """Take a page's upright pixels (grey or BGR) apart."""
    colour = pixels.ndim == COLOUR
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8) if colour else pixels
    mask = text_mask(grey, dpi)
    photographs = find_photographs(pixels, dpi)
    inks = find_inks(pixels, dpi) if colour else NO_INKS
    regions = tuple(
        region for region in inks.regions if not any(other.holds(region) for other in photographs)
    )
    pictured = spread(np.asarray(cv2.bitwise_not(mask), np.uint8), STROKE_REACH)
    if regions:
        size = (pixels.shape[1], pixels.shape[0])
        ink = cv2.resize(spread(inks.marked, STROKE_REACH), size, interpolation=cv2.INTER_NEAREST)
        pictured = np.asarray(cv2.bitwise_or(pictured, ink), np.uint8)
    for region in (*photographs, *regions):
        mask[region.window] = WHITE
    return Parts(pixels, dpi, photographs, regions, mask, pictured, quiet_ground(pixels, pictured, dpi))


def _photographs(page: Parts, fineness: Fineness) -> Iterator[tuple[Stream, Region]]:
    scale = min(1.0, fineness.photograph_dpi / page.dpi)
    for region in page.photographs:
        picture = resized(page.pixels[region.window], scale)
        yield jpeg_stream(picture, fineness.photograph_quality, full_colour=False), region


def _inks(page: Parts, fineness: Fineness) -> Iterator[tuple[Stream, Region]]:
    scale = min(1.0, fineness.ink_dpi / page.dpi)
    for region in page.inks:
        picture = resized(_ink_alone(page, region), scale)
        yield jpeg_stream(picture, fineness.ink_quality, full_colour=True), region


def _ink_alone(page: Parts, region: Region) -> Pixels:
    """The region's ink and text on the quiet background: paper between strokes costs nothing then."""
    picture = page.pixels[region.window]
    if any(region.meets(photograph) for photograph in page.photographs):
        return picture  # a seal over a photograph
    scale = page.ground.shape[1] / page.pixels.shape[1]
    height, width = picture.shape[:2]
    shift = np.array([[1 / scale, 0, -region.left], [0, 1 / scale, -region.top]])
    paper = cv2.warpAffine(
        page.ground, shift, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.where(page.pictured[region.window][..., None] > 0, picture, paper)


class _Frame:
    """Where pixels of a page lie on its sheet."""

    def __init__(self, pixels: Pixels, text: PageText) -> None:
        self._height, self._width = pixels.shape[:2]
        self._points = points(text)

    def layer(
        self, stream: Stream, region: Region | None = None, tint: tuple[float, float, float] | None = None
    ) -> Layer:
        """The stream at its region, or over the whole page."""
        at = region or Region(0, 0, self._width, self._height)
        across, down = self._points[0] / self._width, self._points[1] / self._height
        size = ((at.right - at.left) * across, (at.bottom - at.top) * down)
        place = (at.left * across, (self._height - at.bottom) * down)
        return Layer(stream, (size[0], 0.0, 0.0, size[1], *place), tint)


def _tint(pixels: Pixels, mask: Pixels) -> tuple[float, float, float]:
    """The tone of text, as RGB from 0 to 1."""
    few, inked = pixels[::TINT_STEP, ::TINT_STEP], mask[::TINT_STEP, ::TINT_STEP] == 0
    if not inked.any():
        return (0.0, 0.0, 0.0)
    darkest = np.percentile(few.min(axis=2)[inked] if few.ndim == COLOUR else few[inked], TINT_PERCENTILE)
    tone = min(max(float(darkest), BLACKEST), PALEST) / WHITE
    return (tone, tone, tone)
