"""The gate: what is open, what a form must carry, what every answer says."""

import re
import threading
from dataclasses import replace

import httpx
import pytest

from office.people.accounts import NewAccount, create_account, switch_off_account
from office.people.passwords import Passwords
from office.procedure import Role
from office.web.app import ROUTERS, create_app
from office.web.gate import OPEN
from tests.office.browsing import Visitor, led_to, passwords_of, served
from tests.office.conftest import open_house

STRONG = "Mat-khau-cua-toi-2"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("gate") / "house")
    yield opened
    opened.office.engine.dispose()


@pytest.fixture(scope="module")
def passwords(house):
    return passwords_of(house.office)


@pytest.fixture(scope="module")
def url(house):
    with served(house.office) as address:
        yield address


@pytest.fixture
def somebody_new(house):
    """The name of an account of its own, for tests that lock it or switch it off."""
    name = f"nguoi-{house.office.new_id()[:8]}"
    told = {"full_name": "Người Mới", "title": "Công chức", "unit": house.office.settings.unit}
    new = NewAccount(name=name, roles=frozenset({Role.CLERK}), password=STRONG, must_change=False, **told)
    create_account(house.office, Passwords(), new)
    return name


@pytest.fixture
def visitor(url):
    with Visitor(url) as somebody:
        yield somebody


@pytest.fixture
def clerk(url, passwords):
    with Visitor(url) as somebody:
        assert led_to(somebody.log_in("canbo", passwords["canbo"])) == "/"
        yield somebody


def routes():
    return [
        (method, route.path) for one in ROUTERS for route in one.router.routes for method in route.methods
    ]


def filled(path):
    return re.sub(r"\{page\}|\{width\}", "1", re.sub(r"\{\w+_id\}|\{code\}", "any", path))


def test_these_pages_and_no_others_open_without_log_in():
    watched = {"/healthz", "/readyz", "/metrics"}
    assert {"/login", "/check", "/check/{code}", "/appearance"} | watched == OPEN
    assert {path for _, path in routes()} > OPEN


def test_every_other_route_leads_to_the_log_in(visitor):
    closed = [(method, path) for method, path in routes() if path not in OPEN]
    assert len(closed) >= 25
    for method, path in closed:
        headers = {"Origin": visitor.url, "Sec-Fetch-Site": "same-origin"}
        answer = visitor.client.request(method, filled(path), headers=headers)
        if path.startswith("/live/"):
            assert answer.status_code == 401, path
        else:
            assert led_to(answer) == "/login", path
        assert len(answer.content) == 0, path


def test_the_application_serves_these_routes_and_its_static_files_alone(house):
    app = create_app(house.office)
    others = [route for route in app.routes if not hasattr(route, "original_router")]
    assert [route.name for route in others] == ["static"]
    assert len(app.routes) - len(others) == len(ROUTERS)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/static/../app.py", "/papers/"])
def test_there_is_no_page_at(visitor, path):
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert "Chưa thực hiện được" in answer.text


@pytest.mark.parametrize(
    "path", ["/login", "/check", "/", "/nope", "/healthz", "/check/abc", "/live/list", "/static/none.css"]
)
def test_every_answer_carries_the_headers(visitor, path):
    headers = visitor.get(path).headers
    policy = headers["content-security-policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert {"script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "form-action 'self'"} <= set(
        policy
    )
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_no_page_holds_script_or_style_of_its_own(clerk):
    for path in ("/", "/dossiers/new", "/search?q=a", "/check", "/password", "/papers/any"):
        text = clerk.get(path).text
        assert re.findall(r"<script(?![^>]*\ssrc=)|\sstyle=|<style|\son\w+=|javascript:", text) == [], path


def test_style_and_scripts_are_kept_because_their_address_changes_with_them(visitor):
    address = re.search(r'href="(/static/[^"]+/app.css)"', visitor.get("/login").text)[1]
    answer = visitor.get(address)
    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["cache-control"]


def test_a_server_called_by_a_foreign_name_answers_nothing(visitor):
    assert visitor.get("/login", headers={"Host": "evil.example"}).status_code == 400


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor, passwords):
    cookie = visitor.log_in("canbo", passwords["canbo"]).headers["set-cookie"]
    assert cookie.startswith("motcua=")
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


