"""What arrived is visible and reachable, and no page joins a paper unless a person says so."""

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import pytest
import sqlalchemy as sa

from office.confined.confine import ChildFault
from office.desk import arriving, digitizing, intake, sorting
from office.desk.expecting import drop_paper, expect_paper
from office.desk.sorting import Target
from office.faults import DeskCode, DeskFault
from office.nouns import Sensitivity
from office.procedure import FileRole, PaperState
from office.rows import arrivals, claims, keeping
from office.tables import arrivals as arrivals_table
from office.tables import dossiers, files, pages, papers
from office.work.dispatcher import run_until_idle
from scanner_adapters.queue.spool import Spool
from scanner_adapters.simulator.papers import sheets
from storage import ledger
from storage.database import reading, writing
from tests.office.conftest import open_house

MOMENTS = count(1_700_000_000)  # long ago; no two files are of the same one


@pytest.fixture(scope="session")
def scans(tmp_path_factory):
    """Small pages that differ."""
    folder = tmp_path_factory.mktemp("scans")
    made = (sheets.certificate(number, dpi=75) for number in range(1, 6))
    return [sheets.save(sheet.image, folder / f"{n}.jpg", sheet.dpi) for n, sheet in enumerate(made)]


@pytest.fixture(scope="module")
def one_house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("sorting") / "house")
    yield opened
    opened.office.engine.dispose()


@pytest.fixture
def house(one_house):
    """The house of all tests here, emptied after each."""
    yield one_house
    with writing(one_house.office.engine) as connection:
        for table in (pages, files, arrivals_table, papers, dossiers):
            connection.execute(sa.delete(table))


def drop_into(house, *files, name="trang"):
    """The scanner saved these a while ago."""
    for number, file in enumerate(files):
        target = house.office.inbox / f"{name} {number}.jpg"
        shutil.copy(file, target)
        moment = next(MOMENTS)
        os.utime(target, (moment, moment))


def bad_file(tmp_path):
    path = tmp_path / "hong.jpg"
    path.write_bytes(b"no page at all")
    return path


def refused(code, act, *arguments, **named):
    with pytest.raises(DeskFault) as told:
        act(*arguments, **named)
    assert told.value.code is code
    return told.value


def loose(house, actor=None):
    with reading(house.office.engine) as connection:
        return arrivals.loose(connection, actor or house.clerk)


def waiting(house):
    return [page.id for page in loose(house) if page.aside_at is None]


def aside(house):
    return [page.id for page in loose(house) if page.aside_at is not None]


def pages_of(house, paper):
    with reading(house.office.engine) as connection:
        return [master.id for master in keeping.masters(connection, paper)]


def row_of(house, paper):
    with reading(house.office.engine) as connection:
        return connection.execute(sa.select(papers).where(papers.c.id == paper)).one()


def require_whole(house):
    """Every page that ever came lies in one place, and the ledger holds."""
    with reading(house.office.engine) as connection:
        rows = connection.execute(sa.select(arrivals_table)).all()
        masters = connection.execute(sa.select(files).where(files.c.role == FileRole.MASTER)).all()
        assert {(row.id, row.paper) for row in rows if row.paper} == {(row.id, row.paper) for row in masters}
        assert len({(row.job, row.sequence) for row in rows}) == len(rows)
        for paper in {master.paper for master in masters}:
            ordinals = sorted(master.ordinal for master in masters if master.paper == paper)
            assert ordinals == list(range(1, len(ordinals) + 1))
        assert ledger.verify(connection).first_break is None
    assert Spool(house.office.spool_folder, house.office.clock).holding() == ()


def test_after_a_bad_file_the_good_pages_wait_and_the_next_citizens_page_does_not_join_them(
    house_on_each, scans, tmp_path
):
    house = house_on_each
    first, second = house.dossier(), house.dossier()
    drop_into(house, scans[0], scans[1], bad_file(tmp_path))
    told = refused(
        DeskCode.PAGES_REFUSED, intake.receive_scan, house.office, house.clerk, first, "Giấy khai sinh"
    )
    assert told.detail == "trang 2.jpg"
    mine = waiting(house)
    assert len(mine) == 2
    assert {page.dossier for page in loose(house)} == {first}

    drop_into(house, scans[2], name="của người sau")
    other = intake.receive_scan(house.office, house.clerk, second, "Đơn")
    assert len(pages_of(house, other)) == 1
    assert waiting(house) == mine

    paper = sorting.receive_pages(
        house.office, house.clerk, mine[::-1], Target(dossier=first, title="Giấy khai sinh")
    )
    assert pages_of(house, paper) == mine[::-1]
    assert waiting(house) == []
    require_whole(house)


