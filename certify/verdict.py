"""What a verification says: three indications, findings with their step and standard, never a bare yes or no.

The words are those of EN 319 102-1. Everything here is made of strings, numbers, dates and tuples, so that
a verdict can leave the confined process it was reached in as JSON. `INDICATION_OF` says how heavily each
finding weighs; the worst finding and the worst signature decide (`worst`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Indication(StrEnum):
    """EN 319 102-1 5.1.3: the answer to the relying party."""

    TOTAL_PASSED = "TOTAL-PASSED"
    INDETERMINATE = "INDETERMINATE"
    TOTAL_FAILED = "TOTAL-FAILED"


class SubIndication(StrEnum):
    """EN 319 102-1 tables 5 and 6: why a signature is not (yet) good."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    SIGNATURE_POLICY_NOT_AVAILABLE = "SIGNATURE_POLICY_NOT_AVAILABLE"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND_NO_POE = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    GENERIC = "GENERIC"


class FindingCode(StrEnum):
    """Everything a step of docs/verification.md can find."""

    NO_SIGNATURE = "NO_SIGNATURE"
    REVISION_CHAIN_BROKEN = "REVISION_CHAIN_BROKEN"
    BYTE_RANGE_WRONG = "BYTE_RANGE_WRONG"
    CONTENTS_NOT_CANONICAL = "CONTENTS_NOT_CANONICAL"
    CONTENTS_NOT_DER = "CONTENTS_NOT_DER"
    APPENDED_BYTES = "APPENDED_BYTES"
    VALIDATION_DATA_APPENDED = "VALIDATION_DATA_APPENDED"
    REVISION_NOT_ALLOWED = "REVISION_NOT_ALLOWED"
    NOT_READABLE_STRICTLY = "NOT_READABLE_STRICTLY"
    READ_LENIENTLY = "READ_LENIENTLY"
    NOT_READABLE_HERE = "NOT_READABLE_HERE"
    ENCRYPTED = "ENCRYPTED"
    HYBRID_FILE = "HYBRID_FILE"
    SIGNATURE_NOT_SUPPORTED = "SIGNATURE_NOT_SUPPORTED"
    SIGNATURE_COUNT_DIFFERS = "SIGNATURE_COUNT_DIFFERS"
    DIGEST_DIFFERS = "DIGEST_DIFFERS"
    SIGNATURE_WRONG = "SIGNATURE_WRONG"
    TOKEN_NOT_CANONICAL = "TOKEN_NOT_CANONICAL"  # noqa: S105 -- a time-stamp token
    NOT_CERTIFYING = "NOT_CERTIFYING"
    APPROVED_ONLY = "APPROVED_ONLY"
    FORBIDDEN_CHANGE = "FORBIDDEN_CHANGE"
    CHANGED_AS_ALLOWED = "CHANGED_AS_ALLOWED"
    CHANGE_NOT_EXPLAINED = "CHANGE_NOT_EXPLAINED"
    SIGNATURE_MISSING = "SIGNATURE_MISSING"
    SIGNATURE_NOT_ISSUED = "SIGNATURE_NOT_ISSUED"
    NO_ARCHIVE_TIMESTAMP = "NO_ARCHIVE_TIMESTAMP"
    NOT_TRUSTED_NOW = "NOT_TRUSTED_NOW"
    ADES_FAILED = "ADES_FAILED"
    APPEARANCES_LEFT_OPEN = "APPEARANCES_LEFT_OPEN"
    CONTENT_CAN_CHANGE = "CONTENT_CAN_CHANGE"
    ACTS_ON_A_CLICK = "ACTS_ON_A_CLICK"
    NOT_AS_COMPOSED = "NOT_AS_COMPOSED"
    FIELD_VALUE_CHANGED = "FIELD_VALUE_CHANGED"
    FIELD_LOOK_CHANGED = "FIELD_LOOK_CHANGED"
    SIGNED_INK_COVERED = "SIGNED_INK_COVERED"
    PRINTED_OTHERWISE = "PRINTED_OTHERWISE"
    PAGES_DIFFER = "PAGES_DIFFER"
    PAGES_NOT_COMPARED = "PAGES_NOT_COMPARED"
    NOT_IN_REGISTER = "NOT_IN_REGISTER"
    CANCELLED_IN_REGISTER = "CANCELLED_IN_REGISTER"
    VOID_IN_REGISTER = "VOID_IN_REGISTER"
    KNOWN_TO_REGISTER = "KNOWN_TO_REGISTER"
    RENEWED_SINCE = "RENEWED_SINCE"
    EXTENDED_SINCE = "EXTENDED_SINCE"
    NOT_THIS_OFFICE = "NOT_THIS_OFFICE"
    SIGNER_NOT_FOR_ROLE = "SIGNER_NOT_FOR_ROLE"
    NAME_DECEPTIVE = "NAME_DECEPTIVE"
    PRINTED_NAME_DIFFERS = "PRINTED_NAME_DIFFERS"
    STEP_BROKE = "STEP_BROKE"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"


