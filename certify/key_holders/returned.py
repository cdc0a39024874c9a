"""The prefix check: is what a signing program gave back the file that it was handed, and one signature more?

Rules of this module, each refusing by a code of its own:
1. What came back begins with every byte of what was handed out, and goes on.
2. Behind that stands exactly one revision, every byte of it in an object that its table lists; it reaches the
   end of the file and holds exactly one signature, no time-stamp, in the canonical form of the byte grammar.
3. The signature stands in the prepared field, or in one new field on the last page; it is intact, by the one
   right certificate, PAdES, time-stamped.
4. The prepared field is signed as it demands: the officer's certifies (DocMDP P=2), the agency's locks
   everything (P=1). A field of the program's own approves, and neither certifies nor locks.
5. Nothing else changed: only the form, the page's list of fields and the field itself are written anew, the
   whole file is one that `allowed` names, and every page looks as before outside the signature's box, where
   nothing printed is covered.
6. What was handed out is ours, so whatever breaks in here is the program's doing: it is refused.

Runs in a confined child. Whether the certificates are vouched for is asked elsewhere
(certify.signing.sealing.require_sealable).
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffResult,
    DocInfoRule,
    FormUpdatingRule,
    ModificationLevel,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from certify.field_names import ARCHIVE_FIELD
from certify.model import CertifyFault, CopyFields, FaultCode, Profile
from certify.pdf_bytes.revisions import Kind, RevisionMap, house_faults, map_revisions
from certify.signing.detached import stamped_at
from certify.verdict import FindingCode
from certify.verification.house_forms import HOUSE_FIELDS, NO_CHANGES
from certify.verification.opened import OpenedFile, open_file
from certify.verification.seen.annotations import Annotation, annotations_of, changed_looks
from certify.verification.seen.pixels import Box, Comparison, Places, compare_pages
from certify.verification.signature_facts import entry, fingerprint, is_timestamp, pages_of, tokens_of

PADES = "/ETSI.CAdES.detached"
MOST_ADDED = 8 << 20  # bytes that one signature may add
LEAST_SIDE = 20.0  # points; of a stamp that people can read
LONGEST_NAME = 100  # characters of a program's own field
RULE_OF: Any = CatalogModificationRule, SigFieldCreationRule, SigFieldModificationRule
CATALOGUE, NEW_FIELD, FILLED_FIELD = RULE_OF
ONE_SIGNATURE = StandardDiffPolicy(  # stricter than pyHanko's usual one, and made for a first signature too
    global_rules=[
        CATALOGUE(frozenset({"/AcroForm", "/Perms", "/Extensions", "/Version"})),
        DocInfoRule().as_qualified(ModificationLevel.LTA_UPDATES),
        XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
    ],
    form_rule=FormUpdatingRule([NEW_FIELD(), FILLED_FIELD()], frozenset({"/Fields", "/SigFlags"})),
)
DATED_BY_PROGRAMS = frozenset({"/ModDate", "/Producer"})  # in /Info; programs write both


@dataclass(frozen=True)
class Return:
    """What came back, and what it has to be: `certificate` is the SHA-256 (hex) of the one that signs.

    `field` is the prepared one, empty where the program makes its own; `is_officers`: it certifies, or
    approves; else it locks. `fields`: officer, agency, and those drawn by programs, before this signature.
    """

    handed: Path
    returned: Path
    profile: Profile
    field: str
    is_officers: bool
    certificate: str
    fields: tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class Judged:
    """The field that was signed; or why the file is refused (`fault`, `detail` for the log)."""

    field: str
    fault: str = ""
    detail: str = ""


def judge_return(told: Return) -> Judged:
    """Judge what came back; never raises for any bytes."""
    try:
        return Judged(_judge(told))
    except CertifyFault as refused:
        is_stamp = refused.code is FaultCode.TIMESTAMP_UNAVAILABLE
        return Judged("", FaultCode.RETURNED_UNSTAMPED if is_stamp else refused.code, refused.detail)
    except MemoryError:
        raise
    except Exception as broken:  # noqa: BLE001 -- rule 6
        return Judged("", FaultCode.RETURNED_CHANGED, f"{type(broken).__name__}: {broken}"[:200])


@dataclass(frozen=True)
class _Two:
    """Both states of the file: bytes, maps and readers of what went out and of what came back."""

    told: Return
    before: bytes
    map_before: RevisionMap
    then: PdfFileReader
    now: OpenedFile

    @property
    def signature(self) -> EmbeddedPdfSignature:
        return self.now.signatures[-1]


def _judge(told: Return) -> str:
    before = told.handed.read_bytes()
    after = _as_prefix(told, before)  # 1
    mapped, grown = map_revisions(before), map_revisions(after)
    _one_revision(before, after, mapped, grown)  # 2
    two = _Two(told, before, mapped, PdfFileReader(io.BytesIO(before)), open_file(after, grown))
    if two.now.complaint:
        raise _changed(two.now.complaint)
    field = _field(two)  # 3
    _signature(two)
    _as_demanded(two)  # 4
    _nothing_else(two, field)  # 5
    return field


# 1. what was handed out, and more


def _as_prefix(told: Return, before: bytes) -> bytes:
    size = told.returned.stat().st_size
    if size > len(before) + MOST_ADDED:
        raise CertifyFault(FaultCode.RETURNED_CHANGED, f"{size - len(before)} bytes were added")
    after = told.returned.read_bytes()
    if after == before:
        raise CertifyFault(FaultCode.RETURNED_UNSIGNED, "the very same bytes")
    if not after.startswith(before):
        raise CertifyFault(FaultCode.RETURNED_OTHER)
    return after


# 2. one revision, one signature


def _one_revision(before: bytes, after: bytes, mapped: RevisionMap, grown: RevisionMap) -> None:
    if grown.faults:
        raise _changed("; ".join(f"{one.code} {one.detail}" for one in grown.faults))
    added = grown.revisions[len(mapped.revisions) :]
    if len(grown.signatures) == len(mapped.signatures):
        raise CertifyFault(FaultCode.RETURNED_UNSIGNED, f"{len(added)} revisions")
    if len(added) != 1 or len(grown.signatures) != len(mapped.signatures) + 1:
        raise _changed(f"{len(added)} revisions, {len(grown.signatures)} signatures")
    if grown.revisions[-2].end != len(before) or added[0].kind is not Kind.SIGNATURE:
        raise _changed(f"a revision of the kind {added[0].kind}")
    if grown.signatures[-1].end != len(after) or grown.signatures[-1].position < len(before):
        raise _changed("the signature does not cover the file")
    pattern = "".join(one.kind for one in grown.revisions)
    faults = [
        one
        for one in house_faults(after, grown, pattern)
        if one.code is not FindingCode.CONTENTS_NOT_CANONICAL
    ]  # the digits of its signature are the program's
    if faults:
        raise _changed("; ".join(one.detail for one in faults))


# 3. whose signature, where


def _field(two: _Two) -> str:
    signed, told = str(two.signature.field_name), two.told
    known = {name: value for name, value in two.now.fields.items() if name != signed}
    there = _signature_fields(two.then)
    if told.field:
        if signed != told.field or known.keys() | {signed} != there.keys():
            raise _changed(f"the field {signed!r}, and not {told.field!r}")
    elif signed in there or known != there or not _is_own_name(signed):
        raise _changed(f"the field {signed!r}")
    if any(known[name] != there[name] for name in known):
        raise _changed("another field")
    return signed


def _is_own_name(name: str) -> bool:
    taken = HOUSE_FIELDS | {ARCHIVE_FIELD}
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and "." not in name and name not in taken


def _signature_fields(reader: PdfFileReader) -> dict[str, bool]:
    named = entry(entry(reader.root, "/AcroForm", {}), "/Fields", ())
    return {str(one.get_object()["/T"]): "/V" in one.get_object() for one in named}


def _signature(two: _Two) -> None:
    signature = two.signature
    if is_timestamp(signature):
        raise CertifyFault(FaultCode.RETURNED_UNSIGNED, "a time-stamp")
    if fingerprint(signature) != two.told.certificate:
        raise CertifyFault(FaultCode.RETURNED_STRANGER, fingerprint(signature))
    if two.now.integrity(signature) != (True, True):
        raise _changed("the signature does not fit the file")
    if entry(signature.sig_object, "/SubFilter") != PADES:
        raise CertifyFault(FaultCode.RETURNED_WEAKER, str(entry(signature.sig_object, "/SubFilter")))
    tokens, value = tokens_of(signature), signature.signer_info["signature"].native
    if not tokens:
        raise CertifyFault(FaultCode.RETURNED_UNSTAMPED)
    for token in tokens:
        stamped_at(token, value)


# 4. certifying, locking, approving


def _as_demanded(two: _Two) -> None:
    certification, told = two.now.certification, two.told
    own = two.signature.sig_object
    said = [entry(one, "/TransformParams", {}) for one in entry(own, "/Reference", ())]
    lock = entry(two.signature.sig_field, "/Lock")
    if not told.field:
        if certification is not None or said or lock is not None:
            raise _changed("a field of its own that does more than approve")
    elif told.is_officers:
        certifies = certification and certification.author_sig.container_ref == own.container_ref
        if not (certification and certifies and certification.permission is MDPPerm.FILL_FORMS):
            raise CertifyFault(FaultCode.RETURNED_WEAKER, "it does not certify with P=2")
    elif not any(_is_total(one) for one in said) or not _is_total(lock or {}):
        raise CertifyFault(FaultCode.RETURNED_WEAKER, "it does not lock")


def _is_total(lock: Any) -> bool:
    return bool(entry(lock, "/Action") == "/All" and entry(lock, "/P") == NO_CHANGES)


# 5. nothing else


def _nothing_else(two: _Two, field: str) -> None:
    checks: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _rewritten(two, field),
        lambda: _reviewed(two, field),
        lambda: _listed(two, field),
        lambda: _shown(two, field),
    )
    for check in checks:
        if wrong := next(check(), None):
            raise _changed(wrong)


def _rewritten(two: _Two, field: str) -> Iterator[str]:
    """Objects written anew: the catalogue, the form, the field, its page and that page's list of fields."""
    old = {number for one in two.map_before.revisions for number in one.section.offsets}
    anew = old & set(two.now.map.revisions[-1].section.offsets)
    may = {_number(two.then.trailer.raw_get("/Root")), _number(two.then.root.raw_get("/AcroForm"))}
    may |= {_number(raw) for raw in _widgets(two.then, field)}
    for page in pages_of(two.then):
        may |= {page.container_ref.idnum} if page.container_ref else set()
        may |= {_number(page.raw_get("/Annots"))} if "/Annots" in page else set()
    info = two.then.trailer.raw_get("/Info") if "/Info" in two.then.trailer else None
    if _information(two.then) != _information(two.now.reader):
        yield "what the file says of itself"
    yield from (f"object {number}" for number in sorted(anew - may - {_number(info)}))


