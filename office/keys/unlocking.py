"""Opening the keys that are at hand on this machine: a key-holder process for each token or key file.

What cannot be opened here (not plugged in, a wrong PIN, nobody gives one) stays closed and is told; its acts
wait for the process that has it open. A PIN comes as a bytearray and is overwritten by whoever takes it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from certify.model import CertifyFault, FaultCode
from certify.signing.keyring import KeyPlace
from office.keys.certificates import list_certificates
from office.keys.keyring import OpenKey, office_keyring
from office.keys.standing import ELSEWHERE, file_refusal
from office.nouns import Certificate
from office.settings import process_environment
from office.value import Office

if TYPE_CHECKING:
    from certify.key_holders.holder import HeldKey, KeyHolder

AskPin = Callable[[Certificate], bytearray | None]  # None: nobody gives one, leave it closed
Tell = Callable[[Certificate, CertifyFault | None], None]  # how it went with this one; None: it is open


@dataclass(frozen=True)
class Held:
    """A key that a key holder of this process has open."""

    key: "HeldKey"

    @property
    def is_here(self) -> bool:
        """Does its holder still live?"""
        return self.key.is_here


@contextmanager
def unlocked(office: Office, ask: AskPin, tell: Tell) -> Iterator[Office]:
    """The same office with the keys open that could be opened; they close at the end.

    A demo house has no certificates in its rows and stays as it is.
    """
    holders: list[KeyHolder] = []
    opened: dict[str, OpenKey] = {}
    try:
        for certificates in _by_place(office).values():
            opened.update(_opened(certificates, ask, tell, holders))
        yield office if office.is_demo else _with_open_keys(office, opened)
    finally:
        for holder in holders:
            holder.close()


def open_certificate(certificate: Certificate, pin: bytearray) -> "KeyHolder":
    """Start the key holder of this certificate's token or file.

    Raises: CertifyFault PIN_WRONG, PIN_LOCKED, TOKEN_MISSING, KEY_FILE_MISSING, HOLDER_GONE.
    """
    from certify.key_holders.holder import open_holder  # noqa: PLC0415 only where keys are opened

    return open_holder(certificate.kept, certificate.place, pin, process_environment())


def held_key(holder: "KeyHolder", certificate: Certificate) -> "HeldKey":
    """The certificate's key at this holder. Raises: CertifyFault TOKEN_MISSING when it is not there."""
    from certify.key_holders.holder import HeldKey  # noqa: PLC0415

    for found in holder.found:
        if found.certificate.dump() == certificate.der:
            return HeldKey(holder, found.key, certificate.der, certificate.chain)
    raise CertifyFault(FaultCode.TOKEN_MISSING, certificate.subject)


def _opened(
    certificates: list[Certificate], ask: AskPin, tell: Tell, holders: "list[KeyHolder]"
) -> Mapping[str, OpenKey]:
    """The keys of one token or file, opened with one PIN."""
    pin = ask(certificates[0])
    if pin is None:
        return {}
    opened: dict[str, OpenKey] = {}
    try:
        holder = open_certificate(certificates[0], pin)
    except CertifyFault as fault:
        tell(certificates[0], fault)
        return {}
    holders.append(holder)
    for certificate in certificates:
        try:
            opened[certificate.id] = Held(held_key(holder, certificate))
        except CertifyFault as fault:
            tell(certificate, fault)
        else:
            tell(certificate, None)
    return opened


def _by_place(office: Office) -> Mapping[str, list[Certificate]]:
    """The certificates whose keys can be opened, together where one PIN opens them."""
    found: dict[str, list[Certificate]] = {}
    for one in list_certificates(office):
        if one.kept in ELSEWHERE:
            continue
        if one.kept is KeyPlace.KEY_FILE and file_refusal(one.holder, office.settings):
            continue
        found.setdefault(json.dumps([one.kept, *sorted(one.place.items())]), []).append(one)
    return found


def _with_open_keys(office: Office, opened: Mapping[str, OpenKey]) -> Office:
    keyring = office_keyring(office.engine, office.settings, office.clock, opened)
    return replace(office, keyring=keyring)
