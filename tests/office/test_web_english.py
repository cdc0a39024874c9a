"""A house whose language is English: no page holds a Vietnamese word of ours, whatever state things are in.

What the law words, what people typed and what was read from paper stays as it is; the law's words are marked
as Vietnamese, so that a voice reads them rightly.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa

from certify.demo_authority.certificates import SIGNERS
from office.desk import certifying
from office.people.accounts import NewAccount, create_account, list_accounts
from office.people.passwords import Passwords
from office.procedure import CopyState, PaperState, Role
from office.rows import arrivals
from office.tables import accounts, copies, fields, pages, papers
from office.web.app import ROUTERS
from office.web.screens.search.view import found_shown
from office.web.words import words_in
from office.work.dispatcher import run_until_idle
from storage.database import reading, writing
from tests.office.browsing import MARKED, Visitor, led_to, passwords_of, served
from tests.office.conftest import open_house

STRONG = "Mat-khau-cua-toi-2"
TYPED = ("Trần Thị Bình", "Giấy xác nhận", "Ông Chín", "Đơn", "hỏng.jpg", "viết nhầm", "Lê Thị Mười")
NO_PAGES = re.compile(
    r"\.jpg$|^/files/|^/live/|^/(healthz|readyz|metrics)$|^/waiting/refused/|^/handed/|^/workstation/.*/file$"
)  # pictures, files, JSON
PEOPLE = ("canbo", "lanhdao", "vanthu", "moi")
FAULTS = {  # what the machine told of its last try
    "none": {"fault": None, "retry_at": None},
    "waiting": {"fault": "CertifyFault.timestamp-unavailable", "retry_at": "soon"},
    "put aside": {"fault": "DeskFault.CHILD_DIED", "retry_at": None},
}
VOID_ELEMENTS = {"meta", "link", "input", "img", "br", "use", "path", "circle", "rect", "line"}


class Page(HTMLParser):
    """What is said on a page, by the language that its element is marked with; attributes by none."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []
        self._languages: list[str] = []
        self.feed(text)

    @property
    def language(self) -> str:
        return self._languages[-1] if self._languages else ""

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        language = told.pop("lang", None) or self.language
        self.said += [("", value) for value in told.values() if value]
        if tag not in VOID_ELEMENTS:
            self._languages.append(language)

    def handle_startendtag(self, _tag, attributes):
        self.said += [("", value) for _, value in attributes if value]

    def handle_endtag(self, tag):
        if tag not in VOID_ELEMENTS:
            self._languages.pop()

    def handle_data(self, data):
        if data.strip():
            self.said.append((self.language, data.strip()))

    def handle_decl(self, decl):
        assert decl == "doctype html"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("english") / "house", lang="en")
    told = {"full_name": "Lê Thị Mười", "title": "", "unit": opened.office.settings.unit, "password": STRONG}
    everything = NewAccount("moi", roles=frozenset(Role), must_change=False, **told)
    create_account(opened.office, Passwords(), everything)
    yield opened
    opened.office.engine.dispose()


@pytest.fixture(scope="module")
def url(house):
    with served(house.office) as address:
        yield address


@pytest.fixture(scope="module")
def people(house, url):
    """Everybody of the house, and a citizen, each at a browser of their own."""
    known = passwords_of(house.office)
    visitors = {name: Visitor(url) for name in (*PEOPLE, "citizen")}
    for name in PEOPLE:
        assert led_to(visitors[name].log_in(name, known.get(name, STRONG))) == "/"
    yield visitors
    for visitor in visitors.values():
        visitor.client.close()


@pytest.fixture(scope="module")
def paper(house, page):
    """An archived paper with an issued copy."""
    found = house.archived(page)
    copy = house.approved(found)
    certifying.confirm_copy(house.office, house.officer, copy)
    run_until_idle(house.office)
    return found


@pytest.fixture(scope="module")
def known(house, paper):
    with reading(house.office.engine) as connection:
        row = connection.execute(sa.select(papers).where(papers.c.id == paper)).one()
        copy = connection.execute(sa.select(copies).where(copies.c.paper == paper)).one()
    told = {"paper_id": paper, "copy_id": copy.id, "dossier_id": row.dossier, "code": copy.check_code}
    return told | {"account_id": house.clerk.account, "file_id": "x", "file": "x", "page_id": "x"}


