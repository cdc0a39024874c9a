"""Over TLS, behind a named proxy, or on this machine alone: where the pages are served, and to whom."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from office.confined.confine import ROOT
from office.founding import own_authority
from office.founding.own_authority import make_server_files
from office.founding.serving_place import certificate_ends, serving_place
from office.settings import Settings, SettingsCode, SettingsFault
from office.web import connections
from tests.office.browsing import Visitor, led_to, passwords_of, served, trusting
from tests.office.conftest import open_house

AGENCY = "ỦY BAN NHÂN DÂN PHƯỜNG THỬ"
NAMES = ("motcua.phuong.test", "192.0.2.10")
NOW = datetime.now(UTC)
FILES = {"certificate": "tls/server.pem", "key": "tls/server.key"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("tls") / "house")
    make_server_files(opened.office.settings.data, AGENCY, NAMES, NOW)
    settings = opened.office.settings.having("web", names=", ".join(NAMES), **FILES)
    yield opened.with_office(settings=settings)
    opened.office.engine.dispose()


@pytest.fixture(scope="module")
def authority(house):
    return trusting(house.office.settings.data / "tls" / "motcua-ca.pem")


@pytest.fixture(scope="module")
def url(house):
    with served(house.office) as address:
        yield address


def test_who_trusts_the_offices_authority_is_served_over_tls_and_told_to_come_by_tls_alone(url, authority):
    with Visitor(url, authority) as visitor:
        answer = visitor.get("/check")
    assert url.startswith("https://")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.law("L60")
def test_over_tls_every_cookie_is_bound_to_this_host_and_secure(house, url, authority):
    with Visitor(url, authority) as visitor:
        visitor.get("/login")
        answer = visitor.log_in("canbo", passwords_of(house.office)["canbo"])
        assert led_to(answer) == "/"
        assert visitor.get("/").status_code == 200
        visitor.send("/appearance", page="/", theme="dark", next="/")
        names = [one.name for one in visitor.client.cookies.jar]
        assert len(names) >= 3
        assert all(name.startswith("__Host-") for name in names)
        assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))
        assert 'data-theme="dark"' in visitor.get("/").text


def test_who_does_not_know_the_authority_is_not_fooled(url):
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(url)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_asked_by_the_names_it_was_made_for_and_by_no_other(url, authority, name):
    with Visitor(url, authority) as visitor:
        assert visitor.get("/check", headers={"Host": name}).status_code == 200
        assert visitor.get("/check", headers={"Host": "evil.example"}).status_code == 400


def test_plain_words_get_no_page_and_tls_is_a_new_one(url, authority):
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        plain.sendall(b"GET /check HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP/1.1 200" not in plain.recv(1000)
    wire = socket.create_connection(("127.0.0.1", port), timeout=10)
    with authority.wrap_socket(wire, server_hostname="localhost") as spoken:
        assert spoken.version() == "TLSv1.3"


def test_a_handshake_that_does_not_come_is_not_waited_for_long(house, monkeypatch):
    monkeypatch.setattr(connections, "HANDSHAKE_SECONDS", 0.5)
    with served(house.office) as address:
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=8) as mute:
            begun = time.monotonic()
            assert mute.recv(1) == b""
            assert time.monotonic() - begun < 5


# The office's own authority


def load(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_made_again_nothing_changes_until_it_ends_or_the_names_change(tmp_path):
    first = make_server_files(tmp_path, AGENCY, NAMES, NOW)
    was = {path.name: path.read_bytes() for path in (tmp_path / "tls").iterdir()}
    assert make_server_files(tmp_path, AGENCY, NAMES, NOW) == first
    assert {path.name: path.read_bytes() for path in (tmp_path / "tls").iterdir()} == was
    later = make_server_files(tmp_path, AGENCY, NAMES, NOW + timedelta(days=350))
    assert later.fingerprint == first.fingerprint
    assert load(later.certificate).not_valid_after_utc > NOW + timedelta(days=700)
    other = make_server_files(tmp_path, AGENCY, ("khac.test",), NOW)
    assert other.fingerprint != first.fingerprint


def test_keys_are_readable_by_their_owner_alone(tmp_path):
    make_server_files(tmp_path, AGENCY, NAMES, NOW)
    modes = {path.suffix: path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()}
    assert modes[".key"] == 0o600


@pytest.mark.parametrize("stolen_for", ["bank.example", "198.51.100.7"])
def test_computers_that_trust_the_authority_risk_nothing_beyond_these_pages(tmp_path, stolen_for):
    """Somebody who stole the authority's key makes a certificate for another server: no browser takes it."""
    make_server_files(tmp_path, AGENCY, NAMES, NOW)
    own_authority._make_server(tmp_path / "tls", (stolen_for,), NOW)
    refused = handshake(tmp_path / "tls", stolen_for)
    assert "permitted subtree" in refused
    own_authority._make_server(tmp_path / "tls", NAMES, NOW)
    assert handshake(tmp_path / "tls", NAMES[0]) == ""