def test_even_for_the_same_dossier_what_comes_after_a_refusal_is_not_joined(house, scans, tmp_path):
    dossier = house.dossier()
    drop_into(house, scans[0], bad_file(tmp_path))
    refused(DeskCode.PAGES_REFUSED, intake.receive_scan, house.office, house.clerk, dossier, "Giấy")
    left = waiting(house)
    drop_into(house, scans[1], name="sau")
    paper = intake.receive_scan(house.office, house.clerk, dossier, "Giấy")
    assert len(pages_of(house, paper)) == 1
    assert waiting(house) == left
    require_whole(house)


def test_a_failed_upload_leaves_its_good_pages_for_its_dossier_and_is_not_doubled_when_sent_again(
    house, scans, tmp_path
):
    dossier = house.dossier()
    paper = expect_paper(house.office, house.clerk, dossier, "Giấy khai sinh")
    sent = [scans[0], scans[1], bad_file(tmp_path)]
    for _ in range(2):
        with pytest.raises(ChildFault) as told:
            intake.receive_files(house.office, house.clerk, dossier, "Giấy khai sinh", sent)
        assert told.value.code == "NOT_A_PAGE"
        assert [page.dossier for page in loose(house)] == [dossier, dossier]
    target = Target(dossier=dossier, title="Giấy khai sinh")
    assert sorting.receive_pages(house.office, house.clerk, waiting(house), target) == paper
    assert row_of(house, paper).state == PaperState.SCANNED
    require_whole(house)


def test_a_crash_between_the_spool_and_the_rows_loses_and_doubles_nothing(house, scans, monkeypatch):
    dossier = house.dossier()
    drop_into(house, scans[0], scans[1])

    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(arrivals, "enter", dies)
    with pytest.raises(KeyboardInterrupt):
        intake.receive_scan(house.office, house.clerk, dossier, "Giấy")
    monkeypatch.undo()
    assert waiting(house) == []
    assert Spool(house.office.spool_folder, house.office.clock).holding()
    for _ in range(2):
        arriving.enter_left(house.office)
        assert len(waiting(house)) == 2
    require_whole(house)


def test_a_page_whose_source_a_crash_left_in_the_folder_comes_once_for_whoever_collects_next(house, scans):
    dossier = house.dossier()
    drop_into(house, scans[0])
    (source,) = house.office.inbox.glob("*.jpg")
    collected = arriving.collect_folder(house.office, house.clerk, dossier)
    job = loose(house)[0].job
    spool = Spool(house.office.spool_folder, house.office.clock)
    (house.office.spool_folder / "ended" / job).rename(house.office.spool_folder / job)  # not ended yet
    spool.find_job(job).close(spool.find_job(job).state.SCANNING)
    shutil.copy(scans[0], source)
    os.utime(source, ns=(1, loose(house)[0].evidence["source_time_ns"]))
    again = arriving.collect_folder(house.office, house.clerk)
    assert again.pages == ()
    assert waiting(house) == list(collected.pages)
    assert not source.exists()
    require_whole(house)


def test_two_counters_that_collect_at_once_take_each_file_once(house, scans):
    drop_into(house, *scans)
    with ThreadPoolExecutor(2) as counters:
        ways = [counters.submit(arriving.collect_folder, house.office, house.clerk) for _ in range(2)]
        found = [page for way in ways for page in way.result().pages]
    assert sorted(found) == sorted(waiting(house))
    assert len(found) == len(scans)
    require_whole(house)


def test_of_two_who_want_the_same_page_one_gets_it_and_the_other_is_told_who(house_on_each, scans):
    house = house_on_each
    drop_into(house, scans[0])
    pages = arriving.collect_folder(house.office, house.clerk).pages
    targets = [Target(dossier=house.dossier(), title="Giấy") for _ in range(4)]
    together, told = threading.Barrier(4), []

    def receive(target):
        together.wait()
        try:
            return sorting.receive_pages(house.office, house.clerk, pages, target)
        except DeskFault as fault:
            told.append(fault)
            return ""

    with ThreadPoolExecutor(4) as counters:
        got = [paper for paper in counters.map(receive, targets) if paper]
    assert len(got) == 1
    assert [fault.code for fault in told] == [DeskCode.PAGE_GONE] * 3
    assert all(house.clerk.full_name.partition(" (")[0] in fault.detail for fault in told)
    require_whole(house)


def test_a_page_is_set_aside_and_comes_back_to_its_place(house, scans):
    paper = house.scanned(*scans[:3])
    order = pages_of(house, paper)
    sorting.take_out_pages(house.office, house.clerk, paper, order[1:2])
    assert (pages_of(house, paper), aside(house)) == ([order[0], order[2]], order[1:2])
    assert sorting.put_back_page(house.office, house.clerk, order[1]) == paper
    assert (pages_of(house, paper), aside(house)) == (order, [])
    refused(DeskCode.PAGE_GONE, sorting.put_back_page, house.office, house.clerk, order[1])
    require_whole(house)


