"""Cross-reference sections, read from bytes: tables, streams and their entries (ISO 32000-2 7.5)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from certify.pdf_bytes.syntax import (
    BrokenSyntax,
    PlacedObject,
    inflate,
    read_dictionary,
    read_object,
    skip_space,
    undo_up_predictor,
    whole_number,
    whole_numbers,
)

_SUBSECTION = re.compile(rb"(\d{1,10}) (\d{1,7})[ \t]*(?:\r\n|\r|\n)")
_ENTRY_SIZE = 20  # bytes, ISO 32000-2 7.5.4
_ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?:\r\n| \r| \n)")
_FOOTER = re.compile(rb"startxref[\x00\t\n\x0c\r ]+(\d{1,10})[\x00\t\n\x0c\r ]+%%EOF(\r\n|\r|\n)?")
MOST_ENTRIES = 2_000_000
_STREAM_FIELDS = 3
_IN_USE, _COMPRESSED = 1, 2


@dataclass(frozen=True)
class Section:
    """One cross-reference section with the footer that closes its revision.

    `offsets`: object number → byte offset of what this section adds; `compressed`: numbers held in object
    streams; `footer_end`: after %%EOF and its line end; `pointer`: the number the footer gives; `form`:
    table, stream or hybrid.
    """

    start: int
    footer_end: int
    pointer: int
    form: str
    offsets: Mapping[int, int]
    compressed: frozenset[int]
    trailer: Mapping[bytes, bytes]

    @property
    def previous(self) -> int | None:
        """Where the section before this one begins."""
        raw = self.trailer.get(b"/Prev")
        return None if raw is None else whole_number(raw)


def last_pointer(data: bytes) -> int:
    """The number behind the last startxref of the file."""
    found = _FOOTER.match(data, max(0, data.rfind(b"startxref")))
    if not found:
        raise BrokenSyntax(len(data), "startxref")
    return int(found.group(1))


def read_section(data: bytes, position: int) -> Section:
    """The section that begins at `position` and the footer right behind it."""
    start = skip_space(data, position)  # some writers point at the line end before it
    if data.startswith(b"xref", start):
        return _read_table(data, start)
    return _read_stream(data, start)


def _footer(data: bytes, position: int) -> tuple[int, int]:
    found = _FOOTER.match(data, skip_space(data, position))
    if not found:
        raise BrokenSyntax(position, "startxref and %%EOF")
    return found.end(), int(found.group(1))


def _read_table(data: bytes, position: int) -> Section:
    at = skip_space(data, position + 4)
    offsets: dict[int, int] = {}
    while head := _SUBSECTION.match(data, at):
        first, count = int(head.group(1)), int(head.group(2))
        at = head.end()
        for number in range(first, first + min(count, MOST_ENTRIES)):
            entry = _ENTRY.match(data, at)
            if not entry:
                raise BrokenSyntax(at, "a cross-reference entry")
            at += _ENTRY_SIZE
            if entry.group(3) == b"n":
                offsets[number] = int(entry.group(1))
        at = skip_space(data, at)
    if not data.startswith(b"trailer", at):
        raise BrokenSyntax(at, "trailer")
    trailer, end = read_dictionary(data, skip_space(data, at + 7))
    footer_end, pointer = _footer(data, end)
    form = "hybrid" if b"/XRefStm" in trailer else "table"
    return Section(position, footer_end, pointer, form, offsets, frozenset(), trailer)


def _read_stream(data: bytes, position: int) -> Section:
    placed = read_object(data, position, _no_indirect_length)
    if placed.dictionary.get(b"/Type") != b"/XRef":
        raise BrokenSyntax(position, "a cross-reference stream")
    offsets: dict[int, int] = {}
    compressed: set[int] = set()
    for number, kind, field in _stream_entries(data, placed):
        if kind == _IN_USE:
            offsets[number] = field
        elif kind == _COMPRESSED:
            compressed.add(number)
    footer_end, pointer = _footer(data, placed.end)
    return Section(position, footer_end, pointer, "stream", offsets, frozenset(compressed), placed.dictionary)


def _no_indirect_length(number: int) -> int:
    raise BrokenSyntax(number, "a direct /Length")  # ISO 32000-2 7.5.8.2: a section cannot need another one


def _stream_entries(data: bytes, placed: PlacedObject) -> Iterator[tuple[int, int, int]]:
    entries = placed.dictionary
    widths = whole_numbers(entries.get(b"/W", b""))
    row = sum(widths)
    if len(widths) != _STREAM_FIELDS or not 0 < row <= 32:  # noqa: PLR2004 -- bytes; no field needs more than 8
        raise BrokenSyntax(placed.start, "three field widths")
    body = _decoded(data, placed)
    size = whole_number(entries.get(b"/Size", b""))
    index = whole_numbers(entries.get(b"/Index", b"[0 %d]" % size))
    at = 0
    for first, count in zip(index[::2], index[1::2], strict=True):
        for number in range(first, first + min(count, MOST_ENTRIES)):
            if at + row > len(body):
                raise BrokenSyntax(placed.start, "as many entries as announced")
            kind_end, field_end = at + widths[0], at + widths[0] + widths[1]
            kind = int.from_bytes(body[at:kind_end], "big") if widths[0] else _IN_USE
            yield number, kind, int.from_bytes(body[kind_end:field_end], "big")
            at += row


def _decoded(data: bytes, placed: PlacedObject) -> bytes:
    if placed.stream is None:
        raise BrokenSyntax(placed.start, "a stream")
    raw = data[slice(*placed.stream)]
    filters = placed.dictionary.get(b"/Filter", b"").strip(b"[] \r\n\t")
    if not filters:
        return raw
    if filters != b"/FlateDecode":
        raise BrokenSyntax(placed.start, "FlateDecode")
    plain = inflate(raw)
    parameters = placed.dictionary.get(b"/DecodeParms", b"").strip(b"[] \r\n\t")
    if not parameters:
        return plain
    settings, _ = read_dictionary(parameters, 0)
    if whole_number(settings.get(b"/Predictor", b"1")) == 1:
        return plain
    return undo_up_predictor(plain, whole_number(settings.get(b"/Columns", b"1")))
