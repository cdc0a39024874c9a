"""The daily seal: the ledger's length and end, signed by the agency, time-stamped, locked where that works.

A seal is made on the first occasion after a day on which something was entered. Where the agency's key may
not be used without a person, or no key is there, the seal is kept unsigned and says so; a locked store still
shows that it was not changed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from certify.book import translog
from certify.model import CertifyFault, FaultCode
from certify.question import SignerRole
from certify.signing.keyring import AGENCY
from foundation.clock import on_paper
from office.desk.signers import credentials_of
from office.rows import claims, recording
from office.rows.snapshots import house_value, note_in_house
from office.value import Office
from storage import ledger
from storage.database import reading, writing
from storage.faults import Finding, StorageCode, StorageFault
from storage.objects import AlreadyKept, Key
from storage.seals import Seal
from storage.seals import findings as findings_of_seals

FOLDER = "seals"
MOST_SEALS = 100_000  # more than two centuries of days
SEALED = "sealed"  # the row of `house` that says up to which entry the ledger is sealed


@dataclass(frozen=True)
class Sealed:
    """A seal as it was kept: its key, what it says, and the signature (empty when nobody could sign)."""

    key: Key
    seal: Seal
    text: str
    signed: Mapping[str, str]


def is_due(connection: Connection, office: Office) -> bool:
    """Was something entered on an earlier day that no seal covers?"""
    oldest = ledger.entries(connection, after=_sealed_up_to(connection), limit=1)
    return bool(oldest) and on_paper(oldest[0].at).date() < office.today


def seal_ledger(office: Office, claim: claims.Claim) -> None:
    """The chore: seal the ledger as it stands. Raises: CertifyFault TIMESTAMP_UNAVAILABLE; StorageFault."""
    seal_now(office)
    with writing(office.engine) as connection:
        claims.write(connection, claim, {"done_at": office.clock()})


def seal_now(office: Office) -> Sealed | None:
    """Seal the ledger as it stands; None when it is empty. Raises: StorageFault CHAIN_BROKEN."""
    with reading(office.engine) as connection:
        state = ledger.verify(connection)
        state.require_whole()
        size = translog.size(connection)
        seal = Seal(office.clock(), state.count, state.head, size, translog.root(connection, size).hex())
    if not seal.seq:
        return None
    sealed = _keep(office, seal)
    with writing(office.engine) as connection:
        note_in_house(connection, SEALED, str(sealed.seal.seq))
        told = {"seq": sealed.seal.seq, "key": sealed.key.name, "signed": bool(sealed.signed)}
        recording.note(connection, office, recording.SYSTEM, "ledger_sealed", FOLDER, **told)
    return sealed


def seals(office: Office) -> Iterator[Sealed]:
    """Every seal that was kept, oldest first. Raises: StorageFault DAMAGED."""
    for key in _keys(office):
        yield _read(office, key)


def _keys(office: Office) -> list[Key]:
    every = office.records.keys()  # a store is no mapping: it has no iteration of its own
    return sorted(key for key in every if key.name.startswith(f"{FOLDER}/"))


def ledger_findings(office: Office) -> Iterator[Finding]:
    """What is not as it was: the chain, what was sealed, the register's log, the seals themselves."""
    with reading(office.engine) as connection:
        yield from findings_in(connection, office)


def findings_in(connection: Connection, office: Office) -> Iterator[Finding]:
    """As `ledger_findings`, in the caller's transaction."""
    kept: list[Sealed] = []
    for key in _keys(office):
        try:
            kept.append(_read(office, key))
            _require_signed_by_us(office, kept[-1])
        except (StorageFault, CertifyFault) as fault:
            is_unknown = fault.code is FaultCode.CERTIFICATE_UNTRUSTED
            code = StorageCode.SIGNER_UNKNOWN if is_unknown else StorageCode.DAMAGED
            yield Finding(f"records/{key}", code, fault.detail)
    state = ledger.verify(connection)
    if state.first_break is not None:
        yield Finding(f"ledger/{state.first_break}", StorageCode.CHAIN_BROKEN)
    for found in findings_of_seals(connection, [one.seal for one in kept]):
        yield Finding(f"ledger/{found.place}", found.code, found.detail)
    yield from _log_findings(connection, kept)
    there = {one.key.name for one in kept}
    for entry in ledger.entries(connection, subject=FOLDER, limit=MOST_SEALS):
        if entry.what == "ledger_sealed" and entry.body["key"] not in there:
            yield Finding(f"records/{entry.body['key']}", StorageCode.NOT_KEPT)


def _log_findings(connection: Connection, kept: list[Sealed]) -> Iterator[Finding]:
    """The register's log against the roots that were sealed."""
    size = translog.size(connection)
    for one in kept:
        if one.seal.leaves > size or translog.root(connection, one.seal.leaves).hex() != one.seal.root:
            yield Finding(f"register/{one.seal.leaves}", StorageCode.CHAIN_BROKEN, str(one.key))


def _keep(office: Office, seal: Seal) -> Sealed:
    text = seal.as_text()
    signed: Mapping[str, str] = {}
    if office.keyring.is_unattended(AGENCY):
        from certify.signing.detached import sign_detached  # noqa: PLC0415 heavy, and needed once a day

        signed = sign_detached(credentials_of(office, AGENCY), text.encode())
    key = Key(f"{FOLDER}/{on_paper(seal.at):%Y-%m-%d}-{seal.seq:012d}")
    with office.work_folder() as work:
        path = work / "seal"
        path.write_text(json.dumps({"seal": text, **signed}, ensure_ascii=False, indent=1), encoding="utf-8")
        try:
            office.records.put(key, path)
        except AlreadyKept:  # before a crash: that one counts
            return _read(office, key)
    if office.records.promises.retention:
        office.records.retain(key, office.kept_until, firmly=True)
    return Sealed(key, seal, text, signed)


def _read(office: Office, key: Key) -> Sealed:
    try:
        told: dict[str, Any] = json.loads(office.records.read(key))
        text = told.pop("seal")
        return Sealed(key, Seal.from_text(text), text, told)
    except (ValueError, LookupError, TypeError) as unreadable:
        raise StorageFault(StorageCode.DAMAGED, str(key)) from unreadable


def _require_signed_by_us(office: Office, sealed: Sealed) -> None:
    """Raises: CertifyFault when the seal is signed, and not by this office's agency over this text."""
    pinned = {pin.sha256 for pin in office.trust.pins if pin.own and pin.role is SignerRole.AGENCY}
    if not sealed.signed and not pinned:
        return
    from certify.signing.detached import check_detached  # noqa: PLC0415 heavy, and needed now and then

    check_detached(sealed.signed, sealed.text.encode(), pinned)


def _sealed_up_to(connection: Connection) -> int:
    return int(house_value(connection, SEALED) or 0)