def test_over_tls_the_cookie_is_bound_to_this_host(url):
    with Visitor(url, **{"X-Forwarded-Proto": "https"}) as visitor:
        answer = visitor.get("/login")
    assert answer.headers["set-cookie"].startswith("__Host-motcua-visitor=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]


def test_a_session_token_planted_before_log_in_is_not_taken_over(url, passwords):
    with Visitor(url) as victim, Visitor(url) as attacker:
        planted = "A" * 43
        for somebody in (victim, attacker):
            somebody.client.cookies.set("motcua", planted, domain="127.0.0.1")
        victim.log_in("canbo", passwords["canbo"])
        assert victim.client.cookies.get("motcua") != planted
        assert led_to(attacker.get("/")) == "/login"


def test_after_leaving_the_old_token_opens_nothing(clerk):
    token = clerk.client.cookies["motcua"]
    assert led_to(clerk.send("/logout")) == "/login"
    clerk.client.cookies.set("motcua", token, domain="127.0.0.1")
    assert led_to(clerk.get("/")) == "/login"


@pytest.mark.law("L56")
def test_the_fifth_wrong_password_locks_and_says_so(visitor, somebody_new):
    left = [visitor.log_in(somebody_new, "sai").text for _ in range(4)]
    assert "Còn 1 lần" in left[-1]
    locked = visitor.log_in(somebody_new, "sai")
    assert locked.status_code == 403
    assert "khóa" in locked.text
    assert visitor.log_in(somebody_new, STRONG).status_code == 403


@pytest.mark.law("L56")
def test_a_browser_its_owner_logged_in_from_stays_open_when_strangers_lock_the_name(url, somebody_new):
    with Visitor(url) as own, Visitor(url) as stranger:
        cookies = own.log_in(somebody_new, STRONG).headers.get_list("set-cookie")
        (known,) = [cookie for cookie in cookies if cookie.startswith("motcua-browser-")]
        for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=15552000"):
            assert part in known
        own.send("/logout")
        for _ in range(5):
            stranger.log_in(somebody_new, "sai")
        assert stranger.log_in(somebody_new, STRONG).status_code == 403
        assert led_to(own.log_in(somebody_new, STRONG)) == "/"
        assert stranger.log_in(somebody_new, STRONG).status_code == 403


def test_an_administrator_sees_who_is_locked_out_and_lets_them_in(house, url, clerk, somebody_new):
    told = {"full_name": "Người Quản", "title": "", "unit": house.office.settings.unit, "password": STRONG}
    keeper = NewAccount("quantri", roles=frozenset({Role.ADMINISTRATOR}), must_change=False, **told)
    create_account(house.office, Passwords(), keeper)
    elsewhere = NewAccount("xa", roles=frozenset({Role.CLERK}), **{**told, "unit": "phuong-khac"})
    foreign = create_account(house.office, Passwords(), elsewhere)
    with Visitor(url) as stranger, Visitor(url) as administrator:
        for _ in range(5):
            stranger.log_in(somebody_new, "sai")
        assert led_to(administrator.log_in("quantri", STRONG)) == "/"
        page = administrator.get("/accounts").text
        assert ">xa<" not in page  # of another unit
        row = page.split(f">{somebody_new}<", 1)[1].split("</tr>", 1)[0]
        assert "Khóa đến" in row
        unlocking = re.search(r'action="(/accounts/[^/]+/unlock)"', row)[1]
        assert clerk.get("/accounts").status_code == 403
        assert clerk.send(unlocking, page="/").status_code == 403
        assert administrator.send(f"/accounts/{foreign}/unlock", page="/").status_code == 404
        assert led_to(administrator.send(unlocking, page="/accounts")) == "/accounts"
        after = administrator.get("/accounts").text.split(f">{somebody_new}<", 1)[1].split("</tr>", 1)[0]
        assert "Đang dùng" in after
        assert led_to(stranger.log_in(somebody_new, STRONG)) == "/"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
    ],
)
def test_log_in_leads_to_no_other_site(visitor, passwords, wanted):
    answer = visitor.send("/login", page="/login", name="canbo", password=passwords["canbo"], next=wanted)
    assert answer.headers["location"] == "/"


def test_log_in_leads_back_to_the_page_asked_for(visitor, passwords):
    asked = visitor.get("/search?q=đất").headers["location"]
    page = visitor.get(asked).text
    wanted = re.search(r'name="next" value="([^"]+)"', page)[1]
    answer = visitor.send("/login", page=asked, name="canbo", password=passwords["canbo"], next=wanted)
    assert answer.headers["location"] == "/search?q=%C4%91%E1%BA%A5t"


