"""What is typed belongs to the thing it was typed for; what cannot be taken back needs a second step."""

import re
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from office.desk import certifying
from office.procedure import PROCEDURES, Act, Turn
from office.tables import copies, papers
from office.web.screens.paper import final_acts
from office.web.words import words_in
from office.work.dispatcher import run_until_idle
from storage.database import reading, writing
from tests.office.browsing import Visitor, led_to, passwords_of, served
from tests.office.conftest import open_house

FORM = re.compile(r'<form method="post" action="([^"]+)".*?</form>', re.DOTALL)
CHECKED = re.compile(r'name="([^"]+)" value="([^"]+)" checked')
PAGES_TYPED = re.compile(r'name="original_pages"[^>]* value="([^"]*)"')
FINAL = {
    "refuse": ("canbo", "REQUESTED", "REFUSED", {"clause": "6"}, "Căn cứ 6"),
    "confirm": ("lanhdao", "APPROVED", "APPROVED", {"seen-1": "yes"}, "Duyệt, ký bản sao"),
    "seal": ("vanthu", "OFFICER_SIGNED", "OFFICER_SIGNED", {}, "Ký số cơ quan"),
    "deliver": ("canbo", "ISSUED", "DELIVERED", {"channel": "post"}, "bưu chính công ích"),
    "void": ("vanthu", "OFFICER_SIGNED", "VOID", {"reason": "viết nhầm tên"}, "viết nhầm tên"),
    "cancel": ("lanhdao", "DELIVERED", "CANCELLED", {"reason": "QĐ 5 ngày 2/3"}, "QĐ 5 ngày 2/3"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("forms") / "house")
    yield opened
    opened.office.engine.dispose()


@pytest.fixture(scope="module")
def people(house):
    """Everybody of the house, each at a browser of their own."""
    known = passwords_of(house.office)
    with served(house.office) as url, ExitStack() as open_now:
        visitors = {name: open_now.enter_context(Visitor(url)) for name in ("canbo", "lanhdao", "vanthu")}
        for name, somebody in visitors.items():
            assert led_to(somebody.log_in(name, known[name])) == "/"
        yield visitors


@pytest.fixture(scope="module")
def clerk(people):
    return people["canbo"]


@pytest.fixture(scope="module")
def paper(house, page):
    return house.archived(page)


def requested(house, paper):
    return certifying.request_copy(house.office, house.clerk, paper, certifying.CopyRequest(1))


def put(house, copy, state):
    """The copy, as if it had come so far and were put aside by the machine: only its row matters to pages."""
    moved = sa.update(copies).where(copies.c.id == copy)
    told = {"number": 7, "book": {"code": "SCT/BS", "year": 2026, "volume": 1}, "fault": "CHILD_DIED"}
    told |= {"issued_at": house.office.clock(), "archived_version": 1}
    with writing(house.office.engine) as connection:
        connection.execute(moved.values(state=state, **told))


def row_of(house, table, row_id):
    with reading(house.office.engine) as connection:
        return connection.execute(sa.select(table).where(table.c.id == row_id)).one()


def forms_of(text):
    """The forms of a page by their addresses; a question stands before the form that it asks about."""
    return {found[1]: found[0] for found in reversed(list(FORM.finditer(text)))}


def test_answers_for_one_copy_are_shown_at_that_copy_alone(house, clerk, paper):
    one, other = requested(house, paper), requested(house, paper)
    told = clerk.send(
        f"/copies/{one}/approve",
        page=f"/papers/{paper}",
        how="finish",
        compared="yes",
        **{"clause-3": "applies"},
    )
    assert told.status_code == 422
    forms = forms_of(told.text)
    assert CHECKED.findall(forms[f"/copies/{one}/approve"]) == [("compared", "yes"), ("clause-3", "applies")]
    assert CHECKED.findall(forms[f"/copies/{other}/approve"]) == []


def test_a_reason_stays_where_it_was_typed(house, people, paper):
    ids = [requested(house, paper) for _ in range(2)]
    for copy in ids:
        put(house, copy, "DELIVERED")
    at = f"/copies/{ids[0]}/cancel"
    told = people["lanhdao"].send(at, page=f"/papers/{paper}", reason="  Quyết định 5 ")
    forms = forms_of(told.text)
    assert 'value="Quyết định 5"' in forms[f"/copies/{ids[0]}/cancel"]
    assert "Quyết định 5" not in forms[f"/copies/{ids[1]}/cancel"]


def test_the_pages_typed_for_a_review_are_not_those_of_a_copy(house, clerk, page):
    """Both forms call their field `original_pages`; each shows what was typed into it alone."""
    paper = house.archived(page)
    told = clerk.send(f"/papers/{paper}/copies", page=f"/papers/{paper}", original_pages="77")
    assert PAGES_TYPED.findall(told.text) == ["77"]
    told = clerk.send(f"/papers/{paper}/review", page=f"/papers/{paper}", original_pages="78")
    assert PAGES_TYPED.findall(told.text) == [""]


@pytest.mark.parametrize("act", FINAL)
def test_a_final_act_sent_twice_only_asks_and_is_done_by_saying_yes(house, people, paper, act, monkeypatch):
    who, state, after, told, words_in_question = FINAL[act]
    visitor = people[who]
    monkeypatch.setattr(
        final_acts, "decisions_given", lambda _: frozenset()
    )  # the agency's key is a person's
    monkeypatch.setattr(certifying.register, "void", lambda *_: None)  # the book's own tests are elsewhere
    monkeypatch.setattr(certifying.register, "cancel", lambda *_: None)
    copy = requested(house, paper)
    put(house, copy, state)
    before = row_of(house, copies, copy)
    for _ in range(2):
        asked = visitor.send(f"/copies/{copy}/{act}", page=f"/papers/{paper}", **told)
        assert asked.status_code == 200
        question = forms_of(asked.text)[f"/copies/{copy}/{act}"]
        assert 'name="sure"' in question
        assert words_in_question in asked.text
        assert row_of(house, copies, copy) == before
    for name, value in told.items():
        assert f'name="{name}" value="{value}"' in question
    done = visitor.send(f"/copies/{copy}/{act}", page=f"/papers/{paper}", sure="yes", **told)
    assert led_to(done) == f"/papers/{paper}"
    row = row_of(house, copies, copy)
    assert row.state == after
    assert row.fence > before.fence
    put(house, copy, "REFUSED")


def test_a_scan_is_signed_only_when_that_was_meant(house, clerk, page):
    paper = house.scanned(page)
    run_until_idle(house.office)
    for _ in range(2):
        asked = clerk.send(f"/papers/{paper}/sign", page=f"/papers/{paper}")
        assert "Ký bản quét 1 trang?" in asked.text
        assert row_of(house, papers, paper).state == "READ"
    assert led_to(clerk.send(f"/papers/{paper}/sign", page=f"/papers/{paper}", sure="yes"))
    assert row_of(house, papers, paper).state == "SIGNED"


@pytest.mark.parametrize("act", ["seal", "deliver", "void", "cancel", "confirm"])
def test_what_cannot_be_done_is_not_asked(house, people, paper, act):
    copy = requested(house, paper)
    told = {"channel": "post", "reason": "thử", "seen-1": "yes"}
    answer = people[FINAL[act][0]].send(f"/copies/{copy}/{act}", page=f"/papers/{paper}", **told)
    assert answer.status_code == 409
    assert 'name="sure"' not in answer.text


def test_every_final_act_has_its_words_and_is_offered_somewhere():
    steps = {step.act: step for kind in PROCEDURES for step in PROCEDURES[kind]}
    harmless = {Act.REVIEW_PAPER, Act.RESCAN_PAPER, Act.REQUEST_COPY, Act.APPROVE_COPY}
    harmless |= {Act.RECEIVE_PAGES, Act.ARRANGE_PAGES, Act.TAKE_OUT_PAGES, Act.TAKE_OUT_ALL_PAGES}
    asking_anew = {Act.ASK_OFFICER_ANEW, Act.ASK_AGENCY_ANEW}
    by_people = {act for act, step in steps.items() if step.by is not Turn.MACHINE}
    assert set(final_acts.FINAL_ACTS) == by_people - harmless - asking_anew
    words = words_in("vi")
    assert {key.split(".")[0] for key in words.group("paper.final")} == set(final_acts.FINAL_ACTS)
    assert set(final_acts.FINAL_ACTS.values()) <= set(words.named("done"))
