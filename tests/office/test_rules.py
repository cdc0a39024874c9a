"""The rulebook is dated data: what holds depends on the day."""

from datetime import date

import pytest

from office.law.rules import load_rules

TODAY = date(2026, 11, 24)
VECTORS = [(1, 2_000), (2, 4_000), (3, 5_000), (10, 12_000), (198, 200_000), (500, 200_000)]


@pytest.fixture(scope="module")
def rules():
    return load_rules()


@pytest.mark.law("L38")
@pytest.mark.parametrize(("pages", "fee"), VECTORS)
def test_the_fee_follows_the_tariff(rules, pages, fee):
    assert rules.tariff(TODAY).fee(pages) == fee
    assert rules.tariff(TODAY).fee(pages, copies=3) == 3 * fee


@pytest.mark.law("L18")
def test_there_are_six_reasons_to_refuse_and_each_has_its_words(rules):
    assert sorted(rules.refusals) == [1, 2, 3, 4, 5, 6]
    assert all(sentence.endswith(".") for sentence in rules.refusals.values())


@pytest.mark.law("L17")
def test_every_reason_to_refuse_has_a_check_and_comparing_has_one_more(rules):
    assert {check.code for check in rules.checks} == {"compared", *(f"clause-{n}" for n in range(1, 7))}


@pytest.mark.law("L21")
def test_the_statement_has_its_heading_number_book_and_date(rules):
    wording = rules.wording(TODAY)
    assert wording.heading == "Chứng thực bản sao đúng với bản chính"
    line = wording.number_line.format(number=7, volume=1, year=2026, book="SCT/BS")
    assert line == "Số chứng thực: 7    Quyển số: 1/2026-SCT/BS"
    assert wording.date_line.format(day="05", month="01", year=2026) == "Ngày 05 tháng 01 năm 2026"


def test_before_the_law_there_is_no_wording(rules):
    with pytest.raises(LookupError):
        rules.wording(date(1990, 1, 1))


@pytest.mark.law("L27")
def test_the_agencys_own_copy_shows_kind_agency_and_time_in_ten_points(rules):
    form = rules.appearance("agency_copy", TODAY)
    assert form.lines == ("{kind}; {agency}; {date}; {time} +07:00",)
    assert form.font_size == 10
