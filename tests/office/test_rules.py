"""The rulebook is dated data: what holds depends on the day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from office.law.rules import Sentence, load_rules

TODAY = date(2026, 11, 24)
ONE_DAY = timedelta(days=1)
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
    assert sorted(rules.refusals(TODAY)) == [1, 2, 3, 4, 5, 6]
    assert all(sentence.endswith(".") for sentence in rules.refusals(TODAY).values())


def test_what_the_desk_says_itself_can_be_said_in_english_and_the_law_speaks_vietnamese(rules):
    assert all(check.english and check.said("en") == check.english for check in rules.checks(TODAY))
    assert all(check.said("vi") == check.words for check in rules.checks(TODAY))
    assert all(one.said("en") == one.words for one in (*rules.dated_refusals, *rules.dated_procedures))


@pytest.mark.law("L17")
def test_every_reason_to_refuse_has_a_check_and_comparing_has_one_more(rules):
    assert {check.code for check in rules.checks(TODAY)} == {
        "compared",
        *(f"clause-{n}" for n in range(1, 7)),
    }


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


@pytest.mark.parametrize("what", ["dated_refusals", "dated_checks", "dated_procedures"])
def test_every_ground_check_and_procedure_has_the_day_it_began(rules, what):
    told = getattr(rules, what)
    assert told
    assert all(date(2000, 1, 1) < one.effective_from <= TODAY for one in told)


CHANGED = date(2027, 1, 1)
ENDED = date(2027, 7, 1)


def changed(rules):
    """The rules after a change of law: ground 2 has other words, ground 6 has ended, a seventh began."""
    more = (
        Sentence("2", "Bản chính rách nát.", CHANGED),
        Sentence("6", "Giấy tờ tự lập.", CHANGED, effective_until=ENDED),
        Sentence("7", "Căn cứ mới.", CHANGED),
    )
    ended = replace(rules.dated_procedures[0], effective_until=ENDED)
    return replace(
        rules,
        dated_refusals=rules.dated_refusals + more,
        dated_checks=(*rules.dated_checks, Sentence("clause-7", "Không thuộc căn cứ mới", CHANGED)),
        dated_procedures=(ended, *rules.dated_procedures[1:]),
    )


def test_a_change_of_law_holds_from_its_day_and_not_before(rules):
    law = changed(rules)
    assert law.refusals(CHANGED - ONE_DAY) == rules.refusals(TODAY)
    after = law.refusals(CHANGED)
    assert (after[2], after[7], sorted(after)) == (
        "Bản chính rách nát.",
        "Căn cứ mới.",
        [1, 2, 3, 4, 5, 6, 7],
    )
    assert sorted(law.refusals(ENDED - ONE_DAY)) == [1, 2, 3, 4, 5, 6, 7]
    assert sorted(law.refusals(ENDED)) == [1, 2, 3, 4, 5, 7]
    assert [check.code for check in law.checks(CHANGED)][-1] == "clause-7"
    assert law.checks(CHANGED - ONE_DAY) == rules.checks(TODAY)


def test_a_procedure_that_has_ended_takes_no_new_dossier_but_old_ones_keep_its_name(rules):
    law, code = changed(rules), rules.dated_procedures[0].code
    assert code in law.procedures(ENDED - ONE_DAY)
    assert code not in law.procedures(ENDED)
    assert law.procedure_names(ENDED) == rules.procedures(TODAY)


def test_before_the_law_there_is_no_ground_no_check_and_no_procedure(rules):
    day = date(1990, 1, 1)
    assert (rules.refusals(day), rules.checks(day), rules.procedures(day)) == ({}, (), {})
