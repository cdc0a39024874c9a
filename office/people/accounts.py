"""Accounts: one person each, and the way in.

Rules of the door (QCVN 12:2026/BCA 3.6.2, 3.7.2):
1. The fifth wrong password locks the name; it opens again by itself after twelve hours, not before.
2. A try counts before the password is looked at, so tries at the same time cannot exceed five.
3. A name that does not exist counts, locks and takes as long as one that does.
4. An account not used for 45 days is off until an administrator lets it in again.
5. Every log-in, refusal, lock and unlock stands in the ledger.
6. A browser that its owner logged in from has a count and a lock of its own: who knows a name cannot lock its
   owner out of it. The name's lock stands for everybody else.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from foundation.faults import Fault
from office.faults import DeskCode, DeskFault
from office.nouns import Actor, Person, Sensitivity
from office.people import sessions, tries
from office.people.passwords import Passwords, is_strong
from office.procedure import Role
from office.rows.nouns import person_of
from office.tables import accounts
from office.value import Office
from storage import ledger
from storage.database import reading, writing

IDLE = timedelta(days=45)
NAME_NOTED = 64  # letters of a refused name that the ledger keeps
OPERATOR = "system:operator"  # whoever has the machine's command line
ACCOUNT_IDLE = "idle"  # the detail of LOGIN_LOCKED for rule 4


class AccountCode(StrEnum):
    """What can be wrong with an account to be made or changed."""

    TOO_WEAK = "TOO_WEAK"
    OLD_ONE_WRONG = "OLD_ONE_WRONG"
    NAME_TAKEN = "NAME_TAKEN"
    NO_SUCH_ACCOUNT = "NO_SUCH_ACCOUNT"


class AccountFault(Fault):
    """An account that cannot be made or changed so; nothing has been changed."""

    code: AccountCode


@dataclass(frozen=True)
class NewAccount:
    """An account to be made; `must_change` when somebody else knows its password."""

    name: str
    full_name: str
    title: str
    roles: frozenset[Role]
    unit: str
    password: str
    clearance: Sensitivity = Sensitivity.RESTRICTED
    must_change: bool = True


@dataclass(frozen=True)
class Attempt:
    """Somebody at the door: name and password as typed, from where, at which of our addresses."""

    name: str
    password: str
    source: str = ""
    destination: str = ""
    browser: str = ""  # the token that an earlier log-in to this account left in the browser


def create_account(office: Office, passwords: Passwords, new: NewAccount) -> str:
    """Make an account and answer its id; one that came back from the archive without a password gets one.

    Raises: AccountFault TOO_WEAK, or NAME_TAKEN when there is one of that name.
    """
    if not is_strong(new.password):
        raise AccountFault(AccountCode.TOO_WEAK)
    account, name, now = office.new_id(), plain_name(new.name), office.clock()
    kept = passwords.hash(new.password)
    with writing(office.engine) as connection:
        came_back = _find(connection, name)
        if came_back is not None and _kept_password(connection, came_back.id):
            raise AccountFault(AccountCode.NAME_TAKEN, name)
        if came_back is None:
            connection.execute(sa.insert(accounts).values(id=account, name=name, **_columns(new, kept, now)))
        else:
            account = came_back.id
            _set(connection, account, **{**_columns(new, kept, now), "created_at": came_back.created_at})
            _set(connection, account, last_login=now)  # else it is idle at once
        _note(connection, "account_created", account, now, name=name, roles=sorted(new.roles))
    return account


def log_in(office: Office, passwords: Passwords, attempt: Attempt) -> tuple[Actor, sessions.Keys]:
    """Let somebody in and open a new session.

    Raises: DeskFault LOGIN_REFUSED (detail: tries left) or LOGIN_LOCKED (detail: until when, or "idle").
    """
    now, name = office.clock(), plain_name(attempt.name)
    with writing(office.engine) as connection:
        person = _find(connection, name)
        kept = _kept_password(connection, person.id) if person is not None and person.active else None
        known = person is not None and tries.is_known(connection, person.id, attempt.browser, now)
        at_browser = partial(tries.count_at_browser, connection, attempt.browser)
        counted = at_browser(now) if known else tries.count_at_name(connection, name, now)
    if counted.locked_before:
        raise _shut_out(office, attempt, "login_refused", counted)
    if not passwords.is_right(kept, attempt.password) or person is None:
        raise _shut_out(office, attempt, "login_failed", counted)
    if is_idle(person, now):
        raise DeskFault(DeskCode.LOGIN_LOCKED, ACCOUNT_IDLE)
    return _enter(office, person, attempt, known=known)


def log_out(office: Office, session: sessions.Session) -> None:
    """End this session."""
    with writing(office.engine) as connection:
        sessions.close_session(connection, session.digest)
        _note(connection, "session_closed", session.actor.account, office.clock())


def change_password(
    office: Office, passwords: Passwords, session: sessions.Session, old: str, new: str
) -> None:
    """Change one's own password; every other session of the account ends.

    Raises: AccountFault OLD_ONE_WRONG when `old` is not it, TOO_WEAK when `new` is none.
    """
    with reading(office.engine) as connection:
        kept = _kept_password(connection, session.actor.account)
    if not passwords.is_right(kept, old):
        raise AccountFault(AccountCode.OLD_ONE_WRONG)
    if not is_strong(new) or new == old:
        raise AccountFault(AccountCode.TOO_WEAK)
    changed = passwords.hash(new)
    with writing(office.engine) as connection:
        _set(connection, session.actor.account, password=changed, must_change=False)
        sessions.close_sessions_of(connection, session.actor.account, but=session.digest)
        _note(connection, "password_changed", session.actor.account, office.clock())


def unlock_account(office: Office, by: str, name: str) -> None:
    """Let a locked or idle account in again; `by` is the administrator's account id or a system name.

    Raises: AccountFault NO_SUCH_ACCOUNT.
    """
    now = office.clock()
    with writing(office.engine) as connection:
        person = _must_find(connection, name)
        tries.forget_tries(connection, person.name)
        tries.unlock_browsers(connection, person.id)
        _set(connection, person.id, last_login=now, active=True)
        _note(connection, "account_unlocked", by, now, account=person.id)


def switch_off_account(office: Office, by: str, name: str) -> None:
    """Let an account in no more and end its sessions. Raises: AccountFault NO_SUCH_ACCOUNT."""
    with writing(office.engine) as connection:
        person = _must_find(connection, name)
        _set(connection, person.id, active=False)
        sessions.close_sessions_of(connection, person.id)
        tries.forget_browsers(connection, person.id)
        _note(connection, "account_switched_off", by, office.clock(), account=person.id)


def list_accounts(office: Office) -> tuple[Person, ...]:
    """Everybody who has an account, by name."""
    with reading(office.engine) as connection:
        rows = connection.execute(sa.select(accounts).order_by(accounts.c.name))
        return tuple(person_of(row) for row in rows)


def locked_accounts(office: Office) -> Mapping[str, datetime]:
    """Until when which accounts are locked for browsers nobody knows, by account id."""
    now, rows = office.clock(), list_accounts(office)
    with reading(office.engine) as connection:
        found = {row.id: tries.locked_until(connection, row.name, now) for row in rows}
    return {account: until for account, until in found.items() if until is not None}


def is_idle(person: Person, now: datetime) -> bool:
    """Has nobody logged in to this account for so long that it is off (rule 4)?"""
    return now - (person.last_login or person.created_at) >= IDLE


def plain_name(name: str) -> str:
    """An account's name as it is compared: composed, without outer spaces, in small letters."""
    return unicodedata.normalize("NFC", name).strip().casefold()


