"""The databases that tests stand on are real, fresh and both kinds."""

import sqlalchemy as sa


def test_each_test_begins_with_an_empty_database(database_url):
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE seen (name TEXT)"))
        connection.execute(sa.text("INSERT INTO seen VALUES ('ả')"))
        assert connection.execute(sa.text("SELECT name FROM seen")).scalars().all() == ["ả"]
    engine.dispose()


def test_a_second_test_does_not_see_the_first_ones_rows(database_url):
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        assert "seen" not in sa.inspect(connection).get_table_names()
    engine.dispose()
