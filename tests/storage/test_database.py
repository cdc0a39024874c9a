from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from foundation.row_types import new_metadata
from storage import database
from storage.database import open_engine, reading, writing
from storage.faults import StorageCode, StorageFault

tables = new_metadata()
shelves = sa.Table("shelves", tables, sa.Column("id", sa.Integer, primary_key=True))
boxes = sa.Table(
    "boxes",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("shelf", sa.ForeignKey("shelves.id"), nullable=False),
)


@pytest.fixture
def shelved(engine: Engine) -> Engine:
    tables.create_all(engine)
    return engine


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(shelves)).scalar_one()


def test_what_a_block_wrote_is_kept_when_it_ends(shelved):
    with writing(shelved) as connection:
        connection.execute(sa.insert(shelves).values(id=1))
    assert count(shelved) == 1


def test_what_a_failing_block_wrote_is_undone(shelved):
    with suppress(LookupError), writing(shelved) as connection:
        connection.execute(sa.insert(shelves).values(id=1))
        raise LookupError
    assert count(shelved) == 0


def test_reading_refuses_to_write(shelved):
    with pytest.raises(DBAPIError), reading(shelved) as connection:
        connection.execute(sa.insert(shelves).values(id=1))
    with writing(shelved) as connection:  # the same pooled connection may write again
        connection.execute(sa.insert(shelves).values(id=2))
    assert count(shelved) == 1


def test_reading_sees_one_instant_and_does_not_wait_for_a_writer(shelved):
    with reading(shelved) as reader:
        chosen = sa.select(sa.func.count()).select_from(shelves)
        assert reader.execute(chosen).scalar_one() == 0
        with writing(shelved) as writer:
            writer.execute(sa.insert(shelves).values(id=1))
        assert reader.execute(chosen).scalar_one() == 0
    assert count(shelved) == 1


def test_foreign_keys_hold(shelved):
    with pytest.raises(IntegrityError), writing(shelved) as connection:
        connection.execute(sa.insert(boxes).values(id=1, shelf=77))


def test_a_programming_error_stays_what_it_is(shelved):
    with pytest.raises(DBAPIError), writing(shelved) as connection:
        connection.execute(sa.text("SELECT no_such_column FROM shelves"))


def test_two_writers_who_both_read_first_both_succeed(shelved):
    with writing(shelved) as connection:
        connection.execute(sa.insert(shelves).values(id=0))

    def add(number: int) -> None:
        with writing(shelved) as connection:
            connection.execute(sa.select(shelves)).all()
            connection.execute(sa.insert(shelves).values(id=number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(1, 21)))
    assert count(shelved) == 21


def test_a_lock_held_too_long_is_told_as_busy(shelved, monkeypatch):
    monkeypatch.setattr(database, "LOCK_WAIT_SECONDS", 0.1)
    monkeypatch.setattr(database, "_SQLITE_PRAGMAS", ("busy_timeout=100",))
    impatient = open_engine(shelved.url.render_as_string(hide_password=False))
    lock = sa.insert(shelves).values(id=1)
    taken, done = Event(), Event()

    def hold() -> None:
        with writing(shelved) as connection:
            connection.execute(lock)
            taken.set()
            done.wait(20)

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        taken.wait(20)
        try:
            with pytest.raises(StorageFault) as told, writing(impatient) as connection:
                connection.execute(lock)  # on PostgreSQL the same key waits for the first transaction
        finally:
            done.set()
            impatient.dispose()
        holding.result()
    assert told.value.code is StorageCode.BUSY


def test_a_database_that_cannot_be_reached_is_told_so(tmp_path):
    engine = open_engine(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(StorageFault) as told, reading(engine):
        pass
    assert told.value.code is StorageCode.UNREACHABLE


def test_a_full_sqlite_database_is_told_as_a_full_disk(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'small.db'}")
    notes = sa.Table("notes", sa.MetaData(), sa.Column("text", sa.Text))
    notes.metadata.create_all(engine)
    with writing(engine) as connection:  # the limit belongs to the one pooled connection
        connection.exec_driver_sql("PRAGMA max_page_count=4")
    with pytest.raises(StorageFault) as told, writing(engine) as connection:
        connection.execute(sa.insert(notes).values(text="x" * 100_000))
    engine.dispose()
    assert told.value.code is StorageCode.DISK_FULL


def test_sqlite_keeps_what_it_confirmed_through_a_power_cut(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'rows.db'}")
    with reading(engine) as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous")
        }
    engine.dispose()
    assert told == {"journal_mode": "wal", "synchronous": 2}  # 2 = FULL


def test_every_constraint_has_a_name_that_a_migration_can_call(shelved):
    found = sa.inspect(shelved)
    assert found.get_pk_constraint("boxes")["name"] == "pk_boxes"
    assert [key["name"] for key in found.get_foreign_keys("boxes")] == ["fk_boxes_shelf"]
