"""Sessions: who is at the keyboard, known to the server alone.

The browser holds a random token, the rows only its digest, so a copy of the database opens no session. A
session ends after idle minutes, after its hours, on leaving, and with its account; every log-in gets a new
one. Looks that no person caused (a page refreshing itself) do not keep it alive.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.nouns import Actor, Person
from office.people.tries import digest_of
from office.procedure import Role
from office.rows.nouns import person_of
from office.tables import accounts, sessions
from office.value import Office
from storage.database import reading, writing

TOKEN_BYTES = 32
ADMINISTRATOR_IDLE = timedelta(minutes=5)  # TCVN 14423:2026 level 3
SEEN_AGAIN = timedelta(seconds=30)  # a busy page writes its row no more often than this


@dataclass(frozen=True)
class Keys:
    """What a log-in hands to the browser: the session's token, its forms' token, the browser's own."""

    token: str
    form_token: str
    browser: str = ""


@dataclass(frozen=True)
class Session:
    """An open session: who acts, which token the forms carry, whether the password must be changed first."""

    digest: str
    actor: Actor
    form_token: str
    must_change: bool
    seen_at: datetime


def open_session(connection: Connection, account: str, now: datetime) -> Keys:
    """Open a session for the account with this id."""
    keys = Keys(secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES))
    connection.execute(
        sa.insert(sessions).values(
            token_digest=digest_of(keys.token),
            account=account,
            form_token=keys.form_token,
            opened_at=now,
            seen_at=now,
        )
    )
    return keys


def find_session(office: Office, token: str, *, by_person: bool = True) -> Session | None:
    """The open session of this token; None when there is none or it has ended.

    `by_person`: somebody acted or opened a page, which starts the idle minutes anew.
    """
    now = office.clock()
    digest = digest_of(token)
    with reading(office.engine) as connection:
        row = connection.execute(_with_account(digest)).one_or_none()
    if row is None:
        return None
    person = person_of(row)
    if not person.active or _is_over(office, person, now, (row.opened_at, row.seen_at)):
        return None
    if by_person and now - row.seen_at >= SEEN_AGAIN:
        with writing(office.engine) as connection:
            seen = sa.update(sessions).where(sessions.c.token_digest == digest)
            connection.execute(seen.values(seen_at=now))
    return Session(digest, person.actor, row.form_token, person.must_change, row.seen_at)


def close_session(connection: Connection, digest: str) -> None:
    """End one session; one that has ended already is nobody's concern."""
    connection.execute(sa.delete(sessions).where(sessions.c.token_digest == digest))


def close_sessions_of(connection: Connection, account: str, but: str = "") -> None:
    """End every session of an account, perhaps `but` the one with this digest."""
    ended = sa.delete(sessions).where(sessions.c.account == account, sessions.c.token_digest != but)
    connection.execute(ended)


def sweep_sessions(connection: Connection, office: Office, now: datetime) -> None:
    """Remove the rows of sessions whose hours are over."""
    oldest = now - timedelta(hours=office.settings.web.session_hours)
    connection.execute(sa.delete(sessions).where(sessions.c.opened_at < oldest))


def _with_account(digest: str) -> sa.Select[Any]:
    both = sessions.join(accounts, sessions.c.account == accounts.c.id)
    session_columns = (sessions.c.form_token, sessions.c.opened_at, sessions.c.seen_at)
    return sa.select(accounts, *session_columns).select_from(both).where(sessions.c.token_digest == digest)


def _is_over(office: Office, person: Person, now: datetime, since: tuple[datetime, datetime]) -> bool:
    opened_at, seen_at = since
    idle = timedelta(minutes=office.settings.web.idle_minutes)
    if Role.ADMINISTRATOR in person.roles:
        idle = min(idle, ADMINISTRATOR_IDLE)
    hours = timedelta(hours=office.settings.web.session_hours)
    return now - seen_at >= idle or now - opened_at >= hours
