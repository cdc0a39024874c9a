"""Pages of the page maker as digitizing takes them in, drawn coarsely so that rules are shown quickly."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitize.model import Line
from digitize.pixels.geometry import turn
from digitize.pixels.raster import MM_PER_INCH, Raster
from digitize.sight import Aim, Sight, see
from digitize.staging import stage
from scanner_adapters.simulator.handling import Handling, handle
from scanner_adapters.simulator.papers.lens import Lens, picture
from scanner_adapters.simulator.papers.lettering import Canvas, Face, Style, blank_canvas
from scanner_adapters.simulator.papers.papers import Paper, draw_paper
from scanner_adapters.simulator.papers.sheets import Sheet
from scanner_adapters.simulator.papers.wear import Wear, wear_down

Pixels = NDArray[np.uint8]
SEED, DPI = 7, 150
OFFICE = Wear(noise_sigma=3.0, blur=0.5, texture=2.0)  # an office scanner in good order
UNTOUCHED, FLATBED = Handling(), Lens()
CARD_MM = (85.6, 53.98)
CARD_LINES = (
    "Họ và tên Nguyễn Thị Hồng Nhung",
    "Ngày sinh 12 tháng 5 năm 1990",
    "Giới tính Nữ Quốc tịch Việt Nam",
    "Quê quán phường Vĩnh Mỹ",
    "Nơi thường trú đường Trần Hưng Đạo",
)


@cache
def paper(kind: Paper, seed: int = SEED, dpi: int = DPI) -> Sheet:
    return draw_paper(kind, seed, dpi)


def scanned(
    kind: Paper,
    *,
    handling: Handling = UNTOUCHED,
    wear: Wear = OFFICE,
    lens: Lens = FLATBED,
    dpi: int = DPI,
    seed: int = SEED,
) -> Pixels:
    """A page in RGB after hands, lens and scanner had it."""
    back = paper(Paper.REPORT, seed + 1, dpi).image if handling.bleed else None
    page = handle(paper(kind, seed, dpi).image, handling, seed, dpi, back)
    return wear_down(picture(page, lens, seed, dpi), wear, seed, dpi)


def raster_of(image: Pixels, dpi: float = DPI, *, size_assumed: bool = False) -> Raster:
    """Pixels in RGB or grey as a page that was loaded."""
    height, width = image.shape[:2]
    pixels = np.ascontiguousarray(image[..., ::-1] if image.ndim == 3 else image)
    size = (width / dpi * MM_PER_INCH, height / dpi * MM_PER_INCH)
    return Raster(pixels, *size, size_assumed=size_assumed)


def head(image: Pixels, height_mm: float = 110, dpi: int = DPI) -> Pixels:
    """The upper part of a page: enough to read, soon read."""
    return np.ascontiguousarray(image[: round(height_mm / MM_PER_INCH * dpi)])


def turned(image: Pixels, quarter_turns: int) -> Pixels:
    """The page fed in another direction, clockwise."""
    return np.ascontiguousarray(turn(image, 90 * quarter_turns))


def seen(raster: Raster, work: Path, aim: Aim | None = None) -> Sight:
    """What is seen on the page."""
    return see(raster, aim or Aim(), work)[0]


def plane_of(raster: Raster) -> Pixels:
    """The reading plane as the page lies."""
    return stage(raster, None, None, dewarped=False).plane


def save(image: Pixels, path: Path, dpi: int | None = DPI) -> Path:
    """Write a JPEG file; without `dpi` it does not tell how large the paper is, as a camera's."""
    told = {} if dpi is None else {"dpi": (dpi, dpi)}
    Image.fromarray(image).save(path, quality=92, **told)
    return path


def card(dpi: int) -> Pixels:
    """An identity card's front: five lines on a sheet of ID-1 size."""
    canvas: Canvas = blank_canvas(*CARD_MM, dpi)
    for row, line in enumerate(CARD_LINES):
        canvas.put(line, 6, 12 + 8.5 * row, Style(Face.REGULAR, 12))
    return np.asarray(canvas.image)


def laid_on(desk: Pixels, page: Pixels, corners: NDArray[np.float32]) -> Pixels:
    """The page on a desk or a lid, its corners (clockwise from its top left) at these pixels."""
    height, width = page.shape[:2]
    sides = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    lens = cv2.getPerspectiveTransform(sides, corners)
    size = (desk.shape[1], desk.shape[0])
    there = cv2.warpPerspective(page, lens, size, flags=cv2.INTER_AREA)
    share = cv2.warpPerspective(np.full((height, width), 255, np.uint8), lens, size)[..., None] / 255
    return np.asarray(there * share + desk * (1 - share), np.uint8)


def plain_desk(size: tuple[int, int], tone: float, seed: int = SEED) -> Pixels:
    """A surface of one tone with a sensor's noise; `size` is width and height."""
    noise = np.random.default_rng(seed).normal(tone, 2.0, (size[1], size[0], 1))
    return np.clip(np.repeat(noise, 3, axis=2), 0, 255).astype(np.uint8)


def words_of(lines: tuple[Line, ...]) -> list[str]:
    return [word.text for line in lines for word in line.words]
