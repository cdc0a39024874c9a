"""The revisions and signatures of a PDF, read from its bytes alone.

Rules of this grammar (a broken one is a Fault with its number):
1. The file begins with its %PDF header.
2. Cross-reference sections form one chain from the last startxref to the first; each footer points to its
   own section; each section lies behind the end of the revision before it; the revisions tile the file from
   its first byte.
3. What a section lists lies inside its own revision.
4. Every /ByteRange stands in the dictionary of a listed object, has four numbers, begins at 0, leaves out
   exactly that dictionary's /Contents string and ends where the revision that holds it ends.
5. /Contents is a hexadecimal string of even length in one case; it holds one DER value, and only zeros
   behind it (certify.pdf_bytes.contents_string; BER is doubtful, not broken).
6. The last signature or document time-stamp reaches the end of the file. One line end may follow it in a
   foreign file, or revisions that hold nothing but validation data; anything else is appended bytes.
7. In our own copies every revision behind the base is tiled by the objects its section lists, and the kinds
   of the revisions read as their form has them: base, first signature, second signature, each followed by
   validation data and time-stamps, a time-stamp last whose /Contents is in upper case, as we write it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from certify.pdf_bytes.contents_string import ContentsValue, NotCanonical, read_contents
from certify.pdf_bytes.syntax import BrokenSyntax, PlacedObject, read_object, skip_space, whole_numbers
from certify.pdf_bytes.validation_data import holds_only_validation_data
from certify.pdf_bytes.xref_sections import Section, last_pointer, read_section
from certify.verdict import FindingCode

_BYTE_RANGE = re.compile(rb"/ByteRange(?![^\x00\t\n\x0c\r ()<>\[\]{}/%])")
_HEADER = re.compile(rb"%PDF-[12]\.\d")
MOST_REVISIONS = 1000
MOST_SIGNATURES = 200
_LONGEST_TAIL = 2  # bytes: one line end


class Kind(StrEnum):
    """What a revision is there for."""

    BASE = "B"
    SIGNATURE = "S"
    TIMESTAMP = "T"
    VALIDATION_DATA = "V"
    OTHER = "O"


@dataclass(frozen=True)
class Fault:
    """A broken rule of this grammar."""

    rule: int
    code: FindingCode
    detail: str


@dataclass(frozen=True)
class Revision:
    """Bytes `start` to `end` of the file, closed by their own cross-reference section."""

    start: int
    end: int
    section: Section
    kind: Kind


@dataclass(frozen=True)
class SignatureBytes:
    """One signature dictionary: its value, and what it covers (`end`: first byte left out)."""

    object_number: int
    position: int
    gap: tuple[int, int]
    end: int
    contents: ContentsValue
    is_timestamp: bool


@dataclass(frozen=True)
class RevisionMap:
    """A file as its bytes tell it: revisions and signatures in file order, and every broken rule.

    `signed_text`: whether /ByteRange stands anywhere in the file, inside a stream or not.
    `tail_is_revisions`: behind the last signature stand whole revisions, every byte in a listed object.
    """

    size: int
    revisions: tuple[Revision, ...]
    signatures: tuple[SignatureBytes, ...]
    faults: tuple[Fault, ...]
    signed_text: bool
    tail_is_revisions: bool = False

    @property
    def is_encrypted(self) -> bool:
        """Whether a trailer names an encryption (ISO 32000-2 7.6)."""
        return any(b"/Encrypt" in one.section.trailer for one in self.revisions)

    @property
    def covered(self) -> int:
        """How many bytes the last signature reaches, counted from the start of the file."""
        return max((signature.end for signature in self.signatures), default=0)

    def up_to_last_signature(self) -> "RevisionMap":
        """The map of the file as its last signature covers it."""
        kept = tuple(one for one in self.revisions if one.end <= self.covered + _LONGEST_TAIL)
        return replace(self, size=self.covered, revisions=kept)

    def revision_before(self, position: int) -> Revision | None:
        """The last revision that ends at or before `position`."""
        return next((one for one in reversed(self.revisions) if one.end <= position), None)


def map_revisions(data: bytes) -> RevisionMap:
    """Read `data` by rules 1 to 6; rule 7 is asked for with `house_faults`. Never raises for any bytes."""
    faults: list[Fault] = []
    if not _HEADER.match(data):
        faults.append(Fault(1, FindingCode.REVISION_CHAIN_BROKEN, "no PDF header at the first byte"))
    try:
        sections = tuple(_chain(data))
        bare = _tile(data, sections)
        objects = _Objects(data, bare)
    except (BrokenSyntax, ValueError, IndexError) as broken:
        faults.append(Fault(2, FindingCode.REVISION_CHAIN_BROKEN, str(broken)))
        return RevisionMap(len(data), (), (), tuple(faults), _BYTE_RANGE.search(data) is not None)
    faults += _misplaced(bare)
    signatures, signature_faults = _signatures(data, objects)
    faults += signature_faults
    revisions = tuple(_classified(data, bare, signatures))
    found = RevisionMap(len(data), revisions, signatures, tuple(faults), _BYTE_RANGE.search(data) is not None)
    return _with_end_rule(data, found)


def house_faults(data: bytes, found: RevisionMap, form: str) -> tuple[Fault, ...]:
    """Rule 7 for a file of ours, and no tail at all behind the last signature.

    `form`: a pattern of revision kinds, in file order.
    """
    faults = []
    order = "".join(revision.kind for revision in found.revisions)
    if not re.fullmatch(form, order):
        faults.append(Fault(7, FindingCode.REVISION_NOT_ALLOWED, f"revisions read {order}"))
    updates = [one for one in found.revisions if one.kind is not Kind.BASE]
    strays = [at for one in updates if (at := _stray(data, one)) is not None]
    faults += [
        Fault(7, FindingCode.REVISION_NOT_ALLOWED, f"byte {at} is in no listed object") for at in strays
    ]
    if found.signatures and not found.signatures[-1].contents.is_upper_case:
        faults.append(
            Fault(7, FindingCode.CONTENTS_NOT_CANONICAL, "the last /Contents is not as we write it")
        )
    if found.covered != found.size:
        faults.append(
            Fault(6, FindingCode.APPENDED_BYTES, f"{found.size - found.covered} bytes behind the end")
        )
    return tuple(faults)


# --- rule 2: the chain of sections -----------------------------------------------------------------


def _chain(data: bytes) -> Iterator[Section]:
    """Newest first."""
    position: int | None = last_pointer(data)
    seen: set[int] = set()
    while position is not None:
        if position in seen or len(seen) >= MOST_REVISIONS or position >= len(data):
            raise BrokenSyntax(position, "an older section")
        seen.add(position)
        section = read_section(data, position)
        yield section
        position = section.previous


def _tile(data: bytes, sections: tuple[Section, ...]) -> tuple[Revision, ...]:
    """Oldest first; the two sections of a linearised base (ISO 32000-2 annex F) make one revision."""
    oldest_first = list(reversed(sections))
    linearised = len(oldest_first) > 1 and oldest_first[1].start < oldest_first[0].start
    if linearised:
        main, first_page, *updates = oldest_first
        if b"/Linearized" not in data[:2048] or main.pointer != first_page.start:
            raise BrokenSyntax(main.start, "a linearised file")
        oldest_first = [_joined(main, first_page), *updates]
    revisions: list[Revision] = []
    for index, section in enumerate(oldest_first):
        start = revisions[-1].end if revisions else 0
        points_home = skip_space(data, section.pointer) == section.start or (linearised and index == 0)
        if section.start < start or not points_home:
            raise BrokenSyntax(section.start, "a section inside its own revision")
        revisions.append(Revision(start, section.footer_end, section, Kind.BASE))
    return tuple(revisions)


def _joined(main: Section, first_page: Section) -> Section:
    offsets = {**main.offsets, **first_page.offsets}
    return replace(main, offsets=offsets, compressed=main.compressed | first_page.compressed)


def _misplaced(revisions: tuple[Revision, ...]) -> Iterator[Fault]:
    for revision in revisions[1:]:
        outside = [
            at for at in revision.section.offsets.values() if at and not revision.start <= at < revision.end
        ]
        if outside:
            yield Fault(3, FindingCode.REVISION_CHAIN_BROKEN, f"an entry leads to byte {outside[0]}")


# --- rules 4 and 5: signature dictionaries ---------------------------------------------------------


class _Objects:
    """Listed objects of all revisions, by position."""

    def __init__(self, data: bytes, revisions: tuple[Revision, ...]) -> None:
        self._data = data
        self._newest = {n: at for one in revisions for n, at in one.section.offsets.items()}
        self._places = sorted({at for one in revisions for at in one.section.offsets.values() if at})

    def holding(self, position: int) -> PlacedObject:
        """The listed object whose bytes hold `position`."""
        index = bisect_right(self._places, position)
        if index:
            placed = read_object(self._data, self._places[index - 1], self.length_of)
            if position < placed.end:
                return placed
        raise BrokenSyntax(position, "a listed object around it")

    def length_of(self, number: int) -> int:
        """The value of an integer object."""
        place = self._newest.get(number, len(self._data))
        head = re.compile(rb"\d+\s+\d+\s+obj\s+(\d{1,10})\s+endobj").match(self._data, place)
        if not head:
            raise BrokenSyntax(place, "an integer object")
        return int(head.group(1))


def _signatures(data: bytes, objects: _Objects) -> tuple[tuple[SignatureBytes, ...], list[Fault]]:
    found: list[SignatureBytes] = []
    faults: list[Fault] = []
    for number, mention in enumerate(_BYTE_RANGE.finditer(data)):
        if number >= MOST_SIGNATURES:
            faults.append(Fault(4, FindingCode.BYTE_RANGE_WRONG, "too many signatures"))
            break
        try:
            placed = objects.holding(mention.start())
            if mention.start() >= placed.dictionary_end:
                continue  # text inside a stream, an attached file for instance
            found.append(_signature(data, placed))
            if not found[-1].contents.is_der:
                faults.append(Fault(5, FindingCode.CONTENTS_NOT_DER, f"object {placed.number}"))
        except NotCanonical as wrong:
            faults.append(Fault(5, FindingCode.CONTENTS_NOT_CANONICAL, str(wrong)))
        except (BrokenSyntax, ValueError) as wrong:
            faults.append(Fault(4, FindingCode.BYTE_RANGE_WRONG, str(wrong)))
    return tuple(sorted(found, key=lambda one: one.end)), faults


def _signature(data: bytes, placed: PlacedObject) -> SignatureBytes:
    entries = placed.dictionary
    if b"/ByteRange" not in entries or b"/Contents" not in entries:
        raise BrokenSyntax(placed.start, "/ByteRange and /Contents side by side")
    numbers = whole_numbers(entries[b"/ByteRange"])
    if len(numbers) != 4 or numbers[0] != 0:  # noqa: PLR2004 -- ISO 32000-2 12.8.1: two pairs
        raise BrokenSyntax(placed.start, "four numbers, the first 0")
    _, first, second, length = numbers
    value = entries[b"/Contents"]
    if not placed.start < first < second < placed.end or data[first:second] != value:
        raise BrokenSyntax(first, "exactly the /Contents string left out")
    if second + length > len(data):
        raise BrokenSyntax(second, "a range inside the file")
    contents = read_contents(value)
    stamp = entries.get(b"/Type") == b"/DocTimeStamp" or entries.get(b"/SubFilter") == b"/ETSI.RFC3161"
    return SignatureBytes(placed.number, placed.start, (first, second), second + length, contents, stamp)


# --- rules 4, 6 and 7: what the revisions are there for --------------------------------------------


def _classified(
    data: bytes, revisions: tuple[Revision, ...], signatures: tuple[SignatureBytes, ...]
) -> Iterator[Revision]:
    signed = False
    for index, revision in enumerate(revisions):
        inside = [one for one in signatures if revision.start <= one.position < revision.end]
        kind = Kind.BASE
        if inside:
            kind = Kind.TIMESTAMP if all(one.is_timestamp for one in inside) else Kind.SIGNATURE
        elif signed:
            earlier = [one.section for one in revisions[:index]]
            fits = holds_only_validation_data(data, revision.section, earlier)
            kind = Kind.VALIDATION_DATA if fits else Kind.OTHER
        signed = signed or bool(inside)
        yield Revision(revision.start, revision.end, revision.section, kind)


def _with_end_rule(data: bytes, found: RevisionMap) -> RevisionMap:
    faults = list(found.faults)
    for signature in found.signatures:
        home = next((one for one in found.revisions if one.start <= signature.position < one.end), None)
        if home is None or not _ends_at(data, home.end, signature.end):
            faults.append(Fault(4, FindingCode.BYTE_RANGE_WRONG, f"a signature ends at byte {signature.end}"))
    behind = _tail(data, found) if found.signatures else ()
    if behind is None:
        detail = f"{found.size - found.covered} bytes behind the last signature"
        faults.append(Fault(6, FindingCode.APPENDED_BYTES, detail))
    elif behind:
        faults.append(_tail_fault(found, behind))
    return replace(found, faults=tuple(faults), tail_is_revisions=bool(behind))


def _ends_at(data: bytes, revision_end: int, covered: int) -> bool:
    """Whether `covered` is the end of a revision, give or take its last line end."""
    low, high = sorted((revision_end, covered))
    return high - low <= _LONGEST_TAIL and not data[low:high].strip(b"\r\n")


def _tail(data: bytes, found: RevisionMap) -> tuple[Revision, ...] | None:
    """The whole revisions behind the last signature; none for nothing or a line end, None for other bytes."""
    tail = data[found.covered :]
    if len(tail) <= _LONGEST_TAIL and not tail.strip(b"\r\n"):
        return ()
    behind = tuple(one for one in found.revisions if one.end > found.covered + _LONGEST_TAIL)
    closed = behind and _ends_at(data, behind[-1].end, found.size)
    return behind if closed and all(_stray(data, one) is None for one in behind) else None


def _tail_fault(found: RevisionMap, behind: tuple[Revision, ...]) -> Fault:
    size = found.size - found.covered
    if all(one.kind is Kind.VALIDATION_DATA for one in behind):
        detail = f"{size} bytes of validation data, not signed"
        return Fault(6, FindingCode.VALIDATION_DATA_APPENDED, detail)
    return Fault(6, FindingCode.APPENDED_BYTES, f"{size} bytes behind the last signature")


def _stray(data: bytes, revision: Revision) -> int | None:
    """The first byte of `revision` that no listed object, section or white space accounts for."""
    objects = _Objects(data, (revision,))
    at = skip_space(data, revision.start)
    places = sorted(place for place in revision.section.offsets.values() if place)
    for place in places:
        if place == revision.section.start:
            continue
        if at != skip_space(data, place):
            return at
        try:
            at = skip_space(data, read_object(data, place, objects.length_of).end)
        except BrokenSyntax as broken:
            return broken.position
    return None if at == revision.section.start else at