def _shut_out(office: Office, attempt: Attempt, what: str, counted: tries.Tries) -> DeskFault:
    """Write a refusal into the ledger and make the fault that tells it."""
    with writing(office.engine) as connection:
        where = {"source": attempt.source, "destination": attempt.destination}
        name = plain_name(attempt.name)[:NAME_NOTED]
        _note(connection, what, "", office.clock(), name=name, left=counted.left, **where)
    if counted.locked_until is not None:
        return DeskFault(DeskCode.LOGIN_LOCKED, counted.locked_until.isoformat())
    return DeskFault(DeskCode.LOGIN_REFUSED, str(counted.left))


def _enter(office: Office, person: Person, attempt: Attempt, *, known: bool) -> tuple[Actor, sessions.Keys]:
    now = office.clock()
    with writing(office.engine) as connection:
        if not known:  # else a stranger would get five tries more whenever the owner comes in
            tries.forget_tries(connection, person.name)
        sessions.sweep_sessions(connection, office, now)
        keys = sessions.open_session(connection, person.id, now)
        keys = replace(keys, browser=tries.remember_browser(connection, person.id, attempt.browser, now))
        _set(connection, person.id, last_login=now)
        where = {"source": attempt.source, "destination": attempt.destination}
        _note(connection, "account_logged_in", person.id, now, **where)
    return person.actor, keys


def _columns(new: NewAccount, kept: str, now: datetime) -> dict[str, Any]:
    return {
        "full_name": new.full_name,
        "title": new.title,
        "roles": sorted(new.roles),
        "unit": new.unit,
        "clearance": int(new.clearance),
        "password": kept,
        "must_change": new.must_change,
        "created_at": now,
        "active": True,
    }


def _note(connection: Connection, what: str, actor: str, at: datetime, **body: Any) -> None:
    entry = ledger.Entry(what=what, at=at, actor=actor or "nobody", subject="accounts", body=body)
    ledger.append(connection, entry)


def _find(connection: Connection, name: str) -> Person | None:
    chosen = sa.select(accounts).where(accounts.c.name == plain_name(name))
    row = connection.execute(chosen).one_or_none()
    return person_of(row) if row is not None else None


def _must_find(connection: Connection, name: str) -> Person:
    person = _find(connection, name)
    if person is None:
        raise AccountFault(AccountCode.NO_SUCH_ACCOUNT, name)
    return person


def _kept_password(connection: Connection, account: str) -> str:
    chosen = sa.select(accounts.c.password).where(accounts.c.id == account)
    return str(connection.execute(chosen).scalar_one())


def _set(connection: Connection, account: str, **values: Any) -> None:
    connection.execute(sa.update(accounts).where(accounts.c.id == account).values(**values))
