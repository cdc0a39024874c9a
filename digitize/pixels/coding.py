"""Pixels as streams a PDF can hold: bilevel as CCITT G4 without loss, grey and colour as JPEG."""

import io

import cv2
import numpy as np
from PIL import Image

from digitize.pixels.raster import WHITE, Coding, Pixels, Raster, Stream, is_bilevel

ARCHIVE_QUALITY = 93  # of JPEG, colour at full resolution
MOST_OPTIMIZED = 20_000_000  # pixels; to save 5 % libjpeg holds all coefficients in memory
STRIP_OFFSETS, STRIP_LENGTHS = 273, 279  # TIFF 6.0 tags


def archive_stream(raster: Raster) -> Stream:
    """The scan's own stream where it has one; else its pixels, coded once."""
    if raster.stream is not None:
        return raster.stream
    if is_bilevel(raster.pixels):
        return g4_stream(raster.pixels)
    return jpeg_stream(raster.pixels, ARCHIVE_QUALITY, full_colour=True)


def jpeg_stream(pixels: Pixels, quality: int, *, full_colour: bool) -> Stream:
    """Grey or BGR pixels as JPEG; with `full_colour` colour keeps the resolution of brightness (4:4:4)."""
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if full_colour else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    settings = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        sampling,
        cv2.IMWRITE_JPEG_OPTIMIZE,
        int(pixels.shape[0] * pixels.shape[1] < MOST_OPTIMIZED),
    ]
    done, coded = cv2.imencode(".jpg", pixels, settings)
    if not done:
        raise MemoryError("JPEG coding")
    height, width = pixels.shape[:2]
    return Stream(coded.tobytes(), Coding.JPEG, width, height, 1 if pixels.ndim == 2 else 3)  # noqa: PLR2004


def g4_stream(pixels: Pixels) -> Stream:
    """Bilevel pixels (0 and 255) as CCITT G4: decoding gives every one of them back."""
    height, width = pixels.shape
    inked = np.packbits(pixels != WHITE, axis=1).tobytes()  # a bit that is set is black in fax coding
    packed = io.BytesIO()
    image = Image.frombytes("1", (width, height), inked)
    image.save(packed, "TIFF", compression="group4", strip_size=width * height)
    packed.seek(0)
    with Image.open(packed) as written:
        tags = getattr(written, "tag_v2", {})
        (offset,), (length,) = tags[STRIP_OFFSETS], tags[STRIP_LENGTHS]
    return Stream(packed.getvalue()[offset : offset + length], Coding.G4, width, height, 1)
