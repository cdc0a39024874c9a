"""One paper goes the whole way, on each database; and nothing goes a way it must not."""

import time
from dataclasses import replace

import pytest
import sqlalchemy as sa
from ocfl import StorageRoot

from certify.book import register
from certify.model import CertifyFault, Kind
from certify.signing.timestamp import FallbackTimeStamper
from certify.verdict import Indication
from digitize.model import Wishes
from office.confined.confine import ChildFault
from office.confined.reader import wishes_of
from office.desk import archiving, certifying, checking, digitizing, intake, retrying, searching
from office.explain import explain
from office.faults import DeskCode, DeskFault
from office.keys.keyring import office_keyring
from office.procedure import CopyState, FileRole, PaperState
from office.rows import keeping
from office.tables import accounts, copies, pages, papers
from office.work.dispatcher import run_until_idle
from office.work.due import due_work
from storage import fixity, ledger
from storage.database import reading, writing
from tests.office.conftest import attended


def row_of(house, table, row_id):
    with reading(house.office.engine) as connection:
        return connection.execute(sa.select(table).where(table.c.id == row_id)).one()


def refused(code, act, *arguments):
    with pytest.raises(DeskFault) as told:
        act(*arguments)
    assert told.value.code is code
    return told.value


def kept_file(house, tmp_path, place):
    with reading(house.office.engine) as connection:
        kept = keeping.find(connection, place)
    return keeping.fetch(house.office, kept.sha256, tmp_path / f"{place.paper}-{place.role}.pdf")


@pytest.mark.slow
def test_a_paper_comes_from_the_folder_to_a_certified_archived_and_found_copy(
    house_on_each, page, tmp_path, verapdf, eu_dss
):
    house = house_on_each
    dossier = house.dossier()
    (house.office.inbox / "0001.jpg").write_bytes(page.read_bytes())
    paper = wait_for_scan(house, dossier)
    run_until_idle(house.office)
    assert row_of(house, papers, paper).state == PaperState.READ
    digitizing.sign_scan(house.office, house.clerk, paper)
    run_until_idle(house.office)
    values = {"subject": "Giấy xác nhận tình trạng hôn nhân"}
    digitizing.review_paper(house.office, house.clerk, paper, digitizing.Review(1, values))
    run_until_idle(house.office)
    assert row_of(house, papers, paper).state == PaperState.ARCHIVED

    copy = house.approved(paper)
    certifying.confirm_copy(house.office, house.officer, copy)
    run_until_idle(house.office)
    certifying.deliver_copy(house.office, house.clerk, copy, "counter")
    issued = row_of(house, copies, copy)
    assert (issued.state, issued.number, issued.archived_version) == (CopyState.DELIVERED, 1, 2)
    assert issued.fee == 2000

    file = kept_file(house, tmp_path, keeping.Place(paper, FileRole.COPY, copy))
    check = checking.check_copy(house.office, file)
    assert check.verdict.indication is Indication.TOTAL_PASSED
    assert "BẢN MẪU" in check.sentence
    assert checking.check_code(house.office, issued.check_code).light is checking.Light.GOOD
    scan = kept_file(house, tmp_path, keeping.Place(paper, FileRole.SIGNED_SCAN))
    digitized = kept_file(house, tmp_path, keeping.Place(paper, FileRole.DIGITIZED))
    assert all(verapdf([file, scan, digitized]).values())
    judged = eu_dss([file, scan], house.office.trust.roots[0])
    assert {told["indication"] for told in judged[file] + judged[scan]} == {"TOTAL_PASSED"}

    found = searching.find_records(house.office, house.clerk, searching.Wanted("tinh trang hon nhan"))
    assert [hit.paper for hit in found.hits] == [paper]
    with reading(house.office.engine) as connection:
        assert ledger.verify(connection).first_break is None
        assert register.by_digest(connection, issued_digest(house, paper, copy)).request_id == copy
    assert list(fixity.verify(house.office.objects, house.office.archive)) == []
    assert StorageRoot(root=str(house.office.settings.data / "archive")).validate()


def wait_for_scan(house, dossier):
    """The folder holds a file back until it has been quiet for two seconds."""
    told = refused(
        DeskCode.STILL_SCANNING, intake.receive_scan, house.office, house.clerk, dossier, "Giấy xác nhận"
    )
    assert told.detail == "0001.jpg"
    time.sleep(2.2)
    return intake.receive_scan(house.office, house.clerk, dossier, "Giấy xác nhận")


def issued_digest(house, paper, copy):
    with reading(house.office.engine) as connection:
        return keeping.find(connection, keeping.Place(paper, FileRole.COPY, copy)).sha256


