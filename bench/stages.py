"""Pictures of what each stage of digitizing does to a page, before and after, for docs/digitize.md.

    ./motcua bench stages [--out DIR]

Pages come from the page maker, so the same pictures come out every time.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402 the rooms run in place, from the root
import numpy as np  # noqa: E402

from digitize.judging.defects import find_defects  # noqa: E402
from digitize.model import PageText  # noqa: E402
from digitize.paper.direction import find_lay  # noqa: E402
from digitize.paper.framing import frame  # noqa: E402
from digitize.paper.overview import look_over  # noqa: E402
from digitize.pdf.assembly import Assembly  # noqa: E402
from digitize.pdf.compose import write_layers  # noqa: E402
from digitize.pdf.reading_copy import layers_of  # noqa: E402
from digitize.pdf.upright import upright_pixels  # noqa: E402
from digitize.picture import draw_page  # noqa: E402
from digitize.pixels import geometry  # noqa: E402
from digitize.pixels.geometry import Pose  # noqa: E402
from digitize.pixels.raster import Pixels, Raster  # noqa: E402
from digitize.plane import bleed, planes  # noqa: E402
from scanner_adapters.simulator.desks import Desk  # noqa: E402
from scanner_adapters.simulator.handling import Handling  # noqa: E402
from scanner_adapters.simulator.papers.lens import Lens  # noqa: E402
from scanner_adapters.simulator.papers.papers import Paper  # noqa: E402
from scanner_adapters.simulator.papers.scans import SCANNER, Recipe, Scan, make_scan  # noqa: E402

A4_MM = (210.0, 297.0)
HIGH = 420  # pixels of one picture
QUALITY = 62
SEED = 24
PLAIN = Recipe(Paper.DECISION, SEED)
Pair = tuple[Pixels, Pixels]


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    out = asked.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    for name, make in STAGES.items():
        before, after = make()
        picture = np.hstack([_sized(before), np.full((HIGH, 12, 3), 120, np.uint8), _sized(after)])
        _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        (out / f"{name}.jpg").write_bytes(coded.tobytes())
        print(f"{name}.jpg {len(coded) // 1000} kB")
    return 0


def raster_of(scan: Scan) -> Raster:
    """A scan as the room loads it."""
    pixels = np.ascontiguousarray(scan.image[..., ::-1])
    return Raster(pixels, *A4_MM, size_assumed=scan.dpi is None)


def tilted() -> Pair:
    raster = raster_of(make_scan(replace(PLAIN, wear=replace(SCANNER, skew_degrees=6.0))))
    pose = Pose(0, find_lay(look_over(raster)).tilt)
    return raster.pixels, upright_pixels(raster, pose)


def sideways() -> Pair:
    raster = raster_of(make_scan(replace(PLAIN, wear=replace(SCANNER, quarter_turns=3))))
    lay = find_lay(look_over(raster))
    turn = (90 if lay.sideways else 0) + (180 if lay.upside_down else 0)
    return raster.pixels, geometry.turn(raster.pixels, turn)


def photographed() -> Pair:
    raster = raster_of(make_scan(replace(PLAIN, desk=Desk.CHECKER)))
    return raster.pixels, frame(raster, None).raster.pixels


def seals() -> Pair:
    return _plane(replace(PLAIN, handling=Handling(red_seals=2, blue_seals=2)))


def shade() -> Pair:
    return _plane(replace(PLAIN, wear=replace(SCANNER, shade=0.5)))


def holes() -> Pair:
    return _plane(replace(PLAIN, handling=Handling(punch_holes=True)))


def shone_through() -> Pair:
    """The back is the page that the page maker lets shine through."""
    raster = raster_of(make_scan(replace(PLAIN, handling=Handling(bleed=0.22))))
    back = raster_of(make_scan(Recipe(Paper.REPORT, SEED + 1)))
    plane = planes.reading_plane(raster.pixels)
    return plane, bleed.lift_bleed(plane, planes.reading_plane(back.pixels))


def defects() -> Pair:
    raster = raster_of(make_scan(Recipe(Paper.REPORT, SEED, lens=Lens(glare_mm=55.0))))
    marked = raster.pixels.copy()
    height, width = marked.shape[:2]
    for box in (reason.box for reason in find_defects(look_over(raster)) if reason.box):
        corner = round(box.left * width), round(box.top * height)
        other = round(box.right * width), round(box.bottom * height)
        cv2.rectangle(marked, corner, other, (0, 0, 255), 12)
    return raster.pixels, marked


def reading_copy() -> Pair:
    """The scan, and its reading copy as pdfium draws it."""
    raster = raster_of(make_scan(PLAIN))
    layers = layers_of(raster.pixels, PageText(1, *A4_MM, ()))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_layers(layers, PageText(1, *A4_MM, ()), work / "page.pdf")
        assembly = Assembly(work / "parts")
        assembly.add_written(work / "page.pdf")
        assembly.finish(work / "small.pdf")
        draw_page(work / "small.pdf", 1, 1000, work / "page.jpg")
        drawn = cv2.imread(str(work / "page.jpg"))
    return raster.pixels, np.asarray(drawn, np.uint8)


def _plane(recipe: Recipe) -> Pair:
    raster = raster_of(make_scan(recipe))
    return raster.pixels, planes.reading_plane(raster.pixels, planes.punched_holes(look_over(raster)))


def _sized(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    small = cv2.resize(pixels, (round(width * HIGH / height), HIGH), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_GRAY2BGR) if small.ndim == 2 else small, np.uint8)


STAGES: Mapping[str, Callable[[], Pair]] = {
    "photograph": photographed,
    "tilt": tilted,
    "turn": sideways,
    "inks": seals,
    "light": shade,
    "holes": holes,
    "bleed-through": shone_through,
    "defects": defects,
    "reading-copy": reading_copy,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
