"""Which sentence tells a check: the finding that weighs most for a person decides; who signed is always told.

The sentences stand in `sentences.toml` under [check]; here is only the order in which findings speak.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from certify.verdict import Finding, FindingCode, Indication, SignatureReport, SubIndication, Verdict

if TYPE_CHECKING:  # the book brings SQLAlchemy along
    from certify.book.register import RegisterEntry

TIME_STAMP = "DTS"  # the level of a document time-stamp, which nobody signs
_DOUBTS: tuple[tuple[FindingCode, str], ...] = (  # the first one found speaks
    (FindingCode.LIMIT_EXCEEDED, "unsure_limit"),
    (FindingCode.NO_SIGNATURE, "unsure_unsigned"),
    (FindingCode.ENCRYPTED, "unsure_encrypted"),
    (FindingCode.NOT_READABLE_HERE, "unsure_oddly_written"),
    (FindingCode.NAME_DECEPTIVE, "unsure_name"),
    (FindingCode.CONTENT_CAN_CHANGE, "unsure_can_change"),
    (FindingCode.NOT_AS_COMPOSED, "unsure_can_change"),
    (FindingCode.APPEARANCES_LEFT_OPEN, "unsure_can_change"),
    (FindingCode.HYBRID_FILE, "unsure_two_files"),
    (FindingCode.PRINTED_OTHERWISE, "unsure_prints"),
    (FindingCode.SIGNED_INK_COVERED, "unsure_covered"),
    (FindingCode.CHANGED_AS_ALLOWED, "unsure_changed_as_allowed"),
    (FindingCode.FIELD_VALUE_CHANGED, "unsure_changed_as_allowed"),
    (FindingCode.FIELD_LOOK_CHANGED, "unsure_changed_as_allowed"),
    (FindingCode.CHANGE_NOT_EXPLAINED, "unsure_not_explained"),
    (FindingCode.PAGES_NOT_COMPARED, "unsure_not_drawn"),
    (FindingCode.SIGNATURE_NOT_SUPPORTED, "unsure_unsupported"),
    (FindingCode.CONTENTS_NOT_DER, "unsure_unsupported"),
    (FindingCode.RENEWED_SINCE, "unsure_renewed"),
    (FindingCode.EXTENDED_SINCE, "unsure_extended"),
    (FindingCode.NOT_THIS_OFFICE, "unsure_other_office"),
    (FindingCode.SIGNER_NOT_FOR_ROLE, "unsure_role"),
    (FindingCode.PRINTED_NAME_DIFFERS, "unsure_printed_name"),
    (FindingCode.SIGNATURE_MISSING, "unsure_unfinished"),
    (FindingCode.NO_ARCHIVE_TIMESTAMP, "unsure_unfinished"),
    (FindingCode.READ_LENIENTLY, "unsure_oddly_written"),
)
_REASONS: Mapping[SubIndication, str] = {
    SubIndication.REVOKED_NO_POE: "unsure_revoked",
    SubIndication.REVOKED_CA_NO_POE: "unsure_revoked",
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE: "unsure_weak",
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: "unsure_weak",
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND: "unsure_untrusted",
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE: "unsure_untrusted",
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: "unsure_untrusted",
    SubIndication.OUT_OF_BOUNDS_NO_POE: "unsure_expired",
    SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: "unsure_expired",
    SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE: "unsure_expired",
    SubIndication.CHAIN_CONSTRAINTS_FAILURE: "unsure_not_for_signing",
    SubIndication.TIMESTAMP_ORDER_FAILURE: "unsure_times",
    SubIndication.SIG_CONSTRAINTS_FAILURE: "unsure_unstamped",
    SubIndication.NO_POE: "unsure_unstamped",
}


@dataclass(frozen=True)
class Told:
    """The row that speaks, what it is filled with, and what follows it."""

    row: str
    detail: str = ""
    signers: tuple[str, ...] = ()
    acts: str = ""


def told_of(verdict: Verdict, entry: "RegisterEntry | None") -> Told:
    """What is said of a file."""
    row, detail = _row(verdict, entry)
    acts = (one.detail for one in verdict.findings if one.code is FindingCode.ACTS_ON_A_CLICK)
    return Told(row, detail, _signers(verdict.signatures), next(acts, ""))


def _row(verdict: Verdict, entry: "RegisterEntry | None") -> tuple[str, str]:
    if verdict.indication is Indication.TOTAL_PASSED:
        return ("passed_copy" if entry else "passed"), ""
    if verdict.indication is Indication.TOTAL_FAILED:
        return _failed(verdict), ""
    return _doubt(verdict, entry)


def _failed(verdict: Verdict) -> str:
    codes = {one.code for one in verdict.findings}
    heavy = {one.code for one in verdict.findings if one.indication is Indication.TOTAL_FAILED}
    if FindingCode.CANCELLED_IN_REGISTER in codes:
        return "failed_cancelled"
    if FindingCode.VOID_IN_REGISTER in codes:
        return "failed_void"
    if FindingCode.NOT_THIS_OFFICE in codes:
        return "failed_not_ours"
    return "failed_unknown" if heavy == {FindingCode.NOT_IN_REGISTER} else "failed"


def _doubt(verdict: Verdict, entry: "RegisterEntry | None") -> tuple[str, str]:
    found: dict[FindingCode, Finding] = {one.code: one for one in reversed(verdict.findings)}
    for code, row in _DOUBTS:
        if code in found:
            return row, found[code].detail
    reasons = [one.sub_indication for one in verdict.signatures if one.sub_indication]
    rows = [_REASONS[reason] for reason in reasons if reason in _REASONS]
    row = next(iter(rows), "unsure")
    return ("unsure_registered" if entry and row == "unsure_untrusted" else row), ""


def _signers(signatures: Iterable[SignatureReport]) -> tuple[str, ...]:
    """Who signed, in order, each once; the certificates' own names, as they may be shown."""
    named = [one.signer for one in signatures if one.level != TIME_STAMP and one.signer]
    return tuple(dict.fromkeys(named))
