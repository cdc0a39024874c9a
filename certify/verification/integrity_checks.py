"""Steps 4 to 6 of docs/verification.md: what the file is, whoever signed it.

Each check yields what it finds wrong and nothing when all is well.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from asn1crypto import x509
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from certify.pdf_bytes.revisions import house_faults
from certify.pdf_bytes.tokens import what_is_loose
from certify.verdict import Finding, FindingCode
from certify.verification.house_forms import NO_CHANGES, HouseForm
from certify.verification.opened import OpenedFile
from certify.verification.signature_facts import (
    entry,
    is_of_unknown_algorithm,
    is_timestamp,
    tokens_of,
)
from certify.verification.signers.ades import certificates_in
from certify.verification.signers.revocation import brings_evidence

MOST_WORDS = 200  # characters of a library's own explanation


def check_integrity(opened: OpenedFile, roots: tuple[x509.Certificate, ...]) -> list[Finding]:
    """All findings of steps 4, 5 and 6."""
    findings: list[Finding] = []
    for signature in opened.signatures:
        findings += guarded(4, "EN 319 102-1 5.2.7", partial(_cryptography, opened, signature))
        findings += guarded(5, "ISO 32000-2 12.8.2.2", partial(_changes_since, opened, signature))
    findings += guarded(6, "ISO 32000-2 12.8.1", partial(_coverage, opened))
    if opened.form:
        findings += guarded(4, "ISO 32000-2 12.8.2.2", partial(_certification, opened, opened.form))
        findings += guarded(4, "RFC 5652 5", partial(_last_token, opened, roots))
        findings += guarded(6, "EN 319 142-1 5.5", partial(_as_issued, opened, opened.form))
    return findings


def guarded(step: int, standard: str, check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """The findings of one check; a check that breaks is itself a finding."""
    try:
        return list(check())
    except MemoryError:
        raise  # a limit, not a forgery
    except Exception as broken:  # noqa: BLE001 -- hostile files raise anything, RecursionError too
        return [Finding(step, FindingCode.STEP_BROKE, standard, in_words(broken))]


def in_words(broken: BaseException) -> str:
    """An error in its own words, shortened."""
    return f"{type(broken).__name__}: {broken}"[:MOST_WORDS]


# 4. EN 319 102-1 5.2.7, RFC 3161 2.4.2: digest and signature value; the last token has no byte to spare


def _cryptography(opened: OpenedFile, signature: EmbeddedPdfSignature) -> Iterator[Finding]:
    intact, valid = opened.integrity(signature)
    if not intact:
        yield Finding(4, FindingCode.DIGEST_DIFFERS, "EN 319 102-1 5.2.7", signature.field_name)
    if not valid:
        unknown = is_of_unknown_algorithm(signature) and not opened.form  # ours are all known
        code = FindingCode.SIGNATURE_NOT_SUPPORTED if unknown else FindingCode.SIGNATURE_WRONG
        yield Finding(4, code, "EN 319 102-1 5.2.7", signature.field_name)


def _certification(opened: OpenedFile, form: HouseForm) -> Iterator[Finding]:
    """The first signature certifies as the form does, and the locking field locks everything."""
    if form.locked_by is None:
        return
    first, standard = opened.signatures[0], "ISO 32000-2 12.8.2.2"
    certification = opened.certification
    if form.certified is None:
        yield Finding(4, FindingCode.APPROVED_ONLY, standard, first.field_name)
        if certification is not None:
            yield Finding(4, FindingCode.NOT_CERTIFYING, standard, "certified where the form approves")
    elif certification is None or certification.author_sig.container_ref != first.sig_object.container_ref:
        yield Finding(4, FindingCode.NOT_CERTIFYING, standard, first.field_name)
    elif certification.permission != MDPPerm(form.certified) or first.field_name != form.fields[0]:
        detail = f"{first.field_name} certifies, {certification.permission.name}"
        yield Finding(4, FindingCode.NOT_CERTIFYING, standard, detail)
    for signature in opened.signatures:
        if signature.field_name == form.locked_by and not _locks_everything(signature):
            detail = f"{form.locked_by} does not lock"
            yield Finding(4, FindingCode.NOT_CERTIFYING, "ISO 32000-2 12.8.2.4", detail)


def _locks_everything(signature: EmbeddedPdfSignature) -> bool:
    """Whether the field's /Lock and what the signature says of it forbid every further change."""
    lock = entry(signature.sig_field, "/Lock", {})
    said = [entry(one, "/TransformParams", {}) for one in entry(signature.sig_object, "/Reference", ())]
    return _is_total(lock) and any(_is_total(parameters) for parameters in said)


def _is_total(lock: Any) -> bool:
    return bool(entry(lock, "/Action") == "/All" and entry(lock, "/P") == NO_CHANGES)


def _last_token(opened: OpenedFile, roots: Iterable[x509.Certificate]) -> Iterator[Finding]:
    last = opened.signatures[-1]
    if not is_timestamp(last):
        return
    known = [*roots, *certificates_in(opened.reader)]
    earlier = [token for signature in opened.signatures[:-1] for token in tokens_of(signature)]
    loose = what_is_loose(opened.map.signatures[-1].contents.value, known, earlier)
    if loose:
        yield Finding(4, FindingCode.TOKEN_NOT_CANONICAL, "RFC 5652 5", loose)


# 5. ISO 32000-2 12.8.2.2, 12.8.2.4: nothing changed but what is allowed and later signatures explain


