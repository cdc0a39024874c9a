"""Rows as plain values and back: what the archive keeps of them, so that they can be made from it alone.

1. A dossier's rows are taken together, in one reading; the later of two snapshots replaces the earlier.
2. Claims (owner, lease, fence, fault, attempts) are the machine's and are not kept; neither are log-ins:
   passwords, sessions, tries, browsers.
3. Every table of the house stands in one of the groups below; a test holds that.
"""

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.book import register_tables, translog
from certify.book.entries import OPEN_STATES
from foundation.clock import as_text, from_text
from foundation.row_types import Instant, insert_into
from office import tables
from office.tables import arrivals, catalogue, copies, counters, dossiers, files, papers
from scanner_adapters.queue import broker_tables
from storage import changes, ledger

Reader = Callable[[Any], Any]
Rows = Mapping[str, list[dict[str, Any]]]  # table's name → its rows, column → plain value

CLAIM = frozenset({"owner", "lease_until", "fence", "fault", "retry_at", "attempts"})
LOG_IN = frozenset({"password", "must_change", "last_login", "active"})
OF_A_DOSSIER = (
    dossiers,
    papers,
    arrivals,
    tables.pages,
    tables.fields,
    copies,
    tables.signings,
    files,
    catalogue,
    counters,
)
OF_THE_REGISTER = (
    register_tables.books,
    register_tables.series,
    register_tables.rows,
    register_tables.versions,
    translog.log_leaves,
)
OF_THE_HOUSE = (
    tables.house,
    tables.accounts,
    tables.known_files,
    tables.certificates,
    tables.delegations,
    tables.anchors,
    tables.pins,
    tables.units,
    tables.holidays,
)
DERIVED = (ledger.ledger_entries, ledger.ledger_head, translog.log_head, changes.change_number)
NOT_KEPT = (
    tables.verdicts,  # reached anew when a file is checked
    tables.chores,
    tables.fixity,  # read anew
    tables.login_tries,
    tables.browsers,
    tables.sessions,
    tables.posts,
    *broker_tables.metadata.sorted_tables,
)
KEPT = {table.name: table for table in (*OF_A_DOSSIER, *OF_THE_REGISTER, *OF_THE_HOUSE)}


def of_dossier(connection: Connection, dossier_id: str) -> Rows:
    """Every row of one dossier, and the counter that numbered it."""
    code = connection.execute(sa.select(dossiers.c.code).where(dossiers.c.id == dossier_id)).scalar_one()
    own_papers = sa.select(papers.c.id).where(papers.c.dossier == dossier_id)
    own_copies = sa.select(copies.c.id).where(copies.c.paper.in_(own_papers))
    of_papers = {table: table.c.paper.in_(own_papers) for table in (tables.pages, tables.fields, catalogue)}
    chosen: dict[sa.Table, sa.ColumnElement[bool]] = {
        dossiers: dossiers.c.id == dossier_id,
        papers: papers.c.dossier == dossier_id,
        arrivals: (arrivals.c.dossier == dossier_id) | arrivals.c.paper.in_(own_papers),
        copies: copies.c.paper.in_(own_papers),
        tables.signings: tables.signings.c.copy.in_(own_copies),
        files: files.c.paper.in_(own_papers),
        counters: counters.c.name == f"dossiers {code.rpartition('-')[0]}",
        **of_papers,
    }
    return {table.name: plain_rows(connection, table, chosen[table]) for table in OF_A_DOSSIER}


def of_register(connection: Connection, since: datetime, requests: Collection[str], leaves: int) -> Rows:
    """The rows of the register that may have changed.

    Args:
        connection: to the house's rows.
        since: what was numbered, finished or recorded from then on.
        requests: whose entries may have changed in any case.
        leaves: how many leaves of the log are known.
    """
    entries, versions = register_tables.rows, register_tables.versions
    changed = (
        (entries.c.reserved_at >= since)
        | (entries.c.finished_at >= since)
        | entries.c.state.in_(OPEN_STATES)
        | entries.c.request_id.in_(list(requests))
    )
    renewed = sa.select(versions.c.request_id).where(versions.c.recorded_at >= since)
    chosen: dict[sa.Table, sa.ColumnElement[bool]] = {
        register_tables.books: sa.true(),
        register_tables.series: sa.true(),
        entries: changed | entries.c.request_id.in_(renewed),
        versions: (versions.c.recorded_at >= since) | versions.c.request_id.in_(list(requests)),
        translog.log_leaves: translog.log_leaves.c.position >= leaves,
    }
    return {table.name: plain_rows(connection, table, chosen[table]) for table in OF_THE_REGISTER}


def of_house(connection: Connection, since: datetime) -> Rows:
    """Who works here, without their log-ins, and which files are this office's own."""
    chosen: dict[sa.Table, sa.ColumnElement[bool]] = {
        tables.house: tables.house.c.name.not_in(PROGRESS),
        tables.accounts: sa.true(),
        tables.known_files: tables.known_files.c.made_at >= since,
    }
    return {table.name: plain_rows(connection, table, chosen.get(table, sa.true())) for table in OF_THE_HOUSE}


