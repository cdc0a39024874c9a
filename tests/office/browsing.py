"""The pages on a free port of this machine, and somebody who walks through them without JavaScript."""

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import httpx
import uvicorn

from office.value import Office
from office.web.app import create_app
from office.web.connections import ConnectionBounds, server_config
from office.web.turnstile import Turnstile

HERE = "127.0.0.1"
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
MARKED = re.compile(r"[^\W\d_a-zA-Zµ]")  # a letter of Vietnamese that English does not have
ACT = re.compile(r'name="act" value="([^"]+)"')


@contextmanager
def served(
    office: Office,
    announce: Callable[[], None] = lambda: None,
    turnstile: Turnstile | None = None,
    bounds: ConnectionBounds | None = None,
) -> Iterator[str]:
    with socket.socket() as free:
        free.bind((HERE, 0))
        port = free.getsockname()[1]
    settings = office.settings.having("web", host=HERE, port=port)
    config = server_config(create_app(office, announce, turnstile=turnstile), settings, bounds)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    url, authority = f"http://{HERE}:{port}", office.settings.data / "tls" / "motcua-ca.pem"
    if office.settings.web.certificate:
        url = url.replace("http", "https", 1)
    try:
        until_it_answers(f"{url}/healthz", trusting(authority) if authority.exists() else True)
        yield url
    finally:
        server.should_exit = True
        thread.join()


def trusting(authority: Path) -> ssl.SSLContext:
    """As a browser of a computer on which this authority was made known."""
    return ssl.create_default_context(cafile=str(authority))


def until_it_answers(address: str, verify: ssl.SSLContext | bool = True) -> None:
    for _ in range(100):
        try:
            if httpx.get(address, verify=verify).status_code == 200:
                return
        except httpx.TransportError:
            threading.Event().wait(0.05)
    raise AssertionError(f"{address} never answered")


class Visitor:
    """A browser without scripts: cookies, pages, forms with the tokens that their pages carry."""

    def __init__(self, url: str, verify: ssl.SSLContext | bool = True, **headers: str) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, headers=headers, timeout=60, verify=verify)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def get(self, address: str, **options) -> httpx.Response:
        return self.client.get(address, **options)

    def tokens(self, page: str) -> dict[str, str]:
        """The hidden values of the forms on a page."""
        text = unescape(self.get(page).text)
        return {"form_token": TOKEN.search(text)[1], "act": ACT.search(text)[1]}

    def send(self, address: str, page: str = "/check", files=None, **fields) -> httpx.Response:
        """Post a form as the browser does from `page`; fields named here win over the page's tokens."""
        headers = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        data = {**self.tokens(page), **fields}
        return self.client.post(address, data=data, files=files, headers=headers)

    def log_in(self, name: str, password: str) -> httpx.Response:
        return self.send("/login", page="/login", name=name, password=password)


def passwords_of(office: Office) -> dict[str, str]:
    """The generated passwords of a demo house."""
    return json.loads((office.settings.data / "demo" / "accounts.json").read_text())


def led_to(answer: httpx.Response) -> str:
    """Where an answer leads, as a path."""
    assert answer.status_code == 303, (answer.status_code, answer.text)
    return urlsplit(answer.headers["location"]).path
