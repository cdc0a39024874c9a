"""Chứng thực: a paper whose original was seen becomes a certified copy, by two people and one number.

The clerk asks and checks; the officer confirms; from there `issue_copy` walks the states, one persisted
step at a time: number reserved, statement composed and officer's signature, agency's signature, validation
data and archive time-stamp, own verification, release. Each step starts from what the one before kept, so
that a crash or a dead time-stamp server costs a repetition and never a number.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from certify.book import register
from certify.model import (
    AgencySigned,
    Approval,
    Book,
    CopyForms,
    Kind,
    Medium,
    Number,
    OriginalSeen,
    SignedByOfficer,
    Signer,
    Statement,
)
from certify.signing import signing, statement
from certify.verdict import Indication
from office.desk import books, checking, digitizing
from office.model import Act, Actor, CopyState, DeskCode, DeskFault, FileRole, PaperState, Role, on_paper
from office.rows import claims, keeping, recording
from office.tables import accounts, copies, dossiers, papers
from office.value import Office
from storage.database import reading, writing
from storage.directory import digest_of

CHECK_CODE_LENGTH = 32


@dataclass(frozen=True)
class CopyRequest:
    """What is asked for: the kind of copy, and how many pages the original shown at the counter has."""

    original_pages: int
    kind: Kind = Kind.CERTIFIED


def request_copy(office: Office, actor: Actor, paper_id: str, request: CopyRequest) -> str:
    """The clerk has the original before them, compared with the scan, and asks for a copy; returns its id.

    Raises: DeskFault ELECTRONIC_ORIGINAL for a paper that came as a signed file, PAGES_DIFFER when the
    original has other pages than were scanned, WRONG_STATE before the paper is archived, KIND_NOT_OFFERED
    for a kind that this way (officer, then agency) does not make.
    """
    actor.require(Role.CLERK)
    if request.kind is not Kind.CERTIFIED:  # SAO Y and its like are the agency's alone, in another series
        raise DeskFault(DeskCode.KIND_NOT_OFFERED, request.kind)
    now = office.clock()
    with writing(office.engine) as connection:
        paper = recording.find_row(connection, papers, paper_id, actor)
        _require_certifiable(connection, paper, request)
        copy = office.new_id()
        ordinal = _next_ordinal(connection, paper.dossier)
        connection.execute(
            sa.insert(copies).values(
                id=copy,
                paper=paper_id,
                ordinal=ordinal,
                kind=request.kind,
                state=CopyState.REQUESTED,
                check_code=(office.new_id() + office.new_id()).replace("-", "")[:CHECK_CODE_LENGTH],
                original_pages=request.original_pages,
                compared_by=actor.account,
                compared_at=now,
                checks=[],
                fee=office.rules.tariff(on_paper(now).date()).fee(request.original_pages),
                unit=paper.unit,
                sensitivity=paper.sensitivity,
            )
        )
        recording.note(connection, office, actor, "copy_requested", copy, paper=paper_id)
    return copy


def approve_copy(office: Office, actor: Actor, copy_id: str, checks: frozenset[str]) -> None:
    """The clerk states every check of the rulebook; the copy goes to the officer's list.

    Raises: DeskFault CHECKS_MISSING, naming those not stated.
    """
    actor.require(Role.CLERK)
    missing = {check.code for check in office.rules.checks(office.today)} - checks
    if missing:
        raise DeskFault(DeskCode.CHECKS_MISSING, ", ".join(sorted(missing)))
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        recording.move_copy(connection, claim, Act.APPROVE_COPY, checks=sorted(checks))
        recording.note(connection, office, actor, "copy_approved", copy_id, checks=sorted(checks))


def refuse_copy(office: Office, actor: Actor, copy_id: str, clause: int) -> None:
    """Refuse for one of the six reasons, printed word for word. Raises: DeskFault REASON_MISSING."""
    actor.require(Role.CLERK)
    grounds = office.rules.refusals(office.today)
    if clause not in grounds:
        raise DeskFault(DeskCode.REASON_MISSING, str(clause))
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        recording.move_copy(connection, claim, Act.REFUSE_COPY, reason=grounds[clause])
        recording.note(connection, office, actor, "copy_refused", copy_id, clause=clause)


def confirm_copy(office: Office, actor: Actor, copy_id: str) -> None:
    """The officer has seen every page and certifies; the machine does the rest.

    Raises: DeskFault OWN_SCAN when the officer scanned the paper and the office does not allow that.
    """
    actor.require(Role.OFFICER)
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        copy = claims.read(connection, claim)
        paper = connection.execute(sa.select(papers).where(papers.c.id == copy.paper)).one()
        if paper.scanned_by == actor.account and not office.settings.own_scans_certifiable:
            raise DeskFault(DeskCode.OWN_SCAN)
        if copy.state != CopyState.APPROVED:
            raise DeskFault(DeskCode.WRONG_STATE, copy.state)
        claims.write(connection, claim, {"confirmed_by": actor.account, "confirmed_at": office.clock()})
        recording.note(connection, office, actor, "copy_confirmed", copy_id)


def seal_copy(office: Office, actor: Actor, copy_id: str) -> None:
    """The records officer (văn thư) lets the agency's signature be set."""
    actor.require(Role.RECORDS_OFFICER)
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        if claims.read(connection, claim).state != CopyState.OFFICER_SIGNED:
            raise DeskFault(DeskCode.WRONG_STATE)
        claims.write(connection, claim, {"sealed_by": actor.account})
        recording.note(connection, office, actor, "copy_sealed", copy_id)