def test_nothing_in_the_folder_is_told_and_changes_nothing(house):
    refused(DeskCode.NOTHING_SCANNED, intake.receive_scan, house.office, house.clerk, house.dossier(), "Giấy")


def test_what_is_no_page_is_refused_by_the_scanners_own_code(house, tmp_path):
    (tmp_path / "notes.txt").write_text("words")
    with pytest.raises(ChildFault) as told:
        house.scanned(tmp_path / "notes.txt")
    assert (told.value.family, told.value.code) == ("ScanFault", "NOT_A_PAGE")


@pytest.mark.law("L57")
def test_each_act_wants_its_role(house, page):
    refused(
        DeskCode.NOT_ALLOWED, intake.open_dossier, house.office, house.officer, intake.Intake("2.000815", "A")
    )
    paper = house.scanned(page)
    refused(DeskCode.NOT_ALLOWED, digitizing.sign_scan, house.office, house.officer, paper)
    refused(DeskCode.NOT_ALLOWED, certifying.confirm_copy, house.office, house.clerk, "any")
    refused(DeskCode.NOT_ALLOWED, certifying.seal_copy, house.office, house.clerk, "any")


def test_a_paper_of_another_unit_does_not_exist(house, page, stranger):
    paper = house.scanned(page)
    refused(DeskCode.NOT_FOUND, digitizing.sign_scan, house.office, stranger, paper)
    request = certifying.CopyRequest(1)
    refused(DeskCode.NOT_FOUND, certifying.request_copy, house.office, stranger, paper, request)


@pytest.mark.law("L5")
def test_an_original_with_other_pages_than_were_scanned_stops_the_review(house, page):
    paper = house.scanned(page)
    run_until_idle(house.office)
    digitizing.sign_scan(house.office, house.clerk, paper)
    run_until_idle(house.office)
    review = digitizing.Review(2, {})
    refused(DeskCode.PAGES_DIFFER, digitizing.review_paper, house.office, house.clerk, paper, review)
    assert row_of(house, papers, paper).state == PaperState.EXTRACTED
    assert row_of(house, papers, paper).owner is None


def test_a_paper_sent_back_is_read_again(house, page):
    paper = house.scanned(page)
    run_until_idle(house.office)
    digitizing.rescan_paper(house.office, house.clerk, paper)
    assert row_of(house, papers, paper).state == PaperState.SCANNED
    run_until_idle(house.office)
    assert row_of(house, papers, paper).state == PaperState.READ


CORNERS = ((0.05, 0.04), (0.95, 0.05), (0.96, 0.97), (0.04, 0.96))


def test_wishes_stay_with_the_paper_reach_the_reader_and_stand_in_the_ledger(house_on_each, page):
    house = house_on_each
    paper = house.scanned(page)
    run_until_idle(house.office)
    digitizing.sign_scan(house.office, house.clerk, paper)
    run_until_idle(house.office)
    wishes = Wishes(whiten=True, dewarp=True, corners=((1, CORNERS),))
    digitizing.rescan_paper(house.office, house.clerk, paper, wishes)
    sent_back = row_of(house, papers, paper)
    assert (sent_back.state, sent_back.signed_at) == (PaperState.SCANNED, None)
    assert wishes_of(sent_back.wishes) == wishes
    run_until_idle(house.office)
    (read,) = report_of(house, paper)
    assert read["quad"] == [list(corner) for corner in CORNERS]
    assert read["recipe"]["whitened"]
    assert row_of(house, papers, paper).state == PaperState.READ
    with reading(house.office.engine) as connection:
        (told,) = (entry for entry in ledger.entries(connection, paper) if entry.what == "paper_sent_back")
        assert told.body["wishes"]["corners"] == {"1": [[500, 400], [9500, 500], [9600, 9700], [400, 9600]]}
        assert ledger.verify(connection).first_break is None
        with pytest.raises(DeskFault):  # what was signed is no longer what the paper shows
            keeping.find(connection, keeping.Place(paper, FileRole.SIGNED_SCAN))


def report_of(house, paper):
    with reading(house.office.engine) as connection:
        return list(connection.execute(sa.select(pages.c.report).where(pages.c.paper == paper)).scalars())


def test_a_paper_sent_back_without_wishes_is_read_as_usual(house, page):
    paper = house.scanned(page)
    run_until_idle(house.office)
    digitizing.rescan_paper(house.office, house.clerk, paper, Wishes(corners=((1, CORNERS),)))
    run_until_idle(house.office)
    digitizing.rescan_paper(house.office, house.clerk, paper)
    run_until_idle(house.office)
    (read,) = report_of(house, paper)
    assert read["quad"] is None


