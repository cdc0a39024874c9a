"""What machines deliver: whole files are taken as what they are, parts of them are refused."""

import random

import pikepdf
import pytest

from scanner_adapters.container import inspect
from scanner_adapters.model import ColorMode, FaultCode, ScanFault
from scanner_adapters.raster import measure
from tests.scanner_adapters import captures
from tests.scanner_adapters.captures import every_capture, require_captures

WHOLE = [*captures.PICTURES, *captures.DOCUMENTS]
CUTS = 20  # of each file, at random, and once just before its end
CUTS_OF_LARGE, LARGE = 4, 400_000  # a picture of 36 million pixels is not decoded twenty times
LAST_BYTE_OF_A_PDF = b"\n"  # may be missing


@pytest.fixture(autouse=True)
def on_the_shelf():
    require_captures()


def cuts_of(whole: bytes) -> list[int]:
    """Lengths at which a part of the file ends, from nothing to all but the last byte that matters."""
    chance = random.Random(len(whole))  # noqa: S311 places, not secrets
    count = CUTS if len(whole) < LARGE else CUTS_OF_LARGE
    needed = len(whole.rstrip(LAST_BYTE_OF_A_PDF)) if whole.startswith(b"%PDF") else len(whole)
    return [0, 4, *(chance.randrange(8, needed) for _ in range(count)), needed - 1]


@every_capture(captures.PICTURES)
def test_a_picture_is_what_it_is(path):
    media_type, size, dpi, color = captures.PICTURES[path]
    found = inspect(path)
    assert (found.media_type, (found.width, found.height), found.frames) == (media_type, size, 1)
    assert (found.dpi, found.color) == (dpi, color)


@every_capture(captures.DOCUMENTS)
def test_a_document_is_what_it_is(path):
    found = inspect(path)
    assert (found.media_type, found.frames) == ("application/pdf", len(captures.DOCUMENTS[path]))
    with pikepdf.open(path) as pdf:
        sizes = [tuple(float(side) for side in page.mediabox[2:]) for page in pdf.pages]
    assert sizes == captures.DOCUMENTS[path]


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.name)
def test_a_part_of_a_file_is_no_page(path, tmp_path):
    whole, part = path.read_bytes(), tmp_path / "part"
    for length in cuts_of(whole):
        part.write_bytes(whole[:length])
        with pytest.raises(ScanFault) as cut:
            inspect(part)
        assert cut.value.code is FaultCode.INCOMPLETE_FILE, length


@every_capture(captures.REFUSED)
def test_what_is_no_whole_page_is_refused_at_any_length(path, tmp_path):
    whole, part = path.read_bytes(), tmp_path / "part"
    for length in (len(whole), *(length for length in cuts_of(whole) if length)):
        part.write_bytes(whole[:length])
        with pytest.raises(ScanFault) as refused:
            inspect(part)
        assert refused.value.code in (captures.REFUSED[path], FaultCode.INCOMPLETE_FILE), length
    part.write_bytes(whole)
    with pytest.raises(ScanFault) as refused:
        inspect(part)
    assert refused.value.code is captures.REFUSED[path]


@every_capture(captures.RASTERS)
def test_rows_without_a_container_are_no_page_and_make_a_raster_of_their_size(path, tmp_path):
    with pytest.raises(ScanFault, match="NOT_A_PAGE"):
        inspect(path)
    color, (width, height) = captures.RASTERS[path]
    head = f"P4\n{width} {height}\n" if color is ColorMode.BW else f"P5\n{width} {height}\n255\n"
    rows, raster = path.read_bytes(), tmp_path / "rows.pnm"
    raster.write_bytes(head.encode() + rows)
    found = measure(raster)
    assert (found.color, (found.width, found.height)) == (color, (width, height))
    for length in cuts_of(rows):
        raster.write_bytes(head.encode() + rows[:length])
        with pytest.raises(ScanFault, match="INCOMPLETE_FILE"):
            measure(raster)
