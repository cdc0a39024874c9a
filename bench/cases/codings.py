"""Scans coded in every way a PDF allows: fax and JBIG2 data, inverted and masked pictures, odd colours."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial

import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String
from PIL import Image, TiffTags  # noqa: F401 PIL loads its TIFF tags lazily

from bench.cases.made import A4_POINTS, page

A4_MM = (210.0, 297.0)
Make = Callable[[pikepdf.Pdf], None]
STRIP_OFFSETS, STRIP_COUNTS, ROWS_PER_STRIP = 273, 279, 278
SEGMENT_PAGE, SEGMENT_PATTERNS, SEGMENT_HALFTONE, SEGMENT_GENERIC = 48, 16, 23, 38


def bilevel() -> Image.Image:
    """The page in black and white."""
    return page(size_mm=A4_MM).convert("L").point(lambda tone: 255 * (tone > 128)).convert("1")


def fax_data(image: Image.Image, compression: str) -> bytes:
    """The picture's bare fax data, black runs as ink."""
    held = io.BytesIO()
    inked = Image.fromarray(255 - np.asarray(image.convert("L"))).convert("1")
    inked.save(held, "TIFF", compression=compression, tiffinfo={ROWS_PER_STRIP: image.height})
    with Image.open(held) as tiff:
        starts, counts = tiff.tag_v2[STRIP_OFFSETS], tiff.tag_v2[STRIP_COUNTS]  # type: ignore[attr-defined]
    return b"".join(held.getvalue()[at : at + count] for at, count in zip(starts, counts, strict=True))


def lay(pdf: pikepdf.Pdf, picture: Stream, before: bytes = b"") -> None:
    """A page that the picture fills."""
    made = Dictionary(Type=Name.Page, MediaBox=Array([0, 0, *A4_POINTS]))
    made.Resources = Dictionary(XObject=Dictionary(I0=picture))
    made.Contents = Stream(pdf, before + b" q %.3f 0 0 %.3f 0 0 cm /I0 Do Q" % A4_POINTS)
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(made)))


def picture(pdf: pikepdf.Pdf, data: bytes, size: tuple[int, int], bits: int, **keys: object) -> Stream:
    """A picture object of any coding."""
    told = Dictionary(Type=Name.XObject, Subtype=Name.Image, BitsPerComponent=bits, **keys)
    told.Width, told.Height = size
    return Stream(pdf, data, told)


def _fax(
    pdf: pikepdf.Pdf, *, k: int, black_is_1: bool = False, align: bool = False, mask: bool = False
) -> None:
    image = bilevel()
    data = fax_data(image, {-1: "group4", 0: "tiff_ccitt" if align else "group3"}[k])
    keys = Dictionary(K=k, Columns=image.width, Rows=image.height)
    if black_is_1:
        keys.BlackIs1 = True
    if align:
        keys.EncodedByteAlign = True
    told: dict[str, object] = {"Filter": Name.CCITTFaxDecode, "DecodeParms": keys}
    if mask:
        told |= {"ImageMask": True, "Decode": Array([1, 0] if black_is_1 else [0, 1])}
    else:
        told |= {"ColorSpace": Name.DeviceGray}
        if black_is_1:
            told["Decode"] = Array([1, 0])
    lay(pdf, picture(pdf, data, image.size, 1, **told))


def _flat(pdf: pikepdf.Pdf, *, inverted: bool) -> None:
    """Raw bits, inverted by their values and turned back by Decode."""
    image = bilevel()
    data = image.tobytes()
    if inverted:
        data = bytes(255 - byte for byte in data)
    told: dict[str, object] = {"ColorSpace": Name.DeviceGray, "Filter": Name.FlateDecode}
    if inverted:
        told["Decode"] = Array([1, 0])
    lay(pdf, picture(pdf, zlib.compress(data), image.size, 1, **told))


def _grey(pdf: pikepdf.Pdf, bits: int) -> None:
    tones = np.asarray(page(size_mm=A4_MM).convert("L"))
    if bits == 16:
        data = np.repeat(tones[..., None], 2, axis=2).tobytes()
    else:
        small = tones >> (8 - bits)
        per_byte = 8 // bits
        padded = np.pad(small, ((0, 0), (0, -small.shape[1] % per_byte)))
        parts = [padded[:, at::per_byte] << (8 - bits * (at + 1)) for at in range(per_byte)]
        data = np.bitwise_or.reduce(parts).astype(np.uint8).tobytes()
    size = tones.shape[1], tones.shape[0]
    told = {"ColorSpace": Name.DeviceGray, "Filter": Name.FlateDecode}
    lay(pdf, picture(pdf, zlib.compress(data), size, bits, **told))


def _palette(pdf: pikepdf.Pdf, *, inverted: bool) -> None:
    tones = (np.asarray(page(size_mm=A4_MM).convert("L")) > 128).astype(np.uint8)
    paper, ink = bytes((250, 250, 240)), bytes((20, 20, 60))
    table = paper + ink if inverted else ink + paper
    space = Array([Name.Indexed, Name.DeviceRGB, 1, String(table)])
    data = np.packbits(1 - tones if inverted else tones, axis=1).tobytes()
    told = {"ColorSpace": space, "Filter": Name.FlateDecode}
    lay(pdf, picture(pdf, zlib.compress(data), (tones.shape[1], tones.shape[0]), 1, **told))


