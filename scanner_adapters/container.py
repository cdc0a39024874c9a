"""Is this file whole, and what is in it? Judged by its bytes, never by its name.

A page counts only when its container is complete and every pixel of it decodes: half a JPEG in a well-framed
transfer is half a page. Parsing foreign bytes is the caller's risk: the office does it in a confined child.
"""

import mmap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
from PIL import Image

from scanner_adapters.folder.wholeness import padded_jpeg, require_whole
from scanner_adapters.model import ColorMode, FaultCode, ScanFault

MOST_PIXELS = 150_000_000  # a page of A4 at 1200 dpi has 139 million
MOST_FRAMES = 500
MAGIC = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
    b"%PDF-": "application/pdf",
}
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/tiff": ".tif", "application/pdf": ".pdf"}
DECODERS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/tiff": "TIFF"}
COLORS = {"1": ColorMode.BW, "L": ColorMode.GRAY, "RGB": ColorMode.COLOR, "YCbCr": ColorMode.COLOR}  # by mode
LAST_ROWS = 64  # pixels: at least the last row of blocks of a JPEG, whatever its sampling


@dataclass(frozen=True)
class Contents:
    """What a whole file holds: type by magic, pixels of its first frame (0 for a PDF), dpi, pages, colour."""

    media_type: str
    width: int
    height: int
    dpi: tuple[float, float] | None
    frames: int
    color: ColorMode | None = None

    @property
    def suffix(self) -> str:
        """The file name's ending for this type."""
        return SUFFIXES[self.media_type]


def inspect(path: Path) -> Contents:
    """Look at the whole file.

    Raises: ScanFault INCOMPLETE_FILE for a cut file, NOT_A_PAGE for another kind, ENCRYPTED, TOO_LARGE.
    """
    if path.stat().st_size == 0:
        raise ScanFault(FaultCode.INCOMPLETE_FILE, "empty file")
    with path.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
        media_type = _type_of(data)
        with _decoding():
            require_whole(data, media_type)
            return _pdf(path) if media_type == "application/pdf" else _picture(path, data, media_type)


def unlock(source: Path, password: str, target: Path) -> None:
    """Write a PDF without its password. Raises: ScanFault ENCRYPTED when the password is another one."""
    with _decoding(), pikepdf.open(source, password=password) as pdf:
        pdf.save(target)


def _type_of(data: mmap.mmap) -> str:
    head = data[:8]
    if any(magic.startswith(head) and magic != head for magic in MAGIC):
        raise ScanFault(FaultCode.INCOMPLETE_FILE, "the first bytes of a page")
    kind = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    if kind is None:
        raise ScanFault(FaultCode.NOT_A_PAGE, f"starts with {head.hex()}")
    return kind


def _picture(path: Path, data: mmap.mmap, media_type: str) -> Contents:
    with Image.open(path, formats=(DECODERS[media_type],)) as picture:
        # A phone's JPEG may hold a second picture behind the first: it is not a second page.
        frames = 1 if media_type == "image/jpeg" else int(getattr(picture, "n_frames", 1))
        _require_at_most(frames, MOST_FRAMES, "pages")
        size, dpi, color = picture.size, _dpi(picture), COLORS.get(picture.mode)
        for frame in range(frames):
            picture.seek(frame)
            _require_at_most(picture.width * picture.height, MOST_PIXELS, "pixels")
            picture.load()
        if media_type == "image/jpeg":
            _require_every_block(picture, data)
    return Contents(media_type, size[0], size[1], dpi, frames, color)


def _require_every_block(picture: Image.Image, data: mmap.mmap) -> None:
    band = (0, max(0, picture.height - LAST_ROWS), picture.width, picture.height)
    with Image.open(BytesIO(padded_jpeg(data)), formats=("JPEG",)) as padded:
        if padded.crop(band).tobytes() != picture.crop(band).tobytes():
            raise ScanFault(FaultCode.INCOMPLETE_FILE, "JPEG ends before its last block")


def _dpi(picture: Image.Image) -> tuple[float, float] | None:
    told = picture.info.get("dpi")
    return (float(told[0]), float(told[1])) if told and min(told) > 1 else None


def _pdf(path: Path) -> Contents:
    # No recovery: what a tolerant reader would rebuild from a damaged file are the pages that are left of it.
    with pikepdf.open(path, attempt_recovery=False) as pdf:
        frames = len(pdf.pages)
        _require_at_most(frames, MOST_FRAMES, "pages")
        for page in pdf.pages:
            for image in page.images.values():
                image.read_raw_bytes()
    document = pypdfium2.PdfDocument(path)
    try:
        readable = len(document)
    finally:
        document.close()
    if frames == 0 or readable != frames:
        raise ScanFault(FaultCode.INCOMPLETE_FILE, f"{readable} of {frames} pages")
    return Contents("application/pdf", 0, 0, None, frames)


def _require_at_most(found: int, most: int, what: str) -> None:
    if found > most:
        raise ScanFault(FaultCode.TOO_LARGE, f"{found} {what}")


@contextmanager
def _decoding() -> Iterator[None]:
    """Whatever a decoder says against a file means that the file is not whole."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd but decodes is no fault of the page
            yield
    except ScanFault:
        raise
    except Image.DecompressionBombError as bomb:
        raise ScanFault(FaultCode.TOO_LARGE, str(bomb)) from bomb
    except pikepdf.PasswordError as locked:
        raise ScanFault(FaultCode.ENCRYPTED) from locked
    except Exception as broken:  # decoders fail in every way there is when bytes are bad
        raise ScanFault(FaultCode.INCOMPLETE_FILE, f"{type(broken).__name__}: {broken}") from broken