PROGRESS = ("recorded", "sealed", "replicated")  # rows of `house`: how far the records have come


def house_value(connection: Connection, name: str) -> str | None:
    """What the house keeps under a name."""
    return connection.execute(sa.select(tables.house.c.value).where(tables.house.c.name == name)).scalar()


def note_in_house(connection: Connection, name: str, value: str) -> None:
    """Keep a value under a name, in place of the one before."""
    written = insert_into(connection, tables.house).values(name=name, value=value)
    connection.execute(written.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def plain_rows(
    connection: Connection, table: sa.Table, where: sa.ColumnElement[bool]
) -> list[dict[str, Any]]:
    """The chosen rows of a table in the order of their keys, without claims and log-ins."""
    left_out = LOG_IN if table is tables.accounts else CLAIM if "fence" in table.c else frozenset()
    columns = [column for column in table.c if column.name not in left_out]
    chosen = sa.select(*columns).where(where).order_by(*table.primary_key.columns)
    return [
        {column.name: _plain(value) for column, value in zip(columns, row, strict=True)}
        for row in connection.execute(chosen)
    ]


def put_back(connection: Connection, kept: Rows) -> None:
    """Write rows that were kept; a row whose key stands there already is replaced."""
    for name, table in KEPT.items():  # in the order in which rows point at each other
        readers = {column.name: _reader(column) for column in table.c}
        told = ({**_values(readers, row), **_without_log_in(table)} for row in kept.get(name, []))
        for columns, rows in groupby(told, key=tuple):  # rows kept by an older version lack columns
            _replace(connection, table, columns, list(rows))


def together(several: Collection[Rows]) -> Rows:
    """The rows of several snapshots as one, which is written several times faster."""
    return {name: [row for rows in several for row in rows.get(name, [])] for name in KEPT}


def apart(kept: Rows) -> tuple[Rows, Rows]:
    """A dossier's rows without the pages that lie in a paper of another dossier by now, and these."""
    own = {row["id"] for row in kept["papers"]} | {None}
    here = [row for row in kept["arrivals"] if row["paper"] in own]
    return {**kept, "arrivals": here}, {"arrivals": [row for row in kept["arrivals"] if row not in here]}


def requests_of(connection: Connection, dossier_ids: Collection[str]) -> frozenset[str]:
    """The copies of these dossiers: the register knows them as requests."""
    joined = sa.select(copies.c.id).join(papers, copies.c.paper == papers.c.id)
    return frozenset(connection.execute(joined.where(papers.c.dossier.in_(list(dossier_ids)))).scalars())


def dossiers_among(connection: Connection, subjects: Collection[str]) -> frozenset[str]:
    """The ids of the dossiers that entries of the ledger with these subjects are about."""
    named = list(subjects)
    asked = (
        sa.select(dossiers.c.id).where(dossiers.c.code.in_(named) | dossiers.c.id.in_(named)),
        sa.select(papers.c.dossier).where(papers.c.id.in_(named)),
        sa.select(papers.c.dossier).join(copies, copies.c.paper == papers.c.id).where(copies.c.id.in_(named)),
        sa.select(arrivals.c.dossier).where(arrivals.c.id.in_(named) | arrivals.c.job.in_(named)),
    )
    found = (connection.execute(one).scalars() for one in asked)
    return frozenset(dossier for those in found for dossier in those if dossier is not None)


def _values(readers: Mapping[str, Reader], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row's values; a column that was taken away since is not missed."""
    return {
        name: value if value is None else readers[name](value)
        for name, value in row.items()
        if name in readers
    }


def _replace(
    connection: Connection, table: sa.Table, columns: Sequence[str], rows: list[dict[str, Any]]
) -> None:
    """Write rows with the same columns one after the other, by one statement: of two of a key the later."""
    keys = [column.name for column in table.primary_key.columns]
    written = insert_into(connection, table)
    rest = {name: written.excluded[name] for name in columns if name not in keys}
    if rest:
        connection.execute(written.on_conflict_do_update(index_elements=keys, set_=rest), rows)
    else:
        connection.execute(written.on_conflict_do_nothing(), rows)


def _without_log_in(table: sa.Table) -> dict[str, Any]:
    """Nobody comes in by an account that was brought back, until it gets a password."""
    if table is not tables.accounts:
        return {}
    return {"password": "", "must_change": True, "active": False}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return as_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    return value


def _reader(column: sa.Column[Any]) -> Reader:
    """What makes a value of this column from its plain form."""
    if isinstance(column.type, Instant):
        return from_text
    if isinstance(column.type, sa.Date):
        return date.fromisoformat
    if isinstance(column.type, sa.LargeBinary):
        return base64.b64decode
    return _itself


def _itself(plain: Any) -> Any:
    return plain
