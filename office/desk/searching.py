"""Tìm: what was archived is found again by Vietnamese full text, and the index follows the catalogue."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from digitize.model import PageText
from foundation.clock import on_paper
from office.desk.archiving import archive_name
from office.explain import explain
from office.nouns import Actor
from office.rows import claims, page_texts
from office.rows.access import scope
from office.tables import catalogue, dossiers, papers
from office.value import Office
from storage.database import reading, writing
from storage.faults import StorageCode, StorageFault
from storage.search.index import IndexWriter, PageRecord, Query, Results, SearchIndex
from storage.search.schema import require_fit

logger = logging.getLogger(__name__)
BATCH = 50  # papers a commit
BATCHES = 20  # commits a turn; then others may have the hand


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


def is_behind(connection: Connection, office: Office) -> bool:
    """Does the catalogue hold what this place's index has not taken in?"""
    newest = connection.execute(sa.select(sa.func.max(catalogue.c.change))).scalar() or 0
    return newest > 0 and _reached(office) < newest


def index_papers(office: Office, claim: claims.Claim) -> None:
    """The chore of a place: bring its index up to the catalogue, so many papers at a time.

    Raises: StorageFault BUSY while another process writes the index.
    """
    catch_up(office)
    with writing(office.engine) as connection:
        claims.write(connection, claim, {"done_at": office.clock()})


def catch_up(office: Office) -> int:
    """Take the next papers of the catalogue into this place's index, or build it anew where it must be.

    A paper whose words cannot be read stops nobody: it is passed over, and its row says why.
    Returns: how many papers were taken in. Raises: StorageFault BUSY while another process writes the index.
    """
    try:
        writer = SearchIndex.open_writer(office.index_folder)
    except StorageFault as fault:
        if fault.code not in (StorageCode.INDEX_OLD, StorageCode.INDEX_DAMAGED):
            raise
        return rebuild(office)
    with writer:
        return _follow(office, writer)


def rebuild(office: Office) -> int:
    """Build the index anew from what is kept; the old one serves until the end. Returns: papers taken in."""
    with reading(office.engine) as connection:
        rows = list(connection.execute(_entries(0)))
    newest = max((row.change for row in rows), default=0)
    words = _Words(office)
    SearchIndex.rebuild(office.index_folder, words.of_all(rows), newest)
    return len({row.paper for row in rows} - words.damaged.keys())


class _Words:
    """The words of papers as pages of the index; which papers' words are damaged is remembered and told."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.damaged: dict[str, str] = {}  # paper → the fault's key

    def of(self, rows: Iterable[Row[Any]]) -> Iterator[PageRecord]:
        """The pages of these papers, but for papers that cannot be read.

        Raises: what is no paper's fault and may pass, such as StorageFault(UNREACHABLE).
        """
        for row in rows:
            try:
                pages = [_record(row, text) for text in page_texts.unpack(self._office, row.paper)]
                for page in pages:
                    require_fit(page)
            except Exception as fault:
                told = explain(fault)
                if told.retry:
                    raise
                logger.warning("the words of %s are not indexed: %s", row.paper, fault)
                self.damaged[row.paper] = told.key
            else:
                yield from pages

    def of_all(self, rows: Sequence[Row[Any]]) -> Iterator[PageRecord]:
        """The same, and then tell: before the index goes past them, so that a crash tells it twice."""
        yield from self.of(rows)
        self.tell(rows)

    def tell(self, rows: Iterable[Row[Any]]) -> None:
        """Let the row of a damaged paper say so, and that of a mended one no more.

        Nothing else puts an archived paper aside: the fault of one is always its words'.
        """
        for row in {row.paper: row for row in rows}.values():
            fault = self.damaged.get(row.paper)
            if fault != row.fault:
                self._tell(row.paper, fault)

    def _tell(self, paper: str, fault: str | None) -> None:
        with writing(self._office.engine) as connection:
            claim = claims.take(connection, self._office, papers, paper)
            if claim is None:
                return  # a person gives it another try right now: it comes back with a change of its own
            if fault is None:
                claims.release(connection, claim)
            else:
                claims.give_up(connection, claim, fault, None)


def _reached(office: Office) -> int:
    try:
        return SearchIndex.open_reader(office.index_folder).caught_up_to
    except StorageFault as fault:
        if fault.code in (StorageCode.INDEX_MISSING, StorageCode.INDEX_OLD, StorageCode.INDEX_DAMAGED):
            return -1
        raise


def _follow(office: Office, writer: IndexWriter) -> int:
    taken: set[str] = set()
    for _ in range(BATCHES):
        with reading(office.engine) as connection:
            rows = list(connection.execute(_entries(writer.caught_up_to).limit(BATCH)))
        if not rows:
            break
        words = _Words(office)
        writer.apply(words.of_all(rows), [row.paper for row in rows], rows[-1].change)
        taken |= {row.paper for row in rows} - words.damaged.keys()
    return len(taken)


def _entries(after: int) -> sa.Select[Any]:
    columns = (
        catalogue.c.change,
        catalogue.c.paper,
        papers.c.ordinal,
        papers.c.title,
        papers.c.unit,
        papers.c.sensitivity,
        papers.c.fault,
        dossiers.c.code,
        dossiers.c.procedure,
        dossiers.c.created_at,
    )
    joined = sa.select(*columns).join(papers, catalogue.c.paper == papers.c.id)
    joined = joined.join(dossiers, papers.c.dossier == dossiers.c.id)
    return joined.where(catalogue.c.change > after).order_by(catalogue.c.change)


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
