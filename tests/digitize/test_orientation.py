"""Pictures come out as they ask to be shown, of the size that they tell, whatever their format."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from digitize.pixels.exif import NOTHING, read_told
from digitize.pixels.geometry import turn
from digitize.pixels.jpeg import read_header
from digitize.pixels.orientation import UNTOLD, orientation_of
from digitize.sources.sources import Kind, PageSource, load, survey_source

ORIENTATION, ACROSS, DOWN, UNIT, SUBFILE, OLD_SUBFILE = 274, 282, 283, 296, 254, 255
STORED = {  # how a picture is stored that asks for this orientation
    1: lambda shown: shown,
    2: lambda shown: shown[:, ::-1],
    3: lambda shown: np.rot90(shown, 2),
    4: lambda shown: shown[::-1],
    5: lambda shown: shown.T,
    6: np.rot90,
    7: lambda shown: np.rot90(shown, 2).T,
    8: lambda shown: np.rot90(shown, -1),
}
SUFFIXES = {"JPEG": ".jpg", "TIFF": ".tif", "PNG": ".png", "MPO": ".jpg"}
A4_POINTS = (210.0, 297.0)


def shown_page(height=240, width=160):
    """A page without symmetry: a dark block in one corner, a lighter bar along one side."""
    page = np.full((height, width), 255, np.uint8)
    page[: height // 4, : width // 2] = 0
    page[:, : width // 8] = 90
    return page


def exif_with(tag, dpi=None, unit=2):
    exif = Image.Exif()
    exif[ORIENTATION] = tag
    if dpi:
        exif[ACROSS], exif[DOWN], exif[UNIT] = dpi[0], dpi[1], unit
    return exif


def save(folder, kind, tag, dpi=None, shown=None):
    stored = np.ascontiguousarray(STORED[tag](shown_page() if shown is None else shown))
    image, path = Image.fromarray(stored), folder / f"{kind}-{tag}{SUFFIXES[kind]}"
    options = {"exif": exif_with(tag, dpi), "quality": 95}
    if kind == "TIFF":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[ORIENTATION] = tag
        if dpi:
            tags[ACROSS], tags[DOWN], tags[UNIT] = dpi[0], dpi[1], 2
        options = {"tiffinfo": tags}
    if kind == "MPO":
        options |= {"save_all": True, "append_images": [Image.fromarray(stored[::4, ::4].copy())]}
    image.save(path, kind, **options)
    return path


def upright(path, page=0):
    survey = survey_source(path)
    assert survey.pages == 1
    raster = load(PageSource(path, survey.kind, page))
    size = (raster.width_mm, raster.height_mm)
    return turn(raster.pixels, raster.turn), size[::-1] if raster.turn % 180 else size, raster


@pytest.mark.parametrize("tag", STORED)
@pytest.mark.parametrize("kind", SUFFIXES)
def test_all_eight_orientations_come_out_upright_and_true_to_size(kind, tag, tmp_path):
    across, down = (120.0, 120.0) if kind in ("JPEG", "MPO") else (120.0, 60.0)
    stored_dpi = (across, down) if tag < 5 else (down, across)
    shown = shown_page(240, 160)
    pixels, size, raster = upright(save(tmp_path, kind, tag, stored_dpi, shown))
    assert size == pytest.approx((160 / across * 25.4, 240 / down * 25.4), abs=0.01)
    assert raster.turn_told
    height, width = pixels.shape
    seen = np.asarray(Image.fromarray(pixels).resize((160, 240))) if (width, height) != (160, 240) else pixels
    assert np.abs(seen.astype(int) - shown).mean() < 12


@pytest.mark.parametrize("tag", STORED)
def test_a_turned_jpeg_keeps_its_bytes_and_a_mirrored_one_is_coded_anew(tag, tmp_path):
    path = save(tmp_path, "JPEG", tag)
    _, _, raster = upright(path)
    kept = raster.stream is not None and raster.stream.data == path.read_bytes()
    assert kept == (tag in (1, 3, 6, 8))


def test_of_several_pictures_in_a_jpeg_only_the_first_is_kept(tmp_path):
    path = save(tmp_path, "MPO", 1)
    _, _, raster = upright(path)
    assert raster.stream.data == path.read_bytes()[: len(raster.stream.data)]
    assert raster.stream.data.endswith(b"\xff\xd9")
    assert len(raster.stream.data) < path.stat().st_size


def jfif(unit, across, down):
    plain = io.BytesIO()
    Image.fromarray(shown_page(1050, 740)).save(plain, "JPEG", quality=60)
    data = plain.getvalue()
    return data[:13] + struct.pack(">BHH", unit, across, down) + data[18:]


def with_exif(data, dpi, unit):
    exif = exif_with(1, dpi, unit).tobytes()
    return data[:20] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[20:]


TOLD = {  # an A5 page of 127 dots per inch, told in each way
    "JFIF, inch": jfif(1, 127, 127),
    "JFIF, centimetre": jfif(2, 50, 50),
    "EXIF, inch": with_exif(jfif(0, 1, 1), (127, 127), 2),
    "EXIF, centimetre": with_exif(jfif(0, 1, 1), (50, 50), 3),
    "both alike": with_exif(jfif(1, 127, 127), (127, 127), 2),
    "JFIF's are a screen's": with_exif(jfif(1, 72, 72), (127, 127), 2),
    "JFIF's are none": with_exif(jfif(1, 0, 0), (127, 127), 2),
    "EXIF's are a screen's": with_exif(jfif(1, 127, 127), (72, 72), 2),
    "EXIF's are none": with_exif(jfif(2, 50, 50), (0, 0), 2),
    "EXIF's unit is none": with_exif(jfif(1, 127, 127), (300, 300), 1),
}


@pytest.mark.parametrize("way", TOLD)
def test_a_resolution_is_found_wherever_it_is_told(way, tmp_path):
    (tmp_path / "page.jpg").write_bytes(TOLD[way])
    _, size, raster = upright(tmp_path / "page.jpg")
    assert size == pytest.approx((148, 210), abs=0.5)
    assert not raster.size_assumed


@pytest.mark.parametrize(("unit", "dpi"), [(2, 127), (3, 50)])
def test_a_tiff_tells_it_by_inch_or_centimetre(unit, dpi, tmp_path):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[ACROSS] = tags[DOWN] = dpi
    tags[UNIT] = unit
    Image.fromarray(shown_page(1050, 740)).save(tmp_path / "page.tif", tiffinfo=tags)
    assert upright(tmp_path / "page.tif")[1] == pytest.approx((148, 210), abs=0.5)


def test_a_fax_is_read_with_square_pixels_and_kept_as_sent(tmp_path):
    fax = np.where(shown_page(1146, 1728) < 128, 0, 255).astype(np.uint8)
    Image.fromarray(fax).convert("1").save(tmp_path / "fax.tif", compression="group4", dpi=(209, 98))
    pixels, size, raster = upright(tmp_path / "fax.tif")
    assert size == pytest.approx((210, 297), abs=0.5)
    assert pixels.shape == pytest.approx((round(297 / 25.4 * 209), 1728), abs=3)
    assert (raster.stream.width, raster.stream.height) == (1728, 1146)


def tiff(path, *frames):
    """Frames as (NewSubfileType, SubfileType); each shows its own number as a shade."""
    images = []
    for number, (new, old) in enumerate(frames):
        image = Image.fromarray(np.full((90, 60), 20 * number, np.uint8))
        image.encoderinfo = {"tiffinfo": {SUBFILE: new} if old is None else {SUBFILE: new, OLD_SUBFILE: old}}
        images.append(image)
    images[0].save(path, save_all=True, append_images=images[1:], **images[0].encoderinfo)
    return path


PAGE, PART, THUMBNAIL, MASK, OLD_THUMBNAIL = (0, None), (2, None), (1, None), (4, None), (0, 2)


@pytest.mark.parametrize(
    ("frames", "pages"),
    [
        ([PAGE, THUMBNAIL], [0]),
        ([THUMBNAIL, PAGE], [1]),
        ([PAGE, MASK], [0]),
        ([PAGE, OLD_THUMBNAIL], [0]),
        ([PAGE, THUMBNAIL, PAGE, THUMBNAIL], [0, 2]),
        ([PART, PART, PART], [0, 1, 2]),
        ([PART, THUMBNAIL, MASK, PART], [0, 3]),
        ([PAGE, (5, None)], [0]),
        ([PAGE, (6, None), PAGE], [0, 2]),
        ([THUMBNAIL, MASK], [0]),
        ([THUMBNAIL], [0]),
        ([PAGE], [0]),
    ],
)
def test_thumbnails_and_masks_are_no_pages(frames, pages, tmp_path):
    path = tiff(tmp_path / "scan.tif", *frames)
    assert survey_source(path).pages == len(pages)
    shades = [int(load(PageSource(path, Kind.PICTURE, page)).pixels[0, 0]) for page in range(len(pages))]
    assert shades == [20 * page for page in pages]


@pytest.mark.parametrize("default_image", [False, True])
def test_an_animation_is_one_page(default_image, tmp_path):
    frames = [Image.fromarray(np.full((90, 60), shade, np.uint8)) for shade in (0, 99, 180)]
    frames[0].save(
        tmp_path / "moving.png", save_all=True, append_images=frames[1:], default_image=default_image
    )
    pixels, _, _ = upright(tmp_path / "moving.png")
    assert int(pixels[0, 0]) == 0


@given(st.binary(max_size=80), st.sampled_from([b"II*\0", b"MM\0*", b"II", b""]))
@settings(max_examples=200, deadline=None)
def test_a_broken_directory_says_nothing_and_never_fails(tail, head):
    told = read_told(head + tail)
    assert told.dpi is None or all(part > 0 for part in told.dpi)
    assert orientation_of(told.orientation).turn in (0, 90, 180, 270)


def test_what_is_no_directory_says_nothing():
    assert read_told(b"no TIFF at all") == NOTHING
    assert orientation_of(9) == orientation_of(None) == orientation_of("6") == UNTOLD


def test_the_header_tells_both_resolutions_in_order():
    assert read_header(TOLD["JFIF's are a screen's"]).dpis == ((72.0, 72.0), (127.0, 127.0))


@pytest.mark.parametrize("tag", [3, 6, 8])
def test_where_nothing_can_be_read_the_told_turn_wins(tag, desk, tmp_path):
    drawing = np.full((700, 500), 255, np.uint8)
    rows, columns = np.mgrid[:700, :500]
    drawing[(np.hypot(rows - 260, columns - 200) < 130) | (abs(rows - columns - 150) < 4)] = 60
    done = desk.digitize(save(tmp_path, "JPEG", tag, (100, 100), drawing))
    page = done.pages[0]
    assert page.report.rotation == {3: 180, 6: 90, 8: 270}[tag]
    assert (page.text.width_mm, page.text.height_mm) == pytest.approx((127, 177.8), abs=0.2)