def _changes_since(opened: OpenedFile, signature: EmbeddedPdfSignature) -> Iterator[Finding]:
    summary = signature.summarise_integrity_info()
    result = summary["diff_result"]
    level = result.modification_level if isinstance(result, DiffResult) else ModificationLevel.NONE
    forbidden = not summary["docmdp_ok"] or (
        level is ModificationLevel.ANNOTATIONS and not _may_comment(opened, signature)
    )
    if forbidden:
        judged = isinstance(result, DiffResult)
        detail = level.name if judged else str(result)[:MOST_WORDS]
        known = judged or opened.form or signature.coverage < SignatureCoverageLevel.ENTIRE_REVISION
        code = FindingCode.FORBIDDEN_CHANGE if known else FindingCode.CHANGE_NOT_EXPLAINED
        yield Finding(5, code, "ISO 32000-2 12.8.2.2", f"{signature.field_name}: {detail}")
    elif level > _explained(opened, signature):
        yield _unexplained(opened, signature, level)


def _may_comment(opened: OpenedFile, signature: EmbeddedPdfSignature) -> bool:
    """Only a certifier can allow comments, for all signatures of the file."""
    return MDPPerm.ANNOTATE in {signature.docmdp_level, opened.permission}


def _explained(opened: OpenedFile, signature: EmbeddedPdfSignature) -> ModificationLevel:
    """How far a change may have gone because a later signature stands for it."""
    later = opened.signatures[opened.signatures.index(signature) + 1 :]
    explains = any(not is_timestamp(one) or not opened.form for one in later)
    return ModificationLevel.FORM_FILLING if explains else ModificationLevel.LTA_UPDATES


def _unexplained(opened: OpenedFile, signature: EmbeddedPdfSignature, level: ModificationLevel) -> Finding:
    """Nobody signed the change: the signer allowed it, or it is none that the house's forms know."""
    code = FindingCode.FORBIDDEN_CHANGE if opened.form else FindingCode.CHANGED_AS_ALLOWED
    return Finding(5, code, "ISO 32000-2 12.8.2.2", f"{signature.field_name}: {level.name}")


# 6. ISO 32000-2 12.8.1: both readers see the same signatures, and together they cover the whole file


def _coverage(opened: OpenedFile) -> Iterator[Finding]:
    standard = "ISO 32000-2 12.8.1"
    if opened.reader.xrefs.hybrid_xrefs_present:
        yield Finding(6, FindingCode.HYBRID_FILE, "ISO 32000-2 7.5.8.4", "two readers may see two files")
    for signature in opened.signatures:
        coverage = signature.coverage or SignatureCoverageLevel.UNCLEAR
        if coverage < SignatureCoverageLevel.ENTIRE_REVISION:
            yield Finding(
                6, FindingCode.BYTE_RANGE_WRONG, standard, f"{signature.field_name}: {coverage.name}"
            )
    ours = sorted(one.end for one in opened.map.signatures)
    theirs = sorted(int(one.byte_range[2]) + int(one.byte_range[3]) for one in opened.signatures)
    unsupported = sum(opened.fields.values()) - len(theirs)
    if ours == theirs:
        return
    if unsupported and len(ours) == len(theirs) + unsupported:
        yield Finding(6, FindingCode.SIGNATURE_NOT_SUPPORTED, standard, f"{unsupported} signatures")
    else:
        detail = f"{len(ours)} in bytes, {len(theirs)} read"
        yield Finding(6, FindingCode.SIGNATURE_COUNT_DIFFERS, standard, detail)


def _as_issued(opened: OpenedFile, form: HouseForm) -> Iterator[Finding]:
    """As the house issues: all fields of the form signed in order, no others, an archive time-stamp last."""
    for name in form.fields:
        if not opened.fields.get(name):
            yield Finding(6, FindingCode.SIGNATURE_MISSING, "EN 319 142-1 5.5", name)
    signers = [one.field_name for one in opened.signatures if not is_timestamp(one)]
    stamps = {one.field_name for one in opened.signatures if is_timestamp(one)}
    for name in opened.fields.keys() - set(form.fields) - stamps:
        yield Finding(6, FindingCode.SIGNATURE_NOT_ISSUED, "ISO 32000-2 12.8.2.4", name)
    ours = [name for name in signers if name in form.fields]
    if ours != [name for name in form.fields if name in ours]:
        yield Finding(6, FindingCode.SIGNATURE_NOT_ISSUED, "ISO 32000-2 12.8.2.4", f"order {', '.join(ours)}")
    if not is_timestamp(opened.signatures[-1]):
        yield Finding(6, FindingCode.NO_ARCHIVE_TIMESTAMP, "EN 319 142-1 5.5", "cut back or unfinished")
        return
    issued = opened.map
    if _is_extended(opened):
        issued = issued.up_to_last_signature()
        yield Finding(6, FindingCode.EXTENDED_SINCE, "EN 319 142-1 5.5", "behind the last time-stamp")
    for fault in house_faults(opened.data, issued, form.revisions):
        yield Finding(2, fault.code, f"ISO 32000-2 7.5, rule {fault.rule}", fault.detail)


def _is_extended(opened: OpenedFile) -> bool:
    """Whether behind the last time-stamp stands validation data, and such as can be read for what it is."""
    appended = any(one.code is FindingCode.VALIDATION_DATA_APPENDED for one in opened.map.faults)
    return appended and brings_evidence(opened.reader, opened.signatures[-1].signed_revision)