@pytest.fixture(scope="module")
def assert_english(house):
    """Looks whether a page of ours speaks English, and the law alone Vietnamese."""
    rules, today = house.office.rules, house.office.today
    law = {*rules.refusals(today).values(), *rules.procedure_names(today).values()}
    law.add(house.office.settings.agency)

    def look(answer, status=200, found=()):
        assert answer.status_code == status, (answer.request.url, answer.status_code, answer.text[:500])
        assert '<html lang="en"' in answer.text
        data = sorted({*found, *data_of(house)}, key=len, reverse=True)
        for language, said in Page(answer.text).said:
            if language == "vi":
                core = re.sub(r"^\d+\. |\.\.\.$| \([\d.]+\)$", "", said)
                assert any(core in words for words in law), said
            else:
                assert not MARKED.search(without(said, data)), (answer.request.url, said)

    return look


def without(said: str, data: list[str]) -> str:
    for words in data if MARKED.search(said) else ():
        said = said.replace(words, "").replace(words.lower(), "")
    return said


def data_of(house) -> list[str]:
    """Names, what was typed, what was read from the one paper; the longest first."""
    names = [row.full_name for row in list_accounts(house.office)]
    with reading(house.office.engine) as connection:
        read = connection.execute(sa.select(fields.c.read_value, fields.c.confirmed_value)).all()
    told = {*TYPED, *names, *(value for row in read for value in row if value), house.office.settings.agency}
    signers = {signer.name for signer in SIGNERS.values()}
    return sorted(told | signers, key=len, reverse=True)


def put(house, table, row_id, **values):
    """The row as if it had come so far: only what it says matters to pages."""
    if values.get("retry_at"):
        values["retry_at"] = house.office.clock()
    with writing(house.office.engine) as connection:
        connection.execute(sa.update(table).where(table.c.id == row_id).values(**values))


def post(clerk, address, **fields):
    """Send a form of this page that has a field called `page`."""
    headers = {"Origin": clerk.url, "Sec-Fetch-Site": "same-origin"}
    return clerk.client.post(address, data={**clerk.tokens(address), **fields}, headers=headers)


def looked_at() -> Iterator[str]:
    for screen in ROUTERS:
        for route in screen.router.routes:
            if "GET" in route.methods and not NO_PAGES.search(route.path):
                yield route.path


@pytest.mark.parametrize("path", sorted(looked_at()))
def test_each_screen_speaks_english_to_everybody_who_may_see_it(path, people, known, assert_english):
    address = re.sub(r"\{(\w+)\}", lambda name: known[name[1]], path)
    shown = 0
    for visitor in people.values():
        answer = visitor.get(address)
        if answer.status_code == 303:  # to the log-in, or away from it
            continue
        assert_english(answer, answer.status_code)
        shown += answer.status_code == 200
    assert shown


def test_before_anything_has_come_each_list_says_so_in_english(tmp_path, assert_english):
    empty = open_house(tmp_path / "empty", lang="en")
    with served(empty.office) as address, Visitor(address) as clerk, Visitor(address) as officer:
        for name, visitor in (("canbo", clerk), ("lanhdao", officer)):
            visitor.log_in(name, passwords_of(empty.office)[name])
            for path in ("/", "/?view=mine", "/?view=look&state=READ", "/search", "/search?q=x&year=2020"):
                assert_english(visitor.get(path))
        assert_english(clerk.get("/waiting"))
    empty.office.engine.dispose()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("state", PaperState)
def test_a_paper_in_each_state(house, people, paper, known, assert_english, state, fault):
    put(house, papers, paper, state=state, **FAULTS[fault])
    try:
        for name in PEOPLE:
            for address in (f"/papers/{paper}", "/", f"/dossiers/{known['dossier_id']}"):
                assert_english(people[name].get(address))
        assert_english(people["canbo"].get(f"/papers/{paper}/pages"))
        assert_english(people["canbo"].get(f"/papers/{paper}?corners=1"))
    finally:
        put(house, papers, paper, state=PaperState.ARCHIVED, **FAULTS["none"])


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("state", CopyState)
def test_a_copy_in_each_state(house, people, paper, known, assert_english, state, fault):
    with reading(house.office.engine) as connection:
        before = connection.execute(sa.select(copies).where(copies.c.id == known["copy_id"])).one()
    for marks in ({}, {"confirmed_by": None, "confirmed_at": None, "sealed_by": None}):
        told = {**FAULTS[fault], **marks, "reason": "viết nhầm"}
        put(house, copies, known["copy_id"], state=state, **told)
        try:
            for name in PEOPLE:
                assert_english(people[name].get(f"/papers/{paper}"))
                assert_english(people[name].get("/"))
        finally:
            put(house, copies, known["copy_id"], **before._asdict())


