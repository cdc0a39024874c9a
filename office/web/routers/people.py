"""Tài khoản: for administrators, who may come in, who is locked out, and letting them in again."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from office.faults import DeskCode, DeskFault
from office.nouns import Actor
from office.people.accounts import is_idle, list_accounts, locked_accounts, unlock_account
from office.procedure import Role
from office.value import Office
from office.web.acting import carry_out
from office.web.gate import TheActor, TheOffice
from office.web.rendering import show

router = APIRouter()


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


@router.get("/accounts")
def accounts_page(request: Request, office: TheOffice, actor: TheActor) -> Response:
    """Every account of the units this administrator serves."""
    actor.require(Role.ADMINISTRATOR)
    return show(request, "accounts.html", {"accounts": _shown(office, actor)})


@router.post("/accounts/{account_id}/unlock")
def unlock(request: Request, office: TheOffice, actor: TheActor, account_id: str) -> Response:
    """Let somebody in again before the twelve hours are over, or after 45 days away."""
    actor.require(Role.ADMINISTRATOR)
    chosen = next((one for one in _shown(office, actor) if one.id == account_id), None)
    if chosen is None or not chosen.active:
        raise DeskFault(DeskCode.NOT_FOUND, account_id)

    def do() -> str:
        unlock_account(office, actor.account, chosen.name)
        return "/accounts?done=unlocked"

    return carry_out(request, do)


def _shown(office: Office, actor: Actor) -> list[AccountShown]:
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