def test_what_nobody_owns_is_set_aside_and_waits_again(house, scans):
    drop_into(house, scans[0])
    pages = arriving.collect_folder(house.office, house.clerk).pages
    sorting.set_aside_pages(house.office, house.clerk, pages)
    assert (waiting(house), aside(house)) == ([], list(pages))
    refused(DeskCode.PAGE_GONE, sorting.set_aside_pages, house.office, house.clerk, pages)
    assert sorting.put_back_page(house.office, house.clerk, pages[0]) == ""
    assert waiting(house) == list(pages)
    refused(DeskCode.NOTHING_SCANNED, sorting.set_aside_pages, house.office, house.clerk, ())
    require_whole(house)


def test_a_paper_that_was_read_is_read_again_once_its_pages_changed(house, scans):
    paper = house.scanned(*scans[:2])
    run_until_idle(house.office)
    assert (row_of(house, paper).state, row_of(house, paper).page_count) == (PaperState.READ, 2)
    order = pages_of(house, paper)
    sorting.arrange_pages(house.office, house.clerk, paper, order[::-1], tuple(order))
    assert row_of(house, paper).state == PaperState.SCANNED
    with reading(house.office.engine) as connection, pytest.raises(DeskFault):
        keeping.find(connection, keeping.Place(paper, FileRole.DIGITIZED))
    run_until_idle(house.office)
    assert (row_of(house, paper).state, pages_of(house, paper)) == (PaperState.READ, order[::-1])
    sorting.take_out_pages(house.office, house.clerk, paper, order)
    assert row_of(house, paper).state == PaperState.EXPECTED
    assert run_until_idle(house.office) == 0
    require_whole(house)


def test_pages_move_to_a_paper_of_another_dossier_and_both_say_so(house, scans):
    paper, other = house.scanned(*scans[:3]), house.dossier()
    order = pages_of(house, paper)
    moved = sorting.move_pages(
        house.office, house.clerk, paper, order[1:], Target(dossier=other, title="Đơn", seen=tuple(order))
    )
    assert (pages_of(house, paper), pages_of(house, moved)) == (order[:1], order[1:])
    assert (row_of(house, moved).dossier, row_of(house, moved).state) == (other, PaperState.SCANNED)
    back = Target(paper=paper)
    assert sorting.move_pages(house.office, house.clerk, moved, order[1:], back) == paper
    assert (pages_of(house, paper), row_of(house, moved).state) == (order, PaperState.EXPECTED)
    with reading(house.office.engine) as connection:
        for subject in (paper, moved):
            told = [entry for entry in ledger.entries(connection, subject) if entry.what == "pages_moved"]
            assert [entry.body["paper"] for entry in told] == [moved, paper]
    require_whole(house)


def test_what_somebody_did_not_see_is_not_changed(house, scans):
    paper = house.scanned(*scans[:2])
    order = tuple(pages_of(house, paper))
    drop_into(house, scans[2])
    more = arriving.collect_folder(house.office, house.clerk).pages
    seen = {"seen": order[:1]}
    refused(
        DeskCode.PAGES_CHANGED, sorting.take_out_pages, house.office, house.clerk, paper, order[1:], **seen
    )
    refused(DeskCode.PAGES_CHANGED, sorting.arrange_pages, house.office, house.clerk, paper, order, **seen)
    target = Target(paper=paper, **seen)
    refused(DeskCode.PAGES_CHANGED, sorting.receive_pages, house.office, house.clerk, more, target)
    refused(DeskCode.PAGES_CHANGED, sorting.move_pages, house.office, house.clerk, paper, order, target)
    sorting.receive_pages(house.office, house.clerk, more, replace(target, seen=order))
    assert pages_of(house, paper) == [*order, *more]
    require_whole(house)


def test_once_the_clerk_has_signed_the_pages_stay(house, scans):
    paper = house.scanned(scans[0])
    run_until_idle(house.office)
    out = pages_of(house, paper)
    digitizing.sign_scan(house.office, house.clerk, paper)
    refused(DeskCode.PAGES_FIXED, sorting.take_out_pages, house.office, house.clerk, paper, out)
    drop_into(house, scans[1])
    more = arriving.collect_folder(house.office, house.clerk).pages
    target = Target(paper=paper)
    refused(DeskCode.PAGES_FIXED, sorting.receive_pages, house.office, house.clerk, more, target)
    assert (pages_of(house, paper), waiting(house)) == (out, list(more))


