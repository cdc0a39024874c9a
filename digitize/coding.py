"""Pixels as streams a PDF can hold: bilevel as CCITT G4 without loss, grey and colour as JPEG."""

import io

import cv2
import numpy as np
from PIL import Image

from digitize.raster import MM_PER_INCH, Coding, Pixels, Raster, Stream, is_bilevel

ARCHIVE_QUALITY = 93  # of JPEG, colour at full resolution
MOST_OPTIMIZED = 20_000_000  # pixels; to save 5 % libjpeg holds all coefficients in memory
SMALL_QUALITY = 70
SMALL_DPI = 150.0
STRIP_OFFSETS, STRIP_LENGTHS, PHOTOMETRIC = 273, 279, 262  # TIFF 6.0 tags
WHITE_IS_ZERO = 0


def archive_stream(raster: Raster) -> Stream:
    """The scan's own stream where it has one; else its pixels, coded once."""
    if raster.stream is not None:
        return raster.stream
    return _g4(raster.pixels) if is_bilevel(raster.pixels) else _jpeg(raster.pixels, ARCHIVE_QUALITY)


def small_stream(raster: Raster) -> Stream:
    """A light picture of the page for screens."""
    if is_bilevel(raster.pixels):
        return _g4(raster.pixels)
    scale = min(1.0, SMALL_DPI / (raster.pixels.shape[1] / raster.width_mm * MM_PER_INCH))
    size = (max(1, round(raster.pixels.shape[1] * scale)), max(1, round(raster.pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(raster.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return _jpeg(small, SMALL_QUALITY)


def _jpeg(pixels: Pixels, quality: int) -> Stream:
    settings = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        cv2.IMWRITE_JPEG_OPTIMIZE,
        int(pixels.shape[0] * pixels.shape[1] < MOST_OPTIMIZED),
    ]
    done, coded = cv2.imencode(".jpg", pixels, settings)
    if not done:
        raise MemoryError("JPEG coding")
    height, width = pixels.shape[:2]
    return Stream(coded.tobytes(), Coding.JPEG, width, height, 1 if pixels.ndim == 2 else 3)  # noqa: PLR2004


def _g4(pixels: Pixels) -> Stream:
    height, width = pixels.shape
    packed = io.BytesIO()
    image = Image.fromarray(pixels).convert("1", dither=Image.Dither.NONE)
    image.save(
        packed, "TIFF", compression="group4", strip_size=width * height, tiffinfo={PHOTOMETRIC: WHITE_IS_ZERO}
    )
    packed.seek(0)
    with Image.open(packed) as written:
        tags = getattr(written, "tag_v2", {})
        (offset,), (length,), zero = tags[STRIP_OFFSETS], tags[STRIP_LENGTHS], tags[PHOTOMETRIC]
    if zero != WHITE_IS_ZERO:
        raise ValueError("G4 coding came out inverted")
    return Stream(packed.getvalue()[offset : offset + length], Coding.G4, width, height, 1)
