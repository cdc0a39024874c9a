"""What the register says of a known file; standard library only, for whoever asks before parsing."""

from collections.abc import Mapping
from dataclasses import replace

from certify.question import RegisterAnswer, RegisterState
from certify.verdict import Finding, FindingCode, Verdict, worst

STATES: Mapping[RegisterState, FindingCode] = {
    RegisterState.CANCELLED: FindingCode.CANCELLED_IN_REGISTER,
    RegisterState.VOID: FindingCode.VOID_IN_REGISTER,
}


def finding_of(answer: RegisterAnswer, in_force: FindingCode = FindingCode.KNOWN_TO_REGISTER) -> Finding:
    """The finding of step 9 for a file, or the copy it begins with, that the register knows."""
    where = f"{answer.number or ''} {answer.book or ''}".strip() or "kept by this office"
    code = STATES.get(answer.state or RegisterState.ISSUED, in_force)
    return Finding(9, code, "certification book", where)


def with_register(verdict: Verdict, answer: RegisterAnswer) -> Verdict:
    """A verdict reached without the register, and what the register says now of the same digest."""
    findings = tuple(sorted((*verdict.findings, finding_of(answer)), key=lambda finding: finding.step))
    indication = worst((verdict.indication, *(one.indication for one in findings)))
    return replace(verdict, indication=indication, findings=findings)
