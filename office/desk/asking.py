"""Signing across time: a key holder is asked, and answers at once, minutes later, or after a restart.

Rules of this module:
1. What is to be signed is prepared once: its bytes are kept and its row is written before anybody is asked,
   so that asking twice asks for the same signature; the ticket that was kept counts.
2. Waiting is no failure: it counts no attempt and leaves no fault.
3. An answer that is no signature by the right certificate is refused; a person may then ask anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.key_holders.workstation import WorkstationKey
from certify.model import CertifyFault, FaultCode
from certify.signing import signing
from certify.signing.handing import HandedOut
from certify.signing.keyring import Purpose
from certify.signing.keys import Ticket
from certify.signing.pending import Pending
from foundation.durable import sha256_of
from foundation.row_types import insert_once
from office.desk.signers import credentials_of, require_signer
from office.nouns import Copy
from office.procedure import Act, FileRole, Kind, event_of, step_of
from office.rows import claims, keeping, recording
from office.rows.finding import claimed_copy
from office.tables import signings
from office.value import Office
from storage.database import reading, writing

PREPARED = "prepared.pdf"


@dataclass(frozen=True)
class Question:
    """What one holder is asked on a copy: the acts that ask, collect and ask anew, whose key, what for."""

    asks: Act
    collects: Act
    asks_anew: Act
    holder: str
    purpose: Purpose

    @property
    def role(self) -> FileRole:
        """What the prepared file is to the copy; it names the question too."""
        keeps = step_of(Kind.CERTIFIED_COPY, self.asks).keeps
        if keeps is None:
            raise LookupError(f"{self.asks} keeps no file")
        return keeps


Prepared = Pending | HandedOut  # a digest is asked about, or a whole file handed out
Prepare = Callable[[Path], Prepared]  # makes the prepared file in a folder


def ask(office: Office, claim: claims.Claim, question: Question, prepare: Prepare) -> None:
    """Ask the holder, and keep the ticket; asked twice, it is for the same bytes.

    Raises: what preparing raises; DeskFault KEYS_MISSING and KeysFault when the holder may not sign now;
    CertifyFault of the key.
    """
    require_signer(office, question.holder, question.purpose)
    with reading(office.engine) as connection:
        copy = claimed_copy(connection, claim)
        asked = _find(connection, copy, question)
    with office.work_folder() as work:
        pending = (
            _fetched(office, work, asked) if asked else _prepared(office, claim, question, prepare(work))
        )
        ticket = office.keyring.of(question.holder).begin(pending.to_be_signed)
    with writing(office.engine) as connection:
        kept = sa.update(signings).where(*_this(copy, question)).values(ticket=ticket.as_text())
        connection.execute(kept)
        recording.move_copy(connection, claim, question.asks)
        told = {"sha256": pending.digest.hex(), "number": copy.number}
        recording.note(connection, office, recording.SYSTEM, event_of(question.asks), copy.id, **told)


def collect(office: Office, claim: claims.Claim, question: Question, out: Path) -> bool:
    """Write the signed file to `out` when the holder has answered; False: come back later.

    Raises: CertifyFault KEY_REFUSED when the holder said no, or the answer is not this certificate's
    signature; KEY_MOVED when the holder's key is asked in another way by now; TIMESTAMP_UNAVAILABLE, and the
    answer is asked for again.
    """
    with reading(office.engine) as connection:
        copy = claimed_copy(connection, claim)
        asked = _find(connection, copy, question)
    if asked is None or asked.ticket is None:
        raise LookupError(f"nobody was asked about {copy.id}")
    if HandedOut.is_told_by(asked.record) and asked.returned is not None:
        keeping.fetch(office, asked.returned, out)
        return True
    if not _is_where_it_was(office, question, asked):
        raise CertifyFault(FaultCode.KEY_MOVED)
    signature = _answer(office, copy, question, Ticket.from_text(asked.ticket))
    if signature is None:
        return False
    pending = _fetched(office, out.parent, asked)
    told = pending.pdf.with_name(f"{PREPARED}.json")
    signing.finish_later(told, signature, credentials_of(office, question.holder), out)
    return True


def _is_where_it_was(office: Office, question: Question, asked: "Asked") -> bool:
    """Is the holder's key still of the kind that was asked: a program for a file, any other for a digest?"""
    is_program = isinstance(office.keyring.of(question.holder), WorkstationKey)
    return is_program == HandedOut.is_told_by(asked.record)


