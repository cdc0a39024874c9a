"""The desk without JavaScript, and for those who may not see: forms, acts, double sends, rights."""

import re
import threading

import pytest
import sqlalchemy as sa

from office.nouns import Sensitivity
from office.people.accounts import NewAccount, create_account
from office.people.passwords import Passwords
from office.procedure import Role
from office.tables import copies, dossiers, papers
from office.views.viewing import see_paper
from office.web.screens.paper import view
from office.work.dispatcher import run_until_idle
from storage import ledger
from storage.database import reading, writing
from tests.office.browsing import Visitor, led_to, passwords_of, served
from tests.office.conftest import open_house

UPLOAD = {"procedure": "2.000815", "source": "upload", "how": "finish"}
STAMP = re.compile(r'data-stamp="([^"]*)"')
STRONG = "Mat-khau-cua-toi-2"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("desk") / "house")
    yield opened
    opened.office.engine.dispose()


@pytest.fixture(scope="module")
def url(house):
    with served(house.office) as address:
        yield address


@pytest.fixture(scope="module")
def enter(house, url):
    """Opens a visitor who is logged in."""
    visitors = []
    known = passwords_of(house.office)

    def open_visitor(name):
        visitor = Visitor(url)
        visitors.append(visitor)
        assert led_to(visitor.log_in(name, known.get(name, STRONG))) == "/"
        return visitor

    yield open_visitor
    for visitor in visitors:
        visitor.client.close()


@pytest.fixture(scope="module")
def clerk(enter):
    return enter("canbo")


@pytest.fixture(scope="module")
def officer(enter):
    return enter("lanhdao")


@pytest.fixture(scope="module")
def story(house, clerk, officer, page):
    """A paper and its copy, taken through by forms alone: their addresses."""
    files = [("files", ("trang.jpg", page.read_bytes(), "image/jpeg"))]
    told = {"requester": "Trần Thị Bình", "procedure": "2.000815", "title": "Giấy xác nhận"}
    sent = clerk.send("/dossiers", page="/dossiers/new", files=files, source="upload", how="finish", **told)
    paper = led_to(sent)
    run_until_idle(house.office)
    assert led_to(clerk.send(f"{paper}/sign", page=paper, sure="yes")) == paper
    run_until_idle(house.office)
    fields = dict.fromkeys(re.findall(r'name="(ok-\w+)"', clerk.get(paper).text), "yes")
    fields |= {"f-subject": "Xác nhận tình trạng hôn nhân", "original_pages": "1", "how": "finish"}
    assert led_to(clerk.send(f"{paper}/review", page=paper, **fields)) == paper
    run_until_idle(house.office)
    seen = {"original_seen": "yes", "original_pages": "1"}
    assert led_to(clerk.send(f"{paper}/copies", page=paper, **seen)) == paper
    copy = re.search(r'action="(/copies/[^/]+)/approve"', clerk.get(paper).text)[1]
    answers = {f"clause-{number}": "applies-not" for number in range(1, 7)}
    assert led_to(clerk.send(f"{copy}/approve", page=paper, compared="yes", how="finish", **answers)) == paper
    assert led_to(officer.send(f"{copy}/confirm", page=paper, sure="yes", **{"seen-1": "yes"})) == paper
    run_until_idle(house.office)
    return {"paper": paper, "copy": copy}


