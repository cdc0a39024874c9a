"""What is seen stays the scan: its stream byte for byte, its place by matrix and clip, its scale true."""

import hashlib
import math

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitize.model import Box, PageText
from digitize.pdf.compose import placement, write_page
from digitize.pixels.coding import archive_stream
from digitize.pixels.geometry import Pose
from digitize.sources.scans import load_jpeg
from scanner_adapters.simulator.papers import sheets
from tests.digitize.digitize_papers import finished

A4 = (210.0, 297.0)
A5 = (148.0, 210.0)
ID_1 = (85.6, 54.0)
DPI = 100
PLATEN = (115, 112, 108)


def on_platen(paper: np.ndarray, middle_mm: tuple[float, float], skew: float) -> np.ndarray:
    """A paper that lies on an A4 platen, its middle at `middle_mm`, turned counter-clockwise."""
    size = tuple(round(side * DPI / 25.4) for side in A4)
    height, width = paper.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    matrix[:, 2] += np.array(middle_mm) * DPI / 25.4 - (width / 2, height / 2)
    options = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_CONSTANT, "borderValue": PLATEN}
    return np.asarray(cv2.warpAffine(paper, matrix, size, **options), np.uint8)


def crop_of(paper_mm: tuple[float, float], middle_mm: tuple[float, float], skew: float) -> Box:
    """Where the paper lies once the platen's picture is straightened about its own middle."""
    angle = math.radians(-skew)
    x, y = middle_mm[0] - A4[0] / 2, middle_mm[1] - A4[1] / 2
    across = x * math.cos(angle) + y * math.sin(angle) + A4[0] / 2
    down = y * math.cos(angle) - x * math.sin(angle) + A4[1] / 2
    width, height = paper_mm
    return Box(
        (across - width / 2) / A4[0],
        (down - height / 2) / A4[1],
        (across + width / 2) / A4[0],
        (down + height / 2) / A4[1],
    )


def drawn(path, dpi=DPI) -> np.ndarray:
    with pypdfium2.PdfDocument(path) as document:
        return document[0].render(scale=dpi / 72).to_numpy().copy()


def embedded_digest(path) -> str:
    with pikepdf.open(path) as pdf:
        (picture,) = pdf.pages[0].get_images().values()
        assert picture.Filter == pikepdf.Name.DCTDecode
        return hashlib.sha256(picture.read_raw_bytes()).hexdigest()


def smooth(picture: np.ndarray) -> np.ndarray:
    """What is left when strokes are spread out, so that a pixel aside makes little difference."""
    return cv2.GaussianBlur(picture, (0, 0), 2.5).astype(int)


def moved_by(one: np.ndarray, other: np.ndarray) -> float:
    """How many pixels one picture has to be moved to lie on the other."""
    grey = [np.ascontiguousarray(picture).min(axis=2).astype(np.float32) for picture in (one, other)]
    return float(np.hypot(*cv2.phaseCorrelate(*grey)[0]))


@pytest.fixture(scope="module")
def decision_at_100() -> np.ndarray:
    return sheets.decision(7, DPI).image


@pytest.mark.parametrize(
    ("pose", "crop"),
    [
        pytest.param(Pose(), None, id="straight"),
        pytest.param(Pose(90), None, id="turned"),
        pytest.param(Pose(180, -1.5), None, id="upside down and skewed"),
        pytest.param(Pose(0, 3.2), None, id="skewed"),
        pytest.param(Pose(), Box(0.1, 0.1, 0.6, 0.5), id="cropped"),
        pytest.param(Pose(270, 2.0), Box(0.2, 0.3, 0.7, 0.9), id="turned, skewed and cropped"),
    ],
)
def test_the_embedded_stream_is_the_scans_own_bytes_however_the_page_lies(
    tmp_path, decision_at_100, pose, crop
):
    scan = sheets.save(decision_at_100, tmp_path / "scan.jpg", DPI)
    shown = crop or Box(0, 0, 1, 1)
    across, along = A4 if pose.rotation % 180 == 0 else A4[::-1]
    size = (across * (shown.right - shown.left), along * (shown.bottom - shown.top))
    write_page(archive_stream(load_jpeg(scan)), pose, PageText(1, *size, ()), tmp_path / "p.pdf", crop)
    out = finished(tmp_path, tmp_path / "p.pdf")
    assert embedded_digest(out) == hashlib.sha256(scan.read_bytes()).hexdigest()


