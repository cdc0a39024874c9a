"""Three lights for a citizen: content, signers, time; each a word and a shape, the worst one wins.

A finding shines in the light it concerns; whatever has no light of its own shines in the content's, so that
no failure can hide behind three good lights.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from certify.verdict import FindingCode, Indication, SignatureReport, Verdict, worst
from foundation.clock import on_paper

SIGNER_FINDINGS = frozenset(
    {
        FindingCode.NO_SIGNATURE,
        FindingCode.SIGNATURE_NOT_SUPPORTED,
        FindingCode.SIGNATURE_WRONG,
        FindingCode.SIGNATURE_MISSING,
        FindingCode.SIGNATURE_NOT_ISSUED,
        FindingCode.NOT_CERTIFYING,
        FindingCode.NOT_TRUSTED_NOW,
        FindingCode.ADES_FAILED,
    }
)
TIME_FINDINGS = frozenset({FindingCode.NO_ARCHIVE_TIMESTAMP})
FAMILIES = {Indication.TOTAL_PASSED: "done", Indication.INDETERMINATE: "look", Indication.TOTAL_FAILED: "bad"}
TIMESTAMP_LEVEL = "DTS"


@dataclass(frozen=True)
class Lamp:
    """One light: what it is about, its family of state, and a few words."""

    name: str
    family: str
    words: str


def lights(verdict: Verdict) -> tuple[Lamp, Lamp, Lamp]:
    """The three lights of a verdict on a file."""
    signatures = [one for one in verdict.signatures if one.level != TIMESTAMP_LEVEL]
    content = worst(f.indication for f in verdict.findings if f.code not in SIGNER_FINDINGS | TIME_FINDINGS)
    signers = _signers(verdict, signatures)
    time = _time(verdict, signatures)
    if not signatures:
        content = worst((content, Indication.INDETERMINATE))  # nothing vouches for the bytes
    if worst((content, signers, time)) is not worst((verdict.indication, content, signers, time)):
        content = verdict.indication
    return (
        Lamp("Nội dung", FAMILIES[content], _CONTENT[content]),
        Lamp("Người ký", FAMILIES[signers], _names(signatures)),
        Lamp("Thời điểm", FAMILIES[time], _moment(signatures)),
    )


_CONTENT = {
    Indication.TOTAL_PASSED: "còn nguyên như khi ký",
    Indication.INDETERMINATE: "chưa kết luận được",
    Indication.TOTAL_FAILED: "đã bị sửa, bị cắt hoặc không phải bản đã cấp",
}


def _signers(verdict: Verdict, signatures: Iterable[SignatureReport]) -> Indication:
    found = [finding.indication for finding in verdict.findings if finding.code in SIGNER_FINDINGS]
    judged = [one.indication for one in signatures]
    return worst((*found, *judged)) if judged else worst((*found, Indication.INDETERMINATE))


def _time(verdict: Verdict, signatures: Iterable[SignatureReport]) -> Indication:
    found = [finding.indication for finding in verdict.findings if finding.code in TIME_FINDINGS]
    proved = [one.timestamped_at is not None for one in signatures]
    return worst(found) if proved and all(proved) else worst((*found, Indication.INDETERMINATE))


def _names(signatures: Iterable[SignatureReport]) -> str:
    return "; ".join(one.signer for one in signatures) or "không có chữ ký số"


def _moment(signatures: Iterable[SignatureReport]) -> str:
    proved = [one.timestamped_at for one in signatures if one.timestamped_at]
    if proved:
        return f"{on_paper(max(proved)):%d/%m/%Y %H:%M}, theo dấu thời gian"
    claimed = [one.signed_at for one in signatures if one.signed_at]
    if claimed:
        return f"{on_paper(max(claimed)):%d/%m/%Y %H:%M}, người ký tự khai"
    return "không có"