def test_a_page_in_each_verdict_with_each_reason(house, people, paper, assert_english):
    from digitize.model import ReasonCode, Verdict

    with reading(house.office.engine) as connection:
        before = connection.execute(sa.select(pages).where(pages.c.paper == paper)).one()
    reasons = [{"code": code, "box": None} for code in ReasonCode]
    put(house, papers, paper, state=PaperState.READ)
    try:
        for verdict in Verdict:
            report = {**before.report, "reasons": reasons, "verdict": verdict}
            with writing(house.office.engine) as connection:
                connection.execute(
                    sa.update(pages).where(pages.c.paper == paper).values(verdict=verdict, report=report)
                )
            assert_english(people["canbo"].get(f"/papers/{paper}"))
    finally:
        put(house, papers, paper, state=PaperState.ARCHIVED)
        with writing(house.office.engine) as connection:
            told = {"verdict": before.verdict, "report": before.report}
            connection.execute(sa.update(pages).where(pages.c.paper == paper).values(**told))


@pytest.mark.parametrize("done", sorted(words_in("en").named("done")))
def test_the_status_line_after_each_act(people, assert_english, done):
    answer = people["canbo"].get(f"/?done={done}")
    assert_english(answer)
    assert words_in("en").named("done")[done] in unescape(answer.text)


def test_pages_that_wait_are_set_aside_or_were_refused(house, people, page, assert_english):
    clerk, inbox = people["canbo"], house.office.inbox
    for place, content in (
        ("1.jpg", page.read_bytes()),
        ("2.jpg", page.read_bytes()),
        ("hỏng.jpg", b"words"),
    ):
        (inbox / place).write_bytes(content)
        os.utime(inbox / place, (1_700_000_000, 1_700_000_000))
    assert_english(clerk.get("/dossiers/new"))
    assert_english(clerk.send("/waiting", page="/waiting", how="collect"))
    with reading(house.office.engine) as connection:
        first, *_ = arrivals.loose(connection, house.clerk)
    assert_english(clerk.send("/waiting", page="/waiting", how="receive"), 422)
    assert_english(post(clerk, "/waiting", how="receive", page=first.id, code="x"), 422)
    assert led_to(post(clerk, "/waiting", how="aside", page=first.id)) == "/waiting"
    assert_english(clerk.get("/waiting"))
    told = {"requester": "Ông Chín", "procedure": "2.000815", "title": "Đơn", "source": "upload"}
    files = [("files", ("hỏng.jpg", b"words", "image/jpeg"))]
    sent = clerk.send("/dossiers", page="/dossiers/new", files=files, how="finish", **told)
    assert_english(clerk.get(sent.headers["location"]), 422)
    with reading(house.office.engine) as connection:
        expected = sa.select(papers.c.id).where(papers.c.state == PaperState.EXPECTED)
        unsent = connection.execute(expected).scalars().first()
    assert_english(clerk.get(f"/papers/{unsent}/pages"))
    assert_english(clerk.send(f"/papers/{unsent}/pages", page=f"/papers/{unsent}/pages", how="out"), 422)
    assert_english(clerk.send(f"/papers/{unsent}/pages", page=f"/papers/{unsent}/pages", how="move"), 422)


