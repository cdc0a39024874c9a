"""Rubbish in every address, field and header: answered in words, never a defect, nothing changed."""

import re
import socket
from urllib.parse import quote, urlsplit

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from office.desk import certifying
from office.people.accounts import NewAccount, create_account
from office.people.passwords import Passwords
from office.procedure import Role
from office.tables import copies, dossiers, fields, papers
from office.typed import whole_number
from office.web.app import ROUTERS
from storage.database import reading
from tests.office.browsing import Visitor, led_to, served
from tests.office.conftest import open_house

STRONG = "Mat-khau-cua-toi-2"
HUGE = "9" * 5000
RUBBISH = st.one_of(
    st.sampled_from(
        [HUGE, "-1", "0", "1e9", "nan", "٣", "1_0", "0x1", "\0", "a\0b", "\r\n", "../..", "%00", "' OR 1=1"]
    ),
    st.sampled_from(
        ["☃" * 400, "x" * 60_000, "\u202e", "{{ 7 * 7 }}", "<script>", "NULL", "9" * 19, "24/13/2024"]
    ),
    st.text(st.characters(blacklist_categories=("Cs",)), max_size=40),
).filter(lambda text: whole_number(text.strip(), 1, 6) is None)
QUERY = (
    "page",
    "boxes",
    "corners",
    "copy",
    "q",
    "year",
    "procedure",
    "view",
    "state",
    "done",
    "next",
    "problem",
)
FIELDS = (
    *(
        "clause",
        "clause-1",
        "channel",
        "original_pages",
        "f-issued_on",
        "ok-issued_on",
        "cut-1",
        f"cut-{HUGE}",
    ),
    *(
        "corner-1-1-across",
        "corner-1-1-down",
        "seen-1",
        "theme",
        "next",
        "code",
        "how",
        "source",
        "procedure",
    ),
    *("rescan", "compared", "old", "new", "act"),
)
ENDS_OR_NEEDS_NOTHING = ("logout", "sign", "retry", "password", "login")
HELD_FOR_A_MOMENT = ("owner", "lease_until", "fence")
IDS = ("{paper_id}", "{copy_id}", "{dossier_id}", "{file_id}", "{code}", "{page}", "{width}")


@pytest.fixture(scope="module")
def house(tmp_path_factory, page):
    opened = open_house(tmp_path_factory.mktemp("rubbish") / "house")
    told = {"full_name": "Người Thử", "title": "", "unit": opened.office.settings.unit, "password": STRONG}
    create_account(
        opened.office, Passwords(), NewAccount("thu", roles=frozenset(Role), must_change=False, **told)
    )
    yield opened
    opened.office.engine.dispose()


@pytest.fixture(scope="module")
def known(house, page):
    """Ids that there are: an archived paper, its copy that waits for the clerk, their dossier."""
    paper = house.archived(page)
    copy = certifying.request_copy(house.office, house.clerk, paper, certifying.CopyRequest(1))
    with reading(house.office.engine) as connection:
        dossier = connection.execute(sa.select(papers.c.dossier).where(papers.c.id == paper)).scalar_one()
    return {"{paper_id}": paper, "{copy_id}": copy, "{dossier_id}": dossier, "{page}": "1", "{width}": "160"}


@pytest.fixture(scope="module")
def visitor(house):
    with served(house.office) as url, Visitor(url) as somebody:
        assert led_to(somebody.log_in("thu", STRONG)) == "/"
        yield somebody


@pytest.fixture(scope="module")
def tokens(visitor):
    return visitor.tokens("/")


def everything(house):
    told = [
        sa.select(*(column for column in table.c if column.name not in HELD_FOR_A_MOMENT))
        for table in (dossiers, papers, copies, fields)
    ]
    with reading(house.office.engine) as connection:
        return [connection.execute(rows).all() for rows in told]


def routes(method):
    return sorted({route.path for one in ROUTERS for route in one.router.routes if method in route.methods})


def filled(data, path, known):
    """The address with ids and numbers that there are, or with rubbish."""
    for name in IDS:
        if name in path:
            takes_known = (
                name in known and not path.endswith(ENDS_OR_NEEDS_NOTHING) and data.draw(st.booleans())
            )
            text = known[name] if takes_known else data.draw(RUBBISH)[:2000]
            path = path.replace(name, quote(text or "-", safe=""))
    return path


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
)
@given(data=st.data())
def test_no_address_makes_a_defect(data, house, known, visitor):
    before = everything(house)
    path = filled(data, data.draw(st.sampled_from(routes("GET"))), known)
    query = data.draw(
        st.dictionaries(st.sampled_from(QUERY), RUBBISH.map(lambda text: text[:4000]), max_size=3)
    )
    answer = visitor.get(path, params=query)
    assert answer.status_code < 500, (path, query)
    assert_in_words(answer)
    assert everything(house) == before


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
)
@given(data=st.data())
def test_no_form_makes_a_defect_and_rubbish_changes_nothing(data, house, known, visitor, tokens):
    before = everything(house)
    asked = [path for path in routes("POST") if path not in ("/logout", "/login", "/password")]
    path = filled(data, data.draw(st.sampled_from(asked)), known)
    told = data.draw(st.dictionaries(st.sampled_from(FIELDS), RUBBISH, max_size=6))
    files = {"files": (data.draw(RUBBISH)[:60] or "x", b"") if data.draw(st.booleans()) else None}
    headers = {"Origin": visitor.url, "Sec-Fetch-Site": "same-origin"}
    files = {name: file for name, file in files.items() if file}
    answer = visitor.client.post(
        path, data={**told, "form_token": tokens["form_token"]}, files=files, headers=headers
    )
    assert answer.status_code < 500, (path, told)
    assert_in_words(answer)
    assert everything(house) == before