_NOTES = frozenset(
    {
        FindingCode.VALIDATION_DATA_APPENDED,
        FindingCode.ACTS_ON_A_CLICK,
        FindingCode.KNOWN_TO_REGISTER,
        FindingCode.APPROVED_ONLY,
    }
)
_DOUBTS = frozenset(
    {
        FindingCode.NO_SIGNATURE,
        FindingCode.CONTENTS_NOT_DER,
        FindingCode.HYBRID_FILE,
        FindingCode.SIGNATURE_NOT_SUPPORTED,
        FindingCode.SIGNATURE_MISSING,
        FindingCode.NO_ARCHIVE_TIMESTAMP,
        FindingCode.NOT_TRUSTED_NOW,
        FindingCode.READ_LENIENTLY,
        FindingCode.NOT_READABLE_HERE,
        FindingCode.ENCRYPTED,
        FindingCode.CHANGED_AS_ALLOWED,
        FindingCode.CHANGE_NOT_EXPLAINED,
        FindingCode.APPEARANCES_LEFT_OPEN,
        FindingCode.CONTENT_CAN_CHANGE,
        FindingCode.NOT_AS_COMPOSED,
        FindingCode.FIELD_VALUE_CHANGED,
        FindingCode.FIELD_LOOK_CHANGED,
        FindingCode.SIGNED_INK_COVERED,
        FindingCode.PRINTED_OTHERWISE,
        FindingCode.PAGES_NOT_COMPARED,
        FindingCode.RENEWED_SINCE,
        FindingCode.EXTENDED_SINCE,
        FindingCode.NOT_THIS_OFFICE,
        FindingCode.SIGNER_NOT_FOR_ROLE,
        FindingCode.NAME_DECEPTIVE,
        FindingCode.PRINTED_NAME_DIFFERS,
        FindingCode.LIMIT_EXCEEDED,
    }
)
INDICATION_OF: dict[FindingCode, Indication] = {
    code: Indication.TOTAL_PASSED
    if code in _NOTES
    else Indication.INDETERMINATE
    if code in _DOUBTS
    else Indication.TOTAL_FAILED
    for code in FindingCode
}
_ORDER = (Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED)


@dataclass(frozen=True)
class Finding:
    """One thing found: `step` is its number in docs/verification.md, `standard` the clause it rests on."""

    step: int
    code: FindingCode
    standard: str
    detail: str = ""

    @property
    def indication(self) -> Indication:
        """The best answer that still stands beside this finding."""
        return INDICATION_OF[self.code]


@dataclass(frozen=True)
class SignatureReport:
    """One signature or document time-stamp, in the order of signing.

    `signed_at` is what the signer says, `timestamped_at` what a time-stamp proves (best signature time);
    `level` is the PAdES level (B-B, B-T, B-LT, B-LTA), DTS for a document time-stamp; `certificate` the
    SHA-256 (hex) of the signer's certificate, `root` that of the trusted root it leads to; each is empty
    where it cannot be told.
    """

    field: str
    signer: str
    indication: Indication
    sub_indication: SubIndication | None
    signed_at: datetime | None
    timestamped_at: datetime | None
    level: str
    covers_whole_file: bool
    specimen: bool
    certificate: str = ""
    root: str = ""


@dataclass(frozen=True)
class Verdict:
    """The answer about one file: the worst of its signatures and findings."""

    indication: Indication
    signatures: tuple[SignatureReport, ...]
    findings: tuple[Finding, ...]

    def without_step(self, step: int) -> "Verdict":
        """The verdict as it is without what one step found."""
        kept = tuple(one for one in self.findings if one.step != step)
        weights = (*(one.indication for one in kept), *(one.indication for one in self.signatures))
        return Verdict(worst(weights), self.signatures, kept)


class NotADocument(Exception):
    """The bytes are no PDF, or cannot be opened, and hold no /ByteRange that would make them signed."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def worst(indications: Iterable[Indication]) -> Indication:
    """The worst of several indications; TOTAL-PASSED when there is none."""
    return max(indications, key=_ORDER.index, default=Indication.TOTAL_PASSED)