def come_back(office: Office, claim: claims.Claim) -> None:
    """Put the copy aside until the holder may have answered; no attempt is counted for waiting."""
    until = office.clock() + timedelta(seconds=office.settings.signing.ask_again_seconds)
    with writing(office.engine) as connection:
        claims.wait(connection, claim, until)


def withdraw(connection: Connection, claim: claims.Claim, question: Question) -> None:
    """Forget what was asked, so that the holder is asked anew, for another signature."""
    copy = claimed_copy(connection, claim)
    connection.execute(sa.delete(signings).where(*_this(copy, question)))
    keeping.detach(connection, keeping.Place(copy.paper, question.role, copy.id))
    recording.move_copy(connection, claim, question.asks_anew)


@dataclass(frozen=True)
class Asked:
    """A row of `signings`: digests of the prepared file and of one that came back, its record, the ticket."""

    prepared: str
    record: str
    ticket: str | None
    returned: str | None


def find_asked(connection: Connection, copy: Copy, role: FileRole) -> Asked | None:
    """What was asked with this prepared file about the copy; None: nothing yet."""
    columns = (signings.c.prepared, signings.c.record, signings.c.ticket, signings.c.returned)
    chosen = sa.select(*columns).where(signings.c.copy == copy.id, signings.c.role == role)
    row = connection.execute(chosen).one_or_none()
    return Asked(row.prepared, row.record, row.ticket, row.returned) if row else None


def _find(connection: Connection, copy: Copy, question: Question) -> Asked | None:
    return find_asked(connection, copy, question.role)


def _this(copy: Copy, question: Question) -> tuple[sa.ColumnElement[bool], ...]:
    return (signings.c.copy == copy.id, signings.c.role == question.role)


def _answer(office: Office, copy: Copy, question: Question, ticket: Ticket) -> bytes | None:
    """What the holder answered; kept with the ticket, so that a later failure does not ask again."""
    if ticket.signature is not None:
        return ticket.signature
    signature = office.keyring.of(question.holder).finish(ticket)
    if signature is not None:
        with writing(office.engine) as connection:
            answered = Ticket(ticket.reference, signature).as_text()
            connection.execute(sa.update(signings).where(*_this(copy, question)).values(ticket=answered))
    return signature


def _prepared(office: Office, claim: claims.Claim, question: Question, pending: Prepared) -> Prepared:
    """Keep the prepared file and write its row (rule 1)."""
    kept = keeping.keep(office, pending.pdf, sha256_of(pending.pdf))
    with writing(office.engine) as connection:
        copy = claimed_copy(connection, claim)
        at = office.clock()
        keeping.attach(
            connection, office, keeping.Place(copy.paper, question.role, copy.id), kept, keeping.PDF, at=at
        )
        values = {"prepared": kept.sha256, "record": pending.record(), "asked_at": at}
        insert_once(connection, signings, copy=copy.id, role=question.role, **values)
    return pending


def _fetched(office: Office, work: Path, asked: Asked) -> Prepared:
    """The prepared file and its record, as they were when it was prepared."""
    pdf = keeping.fetch(office, asked.prepared, work / PREPARED)
    if HandedOut.is_told_by(asked.record):
        return HandedOut.read(asked.record, pdf)
    told = work / f"{PREPARED}.json"
    told.write_text(asked.record)
    return Pending.read(told)
