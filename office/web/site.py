"""What every request needs, as one value: the office, its pages, its passwords, its door."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request

from office.people.passwords import Passwords
from office.value import Office
from office.web.turnstile import Turnstile

if TYPE_CHECKING:  # pages are drawn by what asks for the site
    from office.web.rendering import Pages


@dataclass(frozen=True)
class Site:
    """The web application's own: made once, the same for every request.

    Args:
        office: what is served.
        announce: called after each act, because there may be work for the machine.
        passwords: checks them, a few at a time.
        pages: the templates, loaded once.
        turnstile: what the public and the staff may do at once.
    """

    office: Office
    announce: Callable[[], None]
    passwords: Passwords
    pages: "Pages"
    turnstile: Turnstile


def site_of(request: Request) -> Site:
    """The site that this request came to."""
    site: Site = request.app.state.site
    return site
