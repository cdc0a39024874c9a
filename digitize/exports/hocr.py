"""The text of a document as hOCR 1.2: HTML whose titles tell places and confidence.

Places are pixels of a picture of the upright page at HOCR_DPI; pages count from 0, as hOCR wants.
"""

from collections.abc import Iterator, Sequence
from html import escape

from digitize.exports.blocks import around, blocks_of
from digitize.model import Box, Line, PageText, Word

HOCR_DPI = 300
MM_PER_INCH = 25.4
CAPABILITIES = "ocr_page ocr_carea ocr_par ocr_line ocrx_word ocrp_wconf"


def hocr(pages: Sequence[PageText]) -> str:
    """All pages as one hOCR document, well-formed as XML too."""
    body = "\n".join(part for page in pages for part in _page(page))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="vi" lang="vi">\n<head>\n<title></title>\n'
        '<meta charset="utf-8"/>\n<meta name="ocr-system" content="Motcua"/>\n'
        f'<meta name="ocr-capabilities" content="{CAPABILITIES}"/>\n'
        f'<meta name="ocr-number-of-pages" content="{len(pages)}"/>\n</head>\n<body>\n'
        f"{body}\n</body>\n</html>\n"
    )


def _page(page: PageText) -> Iterator[str]:
    size = page.width_mm / MM_PER_INCH * HOCR_DPI, page.height_mm / MM_PER_INCH * HOCR_DPI
    whole = f"{_bbox(Box(0.0, 0.0, 1.0, 1.0), size)}; ppageno {page.page - 1}; scan_res {HOCR_DPI} {HOCR_DPI}"
    yield f'<div class="ocr_page" id="page_{page.page}" title="{whole}">'
    lines = [line for line in page.lines if line.words]
    for number, block in enumerate(blocks_of(lines), start=1):
        place = _bbox(around([line.box for line in block]), size)
        name = f"{page.page}_{number}"
        yield f'<div class="ocr_carea" id="block_{name}" title="{place}">'
        yield f'<p class="ocr_par" id="par_{name}" title="{place}">'
        for at, line in enumerate(block, start=1):
            yield _line(line, f"{name}_{at}", size)
        yield "</p></div>"
    yield "</div>"


def _line(line: Line, name: str, size: tuple[float, float]) -> str:
    title = _bbox(line.box, size) + _baseline(line, size)
    words = " ".join(_word(word, f"{name}_{at}", size) for at, word in enumerate(line.words, start=1))
    return f'<span class="ocr_line" id="line_{name}" title="{title}">{words}</span>'


def _baseline(line: Line, size: tuple[float, float]) -> str:
    """The baseline as hOCR counts it: its slope, and how far above the box's bottom it begins."""
    if line.baseline is None:
        return ""
    return f"; baseline 0 {(line.baseline - line.box.bottom) * size[1]:.0f}"


def _word(word: Word, name: str, size: tuple[float, float]) -> str:
    title = f"{_bbox(word.box, size)}; x_wconf {word.confidence:.0f}"
    return f'<span class="ocrx_word" id="word_{name}" title="{title}">{escape(word.text)}</span>'


def _bbox(box: Box, size: tuple[float, float]) -> str:
    left, right = (round(edge * size[0]) for edge in (box.left, box.right))
    top, bottom = (round(edge * size[1]) for edge in (box.top, box.bottom))
    return f"bbox {left} {top} {right} {bottom}"
