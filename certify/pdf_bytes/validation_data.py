"""Whether a revision holds nothing but validation data (ETSI EN 319 142-1 5.4), read from its bytes.

Rules:
1. It replaces only the catalog, under the number it always had, the document information, the XMP metadata
   and the security store (/DSS) itself; the catalog may differ from the one before in /DSS, /Extensions,
   /Version and /Metadata alone.
2. What it adds is the security store with its arrays and /VRI dictionaries, and plain streams.
3. Some of that is there: an update that writes the catalog once more, or other metadata, brings no evidence.
"""

import re
from collections.abc import Mapping, Sequence

from certify.pdf_bytes.syntax import BrokenSyntax, PlacedObject, read_object
from certify.pdf_bytes.xref_sections import Section

_REFERENCE = re.compile(rb"(\d+)\s+\d+\s+R")
_FREE_IN_CATALOG = frozenset({b"/DSS", b"/Extensions", b"/Version", b"/Metadata"})
_STORE_KEYS = frozenset({b"/Type", b"/Certs", b"/CRLs", b"/OCSPs", b"/VRI"})
_VRI_KEYS = frozenset({b"/Type", b"/Cert", b"/CRL", b"/OCSP", b"/TU", b"/TS"})
_PLAIN_STREAM_KEYS = frozenset({b"/Length", b"/Filter", b"/DecodeParms"})
_VRI_NAME = re.compile(rb"/[0-9A-Fa-f]{40,64}")


def holds_only_validation_data(data: bytes, section: Section, earlier: Sequence[Section]) -> bool:
    """Whether all that `section` lists is validation data, given the sections before it (oldest first)."""
    if section.compressed:
        return False
    known = {number: place for one in earlier for number, place in one.offsets.items()}
    known |= dict.fromkeys((number for one in earlier for number in one.compressed), 0)
    if not earlier or _number(section.trailer.get(b"/Root")) != _number(earlier[-1].trailer.get(b"/Root")):
        return False
    try:
        objects = {
            number: read_object(data, place, _refuse_indirect)
            for number, place in section.offsets.items()
            if place and place != section.start
        }
        fitting = all(_fits(data, number, placed, section, known) for number, placed in objects.items())
        return fitting and any(map(_is_evidence, objects.values()))
    except BrokenSyntax:
        return False


def _is_evidence(placed: PlacedObject) -> bool:
    """Rule 3."""
    if placed.stream is not None:
        return placed.dictionary.keys() <= _PLAIN_STREAM_KEYS
    return _is_store(placed)


def _refuse_indirect(number: int) -> int:
    raise BrokenSyntax(number, "a direct /Length")


def _fits(data: bytes, number: int, placed: PlacedObject, section: Section, known: Mapping[int, int]) -> bool:
    role = section.trailer
    if number == _number(role.get(b"/Root")):
        return number in known and _catalog_fits(data, placed, known[number])
    if number == _number(role.get(b"/Info")):
        return placed.stream is None
    kind = placed.dictionary.get(b"/Type")
    if kind == b"/Metadata":
        return placed.stream is not None and _was(data, known.get(number), b"/Metadata")
    if number in known:
        return placed.stream is None and _is_store(placed) and _was_store(data, known[number])
    if placed.stream is not None:
        return placed.dictionary.keys() <= _PLAIN_STREAM_KEYS
    return not placed.dictionary or _is_store(placed)


def _number(raw: bytes | None) -> int | None:
    found = _REFERENCE.fullmatch(raw or b"")
    return int(found.group(1)) if found else None


def _was(data: bytes, place: int | None, kind: bytes) -> bool:
    """Whether what is replaced was of this type; a new object, or one in an object stream, passes."""
    return not place or read_object(data, place, _refuse_indirect).dictionary.get(b"/Type") == kind


def _catalog_fits(data: bytes, placed: PlacedObject, place: int) -> bool:
    if not place:
        return True  # it stood in an object stream; the other reader compares it
    before = read_object(data, place, _refuse_indirect).dictionary
    return _settled(before) == _settled(placed.dictionary)


def _settled(catalog: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    return {key: b" ".join(value.split()) for key, value in catalog.items() if key not in _FREE_IN_CATALOG}


def _was_store(data: bytes, place: int) -> bool:
    return not place or _is_store(read_object(data, place, _refuse_indirect))


def _is_store(placed: PlacedObject) -> bool:
    keys = placed.dictionary.keys()
    if not keys:
        return False
    return (
        keys <= _STORE_KEYS or keys <= _VRI_KEYS or all(_VRI_NAME.fullmatch(key) for key in keys - {b"/Type"})
    )
