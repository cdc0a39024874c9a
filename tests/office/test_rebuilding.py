"""A house that lost everything but its archive comes back from it, row by row and field by field."""

import json
import shutil

import pytest
import sqlalchemy as sa
import zstandard

from office.cli.main import main
from office.desk import certifying
from office.desk.searching import Wanted, find_records
from office.desk.upkeep import rebuilding, recording_rows, sealing
from office.faults import DeskFault
from office.procedure import CopyState, PaperState
from office.rows import keeping, snapshots
from office.schema import ALL_METADATA
from office.settings import Settings
from office.tables import accounts, catalogue, copies, dossiers, files, papers
from office.work.dispatcher import run_until_idle
from storage import ledger
from storage.database import reading
from storage.faults import StorageCode, StorageFault
from tests.office.conftest import open_house
from tests.office.upkeep import archived, differences, later, opened, rows_of, with_archive_on
from tests.s3_server import s3_or_reason, s3_server  # noqa: F401 fixtures

KEPT = ("archive", "archive.work", "records", "demo-authority")  # the archive, and keys that lie elsewhere


def forget(data) -> None:
    """Delete everything but the archive."""
    for path in data.iterdir():
        if path.name in KEPT:
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def came_whole(house, page):
    """A paper that went the whole way, with a copy that was handed over."""
    paper = house.archived(page)
    copy = house.approved(paper)
    certifying.confirm_copy(house.office, house.officer, copy)
    run_until_idle(house.office)
    certifying.deliver_copy(house.office, house.clerk, copy, "counter")
    run_until_idle(house.office)
    return paper, copy


def lost(before, after):
    """What differs, but for rows of files whose bytes were never in the archive, and the entry that tells."""
    found = differences(before, after)
    for name in ("ledger_entries", "ledger_head"):
        gone, new = found.pop(name)
        assert len(new) == 1
        assert len(gone) == (name == "ledger_head")
    return found


def test_every_table_of_the_house_is_kept_or_left_out_on_purpose():
    told = {*snapshots.KEPT.values(), *snapshots.DERIVED, *snapshots.NOT_KEPT}
    every = {table for metadata in ALL_METADATA for table in metadata.sorted_tables}
    assert told == every


@pytest.mark.parametrize("place", ["directory", "s3"])
def test_all_else_deleted_rows_register_ledger_and_index_come_back_field_by_field(
    tmp_path, page, place, request
):
    data = tmp_path / "house"
    settings = Settings(data=data)
    if place == "s3":
        settings = with_archive_on(settings, request.getfixturevalue("s3_server"))
    house = open_house(data, settings=settings)
    paper, copy = came_whole(house, page)
    made = [archived(house.office, number) for number in range(3)]
    sealing.seal_now(house.office)
    recording_rows.record_all(house.office)
    before = rows_of(house.office)
    house.office.engine.dispose()
    forget(data)
    assert main_with(settings, "rebuild") == 0
    office = opened(settings, demo=True)
    gone = lost(before, rows_of(office))
    assert {row["role"] for row in gone.pop("files", ([], []))[0]} <= {
        "officer_prepared", "officer_signed", "agency_prepared", "agency_signed", "digitized",
    }  # fmt: skip
    assert gone == {}
    with reading(office.engine) as connection:
        assert ledger.verify(connection).first_break is None
        assert ledger.entries(connection, "archive")[-1].what == "house_rebuilt"
        states = dict(connection.execute(sa.select(papers.c.id, papers.c.state)).all())
        assert (
            connection.execute(sa.select(copies.c.state).where(copies.c.id == copy)).scalar() == "DELIVERED"
        )
        assert not any(connection.execute(sa.select(accounts.c.active)).scalars())
    assert states[paper] == PaperState.ARCHIVED
    for one in made:
        for known, word in one.papers.items():
            assert [hit.paper for hit in find_records(office, house.clerk, Wanted(word)).hits] == [known]
    assert list(sealing.ledger_findings(office)) == []
    office.engine.dispose()


def main_with(settings, what, *words):
    """The command, with these settings told by a file."""
    from office.cli import archiving
    from office.cli.console import Console
    from office.cli.main import build_parser

    chosen = build_parser().parse_args(["archive", what, *words])
    return archiving.archive(chosen, settings, Console(wants_json=True, lang="vi"))


@pytest.fixture
def office(tmp_path):
    opened_one = opened(Settings(data=tmp_path / "house"))
    yield opened_one
    opened_one.engine.dispose()


def again(office):
    office.engine.dispose()
    forget(office.settings.data)
    return opened(office.settings)


