"""Whole files are told by their bytes; cut ones are refused wherever they are cut."""

import random
import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scanner_adapters.container import inspect
from scanner_adapters.folder.wholeness import require_whole
from scanner_adapters.model import FaultCode, ScanFault
from tests.scanner_adapters.scan_files import jpeg, pdf, picture, tiff, written

KINDS = {
    "baseline JPEG": (jpeg(), "image/jpeg", 1),
    "progressive JPEG": (jpeg(progressive=True), "image/jpeg", 1),
    "JPEG with restart markers": (jpeg(restart_marker_blocks=3), "image/jpeg", 1),
    "JPEG with a thumbnail": (jpeg(exif=b"Exif\0\0II*\0" + jpeg(7, 16, 16)), "image/jpeg", 1),
    "grey JPEG": (written(picture().convert("L"), "JPEG"), "image/jpeg", 1),
    "PNG": (written(picture(), "PNG", dpi=(300, 300)), "image/png", 1),
    "one-bit PNG": (written(picture().convert("1"), "PNG"), "image/png", 1),
    "plain TIFF": (tiff(), "image/tiff", 1),
    "fax TIFF": (written(picture().convert("1"), "TIFF", compression="group4"), "image/tiff", 1),
    "LZW TIFF": (tiff(compression="tiff_lzw"), "image/tiff", 1),
    "JPEG in TIFF": (tiff(compression="jpeg"), "image/tiff", 1),
    "TIFF of three pages": (tiff(3, compression="tiff_deflate"), "image/tiff", 3),
    "big-endian TIFF": (written(Image.new("I;16B", (64, 48), 4711), "TIFF"), "image/tiff", 1),
    "PDF": (pdf(), "application/pdf", 1),
    "PDF of three pages": (pdf(3), "application/pdf", 3),
    "PDF for the web": (pdf(3, linearize=True), "application/pdf", 3),
    "PDF with object streams": (
        pdf(2, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        "application/pdf",
        2,
    ),
}
UNCOMPRESSED = {"plain TIFF", "big-endian TIFF"}  # nothing tells zeros in these from black pixels
BOMB = struct.pack(">II", 60_000, 60_000) + b"\x08\x02\0\0\0"


@pytest.fixture
def file_of(tmp_path):
    def make(content: bytes):
        path = tmp_path / "given"
        path.write_bytes(content)
        return path

    return make


def fault_of(path) -> FaultCode | None:
    try:
        inspect(path)
    except ScanFault as fault:
        return fault.code
    return None


def some(places: range, count: int) -> list[int]:
    return random.Random(count).sample(places, count)  # noqa: S311 a choice that can be made again


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_is_told_by_its_bytes(file_of, kind):
    content, media_type, frames = KINDS[kind]
    found = inspect(file_of(content))
    assert (found.media_type, found.frames) == (media_type, frames)
    assert (found.width, found.height) == ((0, 0) if media_type == "application/pdf" else (64, 48))
    assert found.suffix == {"image/jpeg": ".jpg", "image/png": ".png", "image/tiff": ".tif"}.get(
        media_type, ".pdf"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_is_never_whole(file_of, kind):
    content = KINDS[kind][0]
    needed = len(content.rstrip(b"\r\n")) - 4 * kind.startswith("TIFF of")  # PIL writes 4 bytes too many
    places = {*range(1, 20), *range(needed - 20, needed), *some(range(1, needed), 60)}
    assert {fault_of(file_of(content[:place])) for place in places} == {FaultCode.INCOMPLETE_FILE}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "JPEG" in kind and "TIFF" not in kind])
def test_a_cut_jpeg_that_was_given_an_end_is_not_whole(file_of, kind):
    content = KINDS[kind][0]
    wrong = [
        place
        for place in [*some(range(4, len(content) - 2), 100), *range(len(content) - 20, len(content) - 2)]
        if fault_of(file_of(content[:place] + b"\xff\xd9")) is None
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - UNCOMPRESSED))
def test_a_file_with_a_hole_of_zeros_at_its_end_is_not_whole(file_of, kind):
    content = KINDS[kind][0]
    for part in (0.3, 0.6, 0.9):
        kept = int(len(content) * part)
        assert fault_of(file_of(content[:kept].ljust(len(content), b"\0"))) is FaultCode.INCOMPLETE_FILE


