"""PDF syntax as bytes: just enough of ISO 32000-2 7.2, 7.3 and 7.5 to find where objects begin and end.

A second reader beside pyHanko's, written independently of it and much narrower, because two readers that
agree are the point of it. Everything raises BrokenSyntax, and nothing recurses, so hostile nesting costs
nothing.
"""

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

WHITE = b"\x00\t\n\x0c\r "
INFLATED_LIMIT = 64 << 20  # bytes; a cross-reference stream of a million objects stays below 10 MB
_SPACE = re.compile(rb"(?:[\x00\t\n\x0c\r ]|%[^\r\n]*)*")
_NAME = re.compile(rb"/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*")
_BARE = re.compile(rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]+")
_HEX = re.compile(rb"<[0-9A-Fa-f\x00\t\n\x0c\r ]*>")
_STRING_MARK = re.compile(rb"[()\\]")
_OBJECT_HEAD = re.compile(rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj")
_STREAM = re.compile(rb"stream\r?\n")
_END_STREAM = re.compile(rb"[\r\n]{0,2}endstream")
_REFERENCE = re.compile(rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+R")
_OPENERS = (b"<<", b"[")
_CLOSER_OF = {b"<<": b">>", b"[": b"]"}


class BrokenSyntax(Exception):
    """These bytes are not what ISO 32000-2 lets stand here."""

    def __init__(self, position: int, expected: str) -> None:
        super().__init__(f"{expected} expected at byte {position}")
        self.position = position


@dataclass(frozen=True)
class PlacedObject:
    """An indirect object: where it begins and ends, and its dictionary (empty for anything else)."""

    number: int
    start: int
    end: int
    dictionary: Mapping[bytes, bytes]
    dictionary_end: int
    stream: tuple[int, int] | None


def skip_space(data: bytes, position: int) -> int:
    """The next position that is neither white space nor comment."""
    found = _SPACE.match(data, position)
    return found.end() if found else position


def token_end(data: bytes, position: int) -> int:
    """Where the token that begins at `position` ends: a name, string, number, word or one bracket."""
    two = data[position : position + 2]
    if two in {b"<<", b">>"}:
        return position + 2
    lead = two[:1]
    if lead in {b"[", b"]"}:
        return position + 1
    if lead == b"(":
        return _literal_end(data, position)
    pattern = {b"/": _NAME, b"<": _HEX}.get(lead, _BARE)
    found = pattern.match(data, position)
    if not found:
        raise BrokenSyntax(position, "a token")
    return found.end()


def _literal_end(data: bytes, position: int) -> int:
    depth, at = 0, position
    while found := _STRING_MARK.search(data, at):
        at = found.end()
        mark = found.group()
        if mark == b"\\":
            at += 1
            continue
        depth += 1 if mark == b"(" else -1
        if depth == 0:
            return at
    raise BrokenSyntax(position, "the end of a string")


def value_end(data: bytes, position: int) -> int:
    """Where the value that begins at `position` ends; a reference counts as one value."""
    reference = _REFERENCE.match(data, position)
    if reference:
        return reference.end()
    open_brackets: list[bytes] = []
    at = position
    while True:
        end = token_end(data, at)
        token = data[at:end]
        if token in _OPENERS:
            open_brackets.append(_CLOSER_OF[token])
        elif token in {b">>", b"]"} and (not open_brackets or open_brackets.pop() != token):
            raise BrokenSyntax(at, "a matching bracket")
        if not open_brackets:
            return end
        at = skip_space(data, end)


def read_dictionary(data: bytes, position: int) -> tuple[dict[bytes, bytes], int]:
    """The entries of the dictionary at `position`, values as raw bytes, and where it ends.

    Raises: BrokenSyntax, also when a key stands twice: which one counts depends on the reader.
    """
    if data[position : position + 2] != b"<<":
        raise BrokenSyntax(position, "a dictionary")
    entries: dict[bytes, bytes] = {}
    at = skip_space(data, position + 2)
    while data[at : at + 2] != b">>":
        key_end = token_end(data, at)
        key = data[at:key_end]
        if key[:1] != b"/" or key in entries:
            raise BrokenSyntax(at, "a new key")
        start = skip_space(data, key_end)
        at = value_end(data, start)
        entries[key] = data[start:at]
        at = skip_space(data, at)
    return entries, at + 2


def read_object(data: bytes, position: int, length_of: Callable[[int], int]) -> PlacedObject:
    """The indirect object that begins at `position`, up to and with its endobj.

    `length_of` answers the value of an indirect /Length.
    """
    position = skip_space(data, position)  # some writers point at the line end before it
    head = _OBJECT_HEAD.match(data, position)
    if not head:
        raise BrokenSyntax(position, "an object")
    start = skip_space(data, head.end())
    if data[start : start + 2] == b"<<":
        dictionary, value_stop = read_dictionary(data, start)
    else:
        dictionary, value_stop = {}, value_end(data, start)
    at = skip_space(data, value_stop)
    stream = None
    if data.startswith(b"stream", at):
        stream = _stream_span(data, at, dictionary, length_of)
        closing = _END_STREAM.match(data, stream[1])
        if not closing:
            raise BrokenSyntax(stream[1], "endstream")
        at = skip_space(data, closing.end())
    if not data.startswith(b"endobj", at):
        raise BrokenSyntax(at, "endobj")
    return PlacedObject(int(head.group(1)), position, at + 6, dictionary, value_stop, stream)


def _stream_span(
    data: bytes, position: int, dictionary: Mapping[bytes, bytes], length_of: Callable[[int], int]
) -> tuple[int, int]:
    opening = _STREAM.match(data, position)
    if not opening:
        raise BrokenSyntax(position, "stream and a line end")
    raw = dictionary.get(b"/Length", b"")
    reference = _REFERENCE.fullmatch(raw)
    length = length_of(int(reference.group(1))) if reference else whole_number(raw, position)
    return opening.end(), opening.end() + length


def whole_number(raw: bytes, position: int = 0) -> int:
    """A non-negative integer of at most ten digits, as a PDF writes offsets and lengths."""
    if not re.fullmatch(rb"\+?\d{1,10}", raw):
        raise BrokenSyntax(position, "a whole number")
    return int(raw)


def whole_numbers(raw: bytes) -> tuple[int, ...]:
    """The numbers of an array of whole numbers."""
    if raw[:1] != b"[" or raw[-1:] != b"]":
        raise BrokenSyntax(0, "an array")
    return tuple(whole_number(part) for part in raw[1:-1].split())


def inflate(raw: bytes) -> bytes:
    """A Flate stream, at most INFLATED_LIMIT bytes of it."""
    engine = zlib.decompressobj()
    try:
        out = engine.decompress(raw, INFLATED_LIMIT)
    except zlib.error as broken:
        raise BrokenSyntax(0, "a Flate stream") from broken
    if engine.unconsumed_tail:
        raise BrokenSyntax(INFLATED_LIMIT, "a smaller stream")
    return out


def undo_up_predictor(raw: bytes, columns: int) -> bytes:
    """PNG filters None and Up, the two that cross-reference streams use (ISO 32000-2 7.4.4.4)."""
    previous, out = bytes(columns), bytearray()
    for at in range(0, len(raw), columns + 1):
        kind, row = raw[at], raw[at + 1 : at + 1 + columns]
        if kind not in {0, 2} or len(row) != columns:
            raise BrokenSyntax(at, "a row with filter None or Up")
        if kind == 2:  # noqa: PLR2004 -- the PNG filter type Up
            row = bytes((one + above) & 0xFF for one, above in zip(row, previous, strict=True))
        out += row
        previous = row
    return bytes(out)
