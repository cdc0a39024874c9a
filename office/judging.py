"""The answer about one file, reached in a confined child: a verdict, one sentence, a light, an exit code.

The file is parsed in the child alone. Nothing here knows of rows or books: whoever asks about a copy of this
office brings along what the register says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from certify.book.entries import RegisterEntry
from certify.question import Question
from certify.verdict import Finding, FindingCode, Indication, Verdict
from foundation import durable
from office.confined.confine import ChildFault, Limits, run
from office.confined.tasks import VERIFY
from office.explain import explain_check
from office.faults import DeskCode, DeskFault
from office.settings import Settings

EXIT_CODES: Mapping[Indication, int] = {
    Indication.TOTAL_PASSED: 0,
    Indication.TOTAL_FAILED: 1,
    Indication.INDETERMINATE: 2,
}
UNREADABLE = 3
CHUNK = 1 << 20
OVERSTEPPED: Mapping[StrEnum, str] = {
    DeskCode.CHILD_DIED: "a reader fell over, for want of memory as a rule",
    DeskCode.CHILD_TOO_LARGE: "memory",
    DeskCode.CHILD_TOO_SLOW: "processor time",
}
LIMIT_STANDARD = "EN 319 102-1 5.1.3"
STRANGERS_MB = 264  # data segment of a child that judges a file not known here; it begins with 145
STRANGERS_CPU_SECONDS = 3  # of such a child, its drawing included; a second later it is killed


class Light(StrEnum):
    """What a citizen sees at a glance; the word stands beside the colour."""

    GOOD = "good"
    UNSURE = "unsure"
    BAD = "bad"


LIGHTS: Mapping[Indication, Light] = {
    Indication.TOTAL_PASSED: Light.GOOD,
    Indication.TOTAL_FAILED: Light.BAD,
    Indication.INDETERMINATE: Light.UNSURE,
}


@dataclass(frozen=True)
class Check:
    """The answer about one file or check code. `verdict` is None for what is no PDF, or for a code alone.

    `lists`: on which list of this office's trust each root stands.
    """

    verdict: Verdict | None
    entry: RegisterEntry | None
    sentence: str
    light: Light
    exit_code: int
    lists: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The answer as `verify --json` prints it."""
        if self.verdict is None:
            empty: dict[str, Any] = {"signatures": [], "findings": []}
            return {"verdict": "UNREADABLE", "sentence": self.sentence, "register": None, **empty}
        told = VERIFY.answer_adapter.dump_python(self.verdict, mode="json")
        entry = TypeAdapter(RegisterEntry).dump_python(self.entry, mode="json") if self.entry else None
        return {
            "verdict": told["indication"],
            "sentence": self.sentence,
            "signatures": [_signature(signature, self.lists) for signature in told["signatures"]],
            "register": entry,
            "findings": told["findings"],
        }


def check_alone(settings: Settings, question: Question) -> Check:
    """Judge a PDF where no register is at hand."""
    sha256_of(question.path)
    return judge(settings, question, None)


def sha256_of(path: Path) -> str:
    """The digest (hex) of a file's bytes. Raises: DeskFault(FILE_UNREADABLE) when it cannot be read."""
    try:
        return durable.sha256_of(path)
    except OSError as broken:
        raise DeskFault(DeskCode.FILE_UNREADABLE, str(broken)) from broken


def judge(settings: Settings, question: Question, entry: RegisterEntry | None, niceness: int = 0) -> Check:
    """The answer about a file of which the register has this entry, if any.

    `niceness` above 0 lets everything else on this machine go first.
    """
    verdict = _verdict(settings, question, niceness)
    if verdict is None:
        told = explain_check(None, entry, settings.lang)
        return Check(None, entry, told, Light.BAD, UNREADABLE)
    return answered(settings, verdict, entry)


def answered(settings: Settings, verdict: Verdict, entry: RegisterEntry | None) -> Check:
    """The answer that a verdict makes."""
    told = explain_check(verdict, entry, settings.lang)
    return Check(verdict, entry, told, LIGHTS[verdict.indication], EXIT_CODES[verdict.indication])


def _verdict(settings: Settings, question: Question, niceness: int) -> Verdict | None:
    """The verdict; None for what is no document."""
    try:
        return ask(settings, question, niceness)
    except ChildFault as fault:
        if fault.family != "NotADocument":
            raise
        return None
    except DeskFault as fault:
        if fault.code not in OVERSTEPPED:
            raise
        return _beyond_limits(question.path, fault)


def ask(settings: Settings, question: Question, niceness: int = 0) -> Verdict:
    """The bare verdict of a confined child.

    Raises: ChildFault for what is no document, DeskFault when the child was stopped.
    """
    limits = Limits(settings.limits.child_memory_mb, settings.limits.verify_seconds, niceness=niceness)
    if question.cpu_seconds is not None:
        most = min(limits.memory_mb, STRANGERS_MB)
        limits = replace(limits, memory_mb=most, cpu_seconds=STRANGERS_CPU_SECONDS)
    (verdict,) = run(VERIFY, question, limits)
    return verdict


def _beyond_limits(path: Path, fault: DeskFault) -> Verdict | None:
    """The verdict on a file beyond a limit: undecided when it claims a signature, else no document."""
    with path.open("rb") as source:
        tail = b""
        while block := source.read(CHUNK):
            if b"/ByteRange" in tail + block:
                return Verdict(
                    Indication.INDETERMINATE,
                    (),
                    (Finding(1, FindingCode.LIMIT_EXCEEDED, LIMIT_STANDARD, OVERSTEPPED[fault.code]),),
                )
            tail = block[-16:]
    return None


def _signature(told: Mapping[str, Any], lists: Mapping[str, str]) -> dict[str, Any]:
    renamed = dict(told)
    renamed["verdict"] = renamed.pop("indication")
    renamed["list"] = lists.get(told["root"], "")
    return renamed
