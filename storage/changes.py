"""Change numbers: 1, 2, 3 … in the order in which their transactions are kept.

A sequence of the database would not do: its numbers are given before the transactions end, so a reader that
has seen 8 could still meet 7 later. Here one locked row makes the second transaction wait for the first.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from foundation.row_types import insert_into
from storage.database import metadata

change_number = sa.Table(
    "change_number",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last", sa.BigInteger, nullable=False),
)
_ONLY = 1


def next_change(connection: Connection) -> int:
    """The next number; its row stays locked until the transaction ends, and a failed one gives it back."""
    first = insert_into(connection, change_number).values(id=_ONLY, last=1)
    counted = first.on_conflict_do_update(index_elements=["id"], set_={"last": change_number.c.last + 1})
    return int(connection.execute(counted.returning(change_number.c.last)).scalar_one())


def last_change(connection: Connection) -> int:
    """The last number given and kept; 0 before the first."""
    return int(connection.execute(sa.select(change_number.c.last)).scalar_one_or_none() or 0)