def deliver_copy(office: Office, actor: Actor, copy_id: str, channel: str) -> None:
    """Record the hand-over: at the counter, by post, by e-mail or through the one-stop software."""
    actor.require(Role.CLERK)
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        recording.move_copy(connection, claim, Act.DELIVER_COPY, delivered_at=office.clock())
        recording.note(connection, office, actor, "copy_delivered", copy_id, channel=channel)


def void_copy(office: Office, actor: Actor, copy_id: str, reason: str) -> None:
    """Give up a numbered copy before the agency has signed; the number stays, void, with its reason."""
    actor.require(Role.RECORDS_OFFICER)
    _require_reason(reason)
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        recording.move_copy(connection, claim, Act.VOID_COPY, reason=reason)
        register.void(connection, copy_id, reason, office.clock())
        recording.note(connection, office, actor, "copy_voided", copy_id, reason=reason)


def cancel_copy(office: Office, actor: Actor, copy_id: str, reason: str) -> None:
    """Cancel by decision after the agency has signed; the public check says so from now on."""
    actor.require(Role.OFFICER)
    _require_reason(reason)
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        recording.move_copy(connection, claim, Act.CANCEL_COPY, reason=reason)
        register.cancel(connection, copy_id, reason, office.clock())
        recording.note(connection, office, actor, "copy_cancelled", copy_id, reason=reason)


def may_go_on(office: Office, copy: Row[Any]) -> bool:
    """May the machine take the copy's next step by itself?"""
    if copy.state == CopyState.APPROVED:
        return copy.confirmed_by is not None
    if copy.state == CopyState.OFFICER_SIGNED:  # a specimen agency key is one the system may use by itself
        return office.is_demo or copy.sealed_by is not None
    return copy.state in (CopyState.RESERVED, CopyState.AGENCY_SIGNED)


def issue_copy(office: Office, claim: claims.Claim) -> None:
    """Walk the copy on, step by persisted step, until it is issued or a person must act."""
    with reading(office.engine) as connection:
        copy = claims.read(connection, claim)
    while may_go_on(office, copy):
        STEPS[CopyState(copy.state)](office, claim, copy)
        with reading(office.engine) as connection:
            copy = claims.read(connection, claim)


def _reserve_number(office: Office, claim: claims.Claim, copy: Row[Any]) -> None:
    now = office.clock()
    with writing(office.engine) as connection:
        number = books.reserve_number(connection, office, copy.id, now)
        register.describe(connection, copy.id, _particulars(connection, office, copy))
        book = {"code": number.book.code, "year": number.book.year, "volume": number.book.volume}
        values = {"number": number.value, "book": book}
        recording.move_copy(connection, claim, Act.RESERVE_NUMBER, numbered_at=now, **values)
        recording.note(connection, office, recording.SYSTEM, "number_reserved", copy.id, **values)


def _sign_as_officer(office: Office, claim: claims.Claim, copy: Row[Any]) -> None:
    with office.work_folder() as work:
        stated = _state(office, copy, work)
        forms = _forms(office, stated)
        composed = statement.compose_copy(stated, forms, work / "composed.pdf")
        hand = signing.Hand(stated.officer, office.keys.officer, forms.officer)
        signed = signing.sign_as_officer(composed, work / "officer.pdf", hand)
        _keep_step(office, claim, copy, Act.SIGN_AS_OFFICER, signed.path)


def _sign_as_agency(office: Office, claim: claims.Claim, copy: Row[Any]) -> None:
    with office.work_folder() as work:
        stated = _state(office, copy, work)
        before = _fetch_step(office, copy, FileRole.OFFICER_SIGNED, work)
        agency = Signer(office.settings.agency, "", office.settings.agency)
        hand = signing.Hand(agency, office.keys.agency, _forms(office, stated).agency)
        signed = signing.sign_as_agency(SignedByOfficer(stated, before), work / "agency.pdf", hand)
        _keep_step(office, claim, copy, Act.SIGN_AS_AGENCY, signed.path)


def _release_copy(office: Office, claim: claims.Claim, copy: Row[Any]) -> None:
    with office.work_folder() as work:
        stated = _state(office, copy, work)
        before = _fetch_step(office, copy, FileRole.AGENCY_SIGNED, work)
        locked = AgencySigned(stated, before)
        certified = signing.seal_for_decades(locked, work / "copy.pdf", office.keys.services)
        verdict = checking.verify_file(office, certified.path)
        if verdict.indication is not Indication.TOTAL_PASSED:
            found = ", ".join(f"{finding.code} {finding.detail}" for finding in verdict.findings)
            raise DeskFault(DeskCode.VERIFICATION_FAILED, found)
        _keep_step(office, claim, copy, Act.RELEASE_COPY, certified.path)


