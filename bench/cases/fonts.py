"""Fonts that do not say what their letters are, or are no outlines; letters drawn more than once."""

import random
import re
from collections.abc import Callable
from functools import partial

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image, ImageDraw

from bench.cases.made import LINES, add_words, line_of
from scanner_adapters.simulator.papers.lettering import Face, Style, font

Make = Callable[[pikepdf.Pdf], None]
HEIGHT = 841.89
BITMAP_DPI = 300
POINTS = 14.0


def _without_to_unicode(pdf: pikepdf.Pdf) -> None:
    del add_words(pdf, LINES).obj.Resources.Font.F1.ToUnicode


def _in_another_code(seed: int, pdf: pikepdf.Pdf) -> None:
    """Letters tell of themselves that they are others: a code older than Unicode, or a cipher."""
    made = add_words(pdf, LINES).obj.Resources.Font.F1
    told = made.ToUnicode.read_bytes().decode("ascii")
    pairs = re.findall(r"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4})>", told)
    codes = [code for _, code in pairs if chr(int(code, 16)).isalpha()]
    mixed = [f"{0xA1 + number % 94:04X}" for number in range(len(codes))] if seed % 2 else codes[:]
    random.Random(seed).shuffle(mixed)  # noqa: S311 no secret
    others = dict(zip(codes, mixed, strict=True))
    lines = [f"<{glyph}> <{others.get(code, code)}>" for glyph, code in pairs]
    blocks = [lines[at : at + 100] for at in range(0, len(lines), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    head, _, _ = told.partition("endcodespacerange")
    made.ToUnicode = Stream(pdf, f"{head}endcodespacerange\n{body}\nendcmap end end".encode("ascii"))


def _painted(*shifts: tuple[float, float], mode: int = 0, pdf: pikepdf.Pdf) -> None:
    """Each line drawn again at every shift, as programs do that have no bold face."""
    made = add_words(pdf, LINES)
    lines = [
        line_of(line, 72 + right, HEIGHT - 60 - 22 * row + up, mode=mode)
        for row, line in enumerate(LINES)
        for right, up in ((0.0, 0.0), *shifts)
    ]
    made.obj.Contents = Stream(pdf, b"0.3 w\n" + b"\n".join(lines))


def _letter_by_letter(pdf: pikepdf.Pdf) -> None:
    """Every letter twice in turn, not line by line."""
    from certify.letters.typeface import tinos  # noqa: PLC0415 used here alone

    made, shown = add_words(pdf, LINES), []
    for row, line in enumerate(LINES):
        left = 72.0
        for letter in line:
            shown += [line_of(letter, left + shift, HEIGHT - 60 - 22 * row) for shift in (0.0, 0.4)]
            left += tinos().width(letter, POINTS)
    made.obj.Contents = Stream(pdf, b"\n".join(shown))


def _type3(pdf: pikepdf.Pdf, *, told: bool, as_bitmaps: bool) -> None:
    """Each letter a little drawing: a stencil, or boxes of its rows."""
    letters = sorted(set("".join(LINES)) - {" "})
    face = font(Style(Face.REGULAR, POINTS), BITMAP_DPI)
    made = Dictionary(Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, -40, 120, 120]))
    scale = 72 / BITMAP_DPI / POINTS
    made.FontMatrix = Array([scale, 0, 0, scale, 0, 0])
    names = [f"g{number}" for number in range(len(letters))]
    made.Encoding = Dictionary(
        Type=Name.Encoding, Differences=Array([32, *(Name(f"/{name}") for name in ("space", *names))])
    )
    made.FirstChar, made.LastChar = 32, 32 + len(letters)
    widths = [round(face.getlength(letter)) for letter in (" ", *letters)]
    made.Widths = Array(widths)
    made.CharProcs = Dictionary({"/space": Stream(pdf, b"%d 0 d0" % widths[0])})
    for name, letter, width in zip(names, letters, widths[1:], strict=True):
        drawn = _bitmap(letter, width) if as_bitmaps else _boxes(letter, width)
        made.CharProcs[f"/{name}"] = Stream(pdf, drawn)
    if told:
        rows = "\n".join(f"<{33 + at:02X}> <{ord(letter):04X}>" for at, letter in enumerate(letters))
        head = "begincmap 1 begincodespacerange <00> <FF> endcodespacerange"
        cmap = f"{head}\n{len(letters) + 1} beginbfchar\n<20> <0020>\n{rows}\nendbfchar endcmap"
        made.ToUnicode = Stream(pdf, cmap.encode("ascii"))
    page = add_words(pdf, ())
    page.obj.Resources.Font.T3 = pdf.make_indirect(made)
    code = {letter: 33 + at for at, letter in enumerate(letters)} | {" ": 32}
    shown = [
        b"BT /T3 %.1f Tf 1 0 0 1 72 %.1f Tm <" % (POINTS, HEIGHT - 60 - 22 * row)
        + bytes(code[letter] for letter in line).hex().encode()
        + b"> Tj ET"
        for row, line in enumerate(LINES)
    ]
    page.obj.Contents = Stream(pdf, b"\n".join(shown))


def _drawn(letter: str) -> Image.Image:
    image = Image.new("1", (96, 128), 1)
    ImageDraw.Draw(image).text(
        (8, 88), letter, font=font(Style(Face.REGULAR, POINTS), BITMAP_DPI), fill=0, anchor="ls"
    )
    return image


def _bitmap(letter: str, width: int) -> bytes:
    data = _drawn(letter).tobytes()
    head = (
        b"%d 0 0 -40 120 120 d1\nq 96 0 0 128 -8 -40 cm\nBI /IM true /W 96 /H 128 /BPC 1 /D [0 1] ID " % width
    )
    return head + data + b"\nEI Q"


def _boxes(letter: str, width: int) -> bytes:
    image, boxes = _drawn(letter), []
    for row in range(image.height):
        run = None
        for column in range(image.width + 1):
            dark = column < image.width and not image.getpixel((column, row))
            if dark and run is None:
                run = column
            elif not dark and run is not None:
                boxes.append(b"%d %d %d 1 re" % (run - 8, 87 - row, column - run))
                run = None
    return b"%d 0 0 -40 120 120 d1\n" % width + b"\n".join(boxes) + b"\nf"


FONTS: dict[str, Make] = {
    "without ToUnicode": _without_to_unicode,
    **{f"another code {seed}": partial(_in_another_code, seed) for seed in range(1, 7)},
    "bold by a second painting": lambda pdf: _painted((0.4, 0.0), pdf=pdf),
    "bold by three paintings": lambda pdf: _painted((0.3, 0.0), (0.3, 0.3), pdf=pdf),
    "bold by a shift up": lambda pdf: _painted((0.0, 0.35), pdf=pdf),
    "bold by an outline": lambda pdf: _painted(mode=2, pdf=pdf),
    "bold letter by letter": _letter_by_letter,
    "Type 3 of stencils": lambda pdf: _type3(pdf, told=True, as_bitmaps=True),
    "Type 3 of stencils, untold": lambda pdf: _type3(pdf, told=False, as_bitmaps=True),
    "Type 3 of boxes": lambda pdf: _type3(pdf, told=True, as_bitmaps=False),
    "Type 3 of boxes, untold": lambda pdf: _type3(pdf, told=False, as_bitmaps=False),
}
