"""The /Contents string of a signature dictionary: its hexadecimal form and the one value inside (X.690).

Rules:
1. A hexadecimal string of even length, all its letters in one case.
2. One SEQUENCE, in DER or, from other people's signers, in BER with indefinite lengths; `is_der` tells which.
3. Nothing but zeros behind it.
"""

import re
from dataclasses import dataclass

_LOWER, _UPPER = re.compile(rb"[0-9a-f]*"), re.compile(rb"[0-9A-F]*")
_SEQUENCE = 0x30
_INDEFINITE = 0x80  # X.690 8.1.3.6; below it stands the short form
_LONG_TAG = 0x1F  # X.690 8.1.2.4
_LONGEST_LENGTH = 4  # bytes


class NotCanonical(Exception):
    """A rule is broken."""


@dataclass(frozen=True)
class ContentsValue:
    """The value without its padding, and how it was written."""

    value: bytes
    is_der: bool
    is_upper_case: bool


def read_contents(text: bytes) -> ContentsValue:
    """The value in a /Contents string, brackets included.

    Raises: NotCanonical.
    """
    digits = text[1:-1]
    upper = _UPPER.fullmatch(digits) is not None
    if text[:1] != b"<" or len(digits) % 2 or not (upper or _LOWER.fullmatch(digits)):
        raise NotCanonical("no even hexadecimal string in one case")
    raw = bytes.fromhex(digits.decode("ascii"))
    if len(raw) < 2 or raw[0] != _SEQUENCE:  # noqa: PLR2004 -- a tag and a length
        raise NotCanonical("no DER sequence")
    is_der = raw[1] != _INDEFINITE
    size = sum(_head(raw, 0)) if is_der else _indefinite_size(raw)
    if size > len(raw) or raw[size:].strip(b"\x00"):
        raise NotCanonical("something other than zeros behind the signature value")
    return ContentsValue(raw[:size], is_der, upper)


def _head(raw: bytes, at: int) -> tuple[int, int]:
    """Where the content behind the tag and length at `at` begins, and how long it is (definite lengths)."""
    at = _tag_end(raw, at)
    first = raw[at]
    if first < _INDEFINITE:
        return at + 1, first
    count = first & 0x7F
    length = int.from_bytes(raw[at + 1 : at + 1 + count], "big")
    if not 1 <= count <= _LONGEST_LENGTH or length < _INDEFINITE or raw[at + 1] == 0:
        raise NotCanonical("a length that is not the shortest possible")
    return at + 1 + count, length


def _tag_end(raw: bytes, at: int) -> int:
    if at + 1 >= len(raw):
        raise NotCanonical("a value that does not end")
    if raw[at] & _LONG_TAG != _LONG_TAG:
        return at + 1
    at += 1
    while at < len(raw) - 1 and raw[at] & 0x80:
        at += 1
    return at + 1


def _indefinite_size(raw: bytes) -> int:
    at, depth = 0, 0
    while True:
        length_at = _tag_end(raw, at)
        if raw[at : at + 2] == b"\x00\x00":
            at, depth = at + 2, depth - 1
        elif raw[length_at : length_at + 1] == b"\x80":
            at, depth = length_at + 1, depth + 1
        else:
            at = sum(_head_or_long(raw, at))
        if depth == 0:
            return at


def _head_or_long(raw: bytes, at: int) -> tuple[int, int]:
    """Like `_head`, with BER's freedom to write a length longer than needed (X.690 8.1.3.5)."""
    at = _tag_end(raw, at)
    first = raw[at] if at < len(raw) else _INDEFINITE
    if first < _INDEFINITE:
        return at + 1, first
    count = first & 0x7F
    if not 1 <= count <= _LONGEST_LENGTH:
        raise NotCanonical("a length nobody needs")
    return at + 1 + count, int.from_bytes(raw[at + 1 : at + 1 + count], "big")
