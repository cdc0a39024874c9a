"""Files handed to the signing programs on people's own computers, and taken back (docs/keys.md, section 5).

Rules of this module:
1. Only whom the question is put to gets the file: the officer who confirmed the copy, a records officer for
   the agency's.
2. A program has no session, so it comes to an address that proves itself: 256 random bits, of which only the
   digest is kept, open for a few minutes, and closed by the first file that is sent to it, whatever it is.
3. What comes back is parsed in a confined child, held against what was handed out, and its certificates and
   time-stamp are asked about, before anything says that somebody signed.
4. The first good file counts; the machine goes on from there.
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.key_holders.returned import Return
from certify.key_holders.workstation import Program, WorkstationKey
from certify.model import CertifyFault, FaultCode
from certify.signing.handing import HandedOut, fields_of
from certify.signing.keyring import AGENCY
from certify.signing.sealing import require_sealable
from foundation.durable import sha256_of
from foundation.faults import Fault
from office.confined.confine import Limits, run
from office.confined.tasks import RETURN
from office.desk.asking import Asked, Question, find_asked
from office.desk.issuing import question_open
from office.desk.signers import credentials_of, require_signer
from office.faults import DeskCode, DeskFault
from office.nouns import Actor, Copy
from office.procedure import CopyState, FileRole, Role
from office.rows import keeping, recording
from office.rows.access import is_open_to
from office.rows.finding import find_copy, paper_of_copy
from office.rows.nouns import copy_of
from office.tables import copies, signings
from office.value import Office
from storage.database import reading, writing

logger = logging.getLogger(__name__)
ADDRESS_BYTES = 32
ADDRESS_OPEN = timedelta(minutes=10)
CHILD_MB = 1024
CHILD_SECONDS = 60
ASKED_STATES = (CopyState.OFFICER_ASKED, CopyState.AGENCY_ASKED)


@dataclass(frozen=True)
class ToSign:
    """A copy whose file somebody may come for: what it is of, whose program signs, since when it waits."""

    copy: Copy
    title: str
    program: Program


@dataclass(frozen=True)
class Handed:
    """One question as it stands: the copy, what was asked, with what program, by whose question."""

    copy: Copy
    question: Question
    asked: Asked
    program: Program


def files_to_sign(office: Office, actor: Actor) -> tuple[ToSign, ...]:
    """The copies that wait for this person's signing program, oldest first."""
    waiting = sa.select(copies).where(copies.c.state.in_(ASKED_STATES)).order_by(copies.c.numbered_at)
    with reading(office.engine) as connection:
        rows = [row for row in connection.execute(waiting) if is_open_to(actor, row)]
        found = [_handed(connection, office, copy_of(row)) for row in rows]
        return tuple(
            ToSign(one.copy, paper_of_copy(connection, one.copy).title, one.program)
            for one in found
            if one is not None and _is_asked(actor, one.question)
        )


def may_sign(office: Office, actor: Actor, copy: Copy) -> bool:
    """Does this copy wait for this person's signing program?"""
    with reading(office.engine) as connection:
        found = _handed(connection, office, copy)
    return found is not None and _is_asked(actor, found.question)


def open_address(office: Office, actor: Actor, copy_id: str) -> tuple[str, Handed]:
    """A new one-time address for the person's program; one that was open is closed.

    Raises: DeskFault NOT_FOUND, NOT_ALLOWED, WRONG_STATE when no program is asked; what forbids to sign now.
    """
    found = _found(office, actor, copy_id)
    code = secrets.token_urlsafe(ADDRESS_BYTES)
    values = {"address": _digest(code), "address_until": office.clock() + ADDRESS_OPEN}
    with writing(office.engine) as connection:
        connection.execute(sa.update(signings).where(*_this(found)).values(**values))
        told = {"sha256": found.asked.prepared, "number": found.copy.number}
        recording.note(connection, office, actor, "file_handed_out", copy_id, **told)
    return code, found


def fetch_handed(office: Office, actor: Actor, copy_id: str, target: Path) -> Path:
    """The file to be signed, for the person who signs it by hand. Raises: as `open_address`."""
    return keeping.fetch(office, _found(office, actor, copy_id).asked.prepared, target)


def take_back(office: Office, actor: Actor, copy_id: str, returned: Path) -> None:
    """Take the signed file from the person's own hand.

    Raises: as `open_address`; CertifyFault RETURNED_… and what stands in the way of a certificate.
    """
    _take(office, _found(office, actor, copy_id), returned)


def is_open(office: Office, code: str) -> bool:
    """Is this one-time address open?"""
    return _at(office, code) is not None


def fetch_at(office: Office, code: str, target: Path) -> Path:
    """The file that waits at a one-time address. Raises: DeskFault NOT_FOUND."""
    return keeping.fetch(office, _require(_at(office, code)).asked.prepared, target)


def take_back_at(office: Office, code: str, returned: Path) -> None:
    """Take the signed file that a program sends to its one-time address, which is closed by it.

    Raises: DeskFault NOT_FOUND; as `take_back`.
    """
    found = _require(_at(office, code))
    with writing(office.engine) as connection:
        closed = sa.update(signings).where(*_this(found), signings.c.address == _digest(code))
        if connection.execute(closed.values(address=None, address_until=None)).rowcount != 1:
            raise DeskFault(DeskCode.NOT_FOUND)
    _take(office, found, returned)


