"""Keys on SoftHSM2 tokens for the people of a real house, certified by the tests' own authority."""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certify.key_holders.holder import look_at_tokens
from certify.model import Profile
from certify.signing.keyring import AGENCY, KeyPlace
from certify.signing.keys import FileKey
from office.keys.certificates import NewCertificate, add_certificate, list_certificates, remove_certificate
from office.keys.delegations import NewDelegation, delegate
from office.keys.unlocking import unlocked
from office.nouns import Capacity
from office.value import Office
from tests.office.conftest import House
from tests.office.keys.real_houses import CLERK, OFFICER, WARD, trusting
from tests.real_authority import RealAuthority
from tests.softhsm import Tokens, softhsm_module

PROGRAM = "wss://127.0.0.1:8987"
PINS = {"ward": "60255137", "officer": "73919418"}  # in the order in which they are asked for


@dataclass(frozen=True)
class KeysAtHand:
    """The tokens and the authority of a test, and the certificates by the name of whose they are."""

    tokens: Tokens
    authority: RealAuthority
    certificates: dict


def make_keys(folder: Path) -> KeysAtHand:
    """Two tokens: the officer's with a P-256 key, the ward's with the agency's RSA key and the clerk's."""
    tokens = Tokens(folder / "softhsm", softhsm_module()).begin()
    authority = RealAuthority(folder / "authority")
    found = {}
    for label, pin in PINS.items():
        tokens.initialise(label, pin)
    for number, (label, name, key) in enumerate(
        (
            ("officer", OFFICER, ec.generate_private_key(ec.SECP256R1())),
            ("ward", WARD, rsa.generate_private_key(65537, 2048)),
            ("ward", CLERK, ec.generate_private_key(ec.SECP256R1())),
        ),
        start=1,
    ):
        found[name] = authority.issue(name, key.public_key())
        tokens.put((label, PINS[label]), f"{number:02x}", key, found[name])
    return KeysAtHand(tokens, authority, found)


def der_of(certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def add_all(house: House, keys: KeysAtHand, *, unattended: bool = True) -> House:
    """Every certificate with its holder, and the officer's delegation; the house that knows them."""
    seen = {
        one.certificate.dump(): token
        for token in look_at_tokens(keys.tokens.module, keys.tokens.environment)
        for one in token.found
    }
    holders = {CLERK: house.clerk.account, OFFICER: house.officer.account, WARD: AGENCY}
    for name, holder in holders.items():
        der = der_of(keys.certificates[name])
        place = {"module": keys.tokens.module, "serial": seen[der].serial, "label": seen[der].label}
        is_unattended = unattended and holder == AGENCY
        new = NewCertificate(holder, KeyPlace.TOKEN, place, der, is_unattended=is_unattended)
        add_certificate(house.office, "system:operator", new)
    delegated(house, Capacity.KT, date(2026, 1, 1))
    return trusting(house, keys.authority)


def at_workstation(house: House, keys: KeysAtHand, name: str, holder: str, profile: Profile) -> FileKey:
    """Whoever this is signs with a program on their own computer from now on; the key that it reaches."""
    for one in list_certificates(house.office):
        if one.holder == holder:
            remove_certificate(house.office, "system:operator", one.id)
    key = ec.generate_private_key(ec.SECP256R1())
    issued = keys.authority.issue(name, key.public_key())
    place = {"address": PROGRAM, "act": "SignApproved", "profile": profile}
    add_certificate(
        house.office, "system:operator", NewCertificate(holder, KeyPlace.WORKSTATION, place, der_of(issued))
    )
    return key_in_files(key, issued, keys.authority.folder / f"program-{holder}")


def key_in_files(key, issued, stem: Path) -> FileKey:
    """The key of a certificate, in files beside the authority's."""
    files = stem.with_suffix(".key"), stem.with_suffix(".pem")
    kinds = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files[0].write_bytes(key.private_bytes(*kinds))
    files[1].write_bytes(issued.public_bytes(serialization.Encoding.PEM))
    return FileKey(*files, ())


def delegated(house: House, capacity: Capacity, since: date, until: date | None = None) -> str:
    new = NewDelegation(house.officer.account, capacity, since, until)
    return delegate(house.office, "system:operator", new)


@contextmanager
def keys_open(office: Office, labels=tuple(PINS)):
    """The office with these tokens open; the others stay closed."""

    def ask(certificate):
        label = certificate.place["label"]
        return bytearray(PINS[label].encode()) if label in labels else None

    told = {}
    with unlocked(
        office, ask, lambda certificate, fault: told.update({certificate.subject: fault})
    ) as opened:
        assert not any(told.values()), told
        yield opened


def at(office: Office, instant: datetime) -> Office:
    """The same office at another instant, its keyring too."""
    keyring = replace(office.keyring, clock=lambda: instant)
    return replace(office, clock=lambda: instant, keyring=keyring)


def in_days(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)
