"""From values to pages: Jinja templates with autoescape, and what every page shows."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from foundation.clock import on_paper
from office.explain import explain_code
from office.procedure import Role
from office.typed import decimal_number
from office.views.turns import waits_for
from office.web import words
from office.web.gate import (
    VISITOR_COOKIE,
    VISITOR_SECONDS,
    cookie_name,
    office_of,
    set_cookie,
    typed_into,
    visit_of,
)
from office.web.site import site_of

HERE = Path(__file__).parent
STATIC = HERE / "static"
THEMES = {"auto": "Theo máy", "light": "Sáng", "dark": "Tối", "contrast": "Tương phản cao"}
THEME_COOKIE = "motcua-theme"
ACT_BYTES = 16
MOST_DRAWN = 1e6  # of whatever unit


class Pages:
    """The templates, loaded once."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["when"] = _when
        self._environment.filters["size"] = _size
        self._environment.filters["money"] = _money
        self._environment.filters["dotted"] = _dotted
        version = version_of(STATIC)
        self._environment.globals.update(
            words=words,
            Role=Role,
            new_act=_new_act,
            version=version,
            themes=THEMES,
            waits_for=waits_for,
            explain_code=explain_code,
        )

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        """The page as text."""
        return self._environment.get_template(template).render(values)


def show(request: Request, template: str, values: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """The page for this request. `values` name what its template shows besides the frame."""
    office = office_of(request)
    visit = getattr(request.state, "visit", None)
    session = visit.session if visit else None
    theme = request.cookies.get(THEME_COOKIE, "auto")
    frame = {
        "settings": office.settings,
        "is_demo": office.is_demo,
        "actor": session.actor if session else None,
        "form_token": visit.form_token if visit else "",
        "theme": theme if theme in THEMES else "auto",
        "path": request.url.path,
        "typed": lambda action: typed_into(request, action),
        "done": words.DONE.get(request.query_params.get("done", ""), ""),
        "problems": (),
    }
    pages = site_of(request).pages
    response = HTMLResponse(pages.render(template, {**frame, **values}), status)
    if session is None and visit and not request.cookies.get(cookie_name(request, VISITOR_COOKIE)):
        set_cookie(request, response, VISITOR_COOKIE, visit_of(request).form_token, max_age=VISITOR_SECONDS)
    return response


def _when(instant: datetime | None) -> str:
    return on_paper(instant).strftime("%d/%m/%Y %H:%M") if instant else ""


def _size(size_bytes: int) -> str:
    kilobytes = size_bytes / 1000
    return f"{kilobytes:.0f} kB" if kilobytes < 1000 else f"{kilobytes / 1000:.1f} MB".replace(".", ",")  # noqa: PLR2004 kB below a thousand


def _money(dong: int) -> str:
    return f"{dong:,}".replace(",", ".") + " đ"


def _dotted(typed: str) -> str:
    """A number as typed in Vietnam, the way SVG writes it; 0 for what is none, because it is only drawn."""
    return "0" if decimal_number(typed, -MOST_DRAWN, MOST_DRAWN) is None else typed.replace(",", ".")


def _new_act() -> str:
    """A token for one form: the same form sent twice acts once."""
    return secrets.token_urlsafe(ACT_BYTES)


def version_of(folder: Path) -> str:
    """A short text that changes with the files in `folder`."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
