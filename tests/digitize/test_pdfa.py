"""Every rendition of every kind of page is PDF/A-2u of its paper's size: one run of veraPDF over them all."""

from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pytest

from digitize.model import Box, DigitizeFault, FaultCode, Line, PageText, Word
from digitize.pdf.check import inspect
from digitize.pdf.compact import write_compact
from digitize.pdf.compose import write_page
from digitize.pdf.reading_copy import write_reading_copy
from digitize.pixels.coding import archive_stream
from digitize.pixels.geometry import Pose
from digitize.pixels.raster import Raster
from digitize.sources.scans import load_jpeg
from scanner_adapters.simulator.papers import sheets
from tests.digitize.digitize_papers import finished

A4, A5 = (210.0, 297.0), (148.0, 210.0)
DPI = 100
LINES = (
    Line((Word("QUYẾT", Box(0.4, 0.1, 0.5, 0.12), 90.0), Word("ĐỊNH", Box(0.52, 0.1, 0.6, 0.12), 90.0))),
)
PART = Box(0.1, 0.1, 0.1 + A5[0] / A4[0], 0.1 + A5[1] / A4[1])


def write_archive(raster, pose, text, out, crop=None):
    write_page(archive_stream(raster), pose, text, out, crop)


RENDITIONS = {"archive": write_archive, "compact": write_compact, "reading copy": write_reading_copy}


@pytest.fixture(scope="module")
def scans(tmp_path_factory) -> dict[str, Raster]:
    """The same sheet in colour, in grey, in black and white, and without a JPEG of its own."""
    image = sheets.decision(7, DPI).image
    colour = load_jpeg(sheets.save(image, tmp_path_factory.mktemp("scans") / "colour.jpg", DPI))
    grey = cv2.cvtColor(colour.pixels, cv2.COLOR_BGR2GRAY)
    bilevel = np.where(grey < 128, 0, 255).astype(np.uint8)
    bare = {"grey": grey, "bilevel": bilevel, "no jpeg": colour.pixels}
    return {"colour": colour} | {kind: Raster(pixels, *A4) for kind, pixels in bare.items()}


def documents(scans: dict[str, Raster], folder: Path) -> dict[Path, tuple[float, float]]:
    """Every rendition of every scan, however it lies: the file, and its paper's size in mm."""
    ways = {"straight": (Pose(), None, A4), "skewed": (Pose(180, 2.5), None, A4)}
    ways |= {"sideways": (Pose(90), None, A4[::-1]), "cropped": (Pose(0, -1.5), PART, A5)}
    made = {}
    for rendition, write in RENDITIONS.items():
        for kind, raster in scans.items():
            for way, (pose, crop, size) in ways.items():
                place = folder / f"{rendition}, {kind}, {way}"
                place.mkdir(parents=True)
                text = PageText(1, *size, LINES)
                write(raster, pose, text, place / "page.pdf", crop)
                made[finished(place, place / "page.pdf")] = size
    return made


@pytest.mark.law("L2")
@pytest.mark.law("L4")
def test_every_rendition_is_pdfa_2u_and_as_large_as_its_paper(scans, tmp_path, verapdf):
    made = documents(scans, tmp_path)
    for path, size in made.items():
        inspect(path, [PageText(1, *size, LINES).text])
        with pikepdf.open(path) as pdf:
            box = [float(edge) / 72 * 25.4 for edge in pdf.pages[0].MediaBox]
        assert box[2:] == pytest.approx(size, abs=1), path
    verdicts = verapdf(made)
    assert [path.parent.name for path, passed in verdicts.items() if not passed] == []


@pytest.mark.parametrize("rendition", ["compact", "reading copy"])
def test_what_is_cut_away_is_not_in_the_lesser_renditions(scans, tmp_path, rendition):
    sizes = []
    for name, crop, size in (("whole", None, A4), ("part", PART, A5)):
        text = PageText(1, *size, ())
        RENDITIONS[rendition](scans["colour"], Pose(), text, tmp_path / f"{name}.pdf", crop)
        with pikepdf.open(tmp_path / f"{name}.pdf") as pdf:
            sizes.append(int(pdf.pages[0].Resources.XObject["/Im0"].Width))
    assert sizes[1] == pytest.approx(sizes[0] * A5[0] / A4[0], abs=2)


def test_a_compact_page_has_two_hundred_dots_to_the_inch_and_weighs_little(tmp_path):
    scan = sheets.save(sheets.decision(7).image, tmp_path / "scan.jpg", 300)
    write_compact(load_jpeg(scan), Pose(0, 1.0), PageText(1, *A4, LINES), tmp_path / "page.pdf")
    out = finished(tmp_path, tmp_path / "page.pdf")
    with pikepdf.open(out) as pdf:
        picture = pdf.pages[0].Resources.XObject["/Im0"]
        assert (int(picture.Width), int(picture.Height)) == pytest.approx((1654, 2339), abs=2)
    assert out.stat().st_size <= 400_000


@pytest.mark.parametrize("at", [0.0, 0.5, 0.99])
def test_a_picture_that_came_to_harm_is_noticed(scans, tmp_path, at):
    write_archive(scans["colour"], Pose(), PageText(1, *A4, LINES), tmp_path / "page.pdf")
    out = finished(tmp_path, tmp_path / "page.pdf")
    with pikepdf.open(out, allow_overwriting_input=True) as pdf:
        picture = pdf.pages[0].Resources.XObject["/Im0"]
        data = picture.read_raw_bytes()
        picture.write(data[: int(at * len(data))], filter=pikepdf.Name.DCTDecode)
        pdf.save(out)
    with pytest.raises(DigitizeFault) as told:
        inspect(out, [PageText(1, *A4, LINES).text])
    assert told.value.code is FaultCode.PDFA_INVALID
