"""What copiers and scanners do to a page: shade, skew, turns, blur, noise, seals over text, JPEG.

Pixels are height x width x 3, RGB, 0-255; any picture will do, so that benches can wear down real scans too.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanner_adapters.simulator.papers.lettering import Canvas
from scanner_adapters.simulator.papers.marks import press_seal

Pixels = NDArray[np.uint8]
PAPER = (250, 249, 246)
SEAL_WORDS = "ỦY BAN NHÂN DÂN PHƯỜNG MẪU"
FIBRE_PIXELS = 6  # how far paper is one tone
MM_PER_INCH = 25.4


@dataclass(frozen=True)
class Wear:
    """How a page suffered.

    Args:
        shade: how dark the darkest corner gets: 0.5 takes half the light away there.
        skew_degrees: how far the page lies turned, counter-clockwise; the picture keeps its size.
        quarter_turns: how often the page was turned by 90 degrees clockwise.
        noise_sigma: standard deviation of the sensor's noise, of 255.
        blur: standard deviation of the blur in pixels.
        extra_seals: red seals pressed over the text.
        texture: standard deviation of the paper's own tone, of 255; 2 looks like plain office paper.
        jpeg_quality: the pixels of a JPEG of this quality; 0 leaves them alone.
    """

    shade: float = 0.0
    skew_degrees: float = 0.0
    quarter_turns: int = 0
    noise_sigma: float = 0.0
    blur: float = 0.0
    extra_seals: int = 0
    texture: float = 0.0
    jpeg_quality: int = 0


def wear_down(image: Pixels, wear: Wear, seed: int, dpi: int = 300) -> Pixels:
    """The page as it looks afterwards; the same seed gives the same pixels."""
    chance = np.random.default_rng(seed)
    page = _textured(image, wear.texture, seed)
    page = _sealed(page, wear.extra_seals, chance, dpi)
    page = _skewed(page, wear.skew_degrees)
    if wear.blur:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), wear.blur), dtype=np.uint8)
    page = _shaded(page, wear.shade, chance)
    if wear.noise_sigma:
        noise = chance.standard_normal(page.shape[:2], dtype=np.float32) * np.float32(wear.noise_sigma)
        page = np.clip(page + noise[..., None], 0, 255).astype(np.uint8)
    page = np.ascontiguousarray(np.rot90(page, -wear.quarter_turns))
    return _through_jpeg(page, wear.jpeg_quality) if wear.jpeg_quality else page


def _textured(image: Pixels, texture: float, seed: int) -> Pixels:
    if not texture:
        return image
    height, width = image.shape[:2]
    cells = (height // FIBRE_PIXELS + 1, width // FIBRE_PIXELS + 1)
    tone = np.random.default_rng(seed).standard_normal(cells, dtype=np.float32) * np.float32(texture)
    spread = cv2.resize(tone, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(image + spread[..., None], 0, 255), dtype=np.uint8)


def _sealed(image: Pixels, seals: int, chance: np.random.Generator, dpi: int) -> Pixels:
    if not seals:
        return image
    canvas = Canvas(Image.fromarray(image), dpi)
    width, height = (length * MM_PER_INCH / dpi for length in canvas.image.size)
    for _ in range(seals):
        centre = (chance.uniform(0.25, 0.75) * width, chance.uniform(0.25, 0.75) * height)
        press_seal(canvas, centre, SEAL_WORDS, int(chance.integers(1 << 30)))
    return np.asarray(canvas.image)


def _skewed(image: Pixels, degrees: float) -> Pixels:
    if not degrees:
        return image
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(
        image, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=PAPER
    )
    return np.asarray(turned, dtype=np.uint8)


def _shaded(image: Pixels, shade: float, chance: np.random.Generator) -> Pixels:
    if not shade:
        return image
    height, width = image.shape[:2]
    angle = chance.uniform(0, 2 * np.pi)
    across = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(np.cos(angle))
    down = np.linspace(-1, 1, height, dtype=np.float32) * np.float32(np.sin(angle))
    ramp = across[None, :] + down[:, None]
    ramp = (ramp - ramp.min()) / max(float(ramp.max() - ramp.min()), 1e-6)
    light = np.float32(1.0) - np.float32(shade) * ramp
    return np.asarray(image * light[..., None], dtype=np.float32).astype(np.uint8)


def _through_jpeg(image: Pixels, quality: int) -> Pixels:
    _, coded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(np.asarray(decoded, dtype=np.uint8)[..., ::-1])
