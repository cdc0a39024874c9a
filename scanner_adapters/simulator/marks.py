"""What people put on a sheet by hand: the red seal and the blue signature."""

import math
import random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from scanner_adapters.simulator.lettering import Canvas, Face, Style, font

SEAL_RED = (200, 34, 42)
PEN_BLUE = (38, 62, 150)
SEAL_MM = 36.0  # a ward's seal is 36 mm across


def press_seal(canvas: Canvas, centre: tuple[float, float], words: str, seed: int) -> None:
    """Press a round seal around `centre` (mm): two rings, words along the edge, a star in the middle."""
    side = round(canvas.pixels(SEAL_MM + 4))
    layer = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(layer)
    thick = max(1, round(canvas.pixels(0.7)))
    for radius, width in ((0.5, thick), (0.47, thick // 2), (0.32, thick // 2)):
        reach = canvas.pixels(SEAL_MM) * radius
        middle = side / 2
        pen.ellipse(
            [middle - reach, middle - reach, middle + reach, middle + reach], outline=230, width=max(1, width)
        )
    _star(pen, side / 2, canvas.pixels(SEAL_MM) * 0.16)
    _ring_words(layer, words, canvas.pixels(SEAL_MM) * 0.395, canvas.dpi)
    uneven = Image.effect_noise((side, side), 60).filter(ImageFilter.GaussianBlur(side / 40))
    layer = Image.composite(layer, layer.point(lambda value: value * 3 // 4), uneven.point(_above_middle))
    layer = layer.rotate(random.Random(seed).uniform(-12, 12), resample=Image.Resampling.BICUBIC)  # noqa: S311
    ink = Image.new("RGB", layer.size, SEAL_RED)
    left, top = (round(canvas.pixels(length) - side / 2) for length in centre)
    canvas.image.paste(ink, (left, top), layer)


def write_signature(canvas: Canvas, centre: tuple[float, float], seed: int) -> None:
    """Write a blue pen stroke around `centre` (mm), different for every seed."""
    chance = random.Random(seed)  # noqa: S311 a picture, not a secret
    left, middle = centre[0] - 16.0, centre[1]
    points = []
    phases = [chance.uniform(0, 6.3) for _ in range(4)]
    for step in range(160):
        at = step / 159
        height = sum(math.sin(phase + at * (5 + 6 * n)) / (n + 1) for n, phase in enumerate(phases))
        sway = 2.2 * math.sin(phases[0] + at * 21)
        points.append(
            (canvas.pixels(left + 32 * at + sway), canvas.pixels(middle - 3.4 * height * (1 - at / 2)))
        )
    canvas.pen.line(points, fill=PEN_BLUE, width=max(1, round(canvas.pixels(0.5))), joint="curve")


def _star(pen: ImageDraw.ImageDraw, middle: float, reach: float) -> None:
    corners = []
    for corner in range(10):
        angle = -math.pi / 2 + corner * math.pi / 5
        length = reach if corner % 2 == 0 else reach * 0.4
        corners.append((middle + length * math.cos(angle), middle + length * math.sin(angle)))
    pen.polygon(corners, fill=220)


def _ring_words(layer: Image.Image, words: str, radius: float, dpi: int) -> None:
    face = font(Style(Face.BOLD, 8.5), dpi)
    middle, turn = layer.width / 2, 300 / max(1, len(words))
    for place, letter in enumerate(words):
        stamp = Image.new("L", _square(face), 0)
        ImageDraw.Draw(stamp).text(
            (stamp.width / 2, stamp.height / 2), letter, font=face, fill=230, anchor="mm"
        )
        angle = -150 + turn * (place + 0.5)
        stamp = stamp.rotate(-angle, resample=Image.Resampling.BICUBIC)
        across = middle + radius * math.sin(math.radians(angle)) - stamp.width / 2
        down = middle - radius * math.cos(math.radians(angle)) - stamp.height / 2
        layer.paste(230, (round(across), round(down)), stamp)


def _square(face: ImageFont.FreeTypeFont) -> tuple[int, int]:
    side = math.ceil(face.size * 2)
    return side, side


def _above_middle(value: float) -> int:
    return 255 if value > 118 else 0  # noqa: PLR2004 of 255
