"""Tài khoản: for administrators, who may come in, who is locked out, and letting them in again."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from office.faults import DeskCode, DeskFault
from office.people.accounts import unlock_account
from office.procedure import Role
from office.web.acting import carry_out
from office.web.gate import TheActor, TheOffice
from office.web.rendering import show
from office.web.screens.accounts.view import accounts_shown

router = APIRouter()


@router.get("/accounts")
def accounts_page(request: Request, office: TheOffice, actor: TheActor) -> Response:
    """Every account of the units this administrator serves."""
    actor.require(Role.ADMINISTRATOR)
    return show(request, "accounts/accounts.html", {"accounts": accounts_shown(office, actor)})


@router.post("/accounts/{account_id}/unlock")
def unlock(request: Request, office: TheOffice, actor: TheActor, account_id: str) -> Response:
    """Let somebody in again before the twelve hours are over, or after 45 days away."""
    actor.require(Role.ADMINISTRATOR)
    chosen = next((one for one in accounts_shown(office, actor) if one.id == account_id), None)
    if chosen is None or not chosen.active:
        raise DeskFault(DeskCode.NOT_FOUND, account_id)

    def do() -> str:
        unlock_account(office, actor.account, chosen.name)
        return "/accounts?done=unlocked"

    return carry_out(request, do)
