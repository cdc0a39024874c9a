"""Chứng thực: a paper whose original was seen becomes a certified copy, by two people and one number.

The clerk asks and checks; the officer confirms; from there `office.desk.issuing` walks on. These are the
acts of people; who may do which of them in which state, `office.procedure` says.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.book import register
from certify.model import (
    Kind,
)
from certify.signing.keyring import AGENCY, Purpose
from foundation.clock import on_paper
from office.desk import digitizing
from office.desk.signers import require_signer, require_signers_of_copy
from office.faults import DeskCode, DeskFault
from office.nouns import Actor, Paper
from office.procedure import Act, CopyState, PaperState, Role, event_of
from office.rows import claims, recording
from office.rows.finding import claimed_copy, find_copy, find_paper, paper_of_copy
from office.tables import copies, dossiers
from office.value import Office
from storage.database import reading, writing

CHECK_CODE_LENGTH = 32


@dataclass(frozen=True)
class CopyRequest:
    """What is asked for: the kind of copy, and how many pages the original shown at the counter has."""

    original_pages: int
    kind: Kind = Kind.CERTIFIED


def request_copy(office: Office, actor: Actor, paper_id: str, request: CopyRequest) -> str:
    """The clerk has the original before them, compared with the scan, and asks for a copy; returns its id.

    Raises: DeskFault ELECTRONIC_ORIGINAL for a paper of which a file never was paper, PAGES_DIFFER when the
    original has other pages than were scanned, WRONG_STATE before the paper is archived, KIND_NOT_OFFERED
    for a kind that this way (officer, then agency) does not make.
    """
    actor.require(Role.CLERK)
    if request.kind is not Kind.CERTIFIED:  # SAO Y and its like are the agency's alone, in another series
        raise DeskFault(DeskCode.KIND_NOT_OFFERED, request.kind)
    now = office.clock()
    with writing(office.engine) as connection:
        paper = find_paper(connection, paper_id, actor)
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
        recording.note(connection, office, actor, event_of(Act.REQUEST_COPY), copy, paper=paper_id)
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
        recording.note(connection, office, actor, event_of(Act.APPROVE_COPY), copy_id, checks=sorted(checks))


def refuse_copy(office: Office, actor: Actor, copy_id: str, clause: int) -> None:
    """Refuse for one of the six reasons, printed word for word. Raises: DeskFault REASON_MISSING."""
    actor.require(Role.CLERK)
    grounds = office.rules.refusals(office.today)
    if clause not in grounds:
        raise DeskFault(DeskCode.REASON_MISSING, str(clause))
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        recording.move_copy(connection, claim, Act.REFUSE_COPY, reason=grounds[clause])
        recording.note(connection, office, actor, event_of(Act.REFUSE_COPY), copy_id, clause=clause)


def confirm_copy(office: Office, actor: Actor, copy_id: str) -> None:
    """The officer has seen every page and certifies; the machine does the rest.

    Raises: DeskFault OWN_SCAN when the officer scanned the paper and the office does not allow that,
    KEYS_MISSING or a KeysFault when the officer may not certify, or the agency not sign, now.
    """
    actor.require(Role.OFFICER)
    require_signers_of_copy(office, actor.account)
    own_scans = office.settings.signing.own_scans_certifiable
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        copy = recording.require_open(claimed_copy(connection, claim), Act.CONFIRM_COPY)
        if paper_of_copy(connection, copy).scanned_by == actor.account and not own_scans:
            raise DeskFault(DeskCode.OWN_SCAN)
        claims.write(connection, claim, {"confirmed_by": actor.account, "confirmed_at": office.clock()})
        recording.note(connection, office, actor, event_of(Act.CONFIRM_COPY), copy_id)


def seal_copy(office: Office, actor: Actor, copy_id: str) -> None:
    """The records officer (văn thư) lets the agency's signature be set.

    Raises: DeskFault KEYS_MISSING or a KeysFault when the agency may not sign now.
    """
    actor.require(Role.RECORDS_OFFICER)
    require_signer(office, AGENCY, Purpose.SEAL)
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        recording.require_open(claimed_copy(connection, claim), Act.SEAL_COPY)
        claims.write(connection, claim, {"sealed_by": actor.account})
        recording.note(connection, office, actor, event_of(Act.SEAL_COPY), copy_id)


def deliver_copy(office: Office, actor: Actor, copy_id: str, channel: str) -> None:
    """Record the hand-over: at the counter, by post, by e-mail or through the one-stop software."""
    actor.require(Role.CLERK)
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        recording.move_copy(connection, claim, Act.DELIVER_COPY, delivered_at=office.clock())
        recording.note(connection, office, actor, event_of(Act.DELIVER_COPY), copy_id, channel=channel)


def void_copy(office: Office, actor: Actor, copy_id: str, reason: str) -> None:
    """Give up a numbered copy before the agency has signed; the number stays, void, with its reason."""
    actor.require(Role.RECORDS_OFFICER)
    _require_reason(reason)
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        recording.move_copy(connection, claim, Act.VOID_COPY, reason=reason)
        register.void(connection, copy_id, reason, office.clock())
        recording.note(connection, office, actor, event_of(Act.VOID_COPY), copy_id, reason=reason)


def cancel_copy(office: Office, actor: Actor, copy_id: str, reason: str) -> None:
    """Cancel by decision after the agency has signed; the public check says so from now on."""
    actor.require(Role.OFFICER)
    _require_reason(reason)
    with _own_copy(office, actor, copy_id) as claim, writing(office.engine) as connection:
        recording.move_copy(connection, claim, Act.CANCEL_COPY, reason=reason)
        register.cancel(connection, copy_id, reason, office.clock())
        recording.note(connection, office, actor, event_of(Act.CANCEL_COPY), copy_id, reason=reason)


def _own_copy(office: Office, actor: Actor, copy_id: str) -> AbstractContextManager[claims.Claim]:
    with reading(office.engine) as connection:
        find_copy(connection, copy_id, actor)
    return claims.held(office, copies, copy_id)


def _require_certifiable(connection: Connection, paper: Paper, request: CopyRequest) -> None:
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
