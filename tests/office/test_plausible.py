"""What a confirmed value can be: dates that exist, numbers of their form, no letters that nobody sees."""

import unicodedata
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from office.desk import digitizing
from office.faults import DeskCode, DeskFault
from office.plausible import EARLIEST_YEAR, Doubt, as_kept, doubt_about, doubts
from office.tables import fields, papers
from office.work.dispatcher import run_until_idle
from storage.database import reading

TODAY = date(2026, 11, 24)
DAYS = st.dates(date(EARLIEST_YEAR, 1, 1), TODAY)


@pytest.mark.parametrize(
    ("name", "value", "doubt"),
    [
        ("issued_on", "24/13/2024", Doubt.NOT_IN_CALENDAR),
        ("issued_on", "29/02/2025", Doubt.NOT_IN_CALENDAR),
        ("issued_on", "00/05/2025", Doubt.NOT_IN_CALENDAR),
        ("issued_on", "25/11/2026", Doubt.IN_FUTURE),
        ("issued_on", "12/2026", Doubt.IN_FUTURE),
        ("issued_on", "01/01/1024", Doubt.TOO_EARLY),
        ("issued_on", "hôm qua", Doubt.NO_DATE),
        ("issued_on", "1/2/3/2024", Doubt.NO_DATE),
        ("issued_on", "٢٤/٠١/٢٠٢٤", Doubt.NO_DATE),
        ("issued_on", "9" * 5000, Doubt.TOO_LONG),
        ("issued_on", "9" * 900, Doubt.NO_DATE),
        ("issued_on", "1/1/202", Doubt.NO_DATE),
        ("issued_on", "24", Doubt.NO_DATE),
        ("number_symbol", "15//QĐ", Doubt.NO_NUMBER),
        ("number_symbol", "///", Doubt.NO_NUMBER),
        ("number_symbol", "15/QĐ<script>", Doubt.NO_NUMBER),
        ("signer", "12345", Doubt.NO_LETTER),
        ("place", "---", Doubt.NO_LETTER),
        ("subject", "Về việc\x07 cấp", Doubt.UNPRINTED),
        ("subject", "Về\u200b việc", Doubt.UNPRINTED),
        ("subject", "\u202egnôhk", Doubt.UNPRINTED),
        ("subject", "a" * 1001, Doubt.TOO_LONG),
    ],
)
def test_what_cannot_stand_on_a_paper_is_doubted(name, value, doubt):
    assert doubt_about(name, value, TODAY) is doubt


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("issued_on", "5/1/26", "05/01/2026"),
        ("issued_on", "24/12/30", "24/12/1930"),
        ("issued_on", "05012026", "05/01/2026"),
        ("issued_on", " 5 - 1 - 2026 ", "05/01/2026"),
        ("issued_on", "5.1.2026", "05/01/2026"),
        ("issued_on", "6/2025", "06/2025"),
        ("issued_on", "1987", "1987"),
        ("issued_on", "29/2/2024", "29/02/2024"),
        ("issued_on", "", ""),
        ("number_symbol", "15/QĐ-UBND", "15/QĐ-UBND"),
        ("number_symbol", "01/2024/NĐ-CP", "01/2024/NĐ-CP"),
        ("number_symbol", "/QĐ-UBND", "/QĐ-UBND"),
        ("number_symbol", "CH 00123", "CH 00123"),
        ("number_symbol", "", ""),
        ("signer", unicodedata.normalize("NFD", "Nguyễn Thị Đoàn"), "Nguyễn Thị Đoàn"),
        ("signer_title", "KT. CHỦ TỊCH", "KT. CHỦ TỊCH"),
        ("subject", "", ""),
    ],
)
def test_what_can_stand_is_kept_in_one_form(name, value, kept):
    assert doubt_about(name, value, TODAY) is None
    assert as_kept(name, value, TODAY) == kept


@given(DAYS, st.sampled_from("/.-"))
def test_every_day_up_to_today_is_taken_and_reads_back_as_itself(day, sign):
    written = f"{day.day}{sign}{day.month}{sign}{day.year}"
    assert doubt_about("issued_on", written, TODAY) is None
    kept = as_kept("issued_on", written, TODAY)
    assert kept == f"{day:%d/%m/}{day.year}"
    assert as_kept("issued_on", kept, TODAY) == kept


@given(st.integers(1, 5000))
def test_no_day_to_come_is_taken(days):
    day = TODAY + timedelta(days=days)
    assert doubt_about("issued_on", f"{day.day}/{day.month}/{day.year}", TODAY) is Doubt.IN_FUTURE


@given(st.sampled_from(["issued_on", "number_symbol", "subject", "signer"]), st.text())
def test_whatever_is_typed_is_kept_composed_or_doubted(name, value):
    kept = as_kept(name, value, TODAY)
    assert unicodedata.is_normalized("NFC", kept)
    assert (doubt_about(name, value, TODAY) is None) == (doubts({name: kept}, TODAY) == {})


def test_an_impossible_value_archives_nothing_whoever_calls_the_act(house, page):
    paper = house.scanned(page)
    run_until_idle(house.office)
    digitizing.sign_scan(house.office, house.clerk, paper)
    run_until_idle(house.office)
    for values in ({"issued_on": "24/13/2024"}, {"signer": "\x00"}, {"subject": "x" * 5000}):
        with pytest.raises(DeskFault) as refused:
            digitizing.review_paper(house.office, house.clerk, paper, digitizing.Review(1, values))
        assert refused.value.code is DeskCode.VALUES_IMPOSSIBLE
    told = {"issued_on": "9.6.25", "subject": "V" * 600}
    digitizing.review_paper(house.office, house.clerk, paper, digitizing.Review(1, told))
    with reading(house.office.engine) as connection:
        row = connection.execute(sa.select(papers).where(papers.c.id == paper)).one()
        confirmed = sa.select(fields.c.confirmed_value).where(fields.c.paper == paper)
        day = connection.execute(confirmed.where(fields.c.name == "issued_on")).scalar_one()
    assert (row.state, day, len(row.title)) == ("REVIEWED", "09/06/2025", 500)
