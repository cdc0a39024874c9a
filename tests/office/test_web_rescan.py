"""A paper is sent back to be read again without JavaScript: wishes, corners as numbers, nonsense refused."""

import re

import pytest
import sqlalchemy as sa

from office.tables import pages, papers
from office.work.dispatcher import run_until_idle
from storage.database import reading
from tests.office.browsing import Visitor, led_to, passwords_of, served
from tests.office.conftest import open_house

FIELD = re.compile(r'name="(corner-1-\d-(?:across|down))" value="([^"]*)"')
GOOD = ((5, 4), (95, 5), (96, 97), (4, 96))  # %


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("desk") / "house")
    yield opened
    opened.office.engine.dispose()


@pytest.fixture(scope="module")
def clerk(house):
    with served(house.office) as url, Visitor(url) as visitor:
        visitor.log_in("canbo", passwords_of(house.office)["canbo"])
        yield visitor


@pytest.fixture
def paper(house, page):
    """A paper that has been read: its id."""
    scanned = house.scanned(page)
    run_until_idle(house.office)
    return scanned


def numbers(corners):
    return {
        f"corner-1-{place}-{side}": str(value).replace(".", ",")
        for place, corner in enumerate(corners, start=1)
        for side, value in zip(("across", "down"), corner, strict=True)
    }


def send(clerk, paper, **told):
    at = f"/papers/{paper}"
    return clerk.send(f"{at}/rescan", page=f"{at}?corners=1", rescan="yes", **told)


def row_of(house, table, paper):
    where = (table.c.id if "id" in table.c else table.c.paper) == paper
    with reading(house.office.engine) as connection:
        return connection.execute(sa.select(table).where(where)).one()


def test_corners_and_wishes_are_asked_by_a_plain_form_and_kept(house, clerk, paper):
    assert "corner-1" not in clerk.get(f"/papers/{paper}").text  # nobody asked, and the page is no photograph
    shown = clerk.get(f"/papers/{paper}?corners=1").text
    assert len(FIELD.findall(shown)) == 8
    assert f"/papers/{paper}/scans/1/1000.jpg" in shown
    picture = clerk.get(f"/papers/{paper}/scans/1/160.jpg")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")

    assert led_to(send(clerk, paper, whiten="yes", **{"cut-1": "yes"}, **numbers(GOOD))) == f"/papers/{paper}"
    run_until_idle(house.office)
    report = row_of(house, pages, paper).report
    assert report["quad"] == [[across / 100, down / 100] for across, down in GOOD]
    assert (report["recipe"]["whitened"], report["recipe"]["dewarped"]) == (True, False)
    after = clerk.get(f"/papers/{paper}").text
    assert "làm trắng nền, góc giấy trang 1" in after
    assert 'name="whiten" value="yes" checked' in after
    assert 'name="cut-1" value="yes" checked' in after
    assert dict(FIELD.findall(after))["corner-1-3-down"] == "97"
    assert "/scans/1/" not in after  # the rectified paper is shown now
    assert f'href="/papers/{paper}?corners=1#trang-1"' in after


def test_numbers_alone_cut_nothing(house, clerk, paper):
    assert led_to(send(clerk, paper, duplex="yes", **numbers(GOOD))) == f"/papers/{paper}"
    assert row_of(house, papers, paper).wishes == {
        "whiten": False,
        "dewarp": False,
        "duplex": True,
        "corners": [],
    }


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        (GOOD[::-1], "không thể là tờ giấy"),
        ((GOOD[0], GOOD[2], GOOD[1], GOOD[3]), "không thể là tờ giấy"),
        (((-5, 4), *GOOD[1:]), "không thể là tờ giấy"),
        (((5, 104), *GOOD[1:]), "không thể là tờ giấy"),
        ((("", 4), *GOOD[1:]), "nhập đủ tám số"),
        ((("nan", 4), *GOOD[1:]), "nhập đủ tám số"),
        ((("1e1", 4), *GOOD[1:]), "nhập đủ tám số"),
    ],
)
def test_nonsense_is_refused_with_a_sentence_and_stays_as_it_was_typed(house, clerk, read, corners, words):
    answer = send(clerk, read, dewarp="yes", **{"cut-1": "yes"}, **numbers(corners))
    assert answer.status_code == 422
    assert words in answer.text
    assert "<title>Lỗi: " in answer.text
    assert 'name="dewarp" value="yes" checked' in answer.text
    assert 'name="cut-1" value="yes" checked' in answer.text
    typed = {name: value for name, value in numbers(corners).items() if value}
    assert typed.items() <= dict(FIELD.findall(answer.text)).items()
    assert row_of(house, papers, read).state == "READ"
    assert row_of(house, papers, read).wishes is None


@pytest.fixture(scope="module")
def read(house, page):
    """A paper that was read and that no test sends back."""
    scanned = house.scanned(page)
    run_until_idle(house.office)
    return scanned


def test_a_refused_form_leaves_what_was_read_in_the_fields_of_the_review(house, clerk, paper):
    clerk.send(f"/papers/{paper}/sign", page=f"/papers/{paper}", sure="yes")
    run_until_idle(house.office)
    fields = re.findall(r'name="f-\w+" value="[^"]+"', clerk.get(f"/papers/{paper}").text)
    assert fields
    answer = send(clerk, paper, **{"cut-1": "yes"}, **numbers(GOOD[::-1]))
    assert answer.status_code == 422
    assert re.findall(r'name="f-\w+" value="[^"]+"', answer.text) == fields


def test_there_is_no_scan_of_pages_that_there_are_not(clerk, read):
    assert clerk.get(f"/papers/{read}/scans/2/160.jpg").status_code == 404
    assert clerk.get(f"/papers/{read}/scans/1/161.jpg").status_code == 404
    assert "corner-" not in clerk.get(f"/papers/{read}?corners=2").text
