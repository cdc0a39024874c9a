"""The numbers of the certification books, on SQLite and PostgreSQL."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from certify.book import register, translog
from certify.book.register import EntryState, Particulars
from certify.model import Book, CertifyFault, FaultCode, Medium

CODE = "SCT/BS"
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
BOOK = Book(CODE, Medium.ELECTRONIC, 2026, 1)
DIGEST = "ab" * 32


@pytest.fixture
def opened(engine):
    register.metadata.create_all(engine)
    translog.metadata.create_all(engine)
    with engine.begin() as connection:
        register.open_book(connection, BOOK, "van-thu", NOON)
    return engine


def reserve(engine, request, at=NOON, medium=Medium.ELECTRONIC):
    with engine.begin() as connection:
        return register.reserve(connection, request, CODE, medium, at)


def entry_of(engine, request):
    with engine.begin() as connection:
        return register.by_request(connection, request)


def act(engine, function, *arguments):
    with engine.begin() as connection:
        return function(connection, *arguments)


def refused(code):
    return pytest.raises(CertifyFault, match=str(code))


def test_numbers_start_at_1_and_follow_each_other(opened):
    assert [reserve(opened, f"r{i}").value for i in range(5)] == [1, 2, 3, 4, 5]


def test_a_request_keeps_its_number_however_often_it_asks(opened):
    first = reserve(opened, "r1")
    assert reserve(opened, "r1", NOON + timedelta(days=2)) == first
    assert reserve(opened, "r2").value == 2


def test_a_reservation_undone_with_its_transaction_burns_no_number(opened):
    with opened.connect() as connection:
        transaction = connection.begin()
        assert register.reserve(connection, "r1", CODE, Medium.ELECTRONIC, NOON).value == 1
        transaction.rollback()
    assert reserve(opened, "r2").value == 1


@pytest.mark.law("L31")
def test_the_year_turns_at_midnight_in_vietnam_and_numbers_start_again(opened):
    last_second = datetime(2026, 12, 31, 16, 59, 59, tzinfo=UTC)
    assert reserve(opened, "r1", last_second).value == 1
    with refused(FaultCode.BOOK_MISSING):
        reserve(opened, "r2", last_second + timedelta(seconds=1))
    act(opened, register.open_book, Book(CODE, Medium.ELECTRONIC, 2027, 1), "van-thu", last_second)
    number = reserve(opened, "r2", last_second + timedelta(seconds=1))
    assert (number.value, number.book.year) == (1, 2027)


@pytest.mark.law("L30")
def test_paper_and_electronic_copies_are_numbered_apart(opened):
    act(opened, register.open_book, Book(CODE, Medium.PAPER, 2026, 1), "van-thu", NOON)
    assert reserve(opened, "r1").value == 1
    assert reserve(opened, "r2", medium=Medium.PAPER).value == 1
    with refused(FaultCode.NUMBER_TAKEN):
        reserve(opened, "r1", medium=Medium.PAPER)


@pytest.mark.law("L31")
def test_a_new_volume_of_the_year_continues_the_numbers(opened):
    reserve(opened, "r1")
    act(opened, register.record_issue, "r1", DIGEST, NOON)
    with refused(FaultCode.WRONG_STATE):
        act(opened, register.open_book, Book(CODE, Medium.ELECTRONIC, 2026, 2), "van-thu", NOON)
    act(opened, register.close_book, BOOK, "van-thu", NOON)
    act(opened, register.open_book, Book(CODE, Medium.ELECTRONIC, 2026, 2), "van-thu", NOON)
    number = reserve(opened, "r2")
    assert (number.value, number.book.volume) == (2, 2)


@pytest.mark.law("L31")
def test_many_at_once_get_numbers_without_gap_or_repetition(opened):
    got, wrong = [], []

    def work(worker):
        try:
            got.extend(reserve(opened, f"w{worker}-{turn // 2}").value for turn in range(6))
        except Exception as fault:  # noqa: BLE001 - whatever it is, the test shows it
            wrong.append(fault)

    workers = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
    assert sorted(got) == sorted(list(range(1, 25)) * 2)


def test_the_same_request_asked_for_by_two_at_once_gets_one_number(opened):
    got = []
    workers = [threading.Thread(target=lambda: got.append(reserve(opened, "same").value)) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert got == [1] * 6


def test_an_issued_copy_is_found_by_its_digest_and_by_every_renewed_one(opened):
    reserve(opened, "r1")
    act(opened, register.record_issue, "r1", DIGEST, NOON)
    act(opened, register.record_renewal, "r1", "cd" * 32, NOON)
    for digest in (DIGEST, DIGEST.upper(), "cd" * 32):
        found = act(opened, register.by_digest, digest)
        assert (found.request_id, found.state, found.sha256) == ("r1", EntryState.ISSUED, "cd" * 32)
    assert act(opened, register.by_digest, "ef" * 32) is None


def test_issuing_again_changes_nothing_and_another_digest_is_refused(opened):
    reserve(opened, "r1")
    act(opened, register.record_issue, "r1", DIGEST, NOON)
    act(opened, register.record_issue, "r1", DIGEST, NOON + timedelta(days=1))
    assert act(opened, translog.size) == 1
    with refused(FaultCode.WRONG_STATE):
        act(opened, register.record_issue, "r1", "cd" * 32, NOON)


def test_one_digest_cannot_stand_under_two_numbers(opened):
    reserve(opened, "r1")
    reserve(opened, "r2")
    act(opened, register.record_issue, "r1", DIGEST, NOON)
    with refused(FaultCode.NUMBER_TAKEN):
        act(opened, register.record_issue, "r2", DIGEST, NOON)


@pytest.mark.law("L33")
def test_a_void_number_stays_with_its_reason_and_is_never_given_again(opened):
    reserve(opened, "r1")
    act(opened, register.void, "r1", "ký lỗi", NOON)
    act(opened, register.void, "r1", "ký lỗi", NOON)
    assert (entry_of(opened, "r1").state, entry_of(opened, "r1").reason) == (EntryState.VOID, "ký lỗi")
    assert reserve(opened, "r2").value == 2
    with refused(FaultCode.WRONG_STATE):
        reserve(opened, "r1")
    with refused(FaultCode.WRONG_STATE):
        act(opened, register.record_issue, "r1", DIGEST, NOON)


def test_a_number_the_agency_signed_for_is_cancelled_never_void(opened):
    reserve(opened, "r1")
    act(opened, register.record_agency_signature, "r1")
    with refused(FaultCode.WRONG_STATE):
        act(opened, register.void, "r1", "đổi ý", NOON)
    act(opened, register.cancel, "r1", "12/QĐ-UBND", NOON)
    assert entry_of(opened, "r1").state is EntryState.CANCELLED


@pytest.mark.law("L36")
def test_a_cancelled_copy_is_still_found_and_says_so(opened):
    reserve(opened, "r1")
    act(opened, register.record_issue, "r1", DIGEST, NOON)
    act(opened, register.cancel, "r1", "12/QĐ-UBND ngày 01/12/2026", NOON)
    found = act(opened, register.by_digest, DIGEST)
    assert (found.state, found.reason) == (EntryState.CANCELLED, "12/QĐ-UBND ngày 01/12/2026")


@pytest.mark.law("L34")
def test_a_book_with_open_numbers_cannot_close_and_a_closed_one_takes_no_more(opened):
    for request in ("r1", "r2", "r3"):
        reserve(opened, request)
    act(opened, register.record_issue, "r1", DIGEST, NOON)
    with refused(FaultCode.BOOK_HAS_OPEN_NUMBERS):
        act(opened, register.close_book, BOOK, "van-thu", NOON)
    act(opened, register.void, "r2", "rút hồ sơ", NOON)
    act(opened, register.record_issue, "r3", "cd" * 32, NOON)
    closing = act(opened, register.close_book, BOOK, "van-thu", NOON)
    assert (closing.total, closing.void, closing.first, closing.last) == (3, 1, 1, 3)
    assert act(opened, register.close_book, BOOK, "van-thu", NOON) == closing
    with refused(FaultCode.BOOK_CLOSED):
        reserve(opened, "r4")
    with refused(FaultCode.BOOK_CLOSED):
        act(opened, register.open_book, BOOK, "van-thu", NOON)


def test_the_statutory_columns_stand_from_the_day_of_issue(opened):
    columns = Particulars(
        "Trần Thị B", "001199000001", "Giấy khai sinh", "Trần Văn Mẫu", "PHÓ CHỦ TỊCH", 1, 4000
    )
    reserve(opened, "r1")
    act(opened, register.describe, "r1", columns)
    act(opened, register.record_issue, "r1", DIGEST, NOON)
    assert entry_of(opened, "r1").particulars == columns
    with refused(FaultCode.WRONG_STATE):
        act(opened, register.describe, "r1", Particulars())


def test_rows_are_read_by_number_with_the_local_day(opened):
    late = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
    reserve(opened, "r1")
    reserve(opened, "r2", late)
    listed = act(opened, register.entries, BOOK)
    assert [(row.number.value, row.certified_on.day) for row in listed] == [(1, 24), (2, 25)]
    assert act(opened, register.book_of_today, CODE, Medium.ELECTRONIC, NOON) == BOOK


def test_a_stranger_request_has_no_number(opened):
    for function in (register.void, register.cancel):
        with refused(FaultCode.NUMBER_UNKNOWN):
            act(opened, function, "nobody", "x", NOON)


def test_every_final_act_is_a_leaf_of_the_log(opened):
    for request in ("r1", "r2"):
        reserve(opened, request)
    act(opened, register.record_issue, "r1", DIGEST, NOON)
    act(opened, register.void, "r2", "x", NOON)
    act(opened, register.cancel, "r1", "12/QĐ", NOON)
    states = [act(opened, translog.entry, position).decode() for position in range(3)]
    assert [
        f'"state":"{state}"' in entry
        for state, entry in zip(("ISSUED", "VOID", "CANCELLED"), states, strict=True)
    ] == [True] * 3
    assert act(opened, translog.altered) == []


def test_an_altered_row_of_the_log_is_noticed(opened):
    reserve(opened, "r1")
    act(opened, register.record_issue, "r1", DIGEST, NOON)
    before = act(opened, translog.root)
    act(opened, lambda connection: connection.execute(sa.update(translog.log_leaves).values(entry=b"{}")))
    assert act(opened, translog.altered) == [0]
    assert act(opened, translog.root) == before
