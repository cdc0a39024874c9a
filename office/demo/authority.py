"""The keys, trust and services of a demo house: its own throw-away authority behind the ports of any."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from ssl import PEM_cert_to_DER_cert
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from certify.question import Pin, SignerRole
from certify.signing.keyring import AGENCY, Purpose
from foundation.durable import write_whole
from foundation.faults import Fault
from office.faults import DeskCode, DeskFault
from office.tables import accounts
from office.value import TrustStore
from storage.database import reading

if TYPE_CHECKING:  # the authority is heavy to load, and most commands never sign
    from certify.demo_authority.authority import DemoAuthority
    from certify.signing.keys import Key
    from certify.signing.trust import Credentials, Services

CLERK_NAME, OFFICER_NAME, RECORDS_NAME = "canbo", "lanhdao", "vanthu"  # the accounts of demo.people


@dataclass(frozen=True)
class DemoKeys:
    """What a demo house hands to its office: the keyring, the trust store, the services."""

    keyring: "DemoKeyring"
    trust: TrustStore
    open_services: "Callable[[], Services]"


class DemoKeyring:
    """The specimen keys, each by the account of the person whose name its certificate carries."""

    def __init__(self, open_authority: "Callable[[], DemoAuthority]", engine: Engine, data: Path) -> None:
        self._open = open_authority
        self._engine = engine
        self._data = data

    def of(self, holder: str) -> "Key":
        """The specimen key of this account or of the agency. Raises: DeskFault KEYS_MISSING."""
        return self._credentials(holder).key

    def is_unattended(self, holder: str) -> bool:
        """The specimen agency's key is one that the system may use by itself, save in a house by hand."""
        return holder == AGENCY and not is_by_hand(self._data)

    def is_here(self, _holder: str) -> bool:
        """The specimen keys lie in the demo's own folder."""
        return True

    def refusal(self, holder: str, _purpose: Purpose) -> Fault | None:
        """Who is in the demo's cast may sign at any time; nobody else."""
        if holder == AGENCY or self._name_of(holder) in (CLERK_NAME, OFFICER_NAME):
            return None
        return DeskFault(DeskCode.KEYS_MISSING, holder)

    def _credentials(self, holder: str) -> "Credentials":
        authority = self._open()
        if holder == AGENCY:
            return authority.agency
        held: Mapping[str, Credentials] = {CLERK_NAME: authority.clerk, OFFICER_NAME: authority.officer}
        name = self._name_of(holder)
        if name not in held:
            raise DeskFault(DeskCode.KEYS_MISSING, holder)
        return held[name]

    def _name_of(self, holder: str) -> str:
        with reading(self._engine) as connection:
            name = connection.execute(sa.select(accounts.c.name).where(accounts.c.id == holder)).scalar()
        return str(name or "")


def is_by_hand(data: Path) -> bool:
    """Does everybody in this demo house do their own part?"""
    return _by_hand(data).exists()


def leave_to_people(data: Path) -> None:
    """Let everybody in this demo house do their own part from now on."""
    write_whole(_by_hand(data), b"")


def _by_hand(data: Path) -> Path:
    return data / "demo" / "by-hand"


def authority_folder(data: Path) -> Path:
    """Where a demo house keeps its authority."""
    return data / "demo-authority"


def _pins(folder: Path) -> Iterator[Pin]:
    """The specimen certificates by their roles; what is not there is told where the authority is opened."""
    for role in SignerRole:
        with suppress(OSError, ValueError):
            der = PEM_cert_to_DER_cert((folder / f"{role}.pem").read_text())
            yield Pin(hashlib.sha256(der).hexdigest(), role, folder.name)


def open_demo_keys(data: Path, engine: Engine, clock: Callable[[], datetime]) -> DemoKeys:
    """The authority of a demo house, made when it is new; loaded when first asked for, then kept."""
    folder = authority_folder(data)

    @cache
    def open_authority() -> "DemoAuthority":
        from certify.demo_authority.authority import DemoAuthority  # noqa: PLC0415 heavy, and seldom needed

        return DemoAuthority.open(folder, clock)

    if not folder.exists():  # its root must be there to be trusted
        open_authority()
    trust = TrustStore((folder / "root.pem",), tuple(_pins(folder)))
    return DemoKeys(DemoKeyring(open_authority, engine, data), trust, lambda: open_authority().services)
