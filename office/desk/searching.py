"""Tìm: what was archived is found again by Vietnamese full text, and the index follows the catalogue."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from digitize.model import PageText
from foundation.clock import on_paper
from office.desk.archiving import archive_name
from office.nouns import Actor
from office.rows import page_texts as words
from office.rows.access import scope
from office.tables import catalogue, dossiers, papers
from office.value import Office
from storage.database import reading
from storage.faults import StorageCode, StorageFault
from storage.search.index import IndexWriter, PageRecord, Query, Results, SearchIndex

BATCH = 50  # papers a commit


@dataclass(frozen=True)
class Wanted:
    """What is searched for."""

    text: str
    limit: int = 20
    year: int | None = None
    procedure: str | None = None


def find_records(office: Office, actor: Actor, wanted: Wanted) -> Results:
    """Search the archived papers this actor may see; never waits for the writer.

    Raises: StorageFault INDEX_MISSING, INDEX_OLD.
    """
    index = SearchIndex.open_reader(office.index_folder)
    query = Query(
        text=wanted.text,
        limit=wanted.limit,
        year=wanted.year,
        procedure=wanted.procedure,
        scope=scope(actor),
    )
    return index.search(query)


def catch_up(office: Office) -> int:
    """Bring this machine's index up to the catalogue.

    Returns: how many papers were taken in; 0 when there was nothing new or another process is at it.
    """
    with reading(office.engine) as connection:
        newest = connection.execute(sa.select(sa.func.max(catalogue.c.change))).scalar() or 0
    if _reached(office) >= newest:
        return 0
    try:
        writer = SearchIndex.open_writer(office.index_folder)
    except StorageFault as fault:
        if fault.code is StorageCode.BUSY:
            return 0
        if fault.code in (StorageCode.INDEX_OLD, StorageCode.INDEX_DAMAGED):
            return rebuild(office)
        raise
    with writer:
        return _follow(office, writer)


def rebuild(office: Office) -> int:
    """Build the index anew from what is kept; the old one serves until the end. Returns: papers taken in."""
    with reading(office.engine) as connection:
        rows = list(connection.execute(_entries(0)))
    newest = max((row.change for row in rows), default=0)
    pages = (page for row in rows for page in _pages(office, row))
    SearchIndex.rebuild(office.index_folder, pages, newest)
    return len({row.paper for row in rows})


def _reached(office: Office) -> int:
    try:
        return SearchIndex.open_reader(office.index_folder).caught_up_to
    except StorageFault as fault:
        if fault.code in (StorageCode.INDEX_MISSING, StorageCode.INDEX_OLD, StorageCode.INDEX_DAMAGED):
            return -1
        raise


def _follow(office: Office, writer: IndexWriter) -> int:
    taken = 0
    while True:
        with reading(office.engine) as connection:
            rows = list(connection.execute(_entries(writer.caught_up_to).limit(BATCH)))
        if not rows:
            return taken
        pages = [page for row in rows for page in _pages(office, row)]
        writer.apply(pages, [row.paper for row in rows], rows[-1].change)
        taken += len(rows)


def _entries(after: int) -> sa.Select[Any]:
    columns = (
        catalogue.c.change,
        catalogue.c.paper,
        papers.c.ordinal,
        papers.c.title,
        papers.c.unit,
        papers.c.sensitivity,
        dossiers.c.code,
        dossiers.c.procedure,
        dossiers.c.created_at,
    )
    joined = sa.select(*columns).join(papers, catalogue.c.paper == papers.c.id)
    joined = joined.join(dossiers, papers.c.dossier == dossiers.c.id)
    return joined.where(catalogue.c.change > after).order_by(catalogue.c.change)


def _pages(office: Office, row: Row[Any]) -> Iterable[PageRecord]:
    return [_record(row, text) for text in words.unpack(office, row.paper)]


def _record(row: Row[Any], text: PageText) -> PageRecord:
    placed = tuple((word.text, astuple(word.box)) for line in text.lines for word in line.words)
    return PageRecord(
        record=row.code,
        paper=row.paper,
        file=archive_name(row.code, row.ordinal),
        page=text.page,
        title=row.title,
        text=text.text,
        words=placed,
        unit=row.unit,
        sensitivity=row.sensitivity,
        year=on_paper(row.created_at).year,
        procedure=row.procedure,
        change=row.change,
    )
