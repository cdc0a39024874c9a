"""What an administrator sees of the accounts."""

from dataclasses import dataclass
from datetime import datetime

from office.nouns import Actor
from office.people.accounts import is_idle, list_accounts, locked_accounts
from office.value import Office


@dataclass(frozen=True)
class AccountShown:
    """One account of the administrator's units, and what keeps its owner out."""

    id: str
    name: str
    full_name: str
    roles: tuple[str, ...]
    last_login: datetime | None
    active: bool
    idle: bool
    locked_until: datetime | None

    @property
    def can_be_let_in(self) -> bool:
        """Is it locked, or off for want of use? One that was switched off stays so."""
        return self.active and (self.idle or self.locked_until is not None)


def accounts_shown(office: Office, actor: Actor) -> list[AccountShown]:
    """Every account of the units this administrator serves."""
    now, locked = office.clock(), locked_accounts(office)
    return [
        AccountShown(
            row.id,
            row.name,
            row.full_name,
            tuple(sorted(row.roles)),
            row.last_login,
            row.active,
            is_idle(row, now),
            locked.get(row.id),
        )
        for row in list_accounts(office)
        if row.unit in actor.units
    ]