@pytest.mark.parametrize(
    ("page_number", "corners", "code"),
    [
        (1, CORNERS[::-1], DeskCode.CORNERS_IMPOSSIBLE),
        (1, ((-0.1, 0.0), *CORNERS[1:]), DeskCode.CORNERS_IMPOSSIBLE),
        (2, CORNERS, DeskCode.NOT_FOUND),
    ],
)
def test_corners_that_are_no_paper_or_of_no_page_change_nothing(house, page, page_number, corners, code):
    paper = house.scanned(page)
    run_until_idle(house.office)
    wishes = Wishes(corners=((page_number, corners),))
    refused(code, digitizing.rescan_paper, house.office, house.clerk, paper, wishes)
    assert row_of(house, papers, paper).state == PaperState.READ
    assert row_of(house, papers, paper).wishes is None


@pytest.mark.law("L17")
def test_a_copy_wants_every_check(house, page):
    paper = house.archived(page)
    copy = certifying.request_copy(house.office, house.clerk, paper, certifying.CopyRequest(1))
    told = refused(
        DeskCode.CHECKS_MISSING, certifying.approve_copy, house.office, house.clerk, copy, frozenset()
    )
    assert "compared" in told.detail
    assert row_of(house, copies, copy).state == CopyState.REQUESTED


@pytest.mark.law("L18")
def test_a_refusal_keeps_the_laws_own_words(house, page):
    paper = house.archived(page)
    copy = certifying.request_copy(house.office, house.clerk, paper, certifying.CopyRequest(1))
    refused(DeskCode.REASON_MISSING, certifying.refuse_copy, house.office, house.clerk, copy, 7)
    certifying.refuse_copy(house.office, house.clerk, copy, 2)
    assert row_of(house, copies, copy).reason == house.office.rules.refusals(house.office.today)[2]
    assert due_work(house.office) == ()


@pytest.mark.law("L57")
def test_whoever_scanned_does_not_certify_unless_the_office_allows_it(house, page):
    both = replace(house.clerk, roles=house.clerk.roles | house.officer.roles)
    copy = house.approved(house.archived(page))
    refused(DeskCode.OWN_SCAN, certifying.confirm_copy, house.office, both, copy)
    allowed = house.office.settings.having("signing", own_scans_certifiable=True)
    certifying.confirm_copy(replace(house.office, settings=allowed), both, copy)


def test_a_signed_file_is_kept_as_it_is_and_never_certified(house, page, tmp_path):
    first = house.archived(page)
    signed = kept_file(house, tmp_path, keeping.Place(first, FileRole.SIGNED_SCAN))
    paper = house.archived(signed)
    again = kept_file(house, tmp_path, keeping.Place(paper, FileRole.SIGNED_SCAN))
    assert again.read_bytes() == signed.read_bytes()
    request = certifying.CopyRequest(1)
    refused(DeskCode.ELECTRONIC_ORIGINAL, certifying.request_copy, house.office, house.clerk, paper, request)


def test_a_number_waits_for_the_records_officer_and_can_be_void_before_the_agency_signs(house, page):
    paper = house.archived(page)
    careful = attended(house)
    copy = careful.approved(paper)
    certifying.confirm_copy(careful.office, careful.officer, copy)
    run_until_idle(careful.office)
    assert row_of(house, copies, copy).state == CopyState.OFFICER_SIGNED
    refused(DeskCode.REASON_MISSING, certifying.void_copy, careful.office, careful.records_officer, copy, " ")
    certifying.void_copy(careful.office, careful.records_officer, copy, "Sai tên người yêu cầu")
    with reading(house.office.engine) as connection:
        assert register.by_request(connection, copy).state == "VOID"
    second = careful.approved(paper)
    certifying.confirm_copy(careful.office, careful.officer, second)
    run_until_idle(careful.office)
    certifying.seal_copy(careful.office, careful.records_officer, second)
    run_until_idle(careful.office)
    assert (row_of(house, copies, second).state, row_of(house, copies, second).number) == (
        CopyState.ISSUED,
        2,
    )


@pytest.mark.law("L36")
def test_a_cancelled_copy_is_told_as_cancelled(house, page, tmp_path):
    paper = house.archived(page)
    copy = house.approved(paper)
    certifying.confirm_copy(house.office, house.officer, copy)
    run_until_idle(house.office)
    file = kept_file(house, tmp_path, keeping.Place(paper, FileRole.COPY, copy))
    certifying.cancel_copy(house.office, house.officer, copy, "Quyết định số 12/QĐ-UBND ngày 24/11/2026")
    check = checking.check_copy(house.office, file)
    assert check.exit_code == 1
    assert "hủy bỏ" in check.sentence
    assert (
        checking.check_code(house.office, row_of(house, copies, copy).check_code).light is checking.Light.BAD
    )