IN_STATE = {  # form → the copy's state, who sends it, what is typed, the answer's status
    "approve": (CopyState.REQUESTED, "canbo", {"how": "finish", "clause-1": "applies"}, 422),
    "refuse": (CopyState.REQUESTED, "canbo", {}, 422),
    "confirm": (CopyState.APPROVED, "lanhdao", {}, 422),
    "deliver": (CopyState.ISSUED, "canbo", {"channel": "pigeon"}, 422),
    "void": (CopyState.OFFICER_SIGNED, "vanthu", {}, 422),
    "cancel": (CopyState.ISSUED, "lanhdao", {}, 422),
}
ASKED = {  # final acts: what is typed, so that the page asks whether it is meant
    "refuse": {"clause": "6"},
    "confirm": {"seen-1": "yes"},
    "deliver": {"channel": "post"},
    "void": {"reason": "viết nhầm"},
    "cancel": {"reason": "viết nhầm"},
}


@pytest.mark.parametrize("act", IN_STATE)
def test_forms_on_a_copy_say_what_is_missing_and_what_follows(
    house, people, paper, known, assert_english, act
):
    state, who, told, status = IN_STATE[act]
    with reading(house.office.engine) as connection:
        before = connection.execute(sa.select(copies).where(copies.c.id == known["copy_id"])).one()
    marks = {"confirmed_by": None, "confirmed_at": None, "sealed_by": None, "fault": None}
    put(house, copies, known["copy_id"], state=state, **marks)
    at = f"/copies/{known['copy_id']}/{act}"
    try:
        assert_english(people[who].send(at, page=f"/papers/{paper}", **told), status)
        if act in ASKED:
            put(house, copies, known["copy_id"], fault="CHILD_DIED")
            question = people[who].send(at, page=f"/papers/{paper}", **ASKED[act])
            assert_english(question)
            assert "data-question" in question.text
        put(house, copies, known["copy_id"], state=CopyState.VOID)
        late = people[who].send(at, page=f"/papers/{paper}", sure="yes", **{**told, **ASKED.get(act, {})})
        assert_english(late, late.status_code)
        assert late.status_code >= 400
    finally:
        put(house, copies, known["copy_id"], **before._asdict())


def test_forms_on_a_paper_say_what_is_missing_and_what_follows(house, people, paper, assert_english):
    clerk, at = people["canbo"], f"/papers/{paper}"
    assert_english(clerk.send(f"{at}/copies", page=at), 422)
    put(house, papers, paper, state=PaperState.READ)
    try:
        assert_english(clerk.send(f"{at}/sign", page=at))
        corners = {f"corner-1-{place}-{side}": "x" for place in range(1, 5) for side in ("across", "down")}
        assert_english(clerk.send(f"{at}/rescan", page=at, **{"cut-1": "yes"}, **corners), 422)
        put(house, papers, paper, state=PaperState.EXTRACTED)
        wrong = {"f-issued_on": "31/02/2020", "f-number_symbol": "//", "f-signer": "12", "f-place": "\u200b"}
        wrong |= {"f-subject": "a" * 1001, "f-issuer": "Đơn"}
        assert_english(clerk.send(f"{at}/review", page=at, how="finish", **wrong), 422)
        for day in ("x", "1/1/1700", "1/1/2999"):
            assert_english(clerk.send(f"{at}/review", page=at, how="finish", **{"f-issued_on": day}), 422)
    finally:
        put(house, papers, paper, state=PaperState.ARCHIVED)
    late = clerk.send(f"{at}/review", page=at, how="finish", original_pages="1", **{"f-signer": "Đơn"})
    assert_english(late, 409)
    assert "What you typed, not recorded" in late.text


def test_a_new_dossier_says_everything_that_is_missing(people, assert_english):
    for source in ("upload", "waiting"):
        answer = people["canbo"].send("/dossiers", page="/dossiers/new", how="finish", source=source)
        assert_english(answer, 422)
        assert "Error: New dossier" in answer.text


def account(house, name, **row):
    """A clerk of this log-in name, whose row says this too."""
    told = {"title": "", "unit": house.office.settings.unit, "roles": frozenset({Role.CLERK})}
    new = NewAccount(name, full_name=name, password=STRONG, must_change=True, **told)
    create_account(house.office, Passwords(), new)
    if row:
        with writing(house.office.engine) as connection:
            connection.execute(sa.update(accounts).where(accounts.c.name == name).values(**row))


