"""Who signs: people as named on paper, and the key that is theirs."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.model import Signer
from certify.signing.keyring import AGENCY, Purpose
from certify.signing.trust import Credentials
from office.nouns import Actor
from office.tables import accounts
from office.value import Office


def signer_of(office: Office, actor: Actor) -> Signer:
    """The actor as named on paper."""
    return Signer(actor.full_name, actor.title, office.settings.agency)


def signer_of_account(connection: Connection, office: Office, account: str) -> Signer:
    """The person of this account as named on paper."""
    row = connection.execute(sa.select(accounts).where(accounts.c.id == account)).one()
    return Signer(row.full_name, row.title, office.settings.agency)


def the_agency(office: Office) -> Signer:
    """The agency as it signs its own copies."""
    return Signer(office.settings.agency, "", office.settings.agency)


def require_signer(office: Office, holder: str, purpose: Purpose) -> None:
    """Refuse in words what this holder may not sign now; better now than with a number reserved.

    Raises: the fault that tells: DeskFault KEYS_MISSING, KeysFault.
    """
    fault = office.keyring.refusal(holder, purpose)
    if fault is not None:
        raise fault


def require_signers_of_copy(office: Office, officer: str) -> None:
    """Refuse what this officer may not certify, or the agency not sign, now. Raises: as `require_signer`."""
    require_signer(office, officer, Purpose.CERTIFY)
    require_signer(office, AGENCY, Purpose.SEAL)


def credentials_of(office: Office, holder: str) -> Credentials:
    """The key of this account, or of AGENCY, and what its signatures rest on.

    Raises: DeskFault KEYS_MISSING where there is none, KeysFault KEY_CLOSED where it is not open here.
    """
    return Credentials(office.keyring.of(holder), office.services)
