"""Is this file whole, and what is in it? Judged by its bytes, never by its name.

A page counts only when its container is complete and every pixel of it decodes: half a JPEG in a well-framed
transfer is half a page. Parsing foreign bytes is the caller's risk: the office does it in a confined child.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pypdfium2
from PIL import Image, UnidentifiedImageError

from scanner_adapters.model import FaultCode, ScanFault

MOST_PIXELS = 200_000_000  # an A3 page at 1200 dpi
MOST_FRAMES = 500
MAGIC = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
    b"%PDF-": "application/pdf",
}
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/tiff": ".tif", "application/pdf": ".pdf"}
JPEG_END = b"\xff\xd9"
TAIL = 64


@dataclass(frozen=True)
class Contents:
    """What a whole file holds: type by magic, pixels of its first frame (0 for a PDF), dpi, frames."""

    media_type: str
    width: int
    height: int
    dpi: tuple[float, float] | None
    frames: int

    @property
    def suffix(self) -> str:
        """The file name's ending for this type."""
        return SUFFIXES[self.media_type]


def inspect(path: Path) -> Contents:
    """Look at the whole file.

    Raises: ScanFault INCOMPLETE for a cut file, NOT_A_PAGE for another kind of file, ENCRYPTED, TOO_LARGE.
    """
    with path.open("rb") as source:
        head = source.read(TAIL)
        source.seek(max(0, path.stat().st_size - TAIL))
        tail = source.read()
    if not head:
        raise ScanFault(FaultCode.INCOMPLETE, "empty file")
    media_type = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    if media_type is None:
        raise ScanFault(FaultCode.NOT_A_PAGE, path.name)
    if media_type == "application/pdf":
        return _pdf(path)
    if media_type == "image/jpeg" and JPEG_END not in tail:
        raise ScanFault(FaultCode.INCOMPLETE, "JPEG without its end")
    return _picture(path, media_type)


def _picture(path: Path, media_type: str) -> Contents:
    with _decoding(), Image.open(path) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ScanFault(FaultCode.TOO_LARGE, f"{picture.width} x {picture.height}")
        frames = int(getattr(picture, "n_frames", 1))
        if frames > MOST_FRAMES:
            raise ScanFault(FaultCode.TOO_LARGE, f"{frames} pages")
        size, dpi = picture.size, picture.info.get("dpi")
        for frame in range(frames):
            picture.seek(frame)
            picture.load()
    known = (float(dpi[0]), float(dpi[1])) if dpi and min(dpi) > 1 else None
    return Contents(media_type, size[0], size[1], known, frames)


def _pdf(path: Path) -> Contents:
    with _decoding():
        try:
            with pikepdf.open(path) as pdf:
                frames = len(pdf.pages)
        except pikepdf.PasswordError as locked:
            raise ScanFault(FaultCode.ENCRYPTED, path.name) from locked
        document = pypdfium2.PdfDocument(path)
        try:
            readable = len(document)
        finally:
            document.close()
    if frames == 0 or readable != frames:
        raise ScanFault(FaultCode.INCOMPLETE, f"{readable} of {frames} pages")
    if frames > MOST_FRAMES:
        raise ScanFault(FaultCode.TOO_LARGE, f"{frames} pages")
    return Contents("application/pdf", 0, 0, None, frames)


@contextmanager
def _decoding() -> Iterator[None]:
    """Whatever a decoder says against a file means that the file is not whole."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    except Image.DecompressionBombError as bomb:
        raise ScanFault(FaultCode.TOO_LARGE, str(bomb)) from bomb
    except (UnidentifiedImageError, pikepdf.PdfError, pypdfium2.PdfiumError) as broken:
        raise ScanFault(FaultCode.INCOMPLETE, str(broken)) from broken
    except (OSError, SyntaxError, ValueError, EOFError) as broken:
        raise ScanFault(FaultCode.INCOMPLETE, str(broken)) from broken
