"""The reading copy: small, every stroke in its place, seals and pens in their colour, photographs kept."""

import subprocess

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from digitize.model import Box, PageText
from digitize.paper.photographs import find_photographs
from digitize.pdf.compose import write_page
from digitize.pdf.mask import text_mask
from digitize.pdf.reading_copy import layers_of, look_at, write_reading_copy
from digitize.pdf.upright import upright_pixels
from digitize.pixels.coding import archive_stream, g4_stream
from digitize.pixels.geometry import Pose
from digitize.pixels.raster import Raster
from digitize.pixels.regions import Region, disjoint
from digitize.plane.inks import find_inks
from digitize.sources.scans import load_jpeg
from scanner_adapters.simulator.papers import sheets
from scanner_adapters.simulator.papers.wear import Wear, wear_down
from tests.digitize.digitize_papers import finished

DPI = 300
A4 = (210.0, 297.0)
MOST_BYTES = 80_000
OFFICE_SCAN = Wear(texture=2.0, blur=0.7, noise_sigma=3.0, jpeg_quality=90)
RED, BLUE = (-45.0, 60.0), (225.0, 330.0)  # hues of seals and pens in CIE Lab, degrees


def scanned(image: np.ndarray, wear: Wear = OFFICE_SCAN, dpi: int = DPI) -> Raster:
    return Raster(np.ascontiguousarray(wear_down(image, wear, 3, dpi)[..., ::-1]), *A4)


def copy_of(raster: Raster, folder, pose: Pose | None = None, size=A4):
    write_reading_copy(raster, pose or Pose(), PageText(1, *size, ()), folder / "small.pdf")
    return finished(folder, folder / "small.pdf")


def drawn(path, shape, dpi=DPI) -> np.ndarray:
    with pypdfium2.PdfDocument(path) as document:
        pixels = document[0].render(scale=dpi / 72).to_numpy()[..., :3]
    return cv2.resize(pixels, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)


def photograph(height: int, width: int) -> np.ndarray:
    """A picture of many tones and colours, as a portrait has."""
    chance = np.random.default_rng(5)
    picture = np.zeros((height, width, 3), np.float32)
    for cells, strength in ((4, 80), (14, 45), (60, 20)):
        rough = chance.normal(0, strength, (cells, cells, 3)).astype(np.float32)
        picture += cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture + np.float32([110, 90, 80]), 0, 255).astype(np.uint8)


def with_photograph(image: np.ndarray) -> tuple[np.ndarray, Region]:
    """A portrait of 30 by 40 mm in the upper left of a sheet."""
    place = Region(300, 1000, 654, 1472)
    page = image.copy()
    page[place.window] = photograph(472, 354)
    return page, place


@pytest.fixture(scope="module")
def decision_scan() -> Raster:
    return scanned(sheets.decision(7).image)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 70))))
def test_g4_gives_back_every_pixel(tmp_path, inked):
    pixels = np.where(inked, 0, 255).astype(np.uint8)
    write_page(g4_stream(pixels), Pose(), PageText(1, 50.0, 50.0, ()), tmp_path / "page.pdf")
    with pypdfium2.PdfDocument(tmp_path / "page.pdf") as document:
        picture = next(iter(document[0].get_objects()))
        kept = picture.get_bitmap(render=False).to_numpy().reshape(pixels.shape)
    assert np.array_equal(kept > 127, pixels > 127)


def stored_masks(path, folder) -> list[np.ndarray]:
    """Every stencil of the file as poppler decodes it: 255 where it paints."""
    subprocess.run(["pdfimages", "-png", path, folder / "stored"], check=True)
    listed = subprocess.run(["pdfimages", "-list", path], check=True, capture_output=True, text=True).stdout
    kinds = [line.split()[2] for line in listed.splitlines()[2:]]
    files = sorted(folder.glob("stored-*.png"))
    return [
        cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        for file, kind in zip(files, kinds, strict=True)
        if kind == "stencil"
    ]


