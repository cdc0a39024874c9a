"""Any PDF becomes a verdict, by the numbered steps of docs/verification.md.

The steps read bytes that strangers wrote, so no error of theirs leaves this module: what breaks becomes a
finding. Nothing here asks the network.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from certify.pdf_bytes.revisions import Kind, RevisionMap, map_revisions
from certify.question import Question, RegisterAnswer, RegisterState
from certify.verdict import (
    Finding,
    FindingCode,
    Indication,
    NotADocument,
    SignatureReport,
    SubIndication,
    Verdict,
    worst,
)
from certify.verification.byte_integrity import bytes_are_intact
from certify.verification.integrity_checks import MOST_WORDS, check_integrity, guarded, in_words
from certify.verification.limits import OverBudget, beyond_counts, exceeded, within
from certify.verification.opened import OpenedFile, open_file, opens_at_all
from certify.verification.registered import finding_of
from certify.verification.seen.looks import check_looks
from certify.verification.signature_facts import (
    claimed_time,
    fingerprint,
    is_of_unknown_algorithm,
    is_specimen,
    is_timestamp,
    level,
    signer_name,
    stamped_time,
)
from certify.verification.signers.ades import Assessment, Assessor, Roots, read_roots
from certify.verification.signers.names import shown_name
from certify.verification.signers.policies import Lapse, lapses_of
from certify.verification.signers.revocation import Evidence, evidence_in, revocation_lapses
from certify.verification.signers.roles import check_roles, is_passed_off_as_ours
from certify.verification.weighing import weighed

__all__ = ["Question", "RegisterAnswer", "RegisterState", "verify"]

T = TypeVar("T")
HEADER_WITHIN = 1024  # bytes; how far readers look for %PDF
LARGEST_FILE = 512 << 20  # bytes


def verify(question: Question) -> Verdict:
    """The answer about one file.

    Raises: NotADocument for what is no PDF, or cannot be opened and holds no /ByteRange; ValueError and
    OSError when a trust file cannot be read.
    """
    roots = Roots(read_roots(question.trust), read_roots(question.stamp_roots))
    data = _document_bytes(question.path)  # 1
    try:
        with _quiet_libraries(), within(question.cpu_seconds):
            over = beyond_counts(data) if question.cpu_seconds else []
            return _answer((), over) if over else _judge(question, data, roots)
    except OverBudget:
        return _answer((), [exceeded(1, f"more than {question.cpu_seconds} s of processor time")])
    except MemoryError:
        return _answer((), [exceeded(1, "memory")])


def _judge(question: Question, data: bytes, roots: Roots) -> Verdict:
    found = map_revisions(data)  # 2
    try:
        opened = open_file(data, found)  # 3
    except MemoryError:
        raise
    except Exception as broken:  # noqa: BLE001 -- hostile files raise anything, RecursionError too
        return _answer((), [*_grammar(found), *_unreadable(data, found, broken)])
    if not opened.signatures and not found.signed_text:
        return _answer((), [*_unsigned(opened), *_register(question, opened)])
    findings = [*_format(opened), *check_integrity(opened, roots.every)]  # 3, 4, 5, 6
    reports, doubts = _trust(opened, roots, question.now)  # 7
    findings += [*doubts, *_register(question, opened)]  # 9
    findings += guarded(10, "the copy", partial(check_roles, opened, question.pins))
    try:
        findings += check_looks(opened)  # 8
    except OverBudget:  # last, so that all else is told where there is no time for every page
        findings.append(exceeded(8, "no time left to compare every page"))
    return _answer(reports, weighed(opened, [*_grammar(found), *findings]))


def _answer(reports: tuple[SignatureReport, ...], findings: Iterable[Finding]) -> Verdict:
    """The worst wins."""
    every = tuple(sorted(findings, key=lambda finding: finding.step))
    indication = worst([*(one.indication for one in every), *(one.indication for one in reports)])
    return Verdict(indication, reports, every)


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """What pyHanko logs about a stranger's file is in the findings, not on the clerk's terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


# 1. ISO 32000-2 7.5.2: size and header


