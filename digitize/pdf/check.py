"""Our own inspection of a finished file: it opens, has its pages, says what it is, gives back its words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pikepdf
import pypdfium2

from digitize.model import DigitizeFault, FaultCode
from digitize.pixels import jpeg

LOST_OR_FOUND = 0.02  # of the letters: pdfium takes equal letters that overlap for one
PAGES_AT_ONCE = 16
HYPHENS = {0xFFFE: "-", 0x2: "-"}  # pdfium's own marks for a hyphen at a line's end


def inspect(path: Path, texts: Iterable[str | None]) -> None:
    """Hold the file at `path` against the words laid on its pages (None: a page that kept its form).

    Raises: DigitizeFault PDFA_INVALID, saying what differs and where.
    """
    try:
        laid = tuple(texts)
        with pikepdf.open(path) as pdf:
            _require_marks(pdf, path)
            _require_whole(pdf, path, foreign=None in laid)
        _require_words(laid, path)
    except (pikepdf.PdfError, pypdfium2.PdfiumError, jpeg.BrokenJpegError) as broken:
        raise DigitizeFault(FaultCode.PDFA_INVALID, path.name, None, str(broken)) from broken


def _require_marks(pdf: pikepdf.Pdf, path: Path) -> None:
    with pdf.open_metadata() as xmp:
        says = xmp.get("pdfaid:part"), xmp.get("pdfaid:conformance")
    kinds = [intent.get("/S") for intent in pdf.Root.get("/OutputIntents", ())]
    if says != ("2", "U") or kinds != [pikepdf.Name.GTS_PDFA1] or pdf.is_encrypted:
        raise DigitizeFault(FaultCode.PDFA_INVALID, path.name, None, "the marks of PDF/A-2u are missing")


def _require_whole(pdf: pikepdf.Pdf, path: Path, *, foreign: bool) -> None:
    """Every stream of the file can be read: pictures by their frame, all else by decoding it.

    With `foreign` pages in it, qpdf looks at everything, each picture's every pixel too: ten times the work.
    """
    problems = pdf.check_pdf_syntax() if foreign else []
    if not foreign:
        _read_streams(pdf)
        problems = [str(warning) for warning in pdf.get_warnings()]
    if problems:
        raise DigitizeFault(FaultCode.PDFA_INVALID, path.name, None, str(problems[0]))


def _read_streams(pdf: pikepdf.Pdf) -> None:
    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Stream):
            continue
        coding = thing.get("/Filter")
        if coding == pikepdf.Name.DCTDecode:
            jpeg.read_header(thing.read_raw_bytes())
        elif coding == pikepdf.Name.CCITTFaxDecode:
            thing.get_raw_stream_buffer()
        else:
            thing.read_bytes()


def _require_words(laid: Sequence[str | None], path: Path) -> None:
    """The document is opened anew every so many pages: pdfium keeps each picture that it has met."""
    for first in range(0, max(len(laid), 1), PAGES_AT_ONCE):
        with pypdfium2.PdfDocument(path) as document:
            if len(document) != len(laid):
                raise DigitizeFault(FaultCode.PDFA_INVALID, path.name, None, f"{len(document)} pages")
            for index, words in enumerate(laid[first : first + PAGES_AT_ONCE], first):
                if words is not None and not _gives_back(_extracted(document, index), words):
                    raise DigitizeFault(
                        FaultCode.PDFA_INVALID, path.name, index + 1, "words come out changed"
                    )


def _extracted(document: pypdfium2.PdfDocument, index: int) -> str:
    page = document[index]
    textpage = page.get_textpage()
    text: str = textpage.get_text_range()
    textpage.close()
    page.close()
    return text.translate(HYPHENS)


def _gives_back(extracted: str, laid: str) -> bool:
    """Are the letters those that were laid? Their order is the viewer's own where lines overlap."""
    out, put = (Counter(character for character in text if character.isalnum()) for text in (extracted, laid))
    differing = (out - put).total() + (put - out).total()
    return differing <= LOST_OR_FOUND * put.total() + 1