def _number(raw: Any) -> int:
    return raw.idnum if isinstance(raw, generic.IndirectObject) else 0


def _information(reader: PdfFileReader) -> dict[str, str]:
    told = entry(reader.trailer, "/Info", {})
    return {key: str(told[key]) for key in told if key not in DATED_BY_PROGRAMS}


def _widgets(reader: PdfFileReader, field: str) -> Iterator[Any]:
    listed = entry(entry(reader.root, "/AcroForm", {}), "/Fields", ())
    for at in range(len(listed)):
        if str(listed[at]["/T"]) == field:
            yield listed.raw_get(at)


def _reviewed(two: _Two, field: str) -> Iterator[str]:
    """PyHanko's own view of what the update did."""
    reader = two.now.reader
    found = ONE_SIGNATURE.review_file(reader, two.then.xrefs.total_revisions - 1)
    if not isinstance(found, DiffResult):
        yield str(found)
    elif found.modification_level > ModificationLevel.FORM_FILLING:
        yield found.modification_level.name
    elif found.changed_form_fields - {field}:
        yield f"fields {', '.join(sorted(found.changed_form_fields))}"


def _listed(two: _Two, field: str) -> Iterator[str]:
    from certify.signing.allowed import complaints  # noqa: PLC0415 letters are heavy, and all parsers load this

    officer, agency, drawn = two.told.fields
    fields = CopyFields(officer or field, agency, frozenset({*drawn, field}))
    with pikepdf.open(io.BytesIO(two.now.data)) as pdf:
        yield from complaints(pdf, fields)