FOREIGN = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {},
)


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/dossiers", "/login", "/check", "/logout"])
def test_a_form_sent_from_elsewhere_is_refused(clerk, path, headers):
    answer = clerk.client.post(path, data=clerk.tokens("/"), headers=headers)
    assert answer.status_code == 403
    assert clerk.get("/").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
@pytest.mark.parametrize(
    "path", ["/dossiers", "/check", "/logout", "/papers/any/sign", "/copies/any/confirm"]
)
def test_a_form_without_the_token_of_its_session_is_refused(clerk, path, token):
    assert clerk.send(path, form_token=token).status_code == 403


def test_the_token_of_another_session_is_refused(url, passwords, clerk):
    with Visitor(url) as other:
        other.log_in("lanhdao", passwords["lanhdao"])
        stolen = other.tokens("/")["form_token"]
    assert clerk.send("/logout", form_token=stolen).status_code == 403


def test_no_byte_of_a_file_is_taken_before_the_token_is_right(house, clerk):
    files = {"file": ("a.pdf", b"%PDF-" + b"x" * 300_000, "application/pdf")}
    assert clerk.send("/check", files=files, form_token="wrong").status_code == 403
    assert list((house.office.settings.data / "work").rglob("*.pdf")) == []


def test_a_file_larger_than_allowed_is_cut_off_while_it_comes(house, passwords):
    small = replace(house.office, settings=house.office.settings.having("web", upload_mb=1))
    sent = 0

    def endless(head):
        nonlocal sent
        yield head
        for _ in range(400):
            sent += 1 << 16
            yield b"x" * (1 << 16)

    with served(small) as url, Visitor(url) as visitor:
        token = visitor.tokens("/check")["form_token"]
        part = '--B\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
        head = part.format("form_token", "") + token + "\r\n" + part.format("file", '; filename="a.pdf"')
        headers = {"Content-Type": "multipart/form-data; boundary=B", "Origin": url}
        try:
            answer = visitor.client.post("/check", content=endless(head.encode()), headers=headers)
            assert answer.status_code == 413
            assert "1 MB" in answer.text
        except httpx.WriteError:
            pass  # the server hung up on the rest, which is as good
    assert list((house.office.settings.data / "work").rglob("*.pdf")) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=B", b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut'),
        ("multipart/form-data", b""),
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=%GG"),
    ],
)
def test_a_broken_form_is_told_and_nothing_breaks(visitor, kind, body):
    answer = visitor.client.post(
        "/check", content=body, headers={"Content-Type": kind, "Origin": visitor.url}
    )
    assert answer.status_code in (400, 403)
    assert "Chưa thực hiện được" in answer.text


def test_many_checks_from_one_address_have_to_wait(house):
    with served(house.office) as fresh, Visitor(fresh) as visitor:
        answers = [visitor.get("/check/" + "0" * 32).status_code for _ in range(21)]
    assert answers[:20] == [404] * 20
    assert answers[20] == 429


def test_the_session_is_over_once_the_account_is_switched_off(house, visitor, somebody_new):
    visitor.log_in(somebody_new, STRONG)
    assert visitor.get("/").status_code == 200
    switch_off_account(house.office, "system:operator", somebody_new)
    assert led_to(visitor.get("/")) == "/login"


def test_a_password_that_others_know_is_changed_before_anything_else(house, url):
    first, name = "Mat-khau-ban-dau-1", "mat-khau-cu"
    told = {"full_name": "Người Mới", "title": "Công chức", "unit": house.office.settings.unit}
    new = NewAccount(name=name, roles=frozenset({Role.CLERK}), password=first, **told)
    create_account(house.office, Passwords(), new)
    with Visitor(url) as visitor:
        visitor.log_in(name, first)
        for path in ("/", "/dossiers/new", "/search?q=a"):
            assert led_to(visitor.get(path)) == "/password"
        fields = {"old": first, "new": STRONG, "again": STRONG}
        assert led_to(visitor.send("/password", page="/password", **fields)) == "/"
        assert visitor.get("/").status_code == 200


def test_two_requests_at_once_keep_their_forms_apart(clerk):
    done = []

    def look(path):
        done.append(clerk.send(path).status_code)

    threads = [threading.Thread(target=look, args=("/papers/any/sign",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [404] * 4
