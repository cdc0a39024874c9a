"""Every PDF that arrives is verified before anybody accepts it; what was found is kept and shown."""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from certify.verdict import FindingCode, Indication
from office.desk import arriving, intake, sorting
from office.desk.sorting import Target
from office.faults import DeskCode, DeskFault
from office.rows import arrivals
from office.tables import arrivals as arrivals_table
from office.tables import dossiers, files, pages, papers
from office.views.viewing import see_paper
from office.web.lamps import arrival_lamp
from office.web.words import words_in
from storage import ledger
from storage.database import reading, writing
from tests.office.conftest import open_house

sys.path.insert(0, str(Path(__file__).parents[1] / "certify"))
import attacks
import sample_copies

MOMENTS = count(1_700_000_000)  # long ago; no two files are of the same one

WORDS = words_in("vi")


@pytest.fixture(scope="module")
def one_house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("arriving-pdfs") / "house")
    yield opened
    opened.office.engine.dispose()


@pytest.fixture
def house(one_house):
    """The house of all tests here, emptied after each."""
    yield one_house
    with writing(one_house.office.engine) as connection:
        for table in (pages, files, arrivals_table, papers, dossiers):
            connection.execute(sa.delete(table))


@pytest.fixture(scope="session")
def signed() -> bytes:
    there = sample_copies.authority()
    paper = sample_copies.blank_paper()
    return asyncio.run(sample_copies.sign(paper, there.stranger, there, field_name="Alien"))


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (next(MOMENTS),) * 2)  # nobody is still writing it
    return path


def rows(house):
    with reading(house.office.engine) as connection:
        ids = [row.id for row in connection.execute(sa.select(arrivals_table.c.id))]
        return arrivals.find_all(connection, ids, house.clerk)


def only(house):
    (row,) = rows(house)
    return row


def refused(act):
    with pytest.raises(DeskFault) as told:
        act()
    assert told.value.code is DeskCode.SIGNATURES_BROKEN
    return told.value.detail


@pytest.mark.law("L44")
def test_a_signed_file_is_received_with_its_verdict(house, signed, tmp_path):
    paper = house.scanned(written(tmp_path, "don.pdf", signed))
    checked = only(house).checked
    assert checked.verdict.indication is Indication.INDETERMINATE
    assert checked.verdict.signatures[0].signer == "Người lạ"
    seen = see_paper(house.office, house.clerk, paper)
    assert [arrival_lamp(WORDS, page).family for page in seen.verified] == ["look"]
    assert "Người ký: “Người lạ”" in arrival_lamp(WORDS, seen.verified[0]).words


@pytest.mark.law("L44")
def test_a_file_changed_after_signing_waits_and_is_received_only_when_that_was_told(house, signed, tmp_path):
    changed = written(tmp_path, "don sua.pdf", attacks.replace_page_content(signed))
    dossier = house.dossier()

    def send():
        return intake.receive_files(house.office, house.clerk, dossier, "Đơn", [changed])

    assert refused(send) == "don sua.pdf"
    waits = only(house)
    assert (waits.paper, waits.dossier) == ("", dossier)
    assert waits.checked.verdict.indication is Indication.TOTAL_FAILED
    assert arrival_lamp(WORDS, waits).family == "bad"
    paper = sorting.receive_pages(house.office, house.clerk, [waits.id], Target(dossier=dossier, title="Đơn"))
    assert only(house).paper == paper


@pytest.mark.law("L44")
def test_a_changed_file_in_the_folder_stops_who_takes_the_folder_as_one_paper(house, signed, tmp_path):
    written(house.office.inbox, "may scan.pdf", attacks.replace_page_content(signed))
    dossier = house.dossier()
    told = refused(lambda: intake.receive_scan(house.office, house.clerk, dossier, "Đơn"))
    assert told == "may scan.pdf"
    assert only(house).checked.is_refused
    target = Target(dossier=dossier, title="Đơn")
    paper = sorting.receive_pages(house.office, house.clerk, [only(house).id], target)
    assert only(house).paper == paper


def test_collecting_the_folder_verifies_what_waits_then(house, signed):
    written(house.office.inbox, "may scan.pdf", signed)
    collected = arriving.collect_folder(house.office, house.clerk)
    assert collected.broken == ()
    assert only(house).checked.verdict.indication is Indication.INDETERMINATE


def test_a_file_that_nobody_signed_is_received_as_before(house, tmp_path):
    house.scanned(written(tmp_path, "quet.pdf", sample_copies.blank_paper()))
    row = only(house)
    assert {one.code for one in row.checked.verdict.findings} == {FindingCode.NO_SIGNATURE}
    assert arrival_lamp(WORDS, row) is None


def test_a_picture_has_nothing_to_verify(house, page):
    house.scanned(page)
    row = only(house)
    assert row.checked is None
    assert arrival_lamp(WORDS, row) is None


@pytest.mark.parametrize("broken", [False, True])
def test_what_came_before_anybody_verified_is_verified_when_it_is_received(house, signed, broken):
    """A file of an earlier version, or one that a crash left in the spool."""
    written(house.office.inbox, "cu.pdf", attacks.replace_page_content(signed) if broken else signed)
    arriving.collect_folder(house.office, house.clerk)
    with writing(house.office.engine) as connection:
        connection.execute(sa.update(arrivals_table).values(checked=None))
    row, target = only(house), Target(dossier=house.dossier(), title="Đơn")
    assert arrival_lamp(WORDS, row).family == "wait"

    def receive():
        return sorting.receive_pages(house.office, house.clerk, [row.id], target)

    if broken:
        assert refused(receive) == "cu.pdf"
    assert receive() == only(house).paper
    assert only(house).checked.is_refused is broken


def test_the_ledger_tells_what_was_found(house, signed, tmp_path):
    house.scanned(written(tmp_path, "don.pdf", signed))
    with reading(house.office.engine) as connection:
        told = [entry for entry in ledger.entries(connection) if entry.what == "files_checked"]
    assert told[-1].body["verdicts"] == {only(house).sha256: "INDETERMINATE"}
    assert told[-1].actor == house.clerk.account


def test_the_same_bytes_twice_are_verified_once_and_told_twice(house, signed, tmp_path):
    house.scanned(written(tmp_path, "mot.pdf", signed), written(tmp_path, "hai.pdf", signed))
    assert [row.checked.verdict.indication for row in rows(house)] == [Indication.INDETERMINATE] * 2
