"""From a scan to the upright plane that is read, and from its recipe to the same pixels again."""

import hashlib
from dataclasses import dataclass, replace

import cv2
import numpy as np

from digitize.judging.quality import EDGE_DPI, EdgeWidth, edge_width
from digitize.model import Corners, Recipe
from digitize.paper import dewarp
from digitize.paper.dark_grounds import as_positive
from digitize.paper.direction import Lay, find_lay
from digitize.paper.framing import Framed, frame
from digitize.paper.overview import look_over
from digitize.pixels import geometry
from digitize.pixels.raster import Pixels, Raster
from digitize.plane import planes
from digitize.plane.bleed import lift_bleed
from digitize.words.recognize import readers

RECIPE_VERSION = "motcua recipe 1"
SOFT = 3.9  # pixels at 300 dpi: edges wider than this are sharpened for the reader
READ_TILTED = 1.0  # degrees: the reader bears this tilt better than resampled letters


@dataclass(frozen=True)
class Staged:
    """A page ready to be read.

    Args:
        framed: its pixels, cut out, rectified and levelled where that was done.
        lay: how text lies on them.
        plane: the reading plane as the pixels lie.
        edges: how wide the edges of strokes are on it, before anything was sharpened.
        back: print of the other side was lifted off.
        dewarped: degrees by which the scan was turned before curled lines were levelled; None: not levelled.
    """

    framed: Framed
    lay: Lay
    plane: Pixels
    edges: EdgeWidth
    back: bool = False
    dewarped: int | None = None


def stage(raster: Raster, shown: Corners | None, back: Raster | None, *, dewarped: bool) -> Staged:
    """Frame the page, find how it lies, make its plane."""
    framed = frame(raster, shown)
    lay = find_lay(framed.overview)
    turned = None
    if dewarped:
        framed, turned = _levelled(framed, lay)
        lay = find_lay(framed.overview) if turned is not None else lay
    positive = as_positive(framed.raster.pixels, framed.overview.grounds)
    plane = planes.reading_plane(positive, planes.punched_holes(framed.overview))
    clear = lift_bleed(plane, _behind(back)) if back is not None else plane
    lifted = clear is not plane
    edges = edge_width(clear)
    if edges.narrowest * EDGE_DPI / framed.raster.pixels_dpi > SOFT:
        clear = planes.sharpen_edges(clear)
    return Staged(framed, lay, clear, edges, back=lifted, dewarped=turned)


def upright_plane(plane: Pixels, rotation: int, tilt: float) -> Pixels:
    """The plane turned clockwise by `rotation`, and straightened if it lies too much tilted to be read so."""
    upright = geometry.turn(plane, rotation)
    if abs(tilt) <= READ_TILTED:
        return upright
    return planes.sharpen_contrast(geometry.straighten(upright, tilt))


def recipe_of(staged: Staged, rotation: int, upright: Pixels, *, whitened: bool) -> Recipe:
    """What was done, and the digest of what came out of it."""
    return Recipe(
        corners=staged.framed.corners,
        dewarped=staged.dewarped is not None,
        whitened=whitened,
        back=staged.back,
        rotation=(rotation + (staged.dewarped or 0)) % 360,
        skew_degrees=staged.lay.tilt,
        versions=(RECIPE_VERSION, f"OpenCV {cv2.__version__}", readers()),
        pixels_sha256=digest(upright),
    )


def replay(recipe: Recipe, raster: Raster, back: Raster | None = None) -> Pixels:
    """Make the upright reading plane again; `raster` is the page as it was loaded."""
    staged = stage(raster, recipe.corners, back if recipe.back else None, dewarped=recipe.dewarped)
    rotation = (recipe.rotation - (staged.dewarped or 0)) % 360
    return upright_plane(staged.plane, rotation, recipe.skew_degrees)


def digest(plane: Pixels) -> str:
    """SHA-256 of a grey plane: its height and width, then its rows."""
    height, width = plane.shape
    counted = hashlib.sha256(f"{height} {width} ".encode("ascii"))
    counted.update(np.ascontiguousarray(plane).data)
    return counted.hexdigest()


def _levelled(framed: Framed, lay: Lay) -> tuple[Framed, int | None]:
    """The page turned upright with level lines, and the turn; as it was where nothing is curled."""
    rotation = 90 if lay.sideways else 0
    rotation = (rotation + (180 if lay.upside_down else 0)) % 360
    curl = dewarp.find_curl(geometry.turn(framed.overview.ink, rotation))
    if curl is None:
        return framed, None
    raster = framed.raster
    size = (raster.width_mm, raster.height_mm)
    width_mm, height_mm = size[::-1] if rotation % 180 else size
    pixels = dewarp.level(geometry.turn(raster.pixels, rotation), curl)
    level = replace(
        raster,
        pixels=pixels,
        width_mm=width_mm,
        height_mm=height_mm,
        stream=None,
        turn=0,
        turn_told=False,  # what was told was of the picture before
        full_width=0,
    )
    return replace(framed, raster=level, overview=look_over(level), paper=None), rotation


def _behind(back: Raster) -> Pixels:
    return planes.reading_plane(as_positive(back.pixels, look_over(back).grounds))
