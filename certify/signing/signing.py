"""The signatures of the house, each one step from file to new file.

    scan                  → sign_scan        → SignedScan      (clerk, top left, for decades)
    ComposedCopy          → sign_as_officer  → SignedByOfficer (certifies: DocMDP, form filling allowed)
    SignedByOfficer       → sign_as_agency   → AgencySigned    (locks: nothing may change any more)
    AgencySigned          → seal_for_decades → CertifiedCopy   (validation data of both, archive time-stamp)
    CopyDecision          → sign_agency_copy → AgencyCopy      (agency alone, top right, for decades)

Rules of this module:
1. A step reads one file and makes another, which appears whole; the file read is never changed.
2. A step done again finds its own result and changes nothing.
3. No signature without a time-stamp; validation data are fetched after it; the archive time-stamp comes last
   and covers the whole file.
"""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from certify.field_names import ARCHIVE_FIELD, CLERK_FIELD, COPY_FIELD, OFFICER_FIELD
from certify.letters.appearance import draw, fitted, words_of
from certify.model import (
    AgencyCopy,
    AgencySigned,
    Appearance,
    CertifiedCopy,
    CertifyFault,
    ComposedCopy,
    CopyDecision,
    FaultCode,
    SignedByOfficer,
    SignedScan,
    Signer,
)
from certify.signing.atomic import begins_with
from certify.signing.fields import Filled, filled_in, frame_of, read_strictly, require_state
from certify.signing.keys import sign_now
from certify.signing.pending import Intent, Pending, finish, prepare
from certify.signing.sealing import is_sealed, seal
from certify.signing.statement import require_ours
from certify.signing.trust import Credentials, Services, require_good
from foundation.durable import sha256_of


@dataclass(frozen=True)
class Hand:
    """Who signs, with which key, in which visible form."""

    signer: Signer
    credentials: Credentials
    appearance: Appearance


def sign_scan(scan: Path, out: Path, hand: Hand) -> SignedScan:
    """The clerk who scanned signs the digitized paper on its first page (TT 01/2023 Art. 8(1)), for decades.

    Raises: CertifyFault; nothing is left at `out`.
    """
    signed = _sign_in_corner(scan, out, hand, CLERK_FIELD)
    return SignedScan(out, sha256_of(out), hand.signer, signed.at)


def sign_as_officer(copy: ComposedCopy, out: Path, hand: Hand) -> SignedByOfficer:
    """The officer certifies the composed copy (NĐ 45/2020 Art. 10; ISO 32000-2 12.8.2.2, P=2).

    Raises: CertifyFault; nothing is left at `out`.
    """
    _sign(copy.path, out, _officers_intent(copy, hand), hand.credentials)
    return SignedByOfficer(copy.statement, out, copy.fields)


def prepare_for_officer(copy: ComposedCopy, prepared: Path, hand: Hand) -> Pending:
    """The first half of `sign_as_officer`, for a key whose holder answers later: the copy with a hole.

    `finish_later` is the second half. Raises: CertifyFault; nothing is left at `prepared`.
    """
    return asyncio.run(prepare(copy.path, prepared, _officers_intent(copy, hand), hand.credentials))


def sign_as_agency(copy: SignedByOfficer, out: Path, hand: Hand) -> AgencySigned:
    """The agency signs after the officer and locks the copy (ISO 32000-2 12.8.2.4, all fields, P=1).

    Raises: CertifyFault NOT_SIGNABLE when the officer has not signed, others; nothing is left at `out`.
    """
    _sign(copy.path, out, _agencys_intent(copy, hand), hand.credentials)
    return AgencySigned(copy.statement, out, copy.fields)


def prepare_for_agency(copy: SignedByOfficer, prepared: Path, hand: Hand) -> Pending:
    """The first half of `sign_as_agency`, for a key whose holder answers later.

    Raises: CertifyFault; nothing is left at `prepared`.
    """
    return asyncio.run(prepare(copy.path, prepared, _agencys_intent(copy, hand), hand.credentials))


def seal_for_decades(copy: AgencySigned, out: Path, services: Services) -> CertifiedCopy:
    """Add both signers' validation data and the archive time-stamp that covers the whole file.

    Raises: CertifyFault REVOCATION_UNAVAILABLE, TIMESTAMP_UNAVAILABLE, FOREIGN_CONTENT for a file that holds
    what we do not write, others; nothing is left at `out`.
    """
    with read_strictly(copy.path) as reader:
        require_state(reader, ARCHIVE_FIELD, dict.fromkeys(copy.fields.names, True))
    require_ours(copy.path, copy.fields)
    _seal(copy.path, out, services)
    try:
        require_ours(out, copy.fields)
    except CertifyFault:
        out.unlink()
        raise
    return CertifiedCopy(copy.statement, out, sha256_of(out))


