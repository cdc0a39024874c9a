from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import sqlalchemy as sa

from storage.changes import change_number, last_change, next_change
from storage.database import reading, writing

seen = sa.Table("seen", sa.MetaData(), sa.Column("change", sa.Integer, primary_key=True))


def test_numbers_begin_at_one_and_have_no_gaps(rows):
    with writing(rows) as connection:
        assert [next_change(connection), next_change(connection)] == [1, 2]
    with writing(rows) as connection:
        assert next_change(connection) == 3
    with reading(rows) as connection:
        assert last_change(connection) == 3


def test_before_the_first_change_the_last_is_zero(rows):
    with reading(rows) as connection:
        assert last_change(connection) == 0


def test_a_transaction_that_fails_gives_its_number_back(rows):
    with suppress(LookupError), writing(rows) as connection:
        next_change(connection)
        raise LookupError
    with writing(rows) as connection:
        assert next_change(connection) == 1


def test_whoever_sees_a_number_sees_all_before_it(rows):
    seen.metadata.create_all(rows)

    def add(_n: int) -> None:
        with writing(rows) as connection:
            connection.execute(sa.insert(seen).values(change=next_change(connection)))

    def look(_n: int) -> list[int]:
        with reading(rows) as connection:
            return list(connection.execute(sa.select(seen.c.change).order_by(seen.c.change)).scalars())

    with ThreadPoolExecutor(4) as pool:
        added = [pool.submit(add, n) for n in range(40)]
        looks = [pool.submit(look, n) for n in range(20)]
    for one in added:
        one.result()
    for one in looks:
        assert one.result() == list(range(1, len(one.result()) + 1))
    assert look(0) == list(range(1, 41))


def test_there_is_one_row(rows):
    with writing(rows) as connection:
        next_change(connection)
        next_change(connection)
        assert connection.execute(sa.select(sa.func.count()).select_from(change_number)).scalar_one() == 1
