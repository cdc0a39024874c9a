"""Two people at one paper: each learns what the other did, nothing typed is lost, no internals are shown."""

import re

import pytest
import sqlalchemy as sa

from office.desk import digitizing
from office.people.accounts import NewAccount, create_account
from office.people.passwords import Passwords
from office.procedure import Role
from office.tables import fields, papers
from office.work.dispatcher import run_until_idle
from storage import ledger
from storage.database import reading
from tests.office.browsing import Visitor, led_to, passwords_of, served
from tests.office.conftest import open_house

STRONG = "Mat-khau-cua-toi-2"
INTERNALS = re.compile(r"→|\b[A-Z]+_[A-Z]+\b|review_paper|\(\)|quarantine|EXTRACTED|ARCHIVED|REVIEWED")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("two") / "house")
    told = {"full_name": "Lê Thị Hai", "title": "", "unit": opened.office.settings.unit, "password": STRONG}
    second = NewAccount("hai", roles=frozenset({Role.CLERK}), must_change=False, **told)
    create_account(opened.office, Passwords(), second)
    yield opened
    opened.office.engine.dispose()


@pytest.fixture(scope="module")
def both(house):
    """Two clerks, each at a browser of their own."""
    with served(house.office) as url, Visitor(url) as first, Visitor(url) as second:
        assert led_to(first.log_in("canbo", passwords_of(house.office)["canbo"])) == "/"
        assert led_to(second.log_in("hai", STRONG)) == "/"
        yield first, second


@pytest.fixture
def extracted(house, page):
    paper = house.scanned(page)
    run_until_idle(house.office)
    digitizing.sign_scan(house.office, house.clerk, paper)
    run_until_idle(house.office)
    return paper


def review(visitor, paper, at, **told):
    ticks = dict.fromkeys(re.findall(r'name="(ok-\w+)"', at), "yes")
    values = dict(re.findall(r'name="(f-\w+)" value="([^"]*)"', at))
    address = f"/papers/{paper}"
    sent = {"original_pages": "1", "how": "finish", **ticks, **values, **told}
    return visitor.send(f"{address}/review", page=address, **sent)


def problems_in(text):
    return re.findall(r"<li>(.*?)</li>", text.split('role="alert"', 1)[1].split("</div>", 1)[0])


def test_a_second_review_is_told_of_the_first_and_keeps_what_was_typed(house, both, extracted):
    first, second = both
    opened = [visitor.get(f"/papers/{extracted}").text for visitor in both]
    assert led_to(review(first, extracted, opened[0], **{"f-signer": "Trần Văn Một"}))
    answer = review(second, extracted, opened[1], **{"f-signer": "Trần Văn Hai"})
    assert answer.status_code == 409
    told = problems_in(answer.text)
    assert len(told) == 2
    assert "Nguyễn Thị Mẫu (BẢN MẪU) đã làm trước: Rà soát xong, lúc " in told[1]
    assert not any(INTERNALS.search(sentence) for sentence in told)
    table = answer.text.split('id="chua-ghi"', 1)[1].split("</section>", 1)[0]
    assert "Trần Văn Hai</td><td>Trần Văn Một" in table
    assert table.count("khác</span>") == 1
    with reading(house.office.engine) as connection:
        kept = sa.select(fields.c.confirmed_value).where(
            fields.c.paper == extracted, fields.c.name == "signer"
        )
        assert connection.execute(kept).scalar_one() == "Trần Văn Một"
        late = [one for one in ledger.entries(connection, extracted) if one.what == "review_came_late"]
    assert [one.body["fields"] for one in late] == [["signer"]]
    history = first.get(f"/papers/{extracted}").text
    assert "Rà soát sau người khác, không ghi · Lê Thị Hai" in history  # and the first learns of the second


def test_a_late_act_on_a_copy_names_who_was_first(house, both, page):
    first, second = both
    paper = house.archived(page)
    address = f"/papers/{paper}"
    assert led_to(first.send(f"{address}/copies", page=address, original_seen="yes", original_pages="1"))
    copy = re.search(r'action="(/copies/[^/]+)/refuse"', first.get(address).text)[1]
    assert led_to(first.send(f"{copy}/refuse", page=address, clause="2", sure="yes")) == address
    answer = second.send(f"{copy}/refuse", page=address, clause="5", sure="yes")
    assert answer.status_code == 409
    assert "Nguyễn Thị Mẫu (BẢN MẪU) đã làm trước: Từ chối chứng thực, lúc " in problems_in(answer.text)[1]
    assert "Nội dung đã nhập, chưa ghi" in answer.text


def test_an_impossible_date_is_refused_at_its_field_and_archives_nothing(house, both, extracted):
    first, _ = both
    opened = first.get(f"/papers/{extracted}").text
    answer = review(first, extracted, opened, **{"f-issued_on": "24/13/2024"})
    assert answer.status_code == 422
    assert problems_in(answer.text) == ["Ngày ban hành: Ngày này không có trong lịch. So với giấy."]
    field = answer.text.split('id="f-issued_on"', 1)[1].split("</div>", 1)[0]
    assert 'value="24/13/2024"' in field
    assert 'aria-invalid="true"' in field
    assert "không có trong lịch" in field
    with reading(house.office.engine) as connection:
        state = sa.select(papers.c.state).where(papers.c.id == extracted)
        assert connection.execute(state).scalar_one() == "EXTRACTED"
    assert led_to(review(first, extracted, opened, **{"f-issued_on": ""}))  # the paper has none