def _take(office: Office, found: Handed, returned: Path) -> None:
    require_signer(office, found.question.holder, found.question.purpose)
    handed = HandedOut.read(found.asked.record, Path())
    with office.work_folder() as work:
        keeping.fetch(office, found.asked.prepared, work / "handed.pdf")
        field = _judged(office, found, handed, (work / "handed.pdf", returned))
    require_sealable(returned, office.services)
    kept = keeping.keep(office, returned, sha256_of(returned))
    record = replace(handed, field=field).record()
    with writing(office.engine) as connection:
        first = sa.update(signings).where(*_this(found), signings.c.returned.is_(None))
        values = {"returned": kept.sha256, "record": record, "address": None, "address_until": None}
        if connection.execute(first.values(**values)).rowcount != 1:
            raise DeskFault(DeskCode.WRONG_STATE, "asked anew, or signed already")
        at_once = sa.update(copies).where(copies.c.id == found.copy.id, copies.c.fault.is_(None))
        connection.execute(at_once.values(retry_at=None))
        told = {"sha256": kept.sha256, "number": found.copy.number, "field": field}
        recording.note(connection, office, _signer(found), "signed_file_returned", found.copy.id, **told)


def _judged(office: Office, found: Handed, handed: HandedOut, files: tuple[Path, Path]) -> str:
    """The field that was signed. Raises: CertifyFault RETURNED_…; DeskFault when the child was ended."""
    fields = _fields(office, found)
    asked = Return(
        *files,
        handed.profile,
        handed.field,
        found.question.holder != AGENCY,
        credentials_of(office, found.question.holder).key.certificate.sha256.hex(),
        fields,
    )
    (judged,) = run(RETURN, asked, Limits(CHILD_MB, CHILD_SECONDS))
    if judged.fault:
        logger.warning("refused what came back for %s: %s %s", found.copy.id, judged.fault, judged.detail)
        raise CertifyFault(FaultCode(judged.fault), judged.detail)
    return judged.field


def _fields(office: Office, found: Handed) -> tuple[str, str, tuple[str, ...]]:
    with reading(office.engine) as connection:
        officers = find_asked(connection, found.copy, FileRole.OFFICER_PREPARED)
    fields = fields_of(officers.record if officers else None, None)
    return fields.officer, fields.agency, tuple(sorted(fields.drawn_elsewhere))


def _handed(connection: Connection, office: Office, copy: Copy) -> Handed | None:
    """What a signing program is asked about this copy and has not given back; None: nothing."""
    question = question_open(copy)
    asked = find_asked(connection, copy, question.role) if question else None
    if question is None or asked is None or asked.ticket is None or asked.returned is not None:
        return None
    if not HandedOut.is_told_by(asked.record):
        return None
    try:
        key = office.keyring.of(question.holder)
    except Fault:  # no key any more, or none here: whoever asks the machine to go on is told
        return None
    return Handed(copy, question, asked, key.program) if isinstance(key, WorkstationKey) else None


def _found(office: Office, actor: Actor, copy_id: str) -> Handed:
    with reading(office.engine) as connection:
        found = _handed(connection, office, find_copy(connection, copy_id, actor))
    if found is None:
        raise DeskFault(DeskCode.WRONG_STATE, "no signing program is asked")
    if not _is_asked(actor, found.question):
        raise DeskFault(DeskCode.NOT_ALLOWED)
    require_signer(office, found.question.holder, found.question.purpose)
    return found


def _is_asked(actor: Actor, question: Question) -> bool:
    if question.holder == AGENCY:
        return Role.RECORDS_OFFICER in actor.roles
    return actor.account == question.holder


def _at(office: Office, code: str) -> Handed | None:
    chosen = sa.select(signings.c.copy).where(
        signings.c.address == _digest(code), signings.c.address_until > office.clock()
    )
    with reading(office.engine) as connection:
        copy_id = connection.execute(chosen).scalar()
        if copy_id is None:
            return None
        row = connection.execute(sa.select(copies).where(copies.c.id == copy_id)).one()
        return _handed(connection, office, copy_of(row))


def _require(found: Handed | None) -> Handed:
    if found is None:
        raise DeskFault(DeskCode.NOT_FOUND)
    return found


def _this(found: Handed) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        signings.c.copy == found.copy.id,
        signings.c.role == found.question.role,
        signings.c.prepared == found.asked.prepared,
    )


def _signer(found: Handed) -> Actor:
    """Who signed, as the ledger names it: the officer, or the system for the agency's key."""
    if found.question.holder == AGENCY:
        return recording.SYSTEM
    return replace(recording.SYSTEM, account=found.question.holder)


def _digest(code: str) -> str:
    return sha256(code.encode()).hexdigest()


def message_for(found: Handed, addresses: Mapping[str, str], day: str) -> Mapping[str, object]:
    """What the page tells the program, in the program's own words (VGCA Sign Service)."""
    return {
        "FileUploadHandler": addresses["upload"],
        "SessionId": "",
        "JWTToken": "",
        "FileName": addresses["download"],
        "MetaData": [],
        "DocNumber": str(found.copy.number or ""),
        "IssuedDate": day,
    }