def handshake(folder, name):
    """A handshake in memory; what the client complains of, or nothing."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem", folder / "server.key")
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    serving = server.wrap_bio(up, down, server_side=True)
    asking = trusting(folder / "motcua-ca.pem").wrap_bio(down, up, server_hostname=name)
    done = set()
    for _ in range(10):
        for side in (asking, serving):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as refused:
                return str(refused)
    assert len(done) == 2
    return ""


# Where it is served


def settings_with(tmp_path, **web):
    return Settings(data=tmp_path).having("web", **web)


@pytest.mark.parametrize(
    ("web", "url", "only", "narrowed"),
    [
        ({}, "http://127.0.0.1:8000/", None, False),
        ({"host": "localhost", "port": 9000}, "http://localhost:9000/", None, False),
        ({"host": "::1"}, "http://[::1]:8000/", None, False),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:8000/", None, True),  # noqa: S104 what is set, not what is done
        ({"host": "192.0.2.10"}, "http://127.0.0.1:8000/", None, True),
        (
            {"host": "192.0.2.10", "proxies": "192.0.2.1, 127.0.0.1"},
            "http://192.0.2.10:8000/",
            {"192.0.2.1", "127.0.0.1", "::1", "localhost"},
            False,
        ),
    ],
)
@pytest.mark.law("L60")
def test_without_tls_only_this_machine_or_a_named_proxy_is_served(tmp_path, web, url, only, narrowed):
    place = serving_place(settings_with(tmp_path, **web))
    assert (place.url, place.only, place.is_narrowed, place.tls) == (url, only, narrowed, None)


def test_with_tls_the_network_is_served(tmp_path):
    make_server_files(tmp_path, AGENCY, NAMES, NOW)
    settings = settings_with(tmp_path, host="192.0.2.10", **FILES)
    place = serving_place(settings)
    assert (place.url, place.only) == ("https://192.0.2.10:8000/", None)
    assert place.tls is not None
    assert certificate_ends(settings) > NOW + timedelta(days=390)


@pytest.mark.parametrize("spoilt", ["no key", "no files", "rubbish", "another key"])
def test_a_certificate_that_cannot_be_used_stops_the_start(tmp_path, spoilt):
    make_server_files(tmp_path, AGENCY, NAMES, NOW)
    given = dict(FILES)
    if spoilt == "no key":
        del given["key"]
    if spoilt == "no files":
        given["certificate"] = "tls/none.pem"
    if spoilt == "rubbish":
        (tmp_path / "tls" / "server.pem").write_bytes(b"words")
    if spoilt == "another key":
        given["key"] = "tls/motcua-ca.key"
    with pytest.raises(SettingsFault) as refused:
        serving_place(settings_with(tmp_path, **given))
    assert refused.value.code is SettingsCode.BAD_VALUE


def test_behind_a_proxy_others_are_not_heard(house):
    settings = house.office.settings.having("web", proxies="192.0.2.1", certificate="", key="")
    with served(replace(house.office, settings=settings)) as address:
        assert httpx.get(f"{address}/check").status_code == 200
        stranger = httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2"))
        with stranger, pytest.raises(httpx.TransportError):
            stranger.get(f"{address}/check")


def test_the_command_says_aloud_that_without_tls_it_serves_this_machine_alone(house):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["serve", "--host", "0.0.0.0", "--port", str(port), "--data", str(house.office.settings.data)]  # noqa: S104
    given = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")}
    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "office", *words],
        env={**given, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr.readline().strip() == f"http://127.0.0.1:{port}/"
        assert "Chưa có chứng thư TLS" in server.stderr.readline()
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)


def test_the_key_of_the_authority_is_what_signed(tmp_path):
    made = make_server_files(tmp_path, AGENCY, NAMES, NOW)
    key = serialization.load_pem_private_key((tmp_path / "tls" / "motcua-ca.key").read_bytes(), password=None)
    issued, issuer = load(made.certificate), load(made.authority)
    issued.verify_directly_issued_by(issuer)
    assert key.public_key() == issuer.public_key()
