"""Tries at the door: counted for a name, or for a browser that its owner logged in from.

A name's count and lock hold for everybody who comes without such a browser, so nobody can be locked out of
their own browser by whoever knows their name (OWASP: device cookies). Such a browser holds a random token of
this account alone, the rows its digest; every log-in gives it a new one. It has a count and a lock of its
own, of the same length, and no other use: it opens nothing.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from foundation.row_types import insert_once
from office.tables import browsers, login_tries

MOST_TRIES = 5
LOCKED = timedelta(hours=12)
KEPT_TRIES = timedelta(days=30)
KEPT_BROWSERS = timedelta(days=180)  # since the last log-in from it
MOST_BROWSERS = 20  # of one account; the oldest is forgotten first
TOKEN_BYTES = 32


@dataclass(frozen=True)
class Tries:
    """What one more try found: how many are left, whether it came too late, until when it is locked."""

    left: int
    locked_before: bool
    locked_until: datetime | None


def count_at_name(connection: Connection, name: str, now: datetime) -> Tries:
    """Count one try at this name, known or not, unless it is locked already."""
    connection.execute(sa.delete(login_tries).where(login_tries.c.tried_at < now - KEPT_TRIES))
    insert_once(connection, login_tries, name_digest=digest_of(name), failed=0, tried_at=now)
    return _count(connection, login_tries, login_tries.c.name_digest == digest_of(name), now)


def is_known(connection: Connection, account: str, token: str, now: datetime) -> bool:
    """Is this the token of a browser from which the owner of this account logged in not long ago?"""
    chosen = sa.select(browsers.c.account).where(_browser(token), browsers.c.known_at > now - KEPT_BROWSERS)
    return bool(token) and connection.execute(chosen).scalar_one_or_none() == account


def count_at_browser(connection: Connection, token: str, now: datetime) -> Tries:
    """Count one try from a known browser, unless it is locked already."""
    return _count(connection, browsers, _browser(token), now)


def remember_browser(connection: Connection, account: str, token: str, now: datetime) -> str:
    """Know the browser that has just logged in; it gets a new token in place of `token`, which ends."""
    new = secrets.token_urlsafe(TOKEN_BYTES)
    old = browsers.c.known_at <= now - KEPT_BROWSERS
    connection.execute(sa.delete(browsers).where(old | _browser(token)))
    row = {"account": account, "known_at": now, "tried_at": now, "failed": 0}
    connection.execute(sa.insert(browsers).values(token_digest=digest_of(new), **row))
    newest = sa.select(browsers.c.token_digest).where(browsers.c.account == account)
    newest = newest.order_by(browsers.c.known_at.desc(), browsers.c.token_digest).limit(MOST_BROWSERS)
    kept = [row.token_digest for row in connection.execute(newest)]
    surplus = (browsers.c.account == account) & browsers.c.token_digest.not_in(kept)
    connection.execute(sa.delete(browsers).where(surplus))
    return new


def forget_browsers(connection: Connection, account: str) -> None:
    """Know no browser of this account any more."""
    connection.execute(sa.delete(browsers).where(browsers.c.account == account))


def forget_tries(connection: Connection, name: str) -> None:
    """Begin anew with the tries at this name."""
    connection.execute(sa.delete(login_tries).where(login_tries.c.name_digest == digest_of(name)))


def unlock_browsers(connection: Connection, account: str) -> None:
    """Begin anew with the tries from every browser of this account."""
    theirs = sa.update(browsers).where(browsers.c.account == account)
    connection.execute(theirs.values(failed=0, locked_until=None))


def locked_until(connection: Connection, name: str, now: datetime) -> datetime | None:
    """Until when the name is locked for those who come from an unknown browser."""
    chosen = sa.select(login_tries.c.locked_until).where(login_tries.c.name_digest == digest_of(name))
    until: datetime | None = connection.execute(chosen).scalar_one_or_none()
    return until if until is not None and until > now else None


def digest_of(text: str) -> str:
    """What the rows keep of a name or a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def _browser(token: str) -> sa.ColumnElement[bool]:
    return browsers.c.token_digest == digest_of(token)


def _count(connection: Connection, table: sa.Table, chosen: sa.ColumnElement[bool], now: datetime) -> Tries:
    row = connection.execute(sa.select(table).where(chosen).with_for_update()).one()
    if row.locked_until is not None and row.locked_until > now:
        return Tries(0, locked_before=True, locked_until=row.locked_until)
    before = 0 if row.locked_until is not None else row.failed
    until = now + LOCKED if before + 1 >= MOST_TRIES else None
    counted = sa.update(table).where(chosen)
    connection.execute(counted.values(failed=before + 1, tried_at=now, locked_until=until))
    return Tries(MOST_TRIES - before - 1, locked_before=False, locked_until=until)
