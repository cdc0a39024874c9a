"""What a page has from the nodes above it (size, turn, fonts), given to the page itself.

pdfium draws notes and fields into a page by the page's own dictionary alone: a page that inherits its size
would become a letter's, one that inherits its fonts would lose its words.
"""

import io
from pathlib import Path

import pikepdf

from digitize.model import DigitizeFault, FaultCode

NEEDED = frozenset(("/Resources", "/MediaBox"))


def with_own_attributes(path: Path, index: int) -> io.BytesIO | None:
    """The file with nothing but page `index`, if that has notes and inherits what it needs; else None.

    Raises: DigitizeFault TOO_LARGE.
    """
    try:
        if not _lacks(path, index):
            return None
        with pikepdf.open(path) as pdf:  # gives each page what it inherits
            del pdf.pages[index + 1 :]
            del pdf.pages[:index]
            whole = io.BytesIO()
            pdf.save(whole, encryption=False)
            return whole
    except (pikepdf.PdfError, pikepdf.PasswordError, IndexError, ValueError, TypeError, RecursionError):
        return None  # then its notes are read from the picture, if at all
    except MemoryError as excess:
        raise DigitizeFault(FaultCode.TOO_LARGE, path.name, index + 1, "not enough memory") from excess


def _lacks(path: Path, index: int) -> bool:
    with pikepdf.open(path, inherit_page_attributes=False) as pdf:
        page = pdf.pages[index].obj
        return "/Annots" in page and not page.keys() >= NEEDED
