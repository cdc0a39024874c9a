"""The transparency log under the register: every final act is a leaf of one Merkle tree (RFC 6962).

Rules of this module:
1. Positions are given in commit order, without gaps: the head row is locked by whoever appends.
2. A leaf never changes. It holds digests and numbers, never a person's data.
"""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.book import merkle
from foundation.row_types import insert_once, new_metadata

metadata = new_metadata()
"""The rows of the log. `office` merges them into its migrations."""

LEAF_VERSION = 1
HEAD = 1

log_head = sa.Table(
    "certify_log_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("size", sa.Integer, nullable=False),
)
log_leaves = sa.Table(
    "certify_log_leaves",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("entry", sa.LargeBinary, nullable=False),
    sa.Column("leaf", sa.LargeBinary, nullable=False),
)


def append(connection: Connection, facts: Mapping[str, Any]) -> int:
    """Add a leaf in the caller's transaction and return its position, counted from 0."""
    insert_once(connection, log_head, id=HEAD, size=0)
    grown = sa.update(log_head).where(log_head.c.id == HEAD).values(size=log_head.c.size + 1)
    size: int = connection.execute(grown.returning(log_head.c.size)).scalar_one()
    entry = canonical(facts)
    connection.execute(
        sa.insert(log_leaves).values(position=size - 1, entry=entry, leaf=merkle.leaf_hash(entry))
    )
    return size - 1


def canonical(facts: Mapping[str, Any]) -> bytes:
    """The one spelling of a leaf: JSON with sorted keys, no spaces, UTF-8, and its version."""
    return json.dumps(
        {**facts, "version": LEAF_VERSION}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def size(connection: Connection) -> int:
    """How many leaves there are."""
    return connection.execute(sa.select(log_head.c.size)).scalar() or 0


def root(connection: Connection, at_size: int | None = None) -> bytes:
    """The root of the log, or of what it was when it had `at_size` leaves."""
    return merkle.root(_leaves(connection, at_size))


def prove_inclusion(connection: Connection, position: int, at_size: int | None = None) -> list[bytes]:
    """The proof that the leaf at `position` is in the tree.

    Raises: IndexError when there is no such leaf.
    """
    return merkle.inclusion_proof(position, _leaves(connection, at_size))


def prove_consistency(connection: Connection, older_size: int) -> list[bytes]:
    """The proof that nothing before `older_size` has been altered since.

    Raises: IndexError when the log never had that size.
    """
    return merkle.consistency_proof(older_size, _leaves(connection, None))


def entry(connection: Connection, position: int) -> bytes:
    """The bytes of a leaf's entry. Raises: IndexError when there is no such leaf."""
    found = connection.execute(
        sa.select(log_leaves.c.entry).where(log_leaves.c.position == position)
    ).scalar()
    if found is None:
        raise IndexError(position)
    return bytes(found)


def altered(connection: Connection) -> list[int]:
    """Positions whose entry no longer has the hash it was given, or that are missing."""
    wrong = []
    rows = connection.execute(sa.select(log_leaves).order_by(log_leaves.c.position))
    standing = {row.position: row for row in rows}
    for position in range(size(connection)):
        row = standing.get(position)
        if row is None or merkle.leaf_hash(bytes(row.entry)) != bytes(row.leaf):
            wrong.append(position)
    return wrong


def _leaves(connection: Connection, at_size: int | None) -> list[bytes]:
    query = sa.select(log_leaves.c.leaf).order_by(log_leaves.c.position)
    found = [bytes(leaf) for leaf in connection.execute(query.limit(at_size)).scalars()]
    if at_size is not None and len(found) != at_size:
        raise IndexError(at_size)
    return found