@pytest.mark.parametrize("kind", range(4))
def test_every_stored_mask_is_bit_for_bit_the_one_that_was_made(tmp_path, kind):
    raster = scanned(sheets.all_kinds(4, 150)[kind].image, dpi=150)
    (stored,) = stored_masks(copy_of(raster, tmp_path), tmp_path)
    made = look_at(raster.pixels, raster.pixels_dpi).mask
    assert (made == 0).any()
    assert np.array_equal(stored == 255, made == 0)


def in_lab(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)


def ink(lab: np.ndarray, sector: tuple[float, float], chroma: float) -> np.ndarray:
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    return (np.hypot(lab[..., 1], lab[..., 2]) >= chroma) & ((hue - sector[0]) % 360 <= sector[1] - sector[0])


@pytest.mark.parametrize(("seals", "most_bytes", "most_away"), [(0, MOST_BYTES, 8.0), (3, 110_000, 9.0)])
def test_seals_and_signatures_keep_their_colour_and_weigh_little(tmp_path, seals, most_bytes, most_away):
    wear = Wear(texture=2.0, blur=0.7, noise_sigma=3.0, jpeg_quality=90, extra_seals=seals)
    raster = scanned(sheets.certificate(5).image, wear)
    out = copy_of(raster, tmp_path)
    assert out.stat().st_size <= most_bytes
    shown = drawn(out, raster.pixels.shape)
    before, after = (in_lab(picture) for picture in (raster.pixels, shown))
    inked = {sector: ink(before, sector, 25.0) for sector in (RED, BLUE)}
    for (low, high), there in inked.items():
        assert there.sum() > 1000
        assert (ink(after, (low - 10, high + 10), 12.5) & there).sum() >= 0.99 * there.sum()
    away = np.linalg.norm(before - after, axis=2)  # CIE Lab 1976
    assert away[inked[RED] | inked[BLUE]].mean() <= most_away


def test_a_page_without_ink_or_colour_is_smaller_still(tmp_path, decision_scan):
    grey = Raster(cv2.cvtColor(decision_scan.pixels, cv2.COLOR_BGR2GRAY), *A4)
    text = PageText(1, *A4, ())
    assert len(layers_of(decision_scan.pixels, text)) == 3
    assert len(layers_of(grey.pixels, text)) == 2
    assert copy_of(grey, tmp_path).stat().st_size < 50_000


def test_a_bilevel_page_is_its_own_mask(tmp_path, decision_scan):
    bilevel = text_mask(cv2.cvtColor(decision_scan.pixels, cv2.COLOR_BGR2GRAY), DPI)
    (layer,) = layers_of(bilevel, PageText(1, *A4, ()))
    assert layer.stream == g4_stream(bilevel)


def test_a_photograph_is_found_and_kept_as_a_picture(tmp_path):
    page, place = with_photograph(sheets.decision(3).image)
    raster = scanned(page)
    (found,) = find_photographs(raster.pixels, DPI)
    assert found.grown(12, page.shape).holds(place)
    assert place.grown(40, page.shape).holds(found)
    out = copy_of(raster, tmp_path)
    assert out.stat().st_size <= MOST_BYTES
    shown = drawn(out, page.shape)[place.window].astype(int)
    assert np.abs(shown - raster.pixels[place.window]).mean() < 8
    assert shown.std() > 0.9 * raster.pixels[place.window].std()


@pytest.mark.parametrize("seals", [0, 4])
@pytest.mark.parametrize("shade", [0.0, 0.5])
def test_text_seals_and_shade_are_no_photograph(seals, shade):
    for sheet in sheets.all_kinds(6, 150):
        worn = wear_down(sheet.image, Wear(shade=shade, extra_seals=seals, noise_sigma=3.0), 2, 150)
        assert find_photographs(np.ascontiguousarray(worn[..., ::-1]), 150) == ()


