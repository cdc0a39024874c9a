"""Tesseract as a process: one start per picture, one thread, words as TSV rows.

The picture is handed over as the path of a PGM file in memory-backed storage. How long it may take is counted
in seconds of the processor, so that a page is read alike in a busy house and in a quiet one.
"""

import csv
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytesseract.pytesseract import get_errors, tesseract_cmd

from digitize.model import Box, DigitizeFault, FaultCode, Line, Word
from digitize.pixels.raster import Pixels
from vietnamese.letters import nfc, with_real_d

LANGUAGE = "vie"
PAGE_LAYOUT = 3  # --psm: automatic
BLOCK_LAYOUT = 6  # --psm: one block
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 memory-backed; a private folder is made inside
MEMORY_PREFIX = "motcua-page-"  # followed by the process that the workers belong to
WORD_LEVEL = "5"  # of TSV rows
WORK_SECONDS = 20  # of the processor, of Tesseract for one picture; a page takes about 1.5
# Who stands behind walls may limit itself alone; where less is left already, that stays.
LIMITED = ("/bin/sh", "-c", 'ulimit -S -t "$0" 2>/dev/null; exec "$@"')
SLOW_SECONDS = 50  # of the wall clock: it waits for something that does not come
FRACTION_STROKE = "\u2044"  # as Tesseract likes to read the stroke of dates and signs


def read_lines(plane: Pixels, dpi: float, layout: int, work: Path) -> tuple[Line, ...]:
    """The lines that Tesseract finds in a grey picture, top to bottom by block.

    Raises: DigitizeFault OCR_MISSING when Tesseract or its Vietnamese data is not installed; TimeoutError.
    """
    height, width = plane.shape
    return tuple(_lines(_run(plane, round(dpi), layout, work), width, height))


def forget_pages(folder: Path = MEMORY_FOLDER) -> None:
    """Remove page pictures that a worker of this process, or of one that is gone, left when it was ended."""
    for left in folder.glob(f"{MEMORY_PREFIX}*-*"):
        owner = left.name.removeprefix(MEMORY_PREFIX).split("-", 1)[0]
        if owner == str(os.getpid()) or not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)


def clean(text: str) -> str:
    """A word in NFC, with the real đ and the plain stroke, without characters that no paper shows."""
    plain = nfc(with_real_d(text)).replace(FRACTION_STROKE, "/")
    kept = "".join(letter for letter in plain if letter.isprintable())
    return re.sub(r"\s+", "", kept)


def _run(plane: Pixels, dpi: int, layout: int, work: Path) -> list[dict[str, str]]:
    config = f"--psm {layout} --dpi {dpi} -c tessedit_create_tsv=1 -c tessedit_create_txt=0"
    with _memory_folder(work) as folder:
        image = folder / "page.pgm"
        image.write_bytes(b"P5\n%d %d\n255\n" % (plane.shape[1], plane.shape[0]) + plane.tobytes())
        _call(image, folder / "words", config)
        with (folder / "words.tsv").open(encoding="utf-8", errors="replace", newline="") as table:
            return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def _call(image: Path, out: Path, config: str) -> None:
    if shutil.which(tesseract_cmd) is None:
        raise DigitizeFault(FaultCode.OCR_MISSING, "tesseract", None, f"{tesseract_cmd} is not installed")
    process = subprocess.Popen(
        (*LIMITED, str(WORK_SECONDS), tesseract_cmd, str(image), str(out), "-l", LANGUAGE, *config.split()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            _, told = process.communicate(timeout=SLOW_SECONDS)
        except subprocess.TimeoutExpired as slow:
            process.kill()
            raise TimeoutError from slow
    if process.returncode == -signal.SIGXCPU:
        raise TimeoutError
    if process.returncode:
        detail = get_errors(told)
        code = FaultCode.OCR_MISSING if LANGUAGE in detail else FaultCode.PAGE_FAILED
        raise DigitizeFault(code, "tesseract", None, detail)


@contextmanager
def _memory_folder(work: Path) -> Iterator[Path]:
    """In memory where that is allowed: for all, or as this process's own temporary folder; else in `work`."""
    prefix = f"{MEMORY_PREFIX}{os.getppid()}-"
    for parent in (MEMORY_FOLDER, Path(tempfile.gettempdir()), work):
        try:
            folder = tempfile.TemporaryDirectory(prefix=prefix, dir=parent)
        except OSError:
            continue
        with folder as name:
            yield Path(name)
        return
    raise FileNotFoundError(work)


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