def sign_agency_copy(decision: CopyDecision, out: Path, hand: Hand, kind_word: str) -> AgencyCopy:
    """The agency alone signs its own copy, on the first page (NĐ 30/2020 Art. 25(1)c, PL I), for decades.

    `kind_word` is the form's name as the law words it (SAO Y, SAO LỤC, TRÍCH SAO).
    Raises: CertifyFault; nothing is left at `out`.
    """
    _sign_in_corner(decision.document, out, hand, COPY_FIELD, kind_word)
    return AgencyCopy(decision, out, sha256_of(out))


def require_vouched(credentials: Credentials) -> None:
    """Refuse now what signing would refuse: a certificate that is not good, or that nobody answers for.

    Raises: CertifyFault with the code of what is wrong.
    """
    key = credentials.key
    asyncio.run(require_good(key.certificate, key.chain, credentials.services))


def finish_later(record: Path, signature: bytes, credentials: Credentials, out: Path) -> None:
    """A key that took its time has answered: finish what was prepared, from its record, even after a restart.

    Raises: CertifyFault KEY_REFUSED when `signature` is not the certificate's; nothing is left at `out`.
    """
    asyncio.run(finish(Pending.read(record), signature, credentials, out))


def _sign_in_corner(source: Path, out: Path, hand: Hand, field: str, kind_word: str = "") -> Filled:
    if not (out.exists() and is_sealed(out)):
        signed = out.with_name(f"{out.name}.signed")
        appearance = _fitted(source, hand, kind_word)
        intent = _intent(field, replace(hand, appearance=appearance), kind_word)
        intent = replace(intent, corner=appearance.box)
        _sign(source, signed, intent, hand.credentials)
        _seal(signed, out, hand.credentials.services)
        signed.unlink(missing_ok=True)
    return _own_signature(source, out, field, hand.credentials)


def _officers_intent(copy: ComposedCopy, hand: Hand) -> Intent:
    expected = tuple((name, False) for name in copy.fields.names)
    plain = _intent(OFFICER_FIELD, hand)
    return replace(plain, expected=expected, certifies=True, reason=_reason(copy))


def _agencys_intent(copy: SignedByOfficer, hand: Hand) -> Intent:
    expected = ((copy.fields.officer, True), (copy.fields.agency, False))
    plain = _intent(copy.fields.agency, hand)
    return replace(plain, expected=expected, locks=True, reason=_reason(copy))


def _intent(field: str, hand: Hand, kind_word: str = "") -> Intent:
    at = hand.credentials.services.clock()
    words = words_of(hand.appearance, hand.signer, at, kind_word)
    return Intent(field, draw(hand.appearance, words), at, hand.signer.name)


def _fitted(source: Path, hand: Hand, kind_word: str) -> Appearance:
    """The hand's form as it fits the first page."""
    words = words_of(hand.appearance, hand.signer, hand.credentials.services.clock(), kind_word)
    with read_strictly(source) as reader:
        return fitted(hand.appearance, words, frame_of(reader, 0))


def _reason(copy: ComposedCopy | SignedByOfficer) -> str:
    return copy.statement.wording.heading


def _sign(source: Path, out: Path, intent: Intent, credentials: Credentials) -> None:
    if out.exists():
        _own_signature(source, out, intent.field, credentials)
        return
    asyncio.run(_sign_in_two_steps(source, out, intent, credentials))


async def _sign_in_two_steps(source: Path, out: Path, intent: Intent, credentials: Credentials) -> None:
    pending = await prepare(source, out.with_name(f"{out.name}.prepared"), intent, credentials)
    signature = sign_now(credentials.key, pending.to_be_signed)
    await finish(pending, signature, credentials, out)


def _seal(signed: Path, out: Path, services: Services) -> None:
    if out.exists() and begins_with(out, signed) and is_sealed(out):
        return
    asyncio.run(seal(signed, out, services))


def _own_signature(source: Path, out: Path, field: str, credentials: Credentials) -> Filled:
    """The signature an earlier run of the same step made.

    Raises: CertifyFault ALREADY_SIGNED when `out` holds anything else.
    """
    if begins_with(out, source):
        with read_strictly(out) as reader:
            for found in filled_in(reader):
                if found.field == field and found.certificate.dump() == credentials.key.certificate.dump():
                    return found
    raise CertifyFault(FaultCode.ALREADY_SIGNED, f"{out.name} is not this step's result")
