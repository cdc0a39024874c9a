"""Picture files as pages: JPEG, PNG and TIFF (many pages), with the paper's size."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from digitize.model import DigitizeFault, FaultCode
from digitize.pixels import jpeg
from digitize.pixels.coding import archive_stream
from digitize.pixels.exif import Dpi, read_told
from digitize.pixels.orientation import AS_IT_LIES, Orientation, mirror, orientation_of
from digitize.pixels.raster import MM_PER_INCH, Coding, Pixels, Raster, Stream

MOST_PIXELS = 200_000_000  # of one page; an A3 sheet at 600 dpi has 70 million
A4_MM = (210.0, 297.0)
A4_TOLERANCE = 0.03  # of the sides' ratio
FALLBACK_DPI = 200.0
LEAST_CREDIBLE_DPI = 50.0  # 72 and 96 are what programs write when they know nothing, unless the paper fits
SCREEN_DPI = (72.0, 96.0)
MOST_CREDIBLE_DPI = 2400.0
PAPER_MM = (20.0, 5000.0)  # shortest and longest side of a believable sheet
FINE_DPI = 560  # from here on, half the pixels are enough to read
REDUCED, MASK = 1, 4  # bits of TIFF's NewSubfileType
OLD_REDUCED = 2  # of TIFF's older SubfileType
SQUARE = 1.1  # pixels no further from square than this are read as they are
EIGHT_BITS = 8


def load_jpeg(path: Path) -> Raster:
    """Decode a JPEG file once and keep its bytes as the page's stream where a PDF can hold them.

    Raises: DigitizeFault UNREADABLE for a cut or broken file, TOO_LARGE.
    """
    with _fault_of(path):
        data = path.read_bytes()
        header = jpeg.read_header(data)
        refuse_excess(header.width, header.height, path)
        if not header.is_embeddable:
            return _load_frame(path, 0)
        raster = jpeg_raster(data, header, size_from(header.width, header.height, *header.dpis), path)
        return _as_asked(raster, header.orientation)


def jpeg_raster(
    data: bytes, header: jpeg.JpegHeader, size: tuple[float, float, bool], source: Path
) -> Raster:
    """Pixels and stream of an embeddable JPEG as they lie; `size` is width, height (mm), is that assumed."""
    width_mm, height_mm, assumed = size
    pixels = _decode(data, header, header.width / width_mm * MM_PER_INCH)
    if pixels is None:
        raise DigitizeFault(FaultCode.UNREADABLE, source.name, None, "JPEG data cannot be decoded")
    stream = Stream(data[: header.length], Coding.JPEG, header.width, header.height, header.components)
    return Raster(pixels, width_mm, height_mm, stream, size_assumed=assumed, full_width=header.width)


def load_frame(path: Path, frame: int) -> Raster:
    """Decode one page of a PNG or TIFF file, counted from 0 as `count_frames` counts.

    Raises: DigitizeFault UNREADABLE for a cut or broken file, TOO_LARGE.
    """
    with _fault_of(path):
        return _load_frame(path, frame)


def count_frames(path: Path) -> int:
    """How many pages a picture file holds: thumbnails, masks and frames of an animation are none.

    Raises: DigitizeFault UNREADABLE, TOO_LARGE.
    """
    with _fault_of(path), Image.open(path) as image:
        return len(_page_frames(image))


def refuse_excess(width: int, height: int, source: Path) -> None:
    """Raise DigitizeFault TOO_LARGE for more pixels than a page can have."""
    if width * height > MOST_PIXELS:
        raise DigitizeFault(FaultCode.TOO_LARGE, source.name, None, f"{width} x {height} pixels")


def size_from(width: int, height: int, *told: Dpi | None) -> tuple[float, float, bool]:
    """Return the paper's width and height in mm, and whether they are assumed.

    The first told and credible dots per inch decide. Else the sides' proportion within 3 % of A4 makes it A4,
    and any other picture is taken at 200 dpi; both are assumptions.
    """
    for dpi in told:
        if dpi and _is_credible(width, height, dpi):
            return width / dpi[0] * MM_PER_INCH, height / dpi[1] * MM_PER_INCH, False
    short, long = A4_MM
    ratio = max(width, height) / min(width, height) / (long / short)
    if abs(ratio - 1) <= A4_TOLERANCE:
        return (short, long, True) if width <= height else (long, short, True)
    return width / FALLBACK_DPI * MM_PER_INCH, height / FALLBACK_DPI * MM_PER_INCH, True


def _is_credible(width: int, height: int, dpi: Dpi) -> bool:
    if not all(LEAST_CREDIBLE_DPI <= each <= MOST_CREDIBLE_DPI for each in dpi):
        return False
    sides = sorted((width / dpi[0] * MM_PER_INCH, height / dpi[1] * MM_PER_INCH))
    if sides[0] < PAPER_MM[0] or sides[1] > PAPER_MM[1]:
        return False
    is_screen = round(dpi[0]) in SCREEN_DPI
    return not is_screen or sides[1] <= A4_MM[1] * (1 + A4_TOLERANCE)


def _decode(data: bytes, header: jpeg.JpegHeader, dpi: float) -> Pixels | None:
    grey = header.components == 1
    mode = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR
    if dpi >= FINE_DPI:
        mode = cv2.IMREAD_REDUCED_GRAYSCALE_2 if grey else cv2.IMREAD_REDUCED_COLOR_2
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), mode | cv2.IMREAD_IGNORE_ORIENTATION)
    return None if decoded is None else np.asarray(decoded, np.uint8)


def _load_frame(path: Path, frame: int) -> Raster:
    with path.open("rb") as file, Image.open(file) as image:  # by its name Pillow 13 garbles a turned TIFF
        image.seek(_page_frames(image)[frame])
        refuse_excess(image.width, image.height, path)
        dpi, asked = _told_dpi(image), orientation_of(_orientation_tag(image))
        pixels = _as_pixels(image)
        if asked.told and _orientation_tag(image) is None:  # Pillow has turned it: so does the resolution
            dpi = (dpi[1], dpi[0]) if dpi and asked.turn % 180 else dpi
            asked = AS_IT_LIES
    width_mm, height_mm, assumed = size_from(pixels.shape[1], pixels.shape[0], dpi)
    raster = _as_asked(Raster(pixels, width_mm, height_mm, size_assumed=assumed), asked)
    if raster.dpi >= FINE_DPI:
        return _halved(raster)
    return _squared(raster)


def _page_frames(image: Image.Image) -> tuple[int, ...]:
    """Which frames of the file are pages; the first one where none says that it is."""
    frames = int(getattr(image, "n_frames", 1))
    if image.format != "TIFF":
        return (0,)  # what follows in a PNG is an animation
    if frames == 1:
        return (0,)
    return tuple(frame for frame in range(frames) if _is_page(image, frame)) or (0,)


def _is_page(image: Image.Image, frame: int) -> bool:
    image.seek(frame)
    tags = getattr(image, "tag_v2", {})
    kind = int(tags.get(ExifTags.Base.NewSubfileType, 0))
    return not kind & (REDUCED | MASK) and tags.get(ExifTags.Base.SubfileType) != OLD_REDUCED


def _as_asked(raster: Raster, asked: Orientation) -> Raster:
    """The one place where a picture's orientation is heeded: mirrored at once, turned when it is placed."""
    if asked.mirrored:
        raster = replace(raster, pixels=mirror(raster.pixels), stream=None, full_width=0)
    return replace(raster, turn=asked.turn, turn_told=asked.told)