def _document_bytes(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_FILE:
        raise NotADocument(f"larger than {LARGEST_FILE} bytes")
    data = path.read_bytes()
    if b"%PDF-" not in data[:HEADER_WITHIN] and b"/ByteRange" not in data:
        raise NotADocument("no PDF header")
    return data


# 2. ISO 32000-2 7.5, 12.8.1: revisions and signature dictionaries, byte by byte


def _grammar(found: RevisionMap) -> list[Finding]:
    if not found.signed_text:
        return []
    return [Finding(2, one.code, f"ISO 32000-2 7.5, rule {one.rule}", one.detail) for one in found.faults]


# 3. EN 319 102-1 5.2.2: format checking by a strict reader


def _format(opened: OpenedFile) -> list[Finding]:
    standard = "EN 319 102-1 5.2.2"
    found = []
    if opened.complaint:
        code = FindingCode.NOT_READABLE_STRICTLY if opened.form else FindingCode.READ_LENIENTLY
        found.append(Finding(3, code, standard, opened.complaint[:MOST_WORDS]))
    if opened.map.is_encrypted or opened.reader.encrypted:
        found.append(Finding(3, FindingCode.ENCRYPTED, "ISO 32000-2 7.6", "opens without a password"))
    return found


def _unreadable(data: bytes, found: RevisionMap, broken: Exception) -> list[Finding]:
    """Signed and unreadable: undecided where the bytes are those that were signed, else failed."""
    standard, detail = "EN 319 102-1 5.2.2", in_words(broken)
    if found.signed_text:
        intact = bytes_are_intact(data, found)
        if found.is_encrypted and intact:
            return [Finding(3, FindingCode.ENCRYPTED, "ISO 32000-2 7.6", detail)]
        code = FindingCode.NOT_READABLE_HERE if intact else FindingCode.NOT_READABLE_STRICTLY
        return [Finding(3, code, standard, detail)]
    if not opens_at_all(data):
        raise NotADocument(detail)
    return [Finding(3, FindingCode.NO_SIGNATURE, standard, f"SIGNED_DATA_NOT_FOUND; {detail}")]


def _unsigned(opened: OpenedFile) -> list[Finding]:
    fields = opened.form.fields if opened.form else ()
    missing = [Finding(6, FindingCode.SIGNATURE_MISSING, "EN 319 142-1 5.5", name) for name in fields]
    return [Finding(3, FindingCode.NO_SIGNATURE, "EN 319 102-1 5.2.2", "SIGNED_DATA_NOT_FOUND"), *missing]


# 7. EN 319 102-1 5.5, 5.6.3: trust, offline


def _trust(
    opened: OpenedFile, roots: Roots, now: datetime
) -> tuple[tuple[SignatureReport, ...], list[Finding]]:
    make_assessor = cache(partial(Assessor, opened.reader, roots, now))
    find_evidence = cache(partial(evidence_in, opened.reader, opened.signatures, roots.every))
    reports, findings = [], []
    for place, signature in enumerate(opened.signatures):
        policies = partial(lapses_of, signature, opened.signatures[:place], now)
        revoked = partial(_revoked, signature, find_evidence, now)
        lapses = [*_asked(policies), *_asked(revoked), *_asked(partial(_strays, signature, make_assessor))]
        assessment = _assess(opened, signature, make_assessor).lowered(lapses)
        reports.append(_report(opened, signature, assessment))
        if assessment.indication is Indication.TOTAL_PASSED:
            continue
        failed = assessment.indication is Indication.TOTAL_FAILED
        code = FindingCode.ADES_FAILED if failed else FindingCode.NOT_TRUSTED_NOW
        detail = f"{signature.field_name}: {assessment.sub_indication} {assessment.detail}".rstrip()
        findings.append(Finding(7, code, "EN 319 102-1 5.5", detail))
    return tuple(reports), findings


def _revoked(
    signature: EmbeddedPdfSignature, find_evidence: Callable[[], Evidence], now: datetime
) -> Iterable[Lapse]:
    return revocation_lapses(signature, find_evidence(), now)


def _strays(signature: EmbeddedPdfSignature, make_assessor: Callable[[], Assessor]) -> Iterable[Lapse]:
    return () if is_timestamp(signature) else make_assessor().stray_tokens(signature)


def _asked(rules: Callable[[], Iterable[Lapse]]) -> list[Lapse]:
    """What breaks while a rule is asked is itself a lapse."""
    try:
        return list(rules())
    except Exception as broken:  # noqa: BLE001 -- hostile certificates raise anything
        return [Lapse(SubIndication.GENERIC, in_words(broken))]


def _assess(
    opened: OpenedFile, signature: EmbeddedPdfSignature, make_assessor: Callable[[], Assessor]
) -> Assessment:
    try:
        intact, valid = opened.integrity(signature)
        if not intact:
            return Assessment(Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)
        if not valid and is_of_unknown_algorithm(signature):
            return Assessment(Indication.INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE)
        if not valid:
            return Assessment(Indication.TOTAL_FAILED, SubIndication.SIG_CRYPTO_FAILURE)
        if is_timestamp(signature):
            return make_assessor().assess_timestamp(signature)
        return make_assessor().assess_signature(signature)
    except Exception as broken:  # noqa: BLE001 -- hostile certificates raise anything
        return Assessment(Indication.INDETERMINATE, SubIndication.GENERIC, in_words(broken))


def _report(opened: OpenedFile, signature: EmbeddedPdfSignature, assessment: Assessment) -> SignatureReport:
    return SignatureReport(
        field=signature.field_name,
        signer=_told(lambda: shown_name(signer_name(signature)), ""),
        indication=assessment.indication,
        sub_indication=assessment.sub_indication,
        signed_at=_told(partial(claimed_time, signature), None),
        timestamped_at=_told(partial(stamped_time, signature), None),
        level=_told(partial(level, signature, opened.reader), "B-B"),
        covers_whole_file=signature.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        specimen=_told(partial(is_specimen, signature), otherwise=False),
        certificate=_told(partial(fingerprint, signature), ""),
        root=assessment.root,
    )


def _told(fact: Callable[[], T], otherwise: T) -> T:
    """A fact for the report; where the file cannot tell it, its verdict says why."""
    try:
        return fact()
    except Exception:  # noqa: BLE001 -- hostile files raise anything
        return otherwise


# 9. the certification book


def _register(question: Question, opened: OpenedFile) -> list[Finding]:
    """What the register says of the digest; it is asked for every file of the house."""
    answer = question.register
    if answer is None or not (answer.known or opened.form):
        return []
    if answer.known:
        return [finding_of(answer)]
    if answer.begins_with and _only_renewed(opened, answer.begins_with):
        return [finding_of(answer, FindingCode.RENEWED_SINCE)]
    ours = is_passed_off_as_ours(opened, question.pins)
    code = FindingCode.NOT_IN_REGISTER if ours else FindingCode.NOT_THIS_OFFICE
    return [Finding(9, code, "certification book", "digest unknown")]


def _only_renewed(opened: OpenedFile, size: int) -> bool:
    """Whether behind the first `size` bytes stand nothing but validation data and archive time-stamps."""
    behind = [one for one in opened.map.revisions if one.start >= size]
    whole = any(one.end == size for one in opened.map.revisions)
    return whole and all(one.kind in {Kind.VALIDATION_DATA, Kind.TIMESTAMP} for one in behind)
