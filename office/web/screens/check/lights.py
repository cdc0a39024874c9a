"""Three lights for a citizen: content, signers, time; each a word and a shape, the worst one wins.

A finding shines in the light it concerns; whatever has no light of its own shines in the content's, so that
no failure can hide behind three good lights.
"""

from collections.abc import Iterable

from certify.verdict import FindingCode, Indication, SignatureReport, Verdict, worst
from office.web.lamps import FAMILIES, Lamp
from office.web.rendering import instant
from office.web.words import Words

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
TIMESTAMP_LEVEL = "DTS"


def lights(verdict: Verdict, words: Words) -> tuple[Lamp, Lamp, Lamp]:
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
        Lamp(
            words.say("check.light.content"), FAMILIES[content], words.say("check.light.content_is", content)
        ),
        Lamp(words.say("check.light.signers"), FAMILIES[signers], _names(signatures, words)),
        Lamp(words.say("check.light.time"), FAMILIES[time], _moment(signatures, words)),
    )


def _signers(verdict: Verdict, signatures: Iterable[SignatureReport]) -> Indication:
    found = [finding.indication for finding in verdict.findings if finding.code in SIGNER_FINDINGS]
    judged = [one.indication for one in signatures]
    return worst((*found, *judged)) if judged else worst((*found, Indication.INDETERMINATE))


def _time(verdict: Verdict, signatures: Iterable[SignatureReport]) -> Indication:
    found = [finding.indication for finding in verdict.findings if finding.code in TIME_FINDINGS]
    proved = [one.timestamped_at is not None for one in signatures]
    return worst(found) if proved and all(proved) else worst((*found, Indication.INDETERMINATE))


def _names(signatures: Iterable[SignatureReport], words: Words) -> str:
    return "; ".join(one.signer for one in signatures) or words.say("check.light.signers_are.none")


def _moment(signatures: Iterable[SignatureReport], words: Words) -> str:
    proved = [one.timestamped_at for one in signatures if one.timestamped_at]
    if proved:
        return words.say("check.light.time_is.proved", when=instant(words, max(proved)))
    claimed = [one.signed_at for one in signatures if one.signed_at]
    if claimed:
        return words.say("check.light.time_is.claimed", when=instant(words, max(claimed)))
    return words.say("check.light.time_is.none")
