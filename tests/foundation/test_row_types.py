"""Rows of both databases give back what was written, and the first of two wins."""

from datetime import UTC, datetime

import sqlalchemy as sa

from foundation.row_types import Instant, insert_once, new_metadata

metadata = new_metadata()
things = sa.Table("things", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", Instant))
AT = datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_the_first_of_two_wins_on_both_databases_and_instants_come_back(engine):
    metadata.create_all(engine)
    with engine.begin() as connection:
        assert insert_once(connection, things, id=1, at=AT)
        assert not insert_once(connection, things, id=1, at=None)
        assert connection.execute(sa.select(things)).one() == (1, AT)


def test_names_of_constraints_are_ours():
    assert str(sa.schema.CreateTable(things)).count("pk_things") == 1
