"""Steps 4 to 6 of docs/verification.md: what the file is, whoever signed it.

Each check yields what it finds wrong and nothing when all is well.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from asn1crypto import x509
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, read_certification_data
from pyhanko.sign.validation.status import SignatureCoverageLevel

from certify.pdf_bytes.revisions import house_faults
from certify.pdf_bytes.tokens import what_is_loose
from certify.verdict import Finding, FindingCode
from certify.verification.ades import certificates_in
from certify.verification.opened import HOUSE_FIELDS, OpenedFile
from certify.verification.signature_facts import integrity, is_timestamp, tokens_of

MOST_WORDS = 200  # characters of a library's own explanation


def check_integrity(opened: OpenedFile, roots: tuple[x509.Certificate, ...]) -> list[Finding]:
    """All findings of steps 4, 5 and 6."""
    findings: list[Finding] = []
    for signature in opened.signatures:
        findings += guarded(4, "EN 319 102-1 5.2.7", partial(_cryptography, signature))
        findings += guarded(5, "ISO 32000-2 12.8.2.2", partial(_changes_since, opened, signature))
    findings += guarded(6, "ISO 32000-2 12.8.1", partial(_coverage, opened))
    if opened.is_certified_copy:
        findings += guarded(4, "ISO 32000-2 12.8.2.2", partial(_certification, opened))
    if opened.house_fields:
        findings += guarded(4, "RFC 5652 5", partial(_last_token, opened, roots))
        findings += guarded(6, "EN 319 142-1 5.5", partial(_as_issued, opened))
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


def _cryptography(signature: EmbeddedPdfSignature) -> Iterator[Finding]:
    intact, valid = integrity(signature)
    if not intact:
        yield Finding(4, FindingCode.DIGEST_DIFFERS, "EN 319 102-1 5.2.7", signature.field_name)
    if not valid:
        yield Finding(4, FindingCode.SIGNATURE_WRONG, "EN 319 102-1 5.2.7", signature.field_name)


def _certification(opened: OpenedFile) -> Iterator[Finding]:
    first = opened.signatures[0]
    certification = read_certification_data(opened.reader)
    if certification is None or certification.author_sig.container_ref != first.sig_object.container_ref:
        yield Finding(4, FindingCode.NOT_CERTIFYING, "ISO 32000-2 12.8.2.2", first.field_name)


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
    later = opened.signatures[opened.signatures.index(signature) + 1 :]
    explained = any(not is_timestamp(one) or not opened.house_fields for one in later)
    allowed = ModificationLevel.FORM_FILLING if explained else ModificationLevel.LTA_UPDATES
    fits = not isinstance(result, DiffResult) or result.modification_level <= allowed
    if summary["docmdp_ok"] and fits:
        return
    detail = result.modification_level.name if isinstance(result, DiffResult) else str(result)[:MOST_WORDS]
    yield Finding(
        5, FindingCode.FORBIDDEN_CHANGE, "ISO 32000-2 12.8.2.2", f"{signature.field_name}: {detail}"
    )


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


def _as_issued(opened: OpenedFile) -> Iterator[Finding]:
    """As the house issues: every field signed, nobody else, an archive time-stamp last."""
    for name in opened.house_fields:
        if not opened.fields[name]:
            yield Finding(6, FindingCode.SIGNATURE_MISSING, "EN 319 142-1 5.5", name)
    for signature in opened.signatures:
        if not is_timestamp(signature) and signature.field_name not in HOUSE_FIELDS:
            yield Finding(6, FindingCode.SIGNATURE_NOT_ISSUED, "ISO 32000-2 12.8.2.4", signature.field_name)
    if not is_timestamp(opened.signatures[-1]):
        yield Finding(6, FindingCode.NO_ARCHIVE_TIMESTAMP, "EN 319 142-1 5.5", "cut back or unfinished")
        return
    for fault in house_faults(opened.data, opened.map, len(opened.house_fields)):
        yield Finding(2, fault.code, f"ISO 32000-2 7.5, rule {fault.rule}", fault.detail)
