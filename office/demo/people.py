"""The people of a demo house: accounts with made-up names and generated passwords, kept beside the demo.

Their names are those of the specimen certificates, because a signature must be its signer's own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from certify.demo_authority.certificates import SIGNERS
from certify.demo_authority.certificates import Role as Certificate
from foundation.durable import write_whole
from office.nouns import Actor
from office.people.accounts import NewAccount, create_account, list_accounts
from office.people.passwords import Passwords, new_password
from office.procedure import Role
from office.value import Office

ACCOUNTS_FILE = "accounts.json"
PRIVATE = 0o600  # nobody else reads the passwords
CAST = (
    ("canbo", Certificate.CLERK, frozenset({Role.CLERK})),
    ("lanhdao", Certificate.OFFICER, frozenset({Role.OFFICER})),
    ("vanthu", None, frozenset({Role.RECORDS_OFFICER, Role.ARCHIVIST})),
)
RECORDS_OFFICER_NAME = "Lê Thị Mẫu (BẢN MẪU)"


@dataclass(frozen=True)
class DemoPeople:
    """Who acts in the demo, and the passwords to log in with."""

    clerk: Actor
    officer: Actor
    passwords: Mapping[str, str]


def open_people(office: Office) -> DemoPeople:
    """The demo's people, made on first use; a crash half-way is made good the next time."""
    folder = office.settings.data / "demo"
    folder.mkdir(mode=0o700, exist_ok=True)
    given = _passwords(folder / ACCOUNTS_FILE)
    there = {row.name for row in list_accounts(office)}
    for name, certificate, roles in CAST:
        if name not in there:
            create_account(office, Passwords(), _account(office, name, certificate, roles, given[name]))
    actors = {row.name: row.actor for row in list_accounts(office)}
    return DemoPeople(actors["canbo"], actors["lanhdao"], given)


def _account(
    office: Office, name: str, certificate: Certificate | None, roles: frozenset[Role], password: str
) -> NewAccount:
    signer = SIGNERS[certificate] if certificate else None
    return NewAccount(
        name=name,
        full_name=signer.name if signer else RECORDS_OFFICER_NAME,
        title=signer.title if signer else "Văn thư",
        roles=roles,
        unit=office.settings.unit,
        password=password,
        must_change=False,
    )


def _passwords(path: Path) -> dict[str, str]:
    """The generated passwords; written whole before the first account is made."""
    if not path.exists():
        given = {name: new_password() for name, _, _ in CAST}
        write_whole(path, json.dumps(given).encode(), PRIVATE)
    return dict(json.loads(path.read_text()))
