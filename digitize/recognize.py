"""Lines of words read from the reading plane by Tesseract: one start per page, one thread per process.

The picture is handed over as the path of a PGM file in memory-backed storage, the words come back as TSV.
"""

import csv
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytesseract
from pytesseract.pytesseract import run_tesseract

from digitize.model import Box, DigitizeFault, FaultCode, Line, Word
from digitize.raster import Pixels
from vietnamese.letters import nfc, with_real_d

LANGUAGE = "vie"
PAGE_LAYOUT = 3  # --psm: automatic
STRIP_LAYOUT = 6  # --psm: one block
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 memory-backed; a private folder is made inside
MEMORY_PREFIX = "motcua-page-"  # followed by the process that the workers belong to
WORD_LEVEL = "5"  # of TSV rows
SLOW_SECONDS = 20  # of Tesseract for one page; a page takes about 1.5
SMALLER_DPI = 200.0  # a page that takes longer is tried once more, smaller and as one block
LEAST_DPI, MOST_DPI, READING_DPI, ENLARGED_DPI = 140.0, 340.0, 300.0, 200.0
STRIP_ROWS = 160
STRIP_DPI = 180.0
STRIP_MARGIN = 12
STRIP_INK = 0.72  # of the paper's brightness
SOLID = 0.4  # of a row: a black edge or a bar, not letters
TIMED_OUT = "timeout"


@dataclass(frozen=True)
class Reading:
    """Lines as the reader gave them, top to bottom by block, and whether it came to the end of the page."""

    lines: tuple[Line, ...]
    is_complete: bool = True


def read_page(plane: Pixels, dpi: float, work: Path) -> Reading:
    """Read a whole upright page.

    Raises: DigitizeFault OCR_MISSING when Tesseract or its Vietnamese data is not installed.
    """
    scale = _reading_scale(dpi)
    try:
        return _read(plane, dpi, scale, PAGE_LAYOUT, work)
    except TimeoutError:
        with suppress(TimeoutError):
            return replace(
                _read(plane, dpi, min(scale, SMALLER_DPI / dpi), STRIP_LAYOUT, work), is_complete=False
            )
        return Reading((), is_complete=False)


def _read(plane: Pixels, dpi: float, scale: float, layout: int, work: Path) -> Reading:
    sized = _scaled(plane, scale)
    rows = _run(sized, round(dpi * scale), layout, work)
    height, width = sized.shape
    return Reading(tuple(_lines(rows, width, height)))


def read_strip(strip: Pixels, dpi: float, work: Path) -> tuple[Line, ...]:
    """Read lines that were laid one below the other as one block; none when that takes too long."""
    with suppress(TimeoutError):
        return _read(strip, dpi, _reading_scale(dpi), STRIP_LAYOUT, work).lines
    return ()


def strip_confidence(plane: Pixels, dpi: float, work: Path) -> float:
    """How surely the densest strip of text reads as Vietnamese (0-100), long words counting more."""
    strip = _densest_strip(_scaled(plane, min(1.0, STRIP_DPI / dpi)))
    try:
        rows = _run(strip, round(min(dpi, STRIP_DPI)), STRIP_LAYOUT, work)
    except TimeoutError:
        return 0.0
    return mean_confidence(tuple(_lines(rows, strip.shape[1], strip.shape[0])))


def mean_confidence(lines: tuple[Line, ...]) -> float:
    """Mean confidence of the words, weighted by their letters; 0 when there is none."""
    weighed = [
        (sum(letter.isalpha() for letter in word.text), word.confidence)
        for line in lines
        for word in line.words
    ]
    letters = sum(weight for weight, _ in weighed)
    return round(sum(weight * sure for weight, sure in weighed) / letters, 2) if letters else 0.0


def forget_pages(folder: Path = MEMORY_FOLDER) -> None:
    """Remove page pictures that a worker of this process, or of one that is gone, left when it was ended."""
    for left in folder.glob(f"{MEMORY_PREFIX}*-*"):
        owner = left.name.removeprefix(MEMORY_PREFIX).split("-", 1)[0]
        if owner == str(os.getpid()) or not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)


