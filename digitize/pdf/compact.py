"""The compact rendition of a page: the scan encoded anew at 200 dpi, for those who must save room."""

from pathlib import Path

from digitize.model import Box, PageText
from digitize.pdf.compose import write_page
from digitize.pdf.upright import dpi_of, resized, upright_pixels
from digitize.pixels.coding import g4_stream, jpeg_stream
from digitize.pixels.geometry import Pose
from digitize.pixels.raster import Raster, is_bilevel

COMPACT_DPI = 200.0  # the least that the law takes for a digitized paper
COMPACT_QUALITY = 75  # of JPEG


def write_compact(raster: Raster, pose: Pose, text: PageText, out: Path, crop: Box | None = None) -> None:
    """Write the page to `out` as `compose.write_page` does, smaller; only what is shown is kept."""
    if is_bilevel(raster.pixels):  # lossless, and smaller than any JPEG
        write_page(g4_stream(raster.pixels), pose, text, out, crop)
        return
    cut = crop is not None
    pixels = upright_pixels(raster, pose, crop) if cut else raster.pixels
    dpi = dpi_of(pixels, text.width_mm) if cut else raster.pixels_dpi
    stream = jpeg_stream(resized(pixels, min(1.0, COMPACT_DPI / dpi)), COMPACT_QUALITY, full_colour=False)
    write_page(stream, Pose() if cut else pose, text, out)
