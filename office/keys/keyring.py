"""The keyring of an office: its certificates and delegations as rows tell them, its keys as far as open here.

A key is opened once for a process (`office.keys.unlocking`); what is not open here signs in another process.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.engine import Engine

from certify.question import Pin, SignerRole
from certify.signing.keyring import AGENCY, KeyPlace, Purpose
from foundation.faults import Fault
from office.faults import DeskCode, DeskFault
from office.keys import standing
from office.keys.faults import KeysCode, KeysFault
from office.keys.standing import ELSEWHERE
from office.nouns import Certificate
from office.rows.signatories import Signatory, all_certificates, certifiers, find_signatory
from office.settings import Settings
from storage.database import reading

if TYPE_CHECKING:  # heavy to load, and most commands never sign
    from certify.signing.keys import Key


class OpenKey(Protocol):
    """A key that this process has opened, as long as it answers."""

    @property
    def is_here(self) -> bool:
        """Can it be asked now?"""

    @property
    def key(self) -> "Key":
        """What signs."""


@dataclass(frozen=True)
class OfficeKeyring:
    """The keys of an office by their holders; `opened` are those open in this process, by certificate."""

    engine: Engine
    settings: Settings
    clock: Callable[[], datetime]
    opened: Mapping[str, OpenKey] = field(default_factory=dict)

    def of(self, holder: str) -> "Key":
        """The key of this holder. Raises: DeskFault KEYS_MISSING, KeysFault KEY_CLOSED."""
        certificate = self._current(holder)
        if certificate is None:
            raise DeskFault(DeskCode.KEYS_MISSING, holder)
        if certificate.kept is KeyPlace.REMOTE:
            return self._remote(certificate)
        if certificate.kept is KeyPlace.WORKSTATION:
            return _at_workstation(certificate)
        opened = self.opened.get(certificate.id)
        if opened is None or not opened.is_here:
            raise KeysFault(KeysCode.KEY_CLOSED, certificate.subject)
        return opened.key

    def is_unattended(self, holder: str) -> bool:
        """Was it said of the agency's key that the system may use it by itself?"""
        certificate = self._current(holder)
        return certificate is not None and holder == AGENCY and certificate.is_unattended

    def is_here(self, holder: str) -> bool:
        """Can the holder's key be asked here: elsewhere, or open in this process? No key counts as here."""
        certificate = self._current(holder)
        if certificate is None or certificate.kept in ELSEWHERE:
            return True
        opened = self.opened.get(certificate.id)
        return opened is not None and opened.is_here

    def refusal(self, holder: str, purpose: Purpose) -> Fault | None:
        """Why this holder may not sign so now (office.keys.standing); None: nothing stands in the way."""
        return standing.refusal(self._signatory(holder), purpose, self.settings, self.clock())

    def _remote(self, certificate: Certificate) -> "Key":
        from certify.key_holders.remote import RemoteKey, RemoteService  # noqa: PLC0415 heavy to load

        service = RemoteService(certificate.place, self.settings.signing.remote_wait_seconds)
        return RemoteKey(service, certificate.place["credential"], certificate.der, certificate.chain)

    def _signatory(self, holder: str) -> Signatory:
        with reading(self.engine) as connection:
            return find_signatory(connection, holder)

    def _current(self, holder: str) -> Certificate | None:
        here = [certificate for certificate, opened in self.opened.items() if opened.is_here]
        return standing.current(self._signatory(holder), self.clock(), here)


def _at_workstation(certificate: Certificate) -> "Key":
    from certify.key_holders.workstation import WorkstationKey, program_at  # noqa: PLC0415 heavy to load

    return WorkstationKey(program_at(certificate.place), certificate.der, certificate.chain)


def office_keyring(
    engine: Engine,
    settings: Settings,
    clock: Callable[[], datetime],
    opened: Mapping[str, OpenKey] | None = None,
) -> OfficeKeyring:
    """The keyring of a house that is no demo; nothing is open in it until somebody opens it."""
    return OfficeKeyring(engine, settings, clock, opened or {})


def office_pins(engine: Engine, agency: str) -> tuple[Pin, ...]:
    """Whose certificates sign in which role, past ones too: what this office signed stays its own."""
    with reading(engine) as connection:
        past, officers = all_certificates(connection, past=True), certifiers(connection)
    return tuple(Pin(one.sha256, role, agency) for one in past for role in _roles(one.holder, officers))


def _roles(holder: str, officers: frozenset[str]) -> tuple[SignerRole, ...]:
    if holder == AGENCY:
        return (SignerRole.AGENCY,)
    return (SignerRole.CLERK, SignerRole.OFFICER) if holder in officers else (SignerRole.CLERK,)