@pytest.mark.parametrize(("paper_mm", "skew"), [(A5, 0.0), (A5, 4.0), (ID_1, -2.5)])
def test_a_small_paper_on_the_platen_is_shown_alone_and_true_to_size(
    tmp_path, decision_at_100, paper_mm, skew
):
    width, height = (round(side * DPI / 25.4) for side in paper_mm)
    paper = np.ascontiguousarray(decision_at_100[60 : 60 + height, 60 : 60 + width])
    middle = (90.0, 130.0)
    scan = sheets.save(on_platen(paper, middle, skew), tmp_path / "scan.jpg", DPI)
    crop = crop_of(paper_mm, middle, skew)
    text = PageText(1, *paper_mm, ())
    write_page(archive_stream(load_jpeg(scan)), Pose(0, -skew), text, tmp_path / "p.pdf", crop)
    out = finished(tmp_path, tmp_path / "p.pdf")
    with pikepdf.open(out) as pdf:
        box = [float(edge) for edge in pdf.pages[0].MediaBox]
    assert [side / 72 * 25.4 for side in box[2:]] == pytest.approx(paper_mm, abs=0.1)
    seen = drawn(out)
    assert seen.shape[:2] == pytest.approx((height, width), abs=1)
    wanted = cv2.resize(paper, (seen.shape[1], seen.shape[0]))[..., ::-1]
    inner = (slice(4, -4), slice(4, -4))
    assert moved_by(seen, wanted) < 0.4 * DPI / 25.4  # 0.4 mm
    assert np.abs(smooth(seen)[inner] - smooth(wanted)[inner]).mean() < 5
    assert seen[inner].min(axis=2)[:20].mean() > 150  # no platen is seen above the paper


def test_a_cropped_page_hides_its_surroundings_wherever_it_is_placed(tmp_path, decision_at_100):
    scan = sheets.save(decision_at_100, tmp_path / "scan.jpg", DPI)
    text = PageText(1, 105.0, 148.5, ())
    out = tmp_path / "p.pdf"
    write_page(archive_stream(load_jpeg(scan)), Pose(), text, out, Box(0.25, 0.25, 0.75, 0.75))
    with pikepdf.open(out) as pdf, pikepdf.new() as larger:
        larger.add_blank_page(page_size=(600, 850))
        form = larger.copy_foreign(pdf.pages[0].as_form_xobject())
        form.BBox = pikepdf.Array([-300, -300, 900, 1200])
        name = larger.pages[0].add_resource(form, pikepdf.Name.XObject)
        larger.pages[0].Contents = larger.make_stream(f"q 1 0 0 1 150 200 cm {name} Do Q".encode())
        larger.save(tmp_path / "larger.pdf")
    seen = drawn(tmp_path / "larger.pdf", 72).min(axis=2)
    assert (seen[: 850 - 200 - 422] == 255).all()
    assert (seen[:, :149] == 255).all()
    assert (seen < 128).any()


fractions = st.floats(0.0, 0.4), st.floats(0.0, 0.4), st.floats(0.6, 1.0), st.floats(0.6, 1.0)


@given(st.sampled_from([0, 90, 180, 270]), st.floats(-10, 10), st.tuples(*fractions))
def test_cropping_moves_the_picture_and_never_scales_it(rotation, skew, edges):
    crop = Box(*edges)
    width, height = 595.0 * (crop.right - crop.left), 842.0 * (crop.bottom - crop.top)
    whole = placement(Pose(rotation, skew), 595.0, 842.0)
    part = placement(Pose(rotation, skew), width, height, crop)
    assert part[:4] == pytest.approx(whole[:4])
    moved = (whole[4] - part[4], whole[5] - part[5])
    assert moved == pytest.approx((595.0 * crop.left, 842.0 * (1 - crop.bottom)), abs=1e-6)
