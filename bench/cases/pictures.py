"""Picture files: how they ask to be turned, how large they say they are, which of their frames are pages."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from bench.cases.judging import SIZE_MM, Case, Right, case
from bench.cases.made import A5_MM, DPI, READ, SAYS, drawing, page
from digitize.model import FaultCode, ReasonCode
from digitize.pixels.geometry import turn
from digitize.pixels.orientation import TURNS
from digitize.sources.drawing import grey_of
from digitize.sources.sources import PageSource, load, survey_source

ORIENTATION, NEW_SUBFILE, SUBFILE = 0x0112, 254, 255
ENDINGS = {"JPEG": ".jpg", "TIFF": ".tif", "PNG": ".png"}
FAXES = ((204, 98), (204, 196), (200, 100), (300, 150))
PAPERS_MM = {"A4": (210.0, 297.0), "A5": A5_MM, "A6": (105.0, 148.0), "folio": (215.9, 330.2)}
LEAST_ALIKE = 12.0  # of 255, mean difference of tones
GROUNDS = ((0, 0, 0), (25, 25, 25), (10, 30, 110), (110, 5, 15), (5, 70, 35), (60, 20, 80))
NAMES = (
    "a.pdf",
    "ảnh.jpg",
    "x y.tif",
    "no-ending",
    "a" * 200 + ".png",
    ".pdf",
    "1.PDF",
    "ư.jpeg",
    "%20",
    "-o",
)
MIRRORED = {2, 4, 5, 7}


def picture_cases() -> Iterator[Case]:
    """Every kind of picture file."""
    words = Right(says=SAYS, share=READ, size=A5_MM)
    for kind, tag in itertools.product(ENDINGS, range(1, 9)):
        name = f"{kind} {tag}"
        yield Case("orientation without words", name, partial(_lies_wrong, kind, tag))
        if kind != "PNG":
            yield case("orientation", name, partial(_turned, kind, tag, page()), words)
    for dpi, tag in itertools.product(FAXES, (1, 3, 6, 8)):
        yield case("fax", f"{dpi} {tag}", partial(_fax, dpi, tag), words)
    for name, (frames, pages) in FRAMES.items():
        yield Case("thumbnails", name, partial(_counted, frames, pages))
    for paper, (way, write) in itertools.product(PAPERS_MM, WAYS.items()):
        yield Case("resolution", f"{paper} by {way}", partial(_sized_wrong, PAPERS_MM[paper], write))
    yield from _of_one_page()


def _of_one_page() -> Iterator[Case]:
    """What looks like several pages, like none, or is none."""
    for frames, shown in itertools.product(range(2, 7), (True, False)):
        yield Case("animation", f"{frames} frames, {shown}", partial(_animated, frames, shown))
    for ground, bar in itertools.product(GROUNDS, (False, True)):
        read = Right(says=SAYS, share=READ, untold=ReasonCode.BLANK)
        yield case("white on black", f"{ground} {bar}", partial(_dark, ground, bar), read)
    for name in NAMES:
        yield case("no such file", name, partial(_absent, name), Right(fault=FaultCode.NO_FILE))


def stored(image: Image.Image, tag: int) -> Image.Image:
    """The pixels that come out as `image` when a viewer does what the tag asks."""
    lying = image.rotate(TURNS.get(tag, 0), expand=True)  # anticlockwise, so that the tag's turn undoes it
    return ImageOps.mirror(lying) if tag in MIRRORED else lying


def _turned(kind: str, tag: int, image: Image.Image, folder: Path) -> Path:
    lying, path = stored(image, tag), folder / f"page{ENDINGS[kind]}"
    if kind == "TIFF":
        tags = ImageFileDirectory_v2()
        tags[ORIENTATION] = tag
        lying.save(path, tiffinfo=tags, dpi=(DPI, DPI))
    else:
        exif = Image.Exif()
        exif[ORIENTATION] = tag
        lying.save(path, exif=exif, dpi=(DPI, DPI))
    return path


def _lies_wrong(kind: str, tag: int, folder: Path) -> str:
    path = _turned(kind, tag, drawing(), folder)
    raster = load(PageSource(path, survey_source(path).kind, 0))
    shown = grey_of(np.ascontiguousarray(turn(raster.pixels, raster.turn)))
    wanted = np.asarray(drawing().convert("L"))
    if shown.shape != wanted.shape:
        return f"{shown.shape} instead of {wanted.shape}"
    apart = float(np.abs(shown.astype(float) - wanted).mean())
    return f"differs by {apart:.0f}" if apart > LEAST_ALIKE else ""


def _fax(dpi: tuple[int, int], tag: int, folder: Path) -> Path:
    across, down = dpi
    size = round(A5_MM[0] / 25.4 * across), round(A5_MM[1] / 25.4 * down)
    coarse = page(dpi=300).resize(size, Image.Resampling.LANCZOS).convert("1", dither=Image.Dither.NONE)
    lying = stored(coarse, tag)
    tags = ImageFileDirectory_v2()
    tags[ORIENTATION] = tag
    turned = TURNS.get(tag, 0) % 180
    path = folder / "fax.tif"
    lying.save(path, compression="group4", tiffinfo=tags, dpi=(down, across) if turned else dpi)
    return path


PAGE, THUMB, MASK, OLD_THUMB = (NEW_SUBFILE, 0), (NEW_SUBFILE, 1), (NEW_SUBFILE, 4), (SUBFILE, 2)
FRAMES = {
    "page and thumbnail": ((PAGE, THUMB), 1),
    "thumbnail and page": ((THUMB, PAGE), 1),
    "page and mask": ((PAGE, MASK), 1),
    "old thumbnail": ((PAGE, OLD_THUMB), 1),
    "two pages": ((PAGE, PAGE), 2),
    "two pages with thumbnails": ((PAGE, THUMB, PAGE, THUMB), 2),
    "thumbnails first": ((THUMB, THUMB, PAGE, PAGE), 2),
    "thumbnail of a mask": ((PAGE, (NEW_SUBFILE, 5)), 1),
    "pages of a document": (((NEW_SUBFILE, 2), (NEW_SUBFILE, 2), (NEW_SUBFILE, 2)), 3),
    "a page alone, called a thumbnail": ((THUMB,), 1),
    "three pages, thumbnails between": ((PAGE, THUMB, PAGE, OLD_THUMB, PAGE), 3),
    "all called thumbnails": ((THUMB, THUMB), 1),
}


def _counted(frames: tuple[tuple[int, int], ...], pages: int, folder: Path) -> str:
    path = folder / "frames.tif"
    made = []
    for number, (tag, value) in enumerate(frames):
        image = drawing().resize((400 - 20 * number, 500))
        tags = ImageFileDirectory_v2()
        tags[tag] = value
        image.encoderinfo = {"tiffinfo": tags}  # type: ignore[attr-defined]
        made.append((image, tags))
    first, tags = made[0]
    first.save(path, save_all=True, append_images=[image for image, _ in made[1:]], tiffinfo=tags)
    found = survey_source(path).pages
    return "" if found == pages else f"{found} pages instead of {pages}"


def _by_jfif(image: Image.Image, dpi: int, path: Path) -> Path:
    image.save(path.with_suffix(".jpg"), dpi=(dpi, dpi))
    return path.with_suffix(".jpg")


def _by_exif(image: Image.Image, dpi: int, path: Path) -> Path:
    exif = Image.Exif()
    exif[0x011A], exif[0x011B], exif[0x0128] = IFDRational(dpi), IFDRational(dpi), 2
    image.save(path.with_suffix(".jpg"), exif=exif)
    return path.with_suffix(".jpg")


def _by_exif_in_centimetres(image: Image.Image, dpi: int, path: Path) -> Path:
    exif = Image.Exif()
    per_cm = IFDRational(round(dpi / 2.54 * 100), 100)
    exif[0x011A], exif[0x011B], exif[0x0128] = per_cm, per_cm, 3
    image.save(path.with_suffix(".jpg"), exif=exif)
    return path.with_suffix(".jpg")


def _by_tiff(image: Image.Image, dpi: int, path: Path) -> Path:
    image.save(path.with_suffix(".tif"), dpi=(dpi, dpi))
    return path.with_suffix(".tif")


def _by_png(image: Image.Image, dpi: int, path: Path) -> Path:
    image.save(path.with_suffix(".png"), dpi=(dpi, dpi))
    return path.with_suffix(".png")


Way = Callable[[Image.Image, int, Path], Path]
WAYS: dict[str, Way] = {
    "JFIF": _by_jfif,
    "EXIF": _by_exif,
    "EXIF in centimetres": _by_exif_in_centimetres,
    "TIFF": _by_tiff,
    "PNG": _by_png,
}


def _sized_wrong(paper: tuple[float, float], write: Way, folder: Path) -> str:
    dpi = 240  # no multiple of anything that is assumed
    path = write(drawing(paper, dpi), dpi, folder / "page")
    raster = load(PageSource(path, survey_source(path).kind, 0))
    apart = max(abs(raster.width_mm - paper[0]), abs(raster.height_mm - paper[1]))
    return f"{raster.width_mm:.1f} x {raster.height_mm:.1f} mm" if apart > SIZE_MM else ""


def _animated(frames: int, shown: bool, folder: Path) -> str:  # noqa: FBT001 a variant
    path = folder / "animated.png"
    small = [drawing().resize((300 + 10 * frame, 420)).resize((300, 420)) for frame in range(frames)]
    small = [Image.fromarray(np.roll(np.asarray(image), 9 * at, axis=0)) for at, image in enumerate(small)]
    small[0].save(path, save_all=True, append_images=small[1:], default_image=shown)
    found = survey_source(path).pages
    return "" if found == 1 else f"{found} pages"


def _dark(ground: tuple[int, int, int], bar: bool, folder: Path) -> Path:  # noqa: FBT001 a variant
    share = np.asarray(page().convert("L"), float)[..., None] / 255
    dark = np.array(ground) * share + 255 * (1 - share)
    whole = np.asarray(page()).copy()
    rows = slice(round(15 / 25.4 * DPI), round(25 / 25.4 * DPI)) if bar else slice(None)
    whole[rows] = dark[rows]
    path = folder / "dark.jpg"
    Image.fromarray(whole).save(path, quality=92, dpi=(DPI, DPI))
    return path


def _absent(name: str, folder: Path) -> Path:
    return folder / name