def test_from_the_objects_of_the_archive_alone_papers_files_and_index_come_back(office):
    made = archived(office)
    before = rows_of(office)
    new = again(office)
    shutil.rmtree(office.settings.data / "records")
    new = again(new)
    told = rebuilding.rebuild_house(new)
    assert (told.dossiers, told.papers, told.entries, told.expected) == (1, 3, 0, 0)
    after = rows_of(new)
    for name in ("dossiers", "papers", "copies", "fields", "counters"):
        assert after[name] == before[name], name
    assert sorted(row["paper"] for row in after["catalogue"]) == sorted(made.papers)
    new.engine.dispose()


def test_on_each_database_everything_comes_back_once_records_and_objects_tell_it(office, database_url):
    made = [archived(office, number) for number in range(2)]
    recording_rows.record_all(office)
    made.append(archived(office, 2))  # its object alone tells of it
    before = rows_of(office)
    office.engine.dispose()
    forget(office.settings.data)
    new = opened(office.settings.having("database", url=database_url))
    told = rebuilding.rebuild_house(new)
    assert (told.dossiers, told.papers, told.expected, told.indexed) == (3, 9, 0, 9)
    after = rows_of(new)
    for name in ("dossiers", "papers", "copies", "fields", "counters", "files"):
        assert after[name] == before[name], name
    assert sorted(row["paper"] for row in after["catalogue"]) == sorted(
        paper for one in made for paper in one.papers
    )
    new.engine.dispose()


def test_rows_kept_by_an_older_version_lack_columns_and_the_later_of_two_counts(office):
    made = archived(office)
    with reading(office.engine) as connection:
        kept = snapshots.of_dossier(connection, made.id)
    before = kept["papers"][0]
    older = {name: value for name, value in before.items() if name != "reviewed_by"} | {"gone_since": 1}
    with office.engine.begin() as connection:
        snapshots.put_back(connection, {"papers": [older | {"title": "một"}, before | {"title": "hai"}]})
        snapshots.put_back(connection, {"papers": [before | {"title": "ba"}, older | {"title": "bốn"}]})
    with reading(office.engine) as connection:
        after = snapshots.of_dossier(connection, made.id)["papers"]
    assert after == [before | {"title": "bốn"}, *kept["papers"][1:]]


def test_what_was_not_archived_comes_back_as_expected_and_can_be_scanned_anew(house, page):
    paper = house.scanned(page)
    run_until_idle(house.office)
    recording_rows.record_all(house.office)
    house.office.engine.dispose()
    forget(house.office.settings.data)
    new = opened(house.office.settings, demo=True)
    assert rebuilding.rebuild_house(new).expected == 1
    with reading(new.engine) as connection:
        row = connection.execute(sa.select(papers).where(papers.c.id == paper)).one()
        assert (row.state, row.title) == (PaperState.EXPECTED, "Giấy xác nhận")
        assert keeping.masters(connection, paper) == ()
    new.engine.dispose()


def test_a_house_whose_objects_still_stand_keeps_its_unfinished_papers(house, page):
    paper = house.scanned(page)
    run_until_idle(house.office)
    recording_rows.record_all(house.office)
    before = rows_of(house.office)
    house.office.engine.dispose()
    (house.office.settings.data / "motcua.db").unlink()
    new = opened(house.office.settings, demo=True)
    assert rebuilding.rebuild_house(new).expected == 0
    assert lost(before, rows_of(new)) == {}
    with reading(new.engine) as connection:
        assert connection.execute(sa.select(papers.c.state).where(papers.c.id == paper)).scalar() == "READ"
    new.engine.dispose()


def test_a_house_that_stands_is_never_written_over(office):
    archived(office)
    recording_rows.record_all(office)
    before = rows_of(office)
    with pytest.raises(StorageFault) as refused:
        rebuilding.rebuild_house(office)
    assert refused.value.code is StorageCode.ALREADY_KEPT
    assert rows_of(office) == before
    assert main_with(office.settings, "rebuild") == 0
    assert rows_of(office) == before


def test_a_ledger_that_was_changed_in_the_records_is_refused_and_nothing_is_kept(office):
    archived(office)
    recording_rows.record_all(office)
    (key,) = recording_rows.records(office.records)
    record = recording_rows.read_record(office.records, key)
    record["ledger"][1][3] = record["ledger"][1][3].replace("actor", "actoR", 1)
    forged = office.settings.data / "forged"
    forged.write_bytes(zstandard.compress(json.dumps(record).encode()))
    office.records.remove(key)
    office.records.put(key, forged)
    new = again(office)
    with pytest.raises(StorageFault) as refused:
        rebuilding.rebuild_house(new)
    assert refused.value.code is StorageCode.CHAIN_BROKEN
    assert rebuilding.is_empty(new)
    new.engine.dispose()


def test_a_record_that_is_missing_in_the_middle_is_noticed(office, monkeypatch):
    monkeypatch.setattr(recording_rows, "ENTRIES", 2)
    archived(office)
    assert recording_rows.record_all(office) > 2
    office.records.remove(recording_rows.records(office.records)[1])
    new = again(office)
    with pytest.raises(StorageFault) as refused:
        rebuilding.rebuild_house(new)
    assert refused.value.code is StorageCode.CHAIN_BROKEN
    new.engine.dispose()