def count(house, table):
    with reading(house.office.engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def account(house, name, **told):
    values = {"full_name": "Người Lạ", "title": "Công chức", "unit": "phuong-khac", "password": STRONG}
    values |= {"roles": frozenset(Role) - {Role.ADMINISTRATOR}, "must_change": False, **told}
    create_account(house.office, Passwords(), NewAccount(name=name, **values))
    return name


def until(holds):
    return any(holds() or threading.Event().wait(0.1) for _ in range(100))


def test_forms_alone_bring_a_paper_to_an_issued_copy(clerk, story):
    page = clerk.get(story["paper"]).text
    assert "Đã phát hành" in page
    assert "Xác nhận tình trạng hôn nhân" in page
    code = re.search(r'href="(/check/\w+)"', page)[1]
    told = clerk.get(code).text
    assert "BẢN MẪU" in told
    assert "Số chứng thực" in told


def test_a_code_alone_tells_no_names(url, clerk, story):
    code = re.search(r'href="(/check/\w+)"', clerk.get(story["paper"]).text)[1]
    with Visitor(url) as citizen:
        told = citizen.get(code).text
    for name in ("Trần Thị Bình", "Nguyễn Thị Mẫu", "Trần Văn Mẫu", "hôn nhân"):
        assert name not in told


def test_the_issued_copy_passes_the_public_check_and_leaves_nothing_behind(house, url, clerk, story):
    file = re.search(r'href="(/files/[^"]+)">Bản sao đã phát hành', clerk.get(story["paper"]).text)[1]
    copy = clerk.get(file)
    assert copy.headers["content-type"] == "application/pdf"
    assert "attachment" in copy.headers["content-disposition"]
    with Visitor(url) as citizen:
        told = citizen.send("/check", files={"file": ("ban-sao.pdf", copy.content, "application/pdf")})
    assert told.status_code == 200
    assert told.text.count('<li class="done">') == 3
    work = house.office.settings.data / "work"
    assert until(lambda: not list(work.iterdir()))  # it is emptied once the answer is out


def answered_about_the_copy(citizen, clerk, story) -> str:
    file = re.search(r'href="(/files/[^"]+)">Bản sao đã phát hành', clerk.get(story["paper"]).text)[1]
    copy = clerk.get(file).content
    told = citizen.send("/check", files={"file": ("ban-sao.pdf", copy, "application/pdf")}).text
    return re.search(r'name="again" value="([^"]+)"', told)[1]


def test_an_answer_can_be_had_as_a_report_to_print_and_as_xml(url, clerk, story):
    with Visitor(url) as citizen:
        given = answered_about_the_copy(citizen, clerk, story)
        printed = citizen.send("/check", again=given, **{"as": "pdf"})
        told = citizen.send("/check", again=given, **{"as": "xml"})
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF-1.7")
    assert re.search(r'attachment; filename="kiem-tra-\w{16}.pdf"', printed.headers["content-disposition"])
    assert "mainindication:total-passed" in told.text
    assert "Trần Văn Mẫu" in told.text


def test_a_report_of_what_this_server_did_not_answer_is_not_made(url, clerk, story):
    with Visitor(url) as citizen:
        given = answered_about_the_copy(citizen, clerk, story)
        forged = given[:60] + ("A" if given[60] != "A" else "B") + given[61:]
        for text, kind in ((forged, "pdf"), ("x", "pdf"), ("é", "pdf"), (given, "exe")):
            refused = citizen.send("/check", again=text, **{"as": kind})
            assert refused.status_code == 422
            assert "Kiểm tra lại tệp" in refused.text


@pytest.mark.parametrize("content", [b"", b"not a pdf", b"%PDF-1.7\nbroken"])
def test_what_is_no_pdf_is_told_in_words(url, content):
    with Visitor(url) as citizen:
        told = citizen.send("/check", files={"file": ("gi.pdf", content, "application/pdf")})
    assert told.status_code == 200
    assert "PDF" in told.text
    assert '<li class="done">' not in told.text


@pytest.mark.law("L55")
def test_every_file_handed_out_stands_in_the_ledger(house, clerk, story):
    file = re.search(r'href="/files/([^"]+)"', clerk.get(story["paper"]).text)[1]
    clerk.get(f"/files/{file}")
    with reading(house.office.engine) as connection:
        opened = [one for one in ledger.entries(connection) if one.what == "file_opened"]
    assert opened[-1].actor == house.clerk.account
    assert opened[-1].body["file"] == file


def test_a_page_is_found_by_its_words_and_its_boxes_are_drawn(clerk, story):
    told = clerk.get("/search?q=tinh trang hon nhan").text
    assert "<mark>" in told
    hit = re.search(r'href="(/papers/[^"]+boxes=[^"]+)"', told)[1].replace("&amp;", "&")
    assert hit.startswith(story["paper"])
    assert 'class="hit"' in clerk.get(hit).text


@pytest.mark.parametrize("boxes", ["1,2", "9,9,9,9;<script>", "0.1,0.1,0.2", "nan,nan,nan,nan", ";" * 9000])
def test_boxes_that_we_did_not_write_draw_nothing(clerk, story, boxes):
    told = clerk.get(story["paper"], params={"page": "1", "boxes": boxes})
    assert told.status_code == 200
    assert 'class="hit"' not in told.text


@pytest.mark.parametrize("width", [160, 1000])
def test_page_pictures_are_light_jpegs_of_their_width(clerk, story, width):
    picture = clerk.get(f"{story['paper']}/pages/1/{width}.jpg")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content[:3] == b"\xff\xd8\xff"
    assert len(picture.content) <= {160: 8_000, 1000: 160_000}[width]


@pytest.mark.parametrize("address", ["0/1000", "2/1000", "1/999", "-1/160", "x/160"])
def test_there_is_no_picture_of_pages_and_widths_that_there_are_not(clerk, story, address):
    assert clerk.get(f"{story['paper']}/pages/{address}.jpg").status_code in (404, 422)


def test_a_form_sent_twice_acts_once_and_leads_to_the_same_page(house, clerk, page):
    before = count(house, dossiers)
    files = [("files", ("trang.jpg", page.read_bytes(), "image/jpeg"))]
    told = {
        "requester": "Lê Đức",
        "procedure": "2.000815",
        "title": "Giấy",
        "how": "finish",
        "source": "upload",
    }
    tokens = clerk.tokens("/dossiers/new")
    first = clerk.send("/dossiers", files=files, **told, **tokens)
    again = clerk.send("/dossiers", files=files, **told, **tokens)
    assert first.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    assert count(house, dossiers) == before + 1


def test_everything_that_is_missing_is_told_at_once_and_what_was_typed_stays(house, clerk):
    before = count(house, dossiers)
    told = clerk.send("/dossiers", page="/dossiers/new", requester="Đỗ Ỷ", how="finish", source="upload")
    assert told.status_code == 422
    assert "Lỗi: " in told.text.split("</title>")[0]
    for missing in ("Chọn thủ tục", "Chưa có tên giấy tờ", "Chưa chọn tệp"):
        assert missing in told.text
    assert 'value="Đỗ Ỷ"' in told.text
    assert count(house, dossiers) == before


def test_a_dossier_whose_paper_could_not_be_read_stays_and_says_why(clerk):
    files = [("files", ("ghi-chu.txt", b"words", "text/plain"))]
    told = {
        "requester": "Lê Đức",
        "procedure": "2.000815",
        "title": "Giấy",
        "how": "finish",
        "source": "upload",
    }
    answer = clerk.send("/dossiers", page="/dossiers/new", files=files, **told)
    assert led_to(answer).startswith("/dossiers/")
    page = clerk.get(answer.headers["location"]).text
    assert "Chưa thực hiện được" in page
    assert "Lê Đức" in page


@pytest.mark.law("L11")
def test_a_review_with_fields_unconfirmed_changes_nothing_and_keeps_what_was_typed(house, clerk, page):
    paper = house.scanned(page)
    run_until_idle(house.office)
    clerk.send(f"/papers/{paper}/sign", page=f"/papers/{paper}", sure="yes")
    run_until_idle(house.office)
    told = {"f-subject": "Trích yếu tôi gõ", "original_pages": "1", "how": "finish"}
    answer = clerk.send(f"/papers/{paper}/review", page=f"/papers/{paper}", **told)
    assert answer.status_code == 422
    assert "chưa xác nhận" in answer.text
    assert 'value="Trích yếu tôi gõ"' in answer.text
    with reading(house.office.engine) as connection:
        assert (
            connection.execute(sa.select(papers.c.state).where(papers.c.id == paper)).scalar_one()
            == "EXTRACTED"
        )


def test_a_ground_for_refusal_that_applies_sends_nothing_to_the_officer(house, clerk, story):
    paper = story["paper"]
    clerk.send(f"{paper}/copies", page=paper, original_seen="yes", original_pages="1")
    copy = re.search(r'action="(/copies/[^/]+)/approve"', clerk.get(paper).text)[1]
    answers = {f"clause-{number}": "applies-not" for number in range(1, 6)}
    for last in ({"clause-6": "applies"}, {}):
        told = clerk.send(f"{copy}/approve", page=paper, compared="yes", how="finish", **answers, **last)
        assert told.status_code == 422
    refused = clerk.send(f"{copy}/refuse", page=paper, clause="6", sure="yes")
    assert led_to(refused) == paper
    with reading(house.office.engine) as connection:
        state = sa.select(copies.c.state).where(copies.c.id == copy.split("/")[-1])
        assert connection.execute(state).scalar_one() == "REFUSED"


def test_an_officer_cannot_certify_pages_not_looked_at(house, clerk, officer, story):
    copy = house.approved(story["paper"].split("/")[-1])
    told = officer.send(f"/copies/{copy}/confirm", page=story["paper"])
    assert told.status_code == 422
    assert "Còn 1 trang chưa xem" in told.text


@pytest.mark.law("L57")
@pytest.mark.parametrize("act", ["confirm", "seal", "void", "cancel"])
def test_a_clerk_cannot_do_what_others_sign_for(clerk, story, act):
    told = clerk.send(f"{story['copy']}/{act}", page=story["paper"], reason="thử", **{"seen-1": "yes"})
    assert told.status_code == 403
    assert "quyền" in told.text


@pytest.mark.law("L58")
@pytest.mark.parametrize(
    "told",
    [
        {"name": "khac-don-vi"},
        {"name": "khong-du-muc", "unit": "phuong-mau", "clearance": Sensitivity.PUBLIC},
    ],
)
def test_who_may_not_see_a_paper_finds_nothing_of_it_anywhere(house, clerk, enter, story, told):
    stranger = enter(account(house, **told))
    paper, copy = story["paper"], story["copy"]
    page = clerk.get(paper).text
    file = re.search(r'href="(/files/[^"]+)"', page)[1]
    dossier = re.search(r'href="(/dossiers/[^"]+)">', page.split("</header>", 1)[1])[1]
    listed = stranger.get("/").text
    assert "Chưa có hồ sơ" in listed
    assert "Tất cả <b>0</b>" in listed
    assert "0 kết quả" in stranger.get("/search?q=hon nhan").text
    for address in (paper, f"{paper}/pages/1/160.jpg", f"{paper}/pages/1/1000.jpg", file, dossier):
        assert stranger.get(address).status_code == 404, address
    assert stranger.get(f"/live{paper}").status_code == 404
    acts = [f"{paper}/{act}" for act in ("sign", "review", "rescan", "copies")]
    acts += [f"{copy}/{act}" for act in ("approve", "refuse", "confirm", "seal", "deliver", "void", "cancel")]
    fields = {"original_pages": "1", "original_seen": "yes", "reason": "thử", "seen-1": "yes", "clause": "1"}
    for address in [*acts, f"{dossier}/papers"]:
        answer = stranger.send(address, page="/", channel="counter", **fields)
        assert answer.status_code in (404, 422), address
        assert "Trần Thị Bình" not in answer.text, address


def test_a_copy_is_not_shown_under_the_picture_address_of_another_paper(house, clerk, story, page):
    other = house.scanned(page)
    copy = story["copy"].split("/")[-1]
    assert clerk.get(f"{story['paper']}/pages/1/160.jpg?copy={copy}").status_code == 200
    assert clerk.get(f"/papers/{other}/pages/1/160.jpg?copy={copy}").status_code == 404


@pytest.mark.law("L55")
def test_looking_at_a_sensitive_paper_stands_in_the_ledger(house, clerk, page):
    paper = house.scanned(page)
    with writing(house.office.engine) as connection:
        secret = {"sensitivity": int(Sensitivity.RESTRICTED)}
        connection.execute(sa.update(papers).where(papers.c.id == paper).values(**secret))
    clerk.get(f"/papers/{paper}")
    with reading(house.office.engine) as connection:
        looked = [one.actor for one in ledger.entries(connection, paper) if one.what == "paper_viewed"]
    assert looked == [house.clerk.account]


def test_the_stamp_of_a_page_changes_with_the_paper_and_only_then(house, clerk, page):
    paper = house.scanned(page)
    first = clerk.get(f"/live/papers/{paper}").json()
    assert clerk.get(f"/live/papers/{paper}").json() == first
    listed = clerk.get("/live/list").json()
    run_until_idle(house.office)
    assert clerk.get(f"/live/papers/{paper}").json() != first
    assert clerk.get("/live/list").json() != listed


def test_what_changes_while_a_page_is_made_is_still_noticed_by_it(house, clerk, page, monkeypatch):
    paper = house.scanned(page)

    def see_and_let_the_machine_go_on(*asked):
        seen = see_paper(*asked)
        run_until_idle(house.office)
        return seen

    monkeypatch.setattr(view, "see_paper", see_and_let_the_machine_go_on)
    shown = clerk.get(f"/papers/{paper}").text
    assert "Đang nhận dạng" in shown
    assert STAMP.search(shown)[1] != clerk.get(f"/live/papers/{paper}").json()["stamp"]


def test_what_people_wrote_is_shown_as_text_and_never_as_markup(house, clerk, page):
    nasty = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    files = [("files", ("trang.jpg", page.read_bytes(), "image/jpeg"))]
    told = {"procedure": "2.000815", "title": nasty, "requester": nasty, "how": "finish", "source": "upload"}
    answer = clerk.send("/dossiers", page="/dossiers/new", files=files, **told)
    for address in (led_to(answer), "/", "/search?q=" + nasty):
        text = clerk.get(address).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