def test_a_seal_over_a_photograph_leaves_the_photograph_whole(tmp_path):
    page, place = with_photograph(sheets.decision(3).image)
    cv2.circle(page, (place.right, place.bottom), 200, (200, 34, 42), 12)
    raster = scanned(page)
    shown = drawn(copy_of(raster, tmp_path), page.shape)[place.window].astype(int)
    assert np.abs(shown - raster.pixels[place.window]).mean() < 8


def test_inks_apart_have_boxes_of_their_own():
    page = np.full((1754, 1240, 3), 245, np.uint8)
    cv2.circle(page, (300, 300), 100, (40, 30, 200), 6)
    cv2.putText(page, "ky ten", (700, 1400), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 2, (150, 60, 40), 3)
    cv2.putText(page, "chu den", (300, 900), cv2.FONT_HERSHEY_SIMPLEX, 2, (30, 30, 30), 4)
    seal, pen = find_inks(page, 150).regions
    assert seal.holds(Region(195, 195, 405, 405))
    assert pen.top > 1200


def test_coloured_paper_is_no_ink():
    page = np.full((877, 620, 3), (200, 190, 245), np.uint8)
    cv2.putText(page, "GIAY KHAI SINH", (60, 300), cv2.FONT_HERSHEY_SIMPLEX, 2, (30, 30, 30), 4)
    assert find_inks(page, 75).regions == ()


@pytest.mark.parametrize("pose", [Pose(90), Pose(0, 2.0), Pose(180, -3.0)])
def test_the_copy_lies_as_the_page_does(tmp_path, pose):
    image = np.ascontiguousarray(sheets.decision(7, 100).image[..., ::-1])
    size = A4 if pose.rotation % 180 == 0 else A4[::-1]
    raster = Raster(image, *A4)
    copy = copy_of(raster, tmp_path, pose, size=size)
    upright = upright_pixels(raster, pose)
    shown = drawn(copy, upright.shape, 100)
    assert np.abs(shown.astype(int) - upright).mean() < 8


def test_upright_pixels_lie_where_the_matrix_puts_the_scan(tmp_path):
    image = np.ascontiguousarray(sheets.decision(7, 100).image)
    scan = sheets.save(image, tmp_path / "scan.jpg", 100)
    raster, pose, crop = load_jpeg(scan), Pose(270, 2.0), Box(0.2, 0.3, 0.7, 0.9)
    text = PageText(1, 297 * 0.5, 210 * 0.6, ())
    write_page(archive_stream(raster), pose, text, tmp_path / "page.pdf", crop)
    pixels = upright_pixels(raster, pose, crop)
    shown = drawn(finished(tmp_path, tmp_path / "page.pdf"), pixels.shape, 100)
    smooth = [cv2.GaussianBlur(picture, (0, 0), 2.5).astype(int) for picture in (shown, pixels)]
    aside = cv2.phaseCorrelate(*(picture.min(axis=2).astype(np.float32) for picture in (shown, pixels)))[0]
    assert np.hypot(*aside) < 2  # pixels of 0.25 mm
    assert np.abs(smooth[0] - smooth[1])[4:-4, 4:-4].mean() < 5


regions = st.tuples(*[st.integers(0, 50)] * 2, *[st.integers(1, 30)] * 2).map(
    lambda at: Region(at[0], at[1], at[0] + at[2], at[1] + at[3])
)


@given(st.lists(regions, max_size=12))
def test_joined_regions_are_apart_and_hold_every_one(found):
    apart = disjoint(found)
    assert all(any(whole.holds(region) for whole in apart) for region in found)
    assert not any(one.meets(other) for one in apart for other in apart if one is not other)


def test_a_page_is_background_text_and_ink_laid_one_over_the_other(tmp_path, decision_scan):
    with pikepdf.open(copy_of(decision_scan, tmp_path)) as pdf:
        pictures = [pdf.pages[0].Resources.XObject[f"/Im{number}"] for number in range(3)]
        filters = [str(picture.Filter) for picture in pictures]
        assert filters == ["/DCTDecode", "/CCITTFaxDecode", "/DCTDecode"]
        assert [bool(picture.get("/ImageMask", False)) for picture in pictures] == [False, True, False]
