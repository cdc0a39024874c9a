"""Data directories that older versions left are opened, gone on with, and lose nothing (old_data/README)."""

import lzma
import tarfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from certify.book import register, translog
from certify.verdict import Indication
from office.bootstrap import open_office
from office.demo.authority import open_demo_keys
from office.desk import checking, digitizing, searching
from office.nouns import Actor
from office.people.accounts import list_accounts
from office.procedure import CopyState, FileRole, PaperState
from office.rows import keeping
from office.settings import Settings
from office.tables import copies, files, papers
from office.value import Office
from office.work.dispatcher import run_until_idle
from storage import fixity, ledger
from storage.database import open_engine, reading

OLD_DATA = Path(__file__).parent / "old_data"
RELEASES = sorted(path.name for path in OLD_DATA.iterdir() if (path / "sqlite.tar.xz").exists())
DAY = datetime(2026, 12, 1, 3, tzinfo=UTC)  # the day after the youngest of them was made
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class OldHouse:
    """An unpacked data directory opened with today's code, and the primary keys of all rows it had before."""

    office: Office
    rows: dict[str, set[tuple]]

    def person(self, name: str) -> Actor:
        return next(row.actor for row in list_accounts(self.office) if row.name == name)

    def one(self, table: sa.Table, *where):
        with reading(self.office.engine) as connection:
            return connection.execute(sa.select(table).where(*where)).one()

    def found(self, words: str) -> set[str]:
        results = searching.find_records(self.office, self.person("canbo"), searching.Wanted(words))
        return {hit.paper for hit in results.hits}


@pytest.fixture(params=RELEASES)
def old_house(request, tmp_path, database_url):
    packed = OLD_DATA / request.param
    is_sqlite = database_url.startswith("sqlite")
    with tarfile.open(packed / ("sqlite.tar.xz" if is_sqlite else "postgresql.tar.xz")) as pack:
        pack.extractall(tmp_path)  # noqa: S202 packed by old_data/make.py
    url = "" if is_sqlite else database_url
    settings = Settings(data=tmp_path / "data").having("database", url=url).having("limits", page_jobs=1)
    if not is_sqlite:
        load_dump(packed / "postgresql.sql.xz", database_url)
    rows = primary_keys(settings.engine_url)
    office = open_office(settings, demo=True)
    keys = open_demo_keys(settings.data, office.engine, lambda: DAY)  # certificates do not last for ever
    yield OldHouse(
        replace(office, clock=lambda: DAY, keyring=keys.keyring, open_services=keys.open_services), rows
    )
    office.engine.dispose()


def load_dump(dump: Path, database_url: str) -> None:
    statements = lzma.decompress(dump.read_bytes()).decode()
    plain = "\n".join(line for line in statements.splitlines() if not line.startswith("\\"))  # psql's own
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(plain)


def primary_keys(url: str) -> dict[str, set[tuple]]:
    engine = open_engine(url)
    try:
        told = sa.MetaData()
        with reading(engine) as connection:
            told.reflect(connection)
            return {
                name: {tuple(row) for row in connection.execute(sa.select(*table.primary_key.columns))}
                for name, table in told.tables.items()
                if table.primary_key.columns and name != "alembic_version"
            }
    finally:
        engine.dispose()


def assert_all_is_whole(office: Office) -> None:
    assert list(fixity.verify(office.objects, office.archive)) == []
    with reading(office.engine) as connection:
        assert ledger.verify(connection).first_break is None
        assert not translog.altered(connection)
        kept = connection.execute(sa.select(files.c.sha256)).scalars().all()
    assert kept
    with office.work_folder() as work:
        for number, sha256 in enumerate(sorted(set(kept))):
            keeping.fetch(office, sha256, work / str(number))


@pytest.mark.parametrize("release", RELEASES)
def test_a_packed_directory_is_small(release):
    assert sum(path.stat().st_size for path in (OLD_DATA / release).iterdir()) <= MOST_BYTES


def test_there_is_a_directory_of_the_first_version():
    assert "0.1.0" in RELEASES


def test_an_old_directory_opens_and_nothing_is_lost(old_house):
    office = old_house.office
    after = primary_keys(office.settings.engine_url)
    assert len(old_house.rows["papers"]) == 3
    lost = {name: keys - after[name] for name, keys in old_house.rows.items()}
    assert not {name: keys for name, keys in lost.items() if keys}
    assert_all_is_whole(office)
    check = checking.check_copy(office, office.settings.data / "demo" / "copy.pdf")
    assert check.verdict.indication is Indication.TOTAL_PASSED
    assert "số 1" in check.sentence
    delivered = old_house.one(copies, copies.c.state == CopyState.DELIVERED)
    reserved = old_house.one(copies, copies.c.state == CopyState.RESERVED)
    assert delivered.paper in old_house.found("ke hoach so hoa ket qua giai quyet thu tuc")
    assert reserved.paper in old_house.found("tinh trang hon nhan")


def test_an_old_directory_goes_on_where_it_stopped(old_house, tmp_path):
    office, clerk = old_house.office, old_house.person("canbo")
    half_way = old_house.one(papers, papers.c.state == PaperState.READ)
    reserved = old_house.one(copies, copies.c.state == CopyState.RESERVED)
    assert reserved.number == 2

    run_until_idle(office)
    digitizing.sign_scan(office, clerk, half_way.id)
    run_until_idle(office)
    review = digitizing.Review(1, {"subject": "Giấy xác nhận của người thứ ba"})
    digitizing.review_paper(office, clerk, half_way.id, review)
    run_until_idle(office)

    finished = old_house.one(papers, papers.c.id == half_way.id)
    assert (finished.state, finished.fault) == (PaperState.ARCHIVED, None)
    assert half_way.id in old_house.found("tinh trang hon nhan")
    issued = old_house.one(copies, copies.c.id == reserved.id)
    assert (issued.state, issued.number, issued.book) == (CopyState.ISSUED, 2, reserved.book)
    assert issued.archived_version == 2
    with reading(office.engine) as connection:
        kept = keeping.find(connection, keeping.Place(issued.paper, FileRole.COPY, issued.id))
        entry = register.by_digest(connection, kept.sha256)
        assert (entry.request_id, entry.number.value) == (issued.id, 2)
    check = checking.check_copy(office, keeping.fetch(office, kept.sha256, tmp_path / "copy.pdf"))
    assert check.verdict.indication is Indication.TOTAL_PASSED
    assert_all_is_whole(office)
