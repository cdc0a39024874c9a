"""From values to pages: Jinja templates with autoescape, and what every page shows.

Templates stand in their screen's folder and are named with it ("door/login.html"); those in `templates` are
shared. No word stands in a template: each says what it needs from the tables (office.web.words).
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from foundation.clock import on_paper
from office.explain import explain_code, explain_turn
from office.procedure import CopyState, Role
from office.typed import decimal_number
from office.views.turns import waits_for
from office.web.gate import (
    VISITOR_COOKIE,
    VISITOR_SECONDS,
    cookie_name,
    office_of,
    set_cookie,
    typed_into,
    visit_of,
)
from office.web.lamps import arrival_lamp
from office.web.site import site_of, words_of
from office.web.words import Words

HERE = Path(__file__).parent
STATIC = HERE / "static"
THEMES = ("auto", "light", "dark", "contrast")
THEME_COOKIE = "motcua-theme"
ENDED_BADLY = frozenset({CopyState.REFUSED, CopyState.VOID, CopyState.CANCELLED})
SHAPES: Mapping[str, str] = {  # family → symbol in base.html; state is a word and a shape
    "done": "check",
    "wait": "half",
    "look": "alert",
    "bad": "cross",
    "off": "ring",
    "spec": "diamond",
}
ACT_BYTES = 16
MOST_DRAWN = 1e6  # of whatever unit


class Pages:
    """The templates, loaded once, in the language of `words`."""

    def __init__(self, words: Words) -> None:
        self._environment = Environment(
            loader=FileSystemLoader([HERE / "templates", HERE / "screens"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            when=partial(instant, words),
            day=partial(_day, words),
            size=partial(_size, words),
            money=partial(_money, words),
            dotted=_dotted,
        )
        self._environment.globals.update(
            say=words.say,
            group=words.group,
            lang=words.lang,
            Role=Role,
            new_act=_new_act,
            version=version_of(STATIC, words),
            shapes=SHAPES,
            ended_badly=ENDED_BADLY,
            waits_for=waits_for,
            explain_code=partial(explain_code, lang=words.lang),
            explain_turn=partial(explain_turn, lang=words.lang),
            arrival_lamp=partial(arrival_lamp, words),
        )

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        """The page as text."""
        return self._environment.get_template(template).render(values)


def show(request: Request, template: str, values: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """The page for this request. `values` name what its template shows besides the frame."""
    office = office_of(request)
    visit = getattr(request.state, "visit", None)
    session = visit.session if visit else None
    theme = request.cookies.get(cookie_name(request, THEME_COOKIE), "auto")
    frame = {
        "settings": office.settings,
        "is_demo": office.is_demo,
        "actor": session.actor if session else None,
        "form_token": visit.form_token if visit else "",
        "theme": theme if theme in THEMES else "auto",
        "path": request.url.path,
        "typed": lambda action: typed_into(request, action),
        "done": words_of(request).named("done").get(request.query_params.get("done", ""), ""),
        "problems": (),
    }
    pages = site_of(request).pages
    response = HTMLResponse(pages.render(template, {**frame, **values}), status)
    if session is None and visit and not request.cookies.get(cookie_name(request, VISITOR_COOKIE)):
        set_cookie(request, response, VISITOR_COOKIE, visit_of(request).form_token, max_age=VISITOR_SECONDS)
    return response


def instant(words: Words, moment: datetime | None, form: str = "instant") -> str:
    """A moment as people read it (+07:00), in a form of the table; empty for none."""
    return on_paper(moment).strftime(words.say("format", form)) if moment else ""


def _day(words: Words, day: date) -> str:
    return day.strftime(words.say("format.day"))


def _size(words: Words, size_bytes: int) -> str:
    kilobytes = size_bytes / 1000
    if kilobytes < 1000:  # noqa: PLR2004 kB below a thousand
        return f"{kilobytes:.0f} kB"
    return f"{kilobytes / 1000:.1f} MB".replace(".", words.say("format.decimal_mark"))


def _money(words: Words, dong: int) -> str:
    return words.say("format.money", amount=f"{dong:,}".replace(",", words.say("format.thousands_mark")))


def _dotted(typed: str) -> str:
    """A number as typed in Vietnam, the way SVG writes it; 0 for what is none, because it is only drawn."""
    return "0" if decimal_number(typed, -MOST_DRAWN, MOST_DRAWN) is None else typed.replace(",", ".")


def _new_act() -> str:
    """A token for one form: the same form sent twice acts once."""
    return secrets.token_urlsafe(ACT_BYTES)


def version_of(folder: Path, words: Words) -> str:
    """A short text that changes with the files in `folder` and with the words that scripts say."""
    digest = hashlib.sha256(words_script(words).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def words_script(words: Words) -> str:
    """The words that scripts say, as a module of its own beside them (static/wording.js reads it)."""
    rows = {key: row for key, row in words.rows.items() if "script" in key.split(".")}
    return f"export const ROWS = {json.dumps(rows, ensure_ascii=False, indent=1)};\n"
