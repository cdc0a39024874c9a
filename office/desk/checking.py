"""Kiểm tra: any PDF becomes one sentence: our register by digest first, then the numbered verification.

The file is hashed here and parsed only in a confined child; no address named in it is ever fetched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from certify.book import register
from certify.book.register import RegisterEntry
from certify.question import Question, RegisterAnswer
from certify.verdict import Finding, FindingCode, Indication, Verdict
from foundation import durable
from office.confined.confine import ChildFault, Limits, run
from office.confined.tasks import VERIFY
from office.explain import explain_check
from office.faults import DeskCode, DeskFault
from office.rows import registered
from office.settings import Settings
from office.tables import copies
from office.value import Office
from storage.database import reading

EXIT_CODES: Mapping[Indication, int] = {
    Indication.TOTAL_PASSED: 0,
    Indication.TOTAL_FAILED: 1,
    Indication.INDETERMINATE: 2,
}
UNREADABLE = 3
SPECIMEN_PREFIX = "specimen-"
CHUNK = 1 << 20
OVERSTEPPED: Mapping[StrEnum, str] = {
    DeskCode.CHILD_DIED: "a reader fell over, for want of memory as a rule",
    DeskCode.CHILD_TOO_LARGE: "memory",
    DeskCode.CHILD_TOO_SLOW: "processor time",
}
LIMIT_STANDARD = "EN 319 102-1 5.1.3"
STRANGERS_MB = 230  # data segment of a child that judges a file not known here
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
    """The answer about one file or check code. `verdict` is None for what is no PDF, or for a code alone."""

    verdict: Verdict | None
    entry: RegisterEntry | None
    sentence: str
    light: Light
    exit_code: int

    def as_json(self) -> dict[str, Any]:
        """The answer as `verify --json` prints it."""
        if self.verdict is None:
            empty: dict[str, Any] = {"signatures": [], "findings": []}
            return {"verdict": "UNREADABLE", "sentence": self.sentence, "register": None, **empty}
        told = TypeAdapter(Verdict).dump_python(self.verdict, mode="json")
        entry = TypeAdapter(RegisterEntry).dump_python(self.entry, mode="json") if self.entry else None
        return {
            "verdict": told["indication"],
            "sentence": self.sentence,
            "signatures": [_signature(signature) for signature in told["signatures"]],
            "register": entry,
            "findings": told["findings"],
        }


def check_copy(office: Office, path: Path, trust: tuple[Path, ...] = (), *, niceness: int = 0) -> Check:
    """Judge any PDF against the register and the roots trusted here, and `trust` besides.

    `niceness` above 0 lets everything else on this machine go first.
    """
    known = registered.ask_register(office, path, sha256_of(path))
    question = _question(office, path, trust=trust, register=known.answer)
    at_once = registered.verdict_at_once(office, question, known)
    if at_once:
        return _answered(office.settings, at_once, known.entry)
    if known.answer.known:  # byte for byte what was made here: it may cost what it costs
        question = replace(question, cpu_seconds=None)
    check = _judge(office.settings, question, known.entry, niceness)
    if check.verdict:
        registered.remember_verdict(office, question, known, check.verdict)
    return check


def _question(
    office: Office, path: Path, *, trust: tuple[Path, ...] = (), register: RegisterAnswer | None = None
) -> Question:
    roots = (*office.trust.roots, *trust)
    return Question(path, roots, register, office.clock(), office.trust.pins)


def check_alone(settings: Settings, question: Question) -> Check:
    """Judge a PDF where no register is at hand."""
    sha256_of(question.path)
    return _judge(settings, question, None)


def check_code(office: Office, code: str) -> Check:
    """What the register says of the copy with this check code. Raises: DeskFault(NOT_FOUND)."""
    with reading(office.engine) as connection:
        copy = connection.execute(sa.select(copies).where(copies.c.check_code == code)).one_or_none()
        request = copy.id if copy else _specimen_request(code)
        entry = register.by_request(connection, request)
    if entry is None:
        raise DeskFault(DeskCode.NOT_FOUND)
    told = explain_check(None, entry, office.settings.lang, specimen=office.is_demo)
    light = Light.GOOD if entry.state == "ISSUED" else Light.BAD
    return Check(None, entry, told, light, 0 if light is Light.GOOD else 1)


def _specimen_request(code: str) -> str:
    """A specimen of the command line is known by its request; all else by its check code alone."""
    return code if code.startswith(SPECIMEN_PREFIX) else ""


def verify_file(office: Office, path: Path) -> Verdict:
    """The bare verdict on a file of our own, before it has a place in the register.

    It is kept, so that the first who asks about the issued copy is answered at once.
    """
    question = replace(_question(office, path), cpu_seconds=None)
    verdict = _ask(office.settings, question)
    registered.keep_verdict(office, sha256_of(path), question, verdict)
    return verdict


def sha256_of(path: Path) -> str:
    """The digest (hex) of a file's bytes. Raises: DeskFault(FILE_UNREADABLE) when it cannot be read."""
    try:
        return durable.sha256_of(path)
    except OSError as broken:
        raise DeskFault(DeskCode.FILE_UNREADABLE, str(broken)) from broken


def _judge(settings: Settings, question: Question, entry: RegisterEntry | None, niceness: int = 0) -> Check:
    verdict = _verdict(settings, question, niceness)
    if verdict is None:
        told = explain_check(None, entry, settings.lang)
        return Check(None, entry, told, Light.BAD, UNREADABLE)
    return _answered(settings, verdict, entry)


def _answered(settings: Settings, verdict: Verdict, entry: RegisterEntry | None) -> Check:
    told = explain_check(verdict, entry, settings.lang)
    return Check(verdict, entry, told, LIGHTS[verdict.indication], EXIT_CODES[verdict.indication])


def _verdict(settings: Settings, question: Question, niceness: int) -> Verdict | None:
    """The verdict; None for what is no document."""
    try:
        return _ask(settings, question, niceness)
    except ChildFault as fault:
        if fault.family != "NotADocument":
            raise
        return None
    except DeskFault as fault:
        if fault.code not in OVERSTEPPED:
            raise
        return _beyond_limits(question.path, fault)


def _ask(settings: Settings, question: Question, niceness: int = 0) -> Verdict:
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


def _signature(told: Mapping[str, Any]) -> dict[str, Any]:
    renamed = dict(told)
    renamed["verdict"] = renamed.pop("indication")
    return renamed