@pytest.mark.parametrize("width", ["1e9", "x", "-", "1.5", "٣x"])
@pytest.mark.parametrize(
    "folder", ["/pages/{copy_id}", "/papers/{paper_id}/pages/1", "/papers/{paper_id}/scans/1"]
)
def test_a_picture_whose_width_is_no_number_is_nowhere(known, visitor, folder, width):
    address = folder.format(**{name.strip("{}"): value for name, value in known.items()})
    answer = visitor.get(f"{address}/{width}.jpg")
    assert answer.status_code == 404
    assert_in_words(answer)


def assert_in_words(answer):
    """An answer that refuses is a page of ours, or a sentence for a script, not a dump of a library's own."""
    if answer.status_code >= 400:
        if answer.headers["content-type"].startswith("application/json"):
            told = answer.json()
            assert told.get("sentence") or told.get("Message"), answer.text[:200]
        else:
            assert "</html>" in answer.text, answer.text[:200]
        assert "input_value" not in answer.text


@pytest.mark.parametrize("clause", [HUGE, "٣", "-1", "7", "1.0", "²"])
def test_a_ground_that_is_no_number_of_the_law_refuses_nothing(house, known, visitor, clause):
    before = everything(house)
    copy, paper = known["{copy_id}"], known["{paper_id}"]
    answer = visitor.send(f"/copies/{copy}/refuse", page=f"/papers/{paper}", clause=clause)
    assert answer.status_code == 422
    assert everything(house) == before


@pytest.mark.parametrize(
    "name", ["x.\0", "a.\0\0b", ".☃", "x." + "y" * 300, "/etc/passwd", "..", "C:\\a.pdf"]
)
def test_a_file_may_be_called_anything(visitor, name):
    files = {"files": (name, b"%PDF-1.4", "application/pdf")}
    assert visitor.send("/dossiers", page="/dossiers/new", files=files).status_code in (400, 422)


HEADERS = (
    *(
        "Content-Length: x",
        f"Content-Length: {HUGE}",
        "Content-Length: -5",
        "Content-Length: ٣",
        "Content-Length: 1_0",
    ),
    *(
        "Content-Type: multipart/form-data; boundary=",
        "Content-Type: ;;;=",
        "Content-Type: multipart/form-data; x",
    ),
    *(
        "Cookie: motcua=\xff; motcua-theme=;;=",
        "Cookie: =;=;motcua",
        f"Cookie: motcua={HUGE}",
        "Origin: \xfe",
    ),
    *(
        "Sec-Fetch-Site: \xfe",
        "X-Live: \xfe",
        "Range: bytes=9-1,5-",
        "Accept-Language: ;;q=x",
        "If-None-Match: \xff",
    ),
)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("asked", ["GET /search?q=a", "POST /check", "POST /login", "GET /static/none.css"])
def test_no_header_makes_a_defect(visitor, asked, header):
    place = urlsplit(visitor.url)
    lines = [
        f"{asked} HTTP/1.1",
        f"Host: {place.netloc}",
        "Connection: close",
        "Sec-Fetch-Site: same-origin",
        header,
    ]
    with socket.create_connection((place.hostname, place.port), timeout=20) as line:
        line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape"))
        line.shutdown(socket.SHUT_WR)
        told = b"".join(iter(lambda: line.recv(65_536), b""))
    if told:  # else the server hung up on it, which harms nobody
        assert int(re.match(rb"HTTP/1\.1 (\d{3})", told)[1]) < 500, told[:200]


def test_ids_with_nul_reach_no_database(house_on_each):
    told = {"full_name": "Người Thử", "title": "", "unit": house_on_each.office.settings.unit}
    new = NewAccount("thu", roles=frozenset(Role), password=STRONG, must_change=False, **told)
    create_account(house_on_each.office, Passwords(), new)
    with served(house_on_each.office) as url, Visitor(url) as somebody:
        assert led_to(somebody.log_in("thu", STRONG)) == "/"
        for path in (
            "/papers/%00",
            "/dossiers/a%00",
            "/files/%00",
            "/search?q=%00",
            "/live/papers/%00",
            "/check/%00",
        ):
            assert somebody.get(path).status_code in (400, 401, 404), path
        answer = somebody.send("/dossiers", page="/dossiers/new", requester="a\0b", title="x", how="finish")
        assert answer.status_code == 400
