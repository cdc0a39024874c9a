"""One form, one act: a form sent twice, by a double click, a reload or a lost answer, acts once.

Each form carries a token of its own. The first to arrive does the act and notes where it led; the same form
again waits for that and leads there too.
"""

import hashlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from fastapi import Request
from starlette.responses import RedirectResponse

from foundation.row_types import insert_once
from office.faults import DeskCode, DeskFault
from office.people.sessions import Session
from office.tables import posts
from office.value import Office
from office.web.gate import office_of, session_of, visit_of
from office.web.site import site_of
from storage.database import writing

ACT = "act"
KEPT = timedelta(days=2)
GIVEN_UP = timedelta(minutes=10)  # an act that has led nowhere by then died with its process
WAIT_SECONDS = 20.0
BUSY_SECONDS = 4.0
LOOK_SECONDS = 0.25


def carry_out(request: Request, do: Callable[[], str]) -> RedirectResponse:
    """Do what the posted form asks, once, and lead to the page whose address `do` answers.

    Raises: what `do` raises, and then the form may be sent again; DeskFault BUSY when the same form is still
    at work, FORM_EXPIRED for a form without its token.
    """
    office, session = office_of(request), session_of(request)
    token = visit_of(request).posted.one(ACT)
    if not token:
        raise DeskFault(DeskCode.FORM_EXPIRED)
    digest = hashlib.sha256(f"{session.actor.account} {token}".encode()).hexdigest()
    led_to = _claim(office, session, digest)
    if led_to is None:
        led_to = _first_time(office, digest, do)
        site_of(request).announce()
    return RedirectResponse(led_to, 303)


def _first_time(office: Office, digest: str, do: Callable[[], str]) -> str:
    this_form = posts.c.token_digest == digest
    try:
        led_to = _patiently(do)
    except BaseException:
        with writing(office.engine) as connection:
            connection.execute(sa.delete(posts).where(this_form))
        raise
    with writing(office.engine) as connection:
        connection.execute(sa.update(posts).where(this_form).values(leads_to=led_to))
    return led_to


def _patiently(do: Callable[[], str]) -> str:
    """Wait for a machine that has just finished and holds the row for a moment more."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return do()
        except DeskFault as fault:
            if fault.code is not DeskCode.BUSY or time.monotonic() >= until:
                raise
        time.sleep(LOOK_SECONDS)


def _claim(office: Office, session: Session, digest: str) -> str | None:
    """None when this form is ours to carry out; else where it has led."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        claimed, led_to = _try_to_claim(office, session.actor.account, digest, office.clock())
        if claimed or led_to is not None:
            return led_to
        if time.monotonic() >= until:
            raise DeskFault(DeskCode.BUSY)
        time.sleep(LOOK_SECONDS)


def _try_to_claim(office: Office, account: str, digest: str, now: datetime) -> tuple[bool, str | None]:
    dead = posts.c.leads_to.is_(None) & (posts.c.sent_at < now - GIVEN_UP)
    with writing(office.engine) as connection:
        connection.execute(sa.delete(posts).where(dead | (posts.c.sent_at < now - KEPT)))
        if insert_once(connection, posts, token_digest=digest, account=account, sent_at=now):
            return True, None
        led_to = sa.select(posts.c.leads_to).where(posts.c.token_digest == digest)
        return False, connection.execute(led_to).scalar()