def test_records_follow_the_ledger_when_its_oldest_entry_has_waited_long_enough(office):
    archived(office)
    with reading(office.engine) as connection:
        assert not recording_rows.is_behind(connection, office)
        assert recording_rows.is_behind(connection, later(office, minutes=16))
    run_until_idle(later(office, minutes=16))
    with reading(office.engine) as connection:
        assert not recording_rows.is_behind(connection, later(office, minutes=40))
    assert recording_rows.record_all(office) == 0


def test_a_record_written_before_a_crash_is_no_error_and_loses_no_change(office):
    archived(office)
    recording_rows.record_all(office)
    with office.engine.begin() as connection:  # as before the progress was told
        recording_rows.remember(connection, recording_rows.Progress())
    archived(office, 1)
    recording_rows.record_all(office)
    before = rows_of(office)
    new = again(office)
    rebuilding.rebuild_house(new)
    gone = lost(before, rows_of(new))
    assert set(gone) <= {"files"}
    new.engine.dispose()


def test_no_record_holds_a_password(house):
    recording_rows.record_all(house.office)
    with reading(house.office.engine) as connection:
        passwords = set(connection.execute(sa.select(accounts.c.password)).scalars())
    for key in recording_rows.records(house.office.records):
        told = json.dumps(recording_rows.read_record(house.office.records, key))
        assert "argon2" not in told
        assert not any(password in told for password in passwords)


def test_rebuild_of_what_is_no_archive_makes_no_house(tmp_path):
    assert main(["archive", "rebuild", "--data", str(tmp_path / "new")]) == 1
    assert not (tmp_path / "new").exists()


def test_the_catalogue_and_the_change_numbers_go_on_where_they_were(office):
    archived(office)
    recording_rows.record_all(office)
    new = again(office)
    rebuilding.rebuild_house(new)
    archived(new, 1)
    with reading(new.engine) as connection:
        changes = list(connection.execute(sa.select(catalogue.c.change)).scalars())
        codes = list(connection.execute(sa.select(dossiers.c.code)).scalars())
    assert sorted(changes) == list(range(1, 7))
    assert len({code[-4:] for code in codes}) == 2
    new.engine.dispose()


def test_states_of_copies_whose_intermediates_are_lost_are_asked_anew(office):
    made = archived(office)
    with office.engine.begin() as connection:
        connection.execute(sa.update(copies).values(state=CopyState.OFFICER_SIGNED, archived_version=None))
        connection.execute(sa.delete(files).where(files.c.copy != ""))
    recording_rows.record_all(office)
    new = again(office)
    rebuilding.rebuild_house(new)
    with reading(new.engine) as connection:
        assert connection.execute(sa.select(copies.c.state)).scalars().all() == [CopyState.RESERVED]
    assert made.papers
    new.engine.dispose()


def test_a_seal_whose_signer_is_lost_with_everything_is_told_and_stops_nobody(house):
    archived(house.office)
    sealing.seal_now(house.office)
    recording_rows.record_all(house.office)
    house.office.engine.dispose()
    forget(house.office.settings.data)
    shutil.rmtree(house.office.settings.data / "demo-authority")
    new = opened(house.office.settings, demo=True)
    assert rebuilding.rebuild_house(new).dossiers == 1
    assert {found.code for found in sealing.ledger_findings(new)} == {StorageCode.SIGNER_UNKNOWN}
    new.engine.dispose()


def test_an_account_that_came_back_lets_nobody_in_until_it_gets_a_password(house):
    from office.nouns import Sensitivity
    from office.people.accounts import Attempt, NewAccount, create_account, list_accounts, log_in
    from office.people.passwords import Passwords

    before = {row.name: row for row in list_accounts(house.office)}
    recording_rows.record_all(house.office)
    house.office.engine.dispose()
    forget(house.office.settings.data)
    new = opened(house.office.settings, demo=True)
    rebuilding.rebuild_house(new)
    after = {row.name: row for row in list_accounts(new)}
    assert {row.id for row in after.values()} == {row.id for row in before.values()}
    passwords = Passwords()
    for told in ("", "x"):
        with pytest.raises(DeskFault):
            log_in(new, passwords, Attempt("canbo", told))
    strong = "Mot-Cua-Ma-Manh-2026!"
    clerk = before["canbo"]
    again_there = NewAccount(
        "canbo", clerk.full_name, clerk.title, clerk.roles, clerk.unit, strong, Sensitivity.RESTRICTED
    )
    assert create_account(new, passwords, again_there) == clerk.id
    actor, _keys = log_in(new, passwords, Attempt("canbo", strong))
    assert actor.account == clerk.id
    new.engine.dispose()