def _shown(two: _Two, field: str) -> Iterator[str]:
    """The pages, and what lies on them."""
    before, after = annotations_of(two.then, tell_stamps=False), annotations_of(two.now.reader)
    filled = {key: one for key, one in before.items() if one.name == field}
    yield from changed_looks({key: one for key, one in before.items() if key not in filled}, after)
    for key, was in filled.items():
        if key not in after or after[key].box != was.box:
            yield f"the box of {field}"
    own = [one for key, one in after.items() if one.name == field]
    others = [one for one in after.values() if one.name != field]
    if len(own) != 1 or len(after) != len(before) + (not filled):
        yield f"{len(after)} fields on the pages"
        return
    yield from _placed(two, own[0], others)


def _placed(two: _Two, own: Annotation, others: list[Annotation]) -> Iterator[str]:
    last = len(list(pages_of(two.then)))
    if own.box is None or own.page != last or not _is_seen(own.box):
        yield "the signature does not stand on the last page for people to see"
        return
    if any(one.page == own.page and one.box and _overlap(own.box, one.box) for one in others):
        yield "the signature lies over another field"
    places = {own.page: Places((own.box,))}
    seen = compare_pages(Comparison(two.before, two.now.data, places, layered=False, may_fill=False))
    if seen.differing or seen.printed_otherwise:
        yield f"pages {seen.differing + seen.printed_otherwise} look otherwise"
    if seen.covered:
        yield "the signature covers what is printed"


def _is_seen(box: Box) -> bool:
    return box[2] - box[0] >= LEAST_SIDE and box[3] - box[1] >= LEAST_SIDE


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _changed(detail: str) -> CertifyFault:
    return CertifyFault(FaultCode.RETURNED_CHANGED, detail[:200])