def name_officer(house, title):
    with writing(house.office.engine) as connection:
        mine = accounts.c.id == house.officer.account
        connection.execute(sa.update(accounts).where(mine).values(title=title))


def test_a_copy_that_cannot_be_composed_keeps_its_number_and_is_issued_under_it(house, page):
    copy = house.approved(house.archived(page))
    certifying.confirm_copy(house.office, house.officer, copy)
    title = house.officer.title
    name_officer(house, "PHÓ CHỦ TỊCH ỦY BAN NHÂN DÂN " * 40)
    run_until_idle(house.office)
    waiting = row_of(house, copies, copy)
    assert (waiting.state, waiting.fault) == (CopyState.RESERVED, "CertifyFault.text-too-long")
    assert (waiting.number, waiting.retry_at) == (1, None)
    run_until_idle(house.office)
    with reading(house.office.engine) as connection:
        entry = register.by_request(connection, copy)
    assert (entry.number.value, entry.state) == (1, "RESERVED")
    name_officer(house, title)
    retrying.try_copy_again(house.office, house.clerk, copy)
    run_until_idle(house.office)
    issued = row_of(house, copies, copy)
    assert (issued.state, issued.number, issued.fault) == (CopyState.ISSUED, 1, None)


@pytest.mark.law("L42")
def test_a_dead_time_stamp_server_signs_nothing_keeps_the_number_and_is_tried_again(house, page):
    copy = house.approved(house.archived(page))
    certifying.confirm_copy(house.office, house.officer, copy)
    dead = FallbackTimeStamper([_DeadStamper()])
    mute = replace(house.office.services, timestamps=dead)
    run_until_idle(replace(house.office, open_services=lambda: mute))
    waiting = row_of(house, copies, copy)
    assert (waiting.state, waiting.fault) == (CopyState.RESERVED, "CertifyFault.timestamp-unavailable")
    assert waiting.retry_at is not None
    later = replace(house.office, clock=lambda: waiting.retry_at)
    run_until_idle(later)
    issued = row_of(house, copies, copy)
    assert (issued.state, issued.number, issued.fault) == (CopyState.ISSUED, waiting.number, None)


class _DeadStamper:
    """A time-stamp server that never answers."""

    async def async_timestamp(self, *_):
        raise CertifyFault("timestamp-unavailable", "nobody there")

    async def async_dummy_response(self, *_):
        raise CertifyFault("timestamp-unavailable", "nobody there")


@pytest.mark.law("L8")
def test_the_archives_file_is_named_by_dossier_and_ordinal():
    assert archiving.archive_name("H49.64.33.2001.160", 1) == "du-lieu/H49.64.33.2001.160.1.pdf"


def test_the_index_is_built_anew_from_what_is_kept(house, page):
    paper = house.archived(page)
    assert searching.rebuild(house.office) == 1
    found = searching.find_records(house.office, house.clerk, searching.Wanted("hon nhan"))
    assert [hit.paper for hit in found.hits] == [paper]


def test_what_another_unit_archived_is_not_found(house, page, stranger):
    house.archived(page)
    found = searching.find_records(house.office, stranger, searching.Wanted("hon nhan"))
    assert (found.total, found.hits) == (0, ())


def test_what_was_put_aside_for_a_person_goes_on_when_the_person_says_so(house, page):
    copy = house.approved(house.archived(page))
    certifying.confirm_copy(house.office, house.officer, copy)
    office = house.office
    run_until_idle(replace(office, keyring=office_keyring(office.engine, office.settings, office.clock)))
    assert row_of(house, copies, copy).fault == f"DeskFault.{DeskCode.KEYS_MISSING}"
    assert due_work(house.office) == ()
    retrying.try_copy_again(house.office, house.clerk, copy)
    run_until_idle(house.office)
    assert (row_of(house, copies, copy).state, row_of(house, copies, copy).number) == (CopyState.ISSUED, 1)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.CERTIFIED])
def test_a_kind_of_copy_that_has_no_way_yet_is_refused_with_its_own_sentence(house, kind):
    request = certifying.CopyRequest(1, kind)
    told = refused(
        DeskCode.KIND_NOT_OFFERED, certifying.request_copy, house.office, house.clerk, "no paper", request
    )
    assert told.detail == kind
    assert "loại bản sao này" in explain(told).sentence
    with reading(house.office.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(copies)).scalar_one() == 0
