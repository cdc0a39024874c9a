"""Kiểm tra: any PDF becomes one sentence: our register by digest first, then the numbered verification.

The file is hashed here and parsed only in a confined child; no address named in it is ever fetched.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from certify.book import register
from certify.question import Question, RegisterAnswer
from certify.verdict import Verdict
from office.explain import explain_check
from office.faults import DeskCode, DeskFault
from office.founding.trust import lists_by_root
from office.judging import Check, Light, answered, ask, judge, sha256_of
from office.nouns import Actor
from office.rows import arrivals, keeping, recording, registered
from office.rows.arrivals import Arrival, Checked
from office.tables import copies
from office.value import Office
from storage.database import reading, writing

SPECIMEN_PREFIX = "specimen-"


def check_copy(office: Office, path: Path, trust: tuple[Path, ...] = (), *, niceness: int = 0) -> Check:
    """Judge any PDF against the register and the roots trusted here, and `trust` besides.

    `niceness` above 0 lets everything else on this machine go first.
    """
    with reading(office.engine) as connection:
        lists = lists_by_root(connection)
    return replace(_checked(office, path, trust, niceness), lists=lists)


def _checked(office: Office, path: Path, trust: tuple[Path, ...], niceness: int) -> Check:
    known = registered.ask_register(office, path, sha256_of(path))
    question = _question(office, path, trust=trust, register=known.answer)
    at_once = registered.verdict_at_once(office, question, known)
    if at_once:
        return answered(office.settings, at_once, known.entry)
    if known.answer.known:  # byte for byte what was made here: it may cost what it costs
        question = replace(question, cpu_seconds=None)
    check = judge(office.settings, question, known.entry, niceness)
    if check.verdict:
        registered.remember_verdict(office, question, known, check.verdict)
    return check


def _question(
    office: Office, path: Path, *, trust: tuple[Path, ...] = (), register: RegisterAnswer | None = None
) -> Question:
    known = office.trust
    stamps = None if known.stamp_roots is None else (*known.stamp_roots, *trust)
    question = Question(path, (*known.roots, *trust), register, office.clock(), known.pins)
    return replace(question, stamp_trust=stamps)


def check_arrivals(office: Office, actor: Actor, pages: Iterable[Arrival]) -> tuple[Arrival, ...]:
    """Verify every PDF among these that was not verified yet; what is found stands in its rows.

    Returns: those whose signatures turn out to be broken, so that a person sees it before accepting them.
    """
    waiting = {page.sha256: page for page in pages if page.is_pdf and page.checked is None}
    found: dict[str, Checked] = {}
    with office.work_folder() as work:
        for number, sha256 in enumerate(waiting):
            path = keeping.fetch(office, sha256, work / f"{number}.pdf")
            found[sha256] = Checked(office.clock(), check_copy(office, path).verdict)
    if found:
        told = {sha256: str(one.verdict.indication) if one.verdict else "" for sha256, one in found.items()}
        with writing(office.engine) as connection:
            for sha256, checked in found.items():
                arrivals.write_checked(connection, sha256, checked)
            first = next(iter(waiting.values())).id
            recording.note(connection, office, actor, "files_checked", first, verdicts=told)
    return tuple(waiting[sha256] for sha256, checked in found.items() if checked.is_refused)


def require_good(refused: Sequence[Arrival]) -> None:
    """Stop before files are accepted whose broken signatures nobody has seen yet.

    Raises: DeskFault(SIGNATURES_BROKEN) with their names.
    """
    if refused:
        names = (str(page.evidence.get("source_name") or page.evidence.get("file", "")) for page in refused)
        raise DeskFault(DeskCode.SIGNATURES_BROKEN, ", ".join(names))


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
    verdict = ask(office.settings, question)
    registered.keep_verdict(office, sha256_of(path), question, verdict)
    return verdict