def test_accounts_off_locked_and_unused(house, people, assert_english):
    account(house, "off", active=False)
    account(house, "unused", last_login=house.office.clock().replace(year=2020))
    account(house, "new")
    for _ in range(6):
        people["citizen"].log_in("new", "wrong")
    listed = people["moi"].get("/accounts")
    assert_english(listed)
    for words in ("Off", "Off after 45 days without use", "Locked until", "In use", "never"):
        assert words in listed.text


def test_the_door_refuses_in_english(url, house, assert_english):
    account(house, "away", last_login=house.office.clock().replace(year=2020))
    account(house, "first")
    with Visitor(url) as somebody:
        assert_english(somebody.log_in("canbo", "mật khẩu"), 401)
        assert_english(somebody.log_in("away", STRONG), 403)
    with Visitor(url) as newcomer:
        newcomer.log_in("first", STRONG)
        assert_english(newcomer.get("/password"))
        for old, new, again in ((STRONG, "a", "b"), (STRONG, "a", "a"), ("x", STRONG + "9", STRONG + "9")):
            answer = newcomer.send("/password", page="/password", old=old, new=new, again=again)
            assert_english(answer, answer.status_code)
            assert answer.status_code >= 400


def test_failures_are_told_in_english(people, assert_english):
    clerk = people["canbo"]
    headers = {"Origin": clerk.url, "Sec-Fetch-Site": "same-origin"}
    assert_english(clerk.get("/nothing/here"), 404)
    assert_english(clerk.get("/papers/none"), 404)
    assert_english(clerk.get("/logout"), 405)
    assert_english(clerk.get("/", params={"view": "\0"}), 400)
    assert_english(clerk.client.post("/waiting", data={}, headers={"Sec-Fetch-Site": "cross-site"}), 403)
    assert_english(clerk.client.post("/waiting", data={"a": "b"}, headers=headers), 403)
    large = clerk.client.post("/waiting", data={"a": "b" * 2_000_000}, headers=headers)
    assert_english(large, 413)


STAMPS = "Dấu thời gian thử nghiệm Motcua (BẢN MẪU)"  # as its certificate says


def test_a_check_answers_in_english(people, paper, known, assert_english, tmp_path):
    citizen = people["citizen"]
    copy = copy_file(people["canbo"], paper)
    files = {
        "good": copy,
        "altered": copy + b"\n% more",
        "no PDF": b"words",
        "unsigned": b"%PDF-1.7\nno more",
    }
    for name, content in files.items():
        told = citizen.send("/check", files={"file": (f"{name}.pdf", content, "application/pdf")})
        assert_english(told, found=[STAMPS])
    assert_english(citizen.send("/check", page="/check"), 422)
    assert_english(citizen.get("/check/nonesuch"), 404)
    assert_english(citizen.get(f"/check/{known['code']}"))


def copy_file(clerk, paper) -> bytes:
    link = re.search(r'href="(/files/[^"]+)">Issued copy', clerk.get(f"/papers/{paper}").text)[1]
    return clerk.get(link).content


def test_what_is_found_stands_in_english_around_the_papers_own_words(people, paper, assert_english, house):
    for asked in ("xac nhan", "tran thi binh"):
        shown = found_shown(house.office, house.clerk, {"q": asked})
        snippets = [text.strip() for hit in shown["hits"] for text, _ in hit.pieces if text.strip()]
        answer = people["canbo"].get("/search", params={"q": asked})
        assert_english(answer, found=sorted(snippets, key=len, reverse=True))
    assert f"{house.office.today:%d %b %Y}" in answer.text  # its dossier


def test_scripts_get_their_words_in_the_language_of_the_house(people, house, url):
    def words_at(visitor):
        folder = re.search(r'src="(/static/\w+/)app.js"', visitor.get("/check").text)[1]
        return folder, visitor.get(f"{folder}words.js").text

    folder, english = words_at(people["citizen"])
    assert '"script.connected": "Connected"' in english
    assert not MARKED.search(english)
    vietnamese_house = replace(house.office, settings=replace(house.office.settings, lang="vi"))
    with served(vietnamese_house) as address, Visitor(address) as visitor:
        assert '<html lang="vi"' in visitor.get("/check").text
        other, vietnamese = words_at(visitor)
    assert '"script.connected": "Đã kết nối"' in vietnamese
    assert folder != other  # browsers keep what lies at one address