STEPS: Mapping[CopyState, Callable[[Office, claims.Claim, Row[Any]], None]] = {
    CopyState.APPROVED: _reserve_number,
    CopyState.RESERVED: _sign_as_officer,
    CopyState.OFFICER_SIGNED: _sign_as_agency,
    CopyState.AGENCY_SIGNED: _release_copy,
}
ROLES: Mapping[Act, FileRole] = {
    Act.SIGN_AS_OFFICER: FileRole.OFFICER_SIGNED,
    Act.SIGN_AS_AGENCY: FileRole.AGENCY_SIGNED,
    Act.RELEASE_COPY: FileRole.COPY,
}
EVENTS: Mapping[Act, str] = {
    Act.SIGN_AS_OFFICER: "officer_signed",
    Act.SIGN_AS_AGENCY: "agency_signed",
    Act.RELEASE_COPY: "copy_issued",
}


def _keep_step(office: Office, claim: claims.Claim, copy: Row[Any], act: Act, path: Path) -> None:
    kept = keeping.keep(office, path, digest_of(path))
    now = office.clock()
    with writing(office.engine) as connection:
        place = keeping.Place(copy.paper, ROLES[act], copy.id)
        keeping.attach(connection, office, place, kept, digitizing.PDF, at=now)
        issued = {"issued_at": now} if act is Act.RELEASE_COPY else {}
        recording.move_copy(connection, claim, act, **issued)
        if act is Act.SIGN_AS_AGENCY:
            register.record_agency_signature(connection, copy.id)
        if act is Act.RELEASE_COPY:
            register.record_issue(connection, copy.id, kept.sha256, now)
        told = {"sha256": kept.sha256, "number": copy.number, "book": copy.book}
        recording.note(connection, office, recording.SYSTEM, EVENTS[act], copy.id, **told)


def _particulars(connection: Connection, office: Office, copy: Row[Any]) -> register.Particulars:
    joined = sa.select(papers.c.title, dossiers.c.requester).join(dossiers, papers.c.dossier == dossiers.c.id)
    paper = connection.execute(joined.where(papers.c.id == copy.paper)).one()
    officer = _signer(connection, office, copy.confirmed_by)
    return register.Particulars(
        requester=paper.requester,
        title=paper.title,
        signer_name=officer.name,
        signer_title=officer.title,
        fee=copy.fee,
    )


def _state(office: Office, copy: Row[Any], work: Path) -> Statement:
    with reading(office.engine) as connection:
        digitized = keeping.find(connection, keeping.Place(copy.paper, FileRole.DIGITIZED))
        officer = _signer(connection, office, copy.confirmed_by)
        compared_by = _signer(connection, office, copy.compared_by).name
    document = keeping.fetch(office, digitized.sha256, work / "digitized.pdf")
    seen = OriginalSeen(copy.original_pages, compared_by, copy.compared_at)
    book = Book(copy.book["code"], Medium.ELECTRONIC, copy.book["year"], copy.book["volume"])
    return Statement(
        approval=Approval(copy.check_code, seen, document, officer),  # what the statement prints
        number=Number(copy.number, book),
        at=copy.numbered_at,
        wording=office.rules.wording(on_paper(copy.numbered_at).date()),
        officer=officer,
    )


def _forms(office: Office, stated: Statement) -> CopyForms:
    day = stated.signed_on
    return CopyForms(office.rules.appearance("officer", day), office.rules.appearance("agency", day))


def _signer(connection: Connection, office: Office, account: str) -> Signer:
    row = connection.execute(sa.select(accounts).where(accounts.c.id == account)).one()
    return Signer(row.full_name, row.title, office.settings.agency)


def _fetch_step(office: Office, copy: Row[Any], role: FileRole, work: Path) -> Path:
    with reading(office.engine) as connection:
        kept = keeping.find(connection, keeping.Place(copy.paper, role, copy.id))
    return keeping.fetch(office, kept.sha256, work / "before.pdf")


def _own_copy(office: Office, actor: Actor, copy_id: str) -> AbstractContextManager[claims.Claim]:
    with reading(office.engine) as connection:
        recording.find_row(connection, copies, copy_id, actor)
    return claims.held(office, copies, copy_id)


def _require_certifiable(connection: Connection, paper: Row[Any], request: CopyRequest) -> None:
    if paper.state != PaperState.ARCHIVED:
        raise DeskFault(DeskCode.WRONG_STATE, paper.state)
    if digitizing.is_electronic(connection, paper.id):
        raise DeskFault(DeskCode.ELECTRONIC_ORIGINAL)
    if request.original_pages != paper.page_count:
        raise DeskFault(DeskCode.PAGES_DIFFER, f"{request.original_pages} ≠ {paper.page_count}")


def _next_ordinal(connection: Connection, dossier: str) -> int:
    counted = sa.update(dossiers).where(dossiers.c.id == dossier)
    counted = counted.values(last_ordinal=dossiers.c.last_ordinal + 1)
    return int(connection.execute(counted.returning(dossiers.c.last_ordinal)).scalar_one())


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise DeskFault(DeskCode.REASON_MISSING)