def _jpeg(pdf: pikepdf.Pdf, mode: str, *, inverted: bool) -> None:
    image = page(size_mm=A4_MM).convert(mode)
    if inverted:
        image = Image.fromarray(255 - np.asarray(image), mode)
    held = io.BytesIO()
    image.save(held, "JPEG", quality=90)
    channels = len(image.getbands())
    space = {1: Name.DeviceGray, 3: Name.DeviceRGB, 4: Name.DeviceCMYK}[channels]
    told: dict[str, object] = {"ColorSpace": space, "Filter": Name.DCTDecode}
    if inverted or mode == "CMYK":  # Pillow stores inks as Adobe does, the other way about
        told["Decode"] = Array([1, 0] * channels)
    lay(pdf, picture(pdf, held.getvalue(), image.size, 8, **told))


def _masked(pdf: pikepdf.Pdf, *, soft: bool) -> None:
    """Ink is a plain black picture, its letters a mask."""
    image = page(size_mm=A4_MM).convert("L")
    inked = Image.fromarray(255 - np.asarray(image))
    if soft:
        mask = picture(pdf, zlib.compress(inked.tobytes()), image.size, 8, ColorSpace=Name.DeviceGray)
        mask.Filter = Name.FlateDecode
        keys: dict[str, object] = {"SMask": mask}
    else:
        stencil = picture(pdf, bilevel().tobytes(), image.size, 1, ImageMask=True)
        keys = {"Mask": stencil}
    black = zlib.compress(bytes(image.width * image.height))
    told = {"ColorSpace": Name.DeviceGray, "Filter": Name.FlateDecode} | keys
    lay(pdf, picture(pdf, black, image.size, 8, **told))


def _stencil(pdf: pikepdf.Pdf, *, inverted: bool) -> None:
    data = bilevel().tobytes()
    if inverted:
        data = bytes(255 - byte for byte in data)
    keys = {"ImageMask": True, "Decode": Array([1, 0] if inverted else [0, 1])}
    lay(pdf, picture(pdf, data, bilevel().size, 1, **keys), b"0.1 0.1 0.4 rg")


def segment(number: int, kind: int, data: bytes, refers: tuple[int, ...] = (), on_page: int = 1) -> bytes:
    """A JBIG2 segment (ITU-T T.88 7.2), with short references."""
    head = struct.pack(">IBB", number, kind, len(refers) << 5) + bytes(refers)
    return head + struct.pack(">BI", on_page, len(data)) + data


def _jbig2(pdf: pikepdf.Pdf, *, global_patterns: bool) -> None:
    """MMR-coded: a generic region, or a halftone region whose patterns stand in the globals."""
    image = bilevel()
    width, height = image.size
    region = struct.pack(">IIIIB", width, height, 0, 0, 0)
    info = segment(
        0 if not global_patterns else 1, SEGMENT_PAGE, struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    )
    keys: dict[str, object] = {"ColorSpace": Name.DeviceGray, "Filter": Name.JBIG2Decode}
    data = fax_data(image, "group4")
    if not global_patterns:
        body = info + segment(1, SEGMENT_GENERIC, region + b"\x01" + data)
    else:
        pair = Image.new("1", (2, 1), 1)
        pair.putpixel((1, 0), 0)
        patterns = struct.pack(">BBBI", 1, 1, 1, 1) + fax_data(pair, "group4")
        keys["DecodeParms"] = Dictionary(
            JBIG2Globals=Stream(pdf, segment(0, SEGMENT_PATTERNS, patterns, on_page=0))
        )
        grid = struct.pack(">BIIiiHH", 1, width, height, 0, 0, 256, 0)
        body = info + segment(2, SEGMENT_HALFTONE, region + grid + data, (0,))
    lay(pdf, picture(pdf, body, image.size, 1, **keys))


CODINGS: dict[str, Make] = {
    "group 4": partial(_fax, k=-1),
    "group 4, BlackIs1": partial(_fax, k=-1, black_is_1=True),
    "group 4 as a stencil": partial(_fax, k=-1, mask=True),
    "group 4 as a stencil, BlackIs1": partial(_fax, k=-1, mask=True, black_is_1=True),
    "group 3": partial(_fax, k=0),
    "group 3, byte aligned": partial(_fax, k=0, align=True),
    "group 3, byte aligned, BlackIs1": partial(_fax, k=0, align=True, black_is_1=True),
    "JBIG2": partial(_jbig2, global_patterns=False),
    "JBIG2 with globals": partial(_jbig2, global_patterns=True),
    "bits": partial(_flat, inverted=False),
    "bits turned about by Decode": partial(_flat, inverted=True),
    "two bits a pixel": partial(_grey, bits=2),
    "four bits a pixel": partial(_grey, bits=4),
    "sixteen bits a pixel": partial(_grey, bits=16),
    "a palette": partial(_palette, inverted=False),
    "a palette, ink first": partial(_palette, inverted=True),
    "JPEG turned about by Decode": partial(_jpeg, mode="L", inverted=True),
    "colour JPEG turned about by Decode": partial(_jpeg, mode="RGB", inverted=True),
    "CMYK JPEG": partial(_jpeg, mode="CMYK", inverted=False),
    "ink behind a soft mask": partial(_masked, soft=True),
    "ink behind a stencil": partial(_masked, soft=False),
    "a stencil": partial(_stencil, inverted=False),
    "a stencil turned about by Decode": partial(_stencil, inverted=True),
}