def clean(text: str) -> str:
    """A word in NFC, with the real đ, without characters that no paper shows."""
    kept = "".join(letter for letter in nfc(with_real_d(text)) if letter.isprintable())
    return re.sub(r"\s+", "", kept)


def _reading_scale(dpi: float) -> float:
    if dpi > MOST_DPI:
        return READING_DPI / dpi
    return ENLARGED_DPI / dpi if dpi < LEAST_DPI else 1.0


def _scaled(plane: Pixels, scale: float) -> Pixels:
    if scale == 1.0:
        return plane
    size = (max(1, round(plane.shape[1] * scale)), max(1, round(plane.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(plane, size, interpolation=how), np.uint8)


def _densest_strip(plane: Pixels) -> Pixels:
    """The rows that hold the most ink, cut where a row is lightest so that no line of text is split."""
    if plane.shape[0] <= STRIP_ROWS:
        return plane
    paper = float(np.percentile(plane[::4, ::4], 90))
    ink = (plane < paper * STRIP_INK).mean(axis=1)
    ink[ink > SOLID] = 0.0
    dense = np.convolve(ink, np.ones(STRIP_ROWS), "valid")
    top = int(dense.argmax())
    lowest = max(0, top - STRIP_MARGIN)
    top = lowest + int(ink[lowest : top + STRIP_MARGIN].argmin())
    return np.ascontiguousarray(plane[top : top + STRIP_ROWS])


def _run(plane: Pixels, dpi: int, layout: int, work: Path) -> list[dict[str, str]]:
    config = f"--psm {layout} --dpi {dpi} -c tessedit_create_tsv=1 -c tessedit_create_txt=0"
    with _memory_folder(work) as folder:
        image = folder / "page.pgm"
        image.write_bytes(b"P5\n%d %d\n255\n" % (plane.shape[1], plane.shape[0]) + plane.tobytes())
        _call(image, folder / "words", config)
        with (folder / "words.tsv").open(encoding="utf-8", errors="replace", newline="") as table:
            return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def _call(image: Path, out: Path, config: str) -> None:
    try:
        run_tesseract(str(image), str(out), "", LANGUAGE, config, 0, SLOW_SECONDS)
    except pytesseract.TesseractNotFoundError as missing:
        raise DigitizeFault(FaultCode.OCR_MISSING, "tesseract", None, str(missing)) from missing
    except pytesseract.TesseractError as failed:
        code = FaultCode.OCR_MISSING if LANGUAGE in str(failed.message) else FaultCode.PAGE_FAILED
        raise DigitizeFault(code, "tesseract", None, str(failed.message)) from failed
    except RuntimeError as slow:  # pytesseract's way to say that the time is over
        if TIMED_OUT in str(slow).lower():
            raise TimeoutError from slow
        raise


@contextmanager
def _memory_folder(work: Path) -> Iterator[Path]:
    parent = MEMORY_FOLDER if os.access(MEMORY_FOLDER, os.W_OK) else work
    with tempfile.TemporaryDirectory(prefix=f"{MEMORY_PREFIX}{os.getppid()}-", dir=parent) as name:
        yield Path(name)


def _lines(rows: list[dict[str, str]], width: int, height: int) -> Iterator[Line]:
    key: tuple[str, ...] | None = None
    words: list[Word] = []
    for row in rows:
        if row["level"] != WORD_LEVEL:
            continue
        at = row["block_num"], row["par_num"], row["line_num"]
        if at != key and words:
            yield Line(tuple(words))
            words = []
        key = at
        text = clean(row["text"] or "")
        if text:
            words.append(Word(text, _box(row, width, height), max(0.0, float(row["conf"]))))
    if words:
        yield Line(tuple(words))


def _box(row: dict[str, str], width: int, height: int) -> Box:
    left, top = int(row["left"]), int(row["top"])
    right, bottom = left + int(row["width"]), top + int(row["height"])
    return Box(
        round(left / width, 5),
        round(top / height, 5),
        round(min(right, width) / width, 5),
        round(min(bottom, height) / height, 5),
    )
