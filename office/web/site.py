"""What every request needs, as one value: the office, its words and pages, its passwords, its door."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request

from office.people.passwords import Passwords
from office.value import Office
from office.web.measuring import Measures
from office.web.turnstile import Turnstile
from office.web.words import Words

if TYPE_CHECKING:  # pages are drawn by what asks for the site
    from office.web.rendering import Pages


@dataclass(frozen=True)
class Site:
    """The web application's own: made once, the same for every request.

    Args:
        office: what is served.
        announce: called after each act, because there may be work for the machine.
        passwords: checks them, a few at a time.
        words: every word of the pages, in the language of the house.
        pages: the templates, loaded once.
        turnstile: what the public and the staff may do at once.
        measures: what those who watch the server are told.
        answer_key: makes the code of answers that browsers hand back.
    """

    office: Office
    announce: Callable[[], None]
    passwords: Passwords
    words: Words
    pages: "Pages"
    turnstile: Turnstile
    measures: Measures
    answer_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)


def site_of(request: Request) -> Site:
    """The site that this request came to."""
    site: Site = request.app.state.site
    return site


def words_of(request: Request) -> Words:
    """The words in the language of the house."""
    return site_of(request).words
