"""May this holder sign now? Decided from rows and the instant alone, before anything is signed or numbered.

Rules (L26 of docs/law.md; NĐ 280/2025 Art. 2(9), 5(2)):
1. The certificate names the person, or the agency, that is printed.
2. It is valid at the instant.
3. Who certifies does so under a delegation in force on that day, in the capacity that the printed title says.
4. A person's key is never a key file; the agency's only where the house's settings allow it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from certify.key_holders.subject_names import is_same_name
from certify.signing.keyring import AGENCY, KeyPlace, Purpose
from foundation.clock import on_paper
from foundation.faults import Fault
from office.faults import DeskCode, DeskFault
from office.keys.faults import KeysCode, KeysFault
from office.nouns import Capacity, Certificate, Delegation
from office.procedure import Role
from office.rows.signatories import Signatory
from office.settings import Settings

SPOKEN = {Capacity.KT: "KT.", Capacity.TUQ: "TUQ.", Capacity.TL: "TL."}
ELSEWHERE: Mapping[KeyPlace, KeysCode] = {  # opened by nobody here; the codes: why none of them signs a scan
    KeyPlace.REMOTE: KeysCode.REMOTE_SCAN,
    KeyPlace.WORKSTATION: KeysCode.WORKSTATION_SCAN,
}
DAYS_AHEAD = 90  # from which on a certificate's end is told


@dataclass(frozen=True)
class Ending:
    """A certificate that ends soon or has ended: whole days left, 0 on its last day, negative after it."""

    certificate: Certificate
    days: int


def printed_name(signatory: Signatory, settings: Settings) -> str:
    """The name that stands beside this holder's signature."""
    return signatory.person.full_name if signatory.person else settings.agency


def current(signatory: Signatory, now: datetime, opened: Iterable[str] = ()) -> Certificate | None:
    """The certificate that signs: of those valid now one that is open here, else the newest; None: none.

    Where none is valid, the newest that is not, so that it can be told what is wrong with it.
    """
    here = frozenset(opened)
    valid = [one for one in signatory.certificates if one.not_before <= now <= one.not_after]
    return next(iter([*(one for one in valid if one.id in here), *valid, *signatory.certificates]), None)


def usual_purpose(signatory: Signatory) -> Purpose:
    """What this holder is there to sign: the agency seals, an officer certifies, others sign scans."""
    if signatory.person is None:
        return Purpose.SEAL
    return Purpose.CERTIFY if Role.OFFICER in signatory.person.roles else Purpose.DIGITIZE


def refusal(signatory: Signatory, purpose: Purpose, settings: Settings, now: datetime) -> Fault | None:
    """Why this holder may not sign for this purpose at `now`; None when nothing stands in the way."""
    certificate = current(signatory, now)
    if certificate is None:
        return DeskFault(DeskCode.KEYS_MISSING, printed_name(signatory, settings))
    found = _of_certificate(signatory, certificate, settings, now)
    if found is None and (purpose is Purpose.SEAL) != (certificate.holder == AGENCY):
        return DeskFault(DeskCode.NOT_ALLOWED, purpose)
    if found is None and purpose is Purpose.DIGITIZE and certificate.kept in ELSEWHERE:
        return KeysFault(ELSEWHERE[certificate.kept])
    if found is None and purpose is Purpose.CERTIFY:
        return _of_delegation(signatory, purpose, now)
    return found


def file_refusal(holder: str, settings: Settings) -> Fault | None:
    """Why this holder's key may not lie in a file (rule 4); None: it may."""
    if holder != AGENCY:
        return KeysFault(KeysCode.SOFTWARE_KEY_PERSONAL)
    return None if settings.signing.software_keys else KeysFault(KeysCode.SOFTWARE_KEYS_OFF)


def endings(certificates: Iterable[Certificate], now: datetime) -> tuple[Ending, ...]:
    """The certificates whose end is so near that it has to be told, or is over, the most urgent first."""
    found = [Ending(one, (one.not_after - now).days) for one in certificates]
    return tuple(sorted((end for end in found if end.days <= DAYS_AHEAD), key=lambda end: end.days))


def _of_certificate(
    signatory: Signatory, certificate: Certificate, settings: Settings, now: datetime
) -> Fault | None:
    if signatory.person is not None and not signatory.person.active:
        return KeysFault(KeysCode.ACCOUNT_OFF, signatory.person.full_name)
    if certificate.kept is KeyPlace.KEY_FILE and (fault := file_refusal(certificate.holder, settings)):
        return fault
    if not is_same_name(certificate.subject, printed_name(signatory, settings)):
        return KeysFault(KeysCode.NAME_DIFFERS, certificate.subject)
    if now > certificate.not_after:
        return KeysFault(KeysCode.CERTIFICATE_EXPIRED, _day(certificate.not_after))
    if now < certificate.not_before:
        return KeysFault(KeysCode.CERTIFICATE_NOT_YET, _day(certificate.not_before))
    return None


def _of_delegation(signatory: Signatory, purpose: Purpose, now: datetime) -> Fault | None:
    given = [one for one in signatory.delegations if one.purpose is purpose]
    today = on_paper(now).date()
    in_force = [one for one in given if one.since <= today and (one.until is None or today <= one.until)]
    if in_force:
        return None if _is_said(signatory, in_force) else KeysFault(KeysCode.TITLE_DIFFERS, _title(signatory))
    coming = [one.since for one in given if one.since > today]
    if coming:
        return KeysFault(KeysCode.DELEGATION_NOT_YET, f"{min(coming):%d/%m/%Y}")
    over = [one.until for one in given if one.until is not None]
    if over:
        return KeysFault(KeysCode.DELEGATION_OVER, f"{max(over):%d/%m/%Y}")
    return KeysFault(KeysCode.DELEGATION_MISSING)


def _is_said(signatory: Signatory, in_force: Iterable[Delegation]) -> bool:
    """Does the printed title say the capacity of one of these?"""
    title = _title(signatory)
    said = next((capacity for capacity, words in SPOKEN.items() if title.startswith(words)), Capacity.OWN)
    return any(one.capacity is said for one in in_force)


def _title(signatory: Signatory) -> str:
    return signatory.person.title.strip().upper() if signatory.person else ""


def _day(instant: datetime) -> str:
    return f"{on_paper(instant):%d/%m/%Y}"
