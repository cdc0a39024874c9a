"""What people put on a sheet by hand: the red seal and the blue signature."""

import math
import random
from itertools import pairwise

import cv2
import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from scanner_adapters.simulator.papers.lettering import Canvas, Face, Style, font

Ink = tuple[int, int, int]
SEAL_RED = (200, 34, 42)
PEN_BLUE = (38, 62, 150)
SEAL_MM = 36.0  # a ward's seal is 36 mm across
ARC_DEGREES = 300.0  # of the ring that words may fill
SPACE_EMS = 0.35  # between the letters of the ring
INK = 230  # of 255: how well a seal's ink covers where it lies thickest
PATCH_MM = 3.0  # how far the ink lies evenly
LETTERS = 6
ROUNDINGS = 4


def press_seal(
    canvas: Canvas, centre: tuple[float, float], words: str, seed: int, ink: Ink = SEAL_RED
) -> None:
    """Press a round seal around `centre` (mm): two rings, words along the edge, a star in the middle.

    Its ink lets dark print under it show, as a stamp's does.
    """
    side = round(canvas.pixels(SEAL_MM + 4))
    layer = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(layer)
    thick = max(1, round(canvas.pixels(0.7)))
    for radius, width in ((0.5, thick), (0.47, thick // 2), (0.32, thick // 2)):
        reach = canvas.pixels(SEAL_MM) * radius
        middle = side / 2
        pen.ellipse(
            [middle - reach, middle - reach, middle + reach, middle + reach], outline=INK, width=max(1, width)
        )
    _star(pen, side / 2, canvas.pixels(SEAL_MM) * 0.16)
    _ring_words(layer, words, canvas.pixels(SEAL_MM) * 0.395, canvas.dpi)
    layer = _unevenly(layer, round(canvas.pixels(PATCH_MM)), seed)
    layer = layer.rotate(random.Random(seed).uniform(-12, 12), resample=Image.Resampling.BICUBIC)  # noqa: S311
    left, top = (round(canvas.pixels(length) - side / 2) for length in centre)
    under = canvas.image.crop((left, top, left + side, top + side))
    canvas.image.paste(ImageChops.darker(under, Image.new("RGB", layer.size, ink)), (left, top), layer)


def write_signature(canvas: Canvas, centre: tuple[float, float], seed: int) -> None:
    """Write a name's flourish with a blue pen around `centre` (mm), different for every seed."""
    chance = random.Random(seed)  # noqa: S311 a picture, not a secret
    across, middle = centre[0] - 15.0, centre[1]
    turns = [(across, middle + 3.0)]
    for letter in range(LETTERS):
        tall = chance.uniform(7.0, 9.0) if letter in (0, LETTERS // 2) else chance.uniform(1.5, 4.0)
        across += chance.uniform(1.6, 2.6)
        turns.append((across + 0.25 * tall, middle - tall + 2))  # a slanting hand
        across += chance.uniform(0.2, 1.4)
        turns.append((across, middle + chance.uniform(1.5, 4.5)))
    turns += [(centre[0] + 15, middle - 1), (centre[0] - 6, middle + 5.5), (centre[0] + 13, middle + 4.5)]
    _draw_pen(canvas, _smooth(turns))


def _draw_pen(canvas: Canvas, points: list[tuple[float, float]]) -> None:
    """A pen leaves more ink where it goes down than where it goes up or across."""
    pen = canvas.pen
    for before, now in pairwise(points):
        fall = (now[1] - before[1]) / max(math.dist(before, now), 1e-6)
        width = canvas.pixels(0.34 + 0.16 * fall)
        ends = [(canvas.pixels(x), canvas.pixels(y)) for x, y in (before, now)]
        pen.line(ends, fill=PEN_BLUE, width=max(1, round(width)))
        (x, y), half = ends[1], width / 2
        pen.ellipse([x - half, y - half, x + half, y + half], fill=PEN_BLUE)


def _smooth(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same way with its corners cut again and again (Chaikin)."""
    for _ in range(ROUNDINGS):
        rounded = [points[0]]
        for (ax, ay), (bx, by) in pairwise(points):
            rounded.append((ax * 0.75 + bx * 0.25, ay * 0.75 + by * 0.25))
            rounded.append((ax * 0.25 + bx * 0.75, ay * 0.25 + by * 0.75))
        points = [*rounded, points[-1]]
    return points


def _star(pen: ImageDraw.ImageDraw, middle: float, reach: float) -> None:
    corners = []
    for corner in range(10):
        angle = -math.pi / 2 + corner * math.pi / 5
        length = reach if corner % 2 == 0 else reach * 0.4
        corners.append((middle + length * math.cos(angle), middle + length * math.sin(angle)))
    pen.polygon(corners, fill=INK - 10)


def _ring_words(layer: Image.Image, words: str, radius: float, dpi: int) -> None:
    """Letters stand along the ring by their widths; too many words are set closer, never over each other."""
    face = font(Style(Face.BOLD, 8.5), dpi)
    widths = [face.getlength(letter) + SPACE_EMS * face.size * 0.5 for letter in words]
    degrees = [math.degrees(width / radius) for width in widths]
    if sum(degrees) > ARC_DEGREES:
        degrees = [angle * ARC_DEGREES / sum(degrees) for angle in degrees]
    angle = -sum(degrees) / 2
    for letter, turn in zip(words, degrees, strict=True):
        _stamp_letter(layer, letter, face, (radius, angle + turn / 2))
        angle += turn


def _stamp_letter(
    layer: Image.Image, letter: str, face: ImageFont.FreeTypeFont, place: tuple[float, float]
) -> None:
    radius, angle = place
    side = math.ceil(face.size * 2)
    stamp = Image.new("L", (side, side), 0)
    ImageDraw.Draw(stamp).text((side / 2, side / 2), letter, font=face, fill=INK, anchor="mm")
    stamp = stamp.rotate(-angle, resample=Image.Resampling.BICUBIC)
    across = (layer.width - side) / 2 + radius * math.sin(math.radians(angle))
    down = (layer.height - side) / 2 - radius * math.cos(math.radians(angle))
    layer.paste(INK, (round(across), round(down)), stamp)


def _unevenly(layer: Image.Image, patch: int, seed: int) -> Image.Image:
    """Ink lies in patches, thinner here and there, as a hand presses it."""
    cells = max(2, layer.width // max(1, patch))
    thickness = np.random.default_rng(seed).uniform(0.62, 1.0, (cells, cells)).astype(np.float32)
    spread = cv2.resize(thickness, layer.size, interpolation=cv2.INTER_CUBIC)
    return Image.fromarray(np.clip(np.asarray(layer) * spread, 0, 255).astype(np.uint8))