def test_pages_of_another_unit_and_of_higher_secrecy_are_there_for_nobody_else(house, stranger, scans):
    drop_into(house, scans[0])
    pages = arriving.collect_folder(house.office, house.clerk).pages
    paper = house.scanned(scans[1])
    mine = pages_of(house, paper)
    acts = [
        (sorting.set_aside_pages, pages),
        (sorting.receive_pages, pages, Target(paper=paper)),
        (sorting.take_out_pages, paper, mine),
        (sorting.put_back_page, pages[0]),
        (sorting.receive_pages, pages, Target(dossier=house.dossier(), title="Giấy")),
    ]
    for act, *rest in acts:
        refused(DeskCode.NOT_FOUND, act, house.office, stranger, *rest)
        refused(DeskCode.NOT_ALLOWED, act, house.office, replace(house.clerk, roles=frozenset()), *rest)
    assert loose(house, stranger) == ()


def test_a_paper_is_as_sensitive_as_its_most_sensitive_page(house, scans):
    secret = intake.Intake("2.000815", "Trần Thị Bình", Sensitivity.RESTRICTED)
    dossier = intake.open_dossier(house.office, house.clerk, secret)
    paper = intake.receive_files(house.office, house.clerk, dossier, "Giấy", scans[:2])
    plain = sorting.move_pages(
        house.office,
        house.clerk,
        paper,
        pages_of(house, paper)[:1],
        Target(dossier=house.dossier(), title="Giấy"),
    )
    assert row_of(house, plain).sensitivity == Sensitivity.RESTRICTED
    sorting.take_out_pages(house.office, house.clerk, plain, pages_of(house, plain))
    assert loose(house, replace(house.clerk, clearance=Sensitivity.INTERNAL)) == ()


def test_a_title_is_kept_until_pages_come_or_a_person_drops_it(house, scans):
    wanted = intake.Intake("2.000815", "Trần Thị Bình", expects=("Giấy khai sinh", "Đơn"))
    dossier = intake.open_dossier(house.office, house.clerk, wanted)
    with reading(house.office.engine) as connection:
        rows = connection.execute(sa.select(papers).order_by(papers.c.ordinal)).all()
    assert [(row.title, row.state) for row in rows] == [
        ("Giấy khai sinh", PaperState.EXPECTED),
        ("Đơn", PaperState.EXPECTED),
    ]
    assert expect_paper(house.office, house.clerk, dossier, "Đơn") == rows[1].id
    assert intake.receive_files(house.office, house.clerk, dossier, "Đơn", scans[:1]) == rows[1].id
    refused(DeskCode.PAPER_HAS_PAGES, drop_paper, house.office, house.clerk, rows[1].id)
    assert drop_paper(house.office, house.clerk, rows[0].id) == dossier
    refused(DeskCode.NOT_FOUND, drop_paper, house.office, house.clerk, rows[0].id)
    with reading(house.office.engine) as connection:
        code = connection.execute(sa.select(dossiers.c.code)).scalar_one()
        told = [entry.what for entry in ledger.entries(connection, code)]
    assert told.count("paper_expected") == 2
    assert told[-1] == "paper_dropped"
    require_whole(house)


def test_a_page_set_aside_from_a_paper_that_was_dropped_waits_again(house, scans):
    paper = house.scanned(scans[0])
    (page,) = pages_of(house, paper)
    sorting.take_out_pages(house.office, house.clerk, paper, [page])
    drop_paper(house.office, house.clerk, paper)
    assert aside(house) == [page]
    assert sorting.put_back_page(house.office, house.clerk, page) == ""
    assert waiting(house) == [page]
    require_whole(house)


def test_a_machine_that_reads_gives_way_and_can_write_nothing_any_more(house_on_each, scans):
    house = house_on_each
    paper = house.scanned(*scans[:2])
    order = pages_of(house, paper)
    with writing(house.office.engine) as connection:
        reader = claims.take(connection, house.office, papers, paper)
    sorting.take_out_pages(house.office, house.clerk, paper, order[:1])
    assert pages_of(house, paper) == order[1:]
    refused(DeskCode.CLAIM_LOST, digitizing.read_paper, house.office, reader)
    with reading(house.office.engine) as connection:
        assert connection.execute(sa.select(pages)).all() == []
    require_whole(house)


def test_a_paper_that_is_being_signed_is_left_alone(house, scans):
    paper, other = house.scanned(*scans[:2]), house.scanned(scans[2])
    order = pages_of(house, paper)
    with writing(house.office.engine) as connection:
        connection.execute(sa.update(papers).where(papers.c.id == paper).values(state=PaperState.READ))
        claims.take(connection, house.office, papers, paper)
    refused(DeskCode.BUSY, sorting.take_out_pages, house.office, house.clerk, paper, order[:1])
    into = Target(paper=paper)
    refused(DeskCode.BUSY, sorting.move_pages, house.office, house.clerk, other, pages_of(house, other), into)
    assert row_of(house, other).owner is None
    assert pages_of(house, paper) == order
    require_whole(house)
