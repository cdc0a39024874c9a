"""The text of a document as ALTO XML 4 (Library of Congress): blocks, lines, words, confidence, readings.

Lengths are tenths of a millimetre on the upright page; pages count from 1.
"""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET  # only written here, never parsed

from digitize.exports.blocks import around, blocks_of
from digitize.model import Box, Line, PageText, Word

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
SCHEMA_VERSION = "4.4"
SOFTWARE = "Motcua"
UNITS_PER_MM = 10
PERCENT = 100


def alto(pages: Sequence[PageText]) -> str:
    """All pages as one ALTO document."""
    root = ET.Element("alto", {"xmlns": NAMESPACE, "SCHEMAVERSION": SCHEMA_VERSION})
    description = ET.SubElement(root, "Description")
    ET.SubElement(description, "MeasurementUnit").text = "mm10"
    processing = ET.SubElement(description, "Processing", {"ID": "reading"})
    software = ET.SubElement(processing, "processingSoftware")
    ET.SubElement(software, "softwareName").text = SOFTWARE
    layout = ET.SubElement(root, "Layout")
    for page in pages:
        layout.append(_page(page))
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _page(page: PageText) -> ET.Element:
    size = page.width_mm * UNITS_PER_MM, page.height_mm * UNITS_PER_MM
    told = {
        "ID": f"page_{page.page}",
        "PHYSICAL_IMG_NR": str(page.page),
        "WIDTH": _length(size[0]),
        "HEIGHT": _length(size[1]),
    }
    element = ET.Element("Page", told)
    space = ET.SubElement(element, "PrintSpace", _place(Box(0.0, 0.0, 1.0, 1.0), size))
    lines = [line for line in page.lines if line.words]
    for number, block in enumerate(blocks_of(lines), start=1):
        name = f"block_{page.page}_{number}"
        within = ET.SubElement(
            space, "TextBlock", {"ID": name, **_place(around([line.box for line in block]), size)}
        )
        for at, line in enumerate(block, start=1):
            within.append(_line(line, f"line_{page.page}_{number}_{at}", size))
    return element


def _line(line: Line, name: str, size: tuple[float, float]) -> ET.Element:
    told = {"ID": name, **_place(line.box, size)}
    if line.baseline is not None:
        row = _length(line.baseline * size[1])
        told["BASELINE"] = " ".join(f"{_length(x * size[0])},{row}" for x in (line.box.left, line.box.right))
    element = ET.Element("TextLine", told)
    for place, word in enumerate(line.words):
        if place:
            ET.SubElement(element, "SP")
        element.append(_string(word, size))
    return element


def _string(word: Word, size: tuple[float, float]) -> ET.Element:
    told = {**_place(word.box, size), "CONTENT": word.text, "WC": f"{word.confidence / PERCENT:.3f}"}
    element = ET.Element("String", told)
    for purpose, text in _readings(word):
        ET.SubElement(element, "ALTERNATIVE", {"PURPOSE": purpose}).text = text
    return element


def _readings(word: Word) -> Iterator[tuple[str, str]]:
    for opinion in word.readings:
        yield f"read by {opinion.reader} ({opinion.confidence:.0f} %)", opinion.text


def _place(box: Box, size: tuple[float, float]) -> dict[str, str]:
    return {
        "HPOS": _length(box.left * size[0]),
        "VPOS": _length(box.top * size[1]),
        "WIDTH": _length((box.right - box.left) * size[0]),
        "HEIGHT": _length((box.bottom - box.top) * size[1]),
    }


def _length(tenths: float) -> str:
    return f"{tenths:.1f}"
