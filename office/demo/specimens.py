"""`certify` on the command line: a specimen copy of a file, numbered from the specimen book.

A real copy is issued only through the desk's acts, from a paper whose original somebody saw.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from certify.book import register
from certify.demo_authority.authority import DemoAuthority
from certify.demo_authority.certificates import SIGNERS, Role
from certify.model import (
    AgencySigned,
    Approval,
    CopyDecision,
    CopyForms,
    Kind,
    OriginalSeen,
    Statement,
)
from certify.signing import signing, statement
from certify.verdict import Indication
from digitize.model import Digitized, Origin
from foundation.clock import on_paper
from foundation.durable import sha256_of
from office.confined.reader import digitize_confined, read_into
from office.demo.authority import authority_folder
from office.desk import books, checking
from office.faults import DeskCode, DeskFault
from office.rows import recording, registered
from office.value import Office
from storage.database import writing

KIND_WORDS = {Kind.SAO_Y: "SAO Y", Kind.SAO_LUC: "SAO LỤC", Kind.TRICH_SAO: "TRÍCH SAO"}


@dataclass(frozen=True)
class Specimen:
    """What to make: of which file, which kind, of an original with how many pages (None: as the file)."""

    source: Path
    kind: str
    pages_of_original: int | None


def certify_specimen(office: Office, wanted: Specimen, out: Path) -> dict[str, Any]:
    """Make the copy at `out` and tell about it.

    Raises: DeskFault ELECTRONIC_ORIGINAL for a file that never was paper, PAGES_DIFFER, VERIFICATION_FAILED;
    room faults.
    """
    kind = Kind(wanted.kind)
    with office.work_folder() as work:
        document, pages = _digitized(office, wanted.source, kind, work)
        if wanted.pages_of_original not in (None, pages):
            raise DeskFault(DeskCode.PAGES_DIFFER, f"{wanted.pages_of_original} ≠ {pages}")
        if kind is Kind.CERTIFIED:
            return _certified(office, document, pages, out)
        return _agency_copy(office, document, kind, out)


def _digitized(office: Office, source: Path, kind: Kind, work: Path) -> tuple[Path, int]:
    order = read_into(office.settings, (source,), work)
    *_, document = digitize_confined(office.settings, order)
    if not isinstance(document, Digitized) or document.conformance is None:
        raise DeskFault(DeskCode.ELECTRONIC_ORIGINAL)
    if kind is Kind.CERTIFIED and document.origins != (Origin.SCAN,):
        raise DeskFault(DeskCode.ELECTRONIC_ORIGINAL)
    return order.out, len(document.pages)


def _certified(office: Office, document: Path, pages: int, out: Path) -> dict[str, Any]:
    clerk, officer, agency = SIGNERS[Role.CLERK], SIGNERS[Role.OFFICER], SIGNERS[Role.AGENCY]
    keys, now = _authority(office), office.clock()
    with writing(office.engine) as connection:
        request = _open_request(connection, sha256_of(document))
        number = books.reserve_number(connection, office, request, now)
    day = on_paper(now).date()
    forms = CopyForms(office.rules.appearance("officer", day), office.rules.appearance("agency", day))
    approval = Approval(request, OriginalSeen(pages, clerk.name, now), document, officer)
    stated = Statement(approval, number, now, office.rules.wording(day), officer)
    composed = statement.compose_copy(stated, forms, document.with_name("composed.pdf"))
    first = signing.Hand(officer, keys.officer, forms.officer)
    by_officer = signing.sign_as_officer(composed, document.with_name("officer.pdf"), first)
    second = signing.Hand(agency, keys.agency, forms.agency)
    locked = signing.sign_as_agency(by_officer, document.with_name("agency.pdf"), second)
    return _release(office, locked, request, out)


def _release(office: Office, locked: AgencySigned, request: str, out: Path) -> dict[str, Any]:
    finished = signing.seal_for_decades(locked, out.with_name(f".{out.name}.part"), office.services)
    try:
        verdict = checking.verify_file(office, finished.path)
        if verdict.indication is not Indication.TOTAL_PASSED:
            raise DeskFault(DeskCode.VERIFICATION_FAILED, str(verdict.indication))
        with writing(office.engine) as connection:
            register.record_issue(connection, request, finished.sha256, office.clock())
            told = {"sha256": finished.sha256, "number": finished.number.value}
            recording.note(connection, office, recording.SYSTEM, "specimen_issued", request, **told)
        finished.path.rename(out)
    finally:
        finished.path.unlink(missing_ok=True)
    check = checking.check_copy(office, out)
    return {
        "copy": str(out),
        "sentence": check.sentence,
        "trust": str(office.trust.roots[0]),
        **check.as_json(),
    }


def _agency_copy(office: Office, document: Path, kind: Kind, out: Path) -> dict[str, Any]:
    agency, now = SIGNERS[Role.AGENCY], office.clock()
    decision = CopyDecision(office.new_id(), kind, document, SIGNERS[Role.OFFICER], now)
    appearance = office.rules.appearance("agency_copy", on_paper(now).date())
    hand = signing.Hand(agency, _authority(office).agency, appearance)
    made = signing.sign_agency_copy(decision, out, hand, KIND_WORDS[kind])
    with writing(office.engine) as connection:
        registered.remember_file(connection, made.sha256, now)
    check = checking.check_copy(office, out)
    return {"copy": str(out), "trust": str(office.trust.roots[0]), **check.as_json()}


def _authority(office: Office) -> DemoAuthority:
    return DemoAuthority.open(authority_folder(office.settings.data), office.clock)


def _open_request(connection: Connection, sha256: str) -> str:
    """The first unfinished request for this file: a number reserved before a crash is used again."""
    turn = 1
    while True:
        request = f"{checking.SPECIMEN_PREFIX}{sha256[:32]}-{turn}"
        entry = register.by_request(connection, request)
        if entry is None or entry.sha256 is None:
            return request
        turn += 1
