"""A newer form of the rows: backed up, migrated, checked; what fails a check is brought back as it was."""

import tarfile

import pytest
import sqlalchemy as sa

from office.bootstrap import known_revisions, open_office
from office.cli.main import main
from office.cli.safety.backing_up import ground_of
from office.desk.upkeep.backing_up import LEFT_OUT
from office.desk.upkeep.upgrading import revision_of, upgrade
from office.settings import Settings
from office.tables import papers
from storage import ledger
from storage.backup import rows
from storage.backup.faults import BackupCode, BackupFault
from storage.backup.folder import FolderStore
from storage.backup.place import make_place
from storage.database import reading, writing
from tests.office.test_old_data import OLD_DATA, RELEASES, load_dump

OLDEST = RELEASES[0]


@pytest.fixture
def old(tmp_path, database_url):
    """A data directory of the oldest release, opened as it is."""
    is_sqlite = database_url.startswith("sqlite")
    with tarfile.open(OLD_DATA / OLDEST / ("sqlite.tar.xz" if is_sqlite else "postgresql.tar.xz")) as pack:
        pack.extractall(tmp_path)  # noqa: S202 packed by old_data/make.py
    if not is_sqlite:
        load_dump(OLD_DATA / OLDEST / "postgresql.sql.xz", database_url)
    settings = Settings(data=tmp_path / "data").having("database", url="" if is_sqlite else database_url)
    office = open_office(settings, as_it_is=True)
    yield office
    office.engine.dispose()


@pytest.fixture
def ground():
    """Makes the ground of an office, and closes what it opened."""
    made = []

    def of(office):
        made.append(ground_of(office.settings, office.work_folder))
        return made[-1]

    yield of
    for one in made:
        one.engine.dispose()


def place_at(office, tmp_path):
    return make_place(FolderStore(tmp_path / "place"), None, office.work_folder)


def every_row(office):
    with reading(office.engine) as connection:
        return dict(rows.tallies(connection, LEFT_OUT))


def quiet(_line):
    """Tell nobody."""


def opening(office):
    def opens():
        open_office(office.settings).engine.dispose()

    return opens


def test_a_house_of_the_oldest_release_is_backed_up_and_brought_to_the_newest_form(old, tmp_path, ground):
    before = revision_of(old.engine)
    done = upgrade(old, place_at(old, tmp_path), ground(old), opening(old), quiet)
    assert (done.before, done.after) == (before, known_revisions()[-1])
    assert before < done.after
    assert done.backup.lacking == ()
    with reading(old.engine) as connection:
        assert ledger.verify(connection).first_break is None


def test_what_fails_a_check_is_as_it_was_row_for_row(old, tmp_path, ground):
    revision = revision_of(old.engine)
    with reading(old.engine) as connection:
        before = {table.name for table in rows.tables(connection)}
    kept = []

    def cuts_the_ledger_off():
        with writing(old.engine) as connection:
            connection.execute(sa.update(ledger.ledger_head).values(length=1))
        kept.append(True)

    place, told = place_at(old, tmp_path), []
    with pytest.raises(BackupFault) as fault:
        upgrade(old, place, ground(old), cuts_the_ledger_off, told.append)
    assert (fault.value.code, fault.value.detail) == (BackupCode.ROLLED_BACK, "ledger")
    assert kept == [True]
    assert revision_of(old.engine) == revision
    with reading(old.engine) as connection:
        assert ledger.verify(connection).first_break is None
        assert {table.name for table in rows.tables(connection)} == before
    assert upgrade(old, place, ground(old), opening(old), quiet).backup


def test_a_migration_that_breaks_is_rolled_back(old, tmp_path, ground):
    before = every_row(old)

    def breaks():
        raise RuntimeError("column gone")

    with pytest.raises(BackupFault) as fault:
        upgrade(old, place_at(old, tmp_path), ground(old), breaks, quiet)
    assert fault.value.detail == "RuntimeError: column gone"
    after = every_row(old)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"ledger_entries", "ledger_head"}  # which tell of the backup
    assert set(before) == set(after)


def test_a_paper_that_is_lost_fails_the_check(house, tmp_path, page, ground):
    house.scanned(page)
    office = house.office

    def loses_a_paper():
        with writing(office.engine) as connection:
            for table in reversed(rows.tables(connection)):
                if table.name in ("pages", "fields", "files", "arrivals", "catalogue", papers.name):
                    connection.execute(sa.delete(table))

    with pytest.raises(BackupFault) as fault:
        upgrade(office, place_at(office, tmp_path), ground(office), loses_a_paper, quiet)
    assert fault.value.detail == "papers, files"
    with reading(office.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(papers)).scalar() == 1


def test_nobody_may_be_at_work_meanwhile(house, tmp_path, page, ground):
    paper, office = house.scanned(page), house.office
    with writing(office.engine) as connection:
        lease = office.clock().replace(year=2100)
        connection.execute(sa.update(papers).where(papers.c.id == paper).values(lease_until=lease))
    with pytest.raises(BackupFault) as fault:
        upgrade(office, place_at(office, tmp_path), ground(office), opening(office), quiet)
    assert fault.value.code is BackupCode.AT_WORK


def test_the_command_upgrades_once(tmp_path, capsys):
    with tarfile.open(OLD_DATA / OLDEST / "sqlite.tar.xz") as pack:
        pack.extractall(tmp_path)  # noqa: S202 packed by old_data/make.py
    words = ["upgrade", "--to", str(tmp_path / "place"), "--data", str(tmp_path / "data")]
    assert main(words) == 0
    assert "Đã nâng cấp dữ liệu" in capsys.readouterr().out
    assert main(words) == 0
    assert "đã ở dạng mới nhất" in capsys.readouterr().out
