"""Certificates that sign here: added to a person or to the agency, and removed; all of it in the ledger.

Rules:
1. A certificate is taken in only when it names whom it is for, its key can sign here, and nobody else has it.
2. A removed one signs no more; its row stays, because what it signed stays.
3. A row says where a key is, never how it is opened.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.key_holders.facts import CertificateFacts, facts_of, require_fit_key
from certify.key_holders.subject_names import is_same_name
from certify.key_holders.workstation import program_at
from certify.model import Profile
from certify.signing.keyring import AGENCY, KeyPlace
from office.keys.faults import KeysCode, KeysFault
from office.keys.standing import file_refusal, printed_name
from office.nouns import Certificate
from office.rows.signatories import all_certificates, find_signatory
from office.tables import certificates
from office.value import Office
from storage import ledger
from storage.database import reading, writing


@dataclass(frozen=True)
class NewCertificate:
    """A certificate to be taken in: for whom, where its key is, and those above it."""

    holder: str
    kept: KeyPlace
    place: Mapping[str, str]
    der: bytes
    chain: tuple[bytes, ...] = field(default=())
    is_unattended: bool = False


def add_certificate(office: Office, by: str, new: NewCertificate) -> str:
    """Take a certificate in and answer its id; `by` is an account's id or a system name.

    Raises: KeysFault NAME_DIFFERS, CERTIFICATE_TAKEN, SOFTWARE_KEYS_OFF, SOFTWARE_KEY_PERSONAL,
    UNATTENDED_PERSONAL, DEMO_HOUSE, PROGRAM_…; CertifyFault KEY_UNFIT.
    """
    if office.is_demo:  # its keys are its own authority's
        raise KeysFault(KeysCode.DEMO_HOUSE)
    require_place_for(office, new.holder, new.kept)
    if new.holder != AGENCY and new.is_unattended:
        raise KeysFault(KeysCode.UNATTENDED_PERSONAL)
    if new.kept is KeyPlace.WORKSTATION:
        _require_program(new)
    require_fit_key(new.der)
    facts = facts_of(new.der)
    with writing(office.engine) as connection:
        printed = printed_name(find_signatory(connection, new.holder), office.settings)
        if not is_same_name(facts.subject, printed):
            raise KeysFault(KeysCode.NAME_DIFFERS, facts.subject)
        if any(one.sha256 == facts.sha256 for one in all_certificates(connection)):
            raise KeysFault(KeysCode.CERTIFICATE_TAKEN, facts.subject)
        added = office.new_id()
        connection.execute(
            sa.insert(certificates).values(id=added, **_columns(new, facts), added_at=office.clock())
        )
        told = {"sha256": facts.sha256, "holder": new.holder, "kept": new.kept}
        _note(connection, office, by, "certificate_added", added, **told)
        if new.kept is KeyPlace.KEY_FILE:
            _note(connection, office, by, "software_key_allowed", added, sha256=facts.sha256)
    return added


def remove_certificate(office: Office, by: str, told: str) -> Certificate:
    """Let a certificate sign no more; `told` as `find_certificate` takes it. Raises: KeysFault."""
    found = find_certificate(office, told)
    with writing(office.engine) as connection:
        gone = sa.update(certificates).where(certificates.c.id == found.id)
        connection.execute(gone.values(removed_at=office.clock()))
        _note(connection, office, by, "certificate_removed", found.id, sha256=found.sha256)
    return found


def list_certificates(office: Office) -> tuple[Certificate, ...]:
    """Every certificate that signs here, in the order in which they came."""
    with reading(office.engine) as connection:
        return all_certificates(connection)


def find_certificate(office: Office, told: str) -> Certificate:
    """The one certificate whose id, or the beginning of whose fingerprint, was told.

    Raises: KeysFault CERTIFICATE_UNKNOWN, CERTIFICATE_UNCLEAR.
    """
    wanted = plain_fingerprint(told)
    known = list_certificates(office)
    found = [one for one in known if one.id == told or (wanted and one.sha256.startswith(wanted))]
    if not found:
        raise KeysFault(KeysCode.CERTIFICATE_UNKNOWN)
    if len(found) > 1:
        raise KeysFault(KeysCode.CERTIFICATE_UNCLEAR)
    return found[0]


def require_place_for(office: Office, holder: str, kept: KeyPlace) -> None:
    """Refuse what may not lie in a file. Raises: KeysFault SOFTWARE_KEYS_OFF, SOFTWARE_KEY_PERSONAL."""
    if kept is KeyPlace.KEY_FILE and (fault := file_refusal(holder, office.settings)):
        raise fault


def _require_program(new: NewCertificate) -> None:
    program = program_at(new.place)
    if not program.is_local:
        raise KeysFault(KeysCode.PROGRAM_ELSEWHERE)
    if new.holder == AGENCY and program.profile is not Profile.FILLS:
        raise KeysFault(KeysCode.PROGRAM_LOCKS_NOTHING)
    if new.is_unattended:
        raise KeysFault(KeysCode.PROGRAM_UNATTENDED)


def names(office: Office, holder: str, der: bytes) -> bool:
    """Does this certificate name who is printed for this holder?"""
    with reading(office.engine) as connection:
        printed = printed_name(find_signatory(connection, holder), office.settings)
    return is_same_name(facts_of(der).subject, printed)


def plain_fingerprint(told: str) -> str:
    """A fingerprint as it is compared: `AB:CD` and `ab cd` are one."""
    return told.replace(":", "").replace(" ", "").lower()


def _columns(new: NewCertificate, facts: CertificateFacts) -> dict[str, Any]:
    return {
        "holder": new.holder,
        "kept": new.kept,
        "place": dict(new.place),
        "der": base64.b64encode(new.der).decode(),
        "chain": [base64.b64encode(above).decode() for above in new.chain],
        "sha256": facts.sha256,
        "subject": facts.subject,
        "not_before": facts.not_before,
        "not_after": facts.not_after,
        "is_unattended": new.is_unattended,
    }


def _note(connection: Connection, office: Office, by: str, what: str, subject: str, **body: Any) -> None:
    entry = ledger.Entry(what=what, at=office.clock(), actor=by, subject=subject, body=body)
    ledger.append(connection, entry)