def _squared(raster: Raster) -> Raster:
    """A fax has twice as many dots across as down: letters are read with square pixels, and kept as sent."""
    height, width = raster.pixels.shape[:2]
    across, down = width / raster.width_mm, height / raster.height_mm
    if max(across, down) <= SQUARE * min(across, down):
        return raster
    finest = max(across, down)
    size = (round(raster.width_mm * finest), round(raster.height_mm * finest))
    read = np.asarray(cv2.resize(raster.pixels, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    return replace(raster, pixels=read, stream=archive_stream(raster))


def _halved(raster: Raster) -> Raster:
    """All pixels go to the page's stream at once; half of them, each way, stay for reading."""
    height, width = raster.pixels.shape[:2]
    size = (max(1, width // 2), max(1, height // 2))
    half = np.asarray(cv2.resize(raster.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return replace(raster, pixels=half, stream=archive_stream(raster), full_width=width)


def _told_dpi(image: Image.Image) -> Dpi | None:
    told = image.info.get("dpi")
    if isinstance(told, tuple) and len(told) == 2:  # noqa: PLR2004 across and down
        return float(told[0]), float(told[1])
    block = image.info.get("exif")
    return read_told(block.removeprefix(jpeg.EXIF_MARK)).dpi if isinstance(block, bytes) else None


def _orientation_tag(image: Image.Image) -> int | None:
    try:
        tag = image.getexif().get(ExifTags.Base.Orientation)
        return None if tag is None else int(tag)
    except (ValueError, TypeError, SyntaxError):  # a broken EXIF block says nothing
        return None


def _as_pixels(image: Image.Image) -> Pixels:
    """Flatten what a page cannot have: palette, transparency, more than eight bits, other colour spaces."""
    if image.mode.startswith("I") or image.mode == "F":
        wide = np.asarray(image)
        shift = 8 if image.mode.startswith("I;16") or wide.max(initial=0) >= 1 << EIGHT_BITS else 0
        return np.clip(wide / (1 << shift), 0, 255).astype(np.uint8)
    if "transparency" in image.info or image.mode in ("LA", "RGBA", "PA", "La", "RGBa"):
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        flat = Image.alpha_composite(paper, layered)
        return _grey_or_colour(np.asarray(flat.convert("RGB"), np.uint8))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"), np.uint8)
    return _grey_or_colour(np.asarray(image if image.mode == "RGB" else image.convert("RGB"), np.uint8))


def _grey_or_colour(rgb: Pixels) -> Pixels:
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return np.ascontiguousarray(green)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)


@contextmanager
def _fault_of(path: Path) -> Iterator[None]:
    """Turn whatever a decoder says about foreign bytes into this room's fault."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a decoder's doubts about tags do not concern the page
            yield
    except DigitizeFault:
        raise
    except (MemoryError, Image.DecompressionBombError) as excess:
        raise DigitizeFault(FaultCode.TOO_LARGE, path.name, None, str(excess)) from excess
    except Exception as broken:  # decoders raise nearly anything on hostile bytes
        raise DigitizeFault(FaultCode.UNREADABLE, path.name, None, str(broken)) from broken
