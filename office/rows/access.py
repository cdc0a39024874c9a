"""Who may see what: one predicate for rows, files and search.

A row is seen by those who serve its unit and are cleared for its sensitivity; everything else does not exist
for them, and is not counted either.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from office.nouns import Actor
from storage.search.model import Scope


def access(actor: Actor, table: sa.Table | sa.Alias) -> sa.ColumnElement[bool]:
    """The rows of `table` that `actor` may see, as an SQL condition on its `unit` and `sensitivity`."""
    return sa.and_(table.c.unit.in_(sorted(actor.units)), table.c.sensitivity <= int(actor.clearance))


def is_open_to(actor: Actor, row: Row[Any]) -> bool:
    """The same rule for one row already at hand."""
    return row.unit in actor.units and row.sensitivity <= actor.clearance


def scope(actor: Actor) -> Scope:
    """The same rule as the search index takes it."""
    return Scope(units=actor.units, clearance=int(actor.clearance))