@pytest.mark.parametrize("kind", ["baseline JPEG", "PNG", "plain TIFF", "PDF"])
def test_zeros_behind_the_end_do_no_harm(file_of, kind):
    content, media_type, _ = KINDS[kind]
    assert inspect(file_of(content + bytes(512))).media_type == media_type


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_bytes_are_damaged_the_answer_is_a_fault_or_the_contents(file_of, kind):
    content, chance = KINDS[kind][0], random.Random(kind)  # noqa: S311 a choice that can be made again
    for _ in range(25):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(8, len(damaged))] = chance.randrange(256)
        assert fault_of(file_of(bytes(damaged))) in (None, FaultCode.INCOMPLETE_FILE, FaultCode.TOO_LARGE)


@given(st.sampled_from(["image/jpeg", "image/png", "image/tiff", "application/pdf"]), st.binary(max_size=200))
def test_no_bytes_make_the_walk_fail_otherwise_than_by_a_fault(media_type, content):
    for head in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        with suppress(ScanFault):
            require_whole(head + content, media_type)


@pytest.mark.parametrize(
    "content", [b"MZ\x90\0 a program", b"GIF89a", b"PK\x03\x04", b"<!doctype html>", b"\0" * 900, b"RIFF"]
)
def test_another_kind_of_file_is_no_page(file_of, content):
    assert fault_of(file_of(content)) is FaultCode.NOT_A_PAGE


def test_an_empty_file_may_still_be_filled(file_of):
    assert fault_of(file_of(b"")) is FaultCode.INCOMPLETE_FILE


def test_a_locked_pdf_is_told_apart_from_a_broken_one(file_of):
    locked = pdf(encryption=pikepdf.Encryption(owner="chủ", user="khóa"))
    assert fault_of(file_of(locked)) is FaultCode.ENCRYPTED
    assert fault_of(file_of(locked[: len(locked) // 2])) is FaultCode.INCOMPLETE_FILE


def test_a_pdf_without_a_page_is_no_page(file_of):
    held = BytesIO()
    pikepdf.new().save(held)
    assert fault_of(file_of(held.getvalue())) is FaultCode.INCOMPLETE_FILE


def test_a_picture_that_would_fill_the_memory_is_too_large(file_of):
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", BOMB) + pixels + chunk(b"IEND", b"")
    assert fault_of(file_of(bomb)) is FaultCode.TOO_LARGE


def test_a_picture_just_over_the_limit_is_too_large(file_of):
    size = struct.pack(">II", 10_000, 15_001) + b"\x08\0\0\0\0"
    big = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    assert fault_of(file_of(big)) is FaultCode.TOO_LARGE


def test_more_pages_than_a_file_may_have_are_too_large(file_of):
    dot = Image.new("1", (1, 1))
    assert fault_of(file_of(written(dot, "TIFF", save_all=True, append_images=[dot] * 500))) is (
        FaultCode.TOO_LARGE
    )


def test_a_tiff_whose_directories_form_a_ring_is_refused(file_of):
    content = bytearray(tiff())
    start = struct.unpack("<I", content[4:8])[0]
    entries = struct.unpack("<H", content[start : start + 2])[0]
    following = start + 2 + 12 * entries
    content[following : following + 4] = struct.pack("<I", start)
    assert fault_of(file_of(bytes(content))) is FaultCode.INCOMPLETE_FILE


def test_the_resolution_is_told_when_the_file_knows_it(file_of):
    assert inspect(file_of(jpeg())).dpi == (300, 300)
    assert inspect(file_of(tiff())).dpi == (200, 200)
    assert inspect(file_of(written(picture(), "JPEG"))).dpi is None


def test_the_second_picture_of_a_phones_jpeg_is_no_page(file_of):
    found = inspect(file_of(written(picture(), "MPO", save_all=True, append_images=[picture(1)])))
    assert (found.media_type, found.frames) == ("image/jpeg", 1)


@pytest.mark.parametrize("seed", range(4))
def test_smooth_and_white_pictures_are_whole_too(file_of, seed):
    paper = Image.new("RGB", (200 + seed, 301), (255, 255, 255 - seed))
    assert inspect(file_of(written(paper, "JPEG", quality=30 + 20 * seed))).height == 301
    grey = Image.new("L", (33 + seed, 17), 128)
    assert inspect(file_of(written(grey, "JPEG", progressive=seed % 2 == 0))).height == 17
