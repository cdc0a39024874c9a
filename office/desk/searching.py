"""Tìm: what was archived is found again by Vietnamese full text, and the index follows the catalogue."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from foundation.clock import on_paper
from office.desk.describing.contents import archive_name
from office.explain import explain
from office.faults import DeskCode, DeskFault
from office.nouns import Actor
from office.rows import claims, page_texts
from office.rows.access import scope
from office.rows.catalogue import Entry, entries, newest_change
from office.tables import papers
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
    newest = newest_change(connection)
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
        found = entries(connection)
    newest = max((entry.change for entry in found), default=0)
    words = _Words(office)
    SearchIndex.rebuild(office.index_folder, words.of(found), newest)
    return len({entry.paper for entry in found} - words.damaged.keys())


class _Words:
    """The words of papers as pages of the index; which papers' words are damaged is remembered and told."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.damaged: dict[str, str] = {}  # paper → the fault's key

    def of(self, found: Sequence[Entry]) -> Iterator[PageRecord]:
        """The pages of these papers, but for papers that cannot be read; their rows say so.

        Raises: what is no paper's fault and may pass, such as StorageFault(UNREACHABLE); DeskFault(BUSY)
        while somebody has a paper whose row has to say something.
        """
        in_a_row = sorted(found, key=lambda entry: entry.code)
        for start in range(0, len(in_a_row), BATCH):
            some = in_a_row[start : start + BATCH]
            texts = page_texts.PageTexts(self._office, {entry.paper: entry.code for entry in some})
            for entry in some:
                yield from self._pages(entry, texts)
        for entry in {entry.paper: entry for entry in found}.values():
            fault = self.damaged.get(entry.paper)
            if fault != entry.fault:  # told before the index goes past them: a crash tells them twice
                self._tell(entry.paper, fault)

    def _pages(self, entry: Entry, texts: page_texts.PageTexts) -> list[PageRecord]:
        try:
            pages = [_record(entry, text) for text in texts.unpack(entry.paper)]
            for page in pages:
                require_fit(page)
        except Exception as fault:
            told = explain(fault)
            if told.retry:
                raise
            logger.warning("the words of %s are not indexed: %s", entry.paper, fault)
            self.damaged[entry.paper] = told.key
            return []
        return pages

    def _tell(self, paper: str, fault: str | None) -> None:
        """Nothing else puts an archived paper aside: the fault of one is always its words'."""
        with writing(self._office.engine) as connection:
            claim = claims.take(connection, self._office, papers, paper)
            if claim is None:  # whoever archives it, or tries it again, would wipe out what is told now
                raise DeskFault(DeskCode.BUSY, paper)
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
            found = entries(connection, writer.caught_up_to, BATCH)
        if not found:
            break
        words = _Words(office)
        writer.apply(words.of(found), [entry.paper for entry in found], found[-1].change)
        taken |= {entry.paper for entry in found} - words.damaged.keys()
    return len(taken)


def _record(entry: Entry, text: page_texts.PlacedText) -> PageRecord:
    return PageRecord(
        record=entry.code,
        paper=entry.paper,
        file=archive_name(entry.code, entry.ordinal),
        page=text.page,
        title=entry.title,
        text=text.text,
        words=text.words,
        unit=entry.unit,
        sensitivity=entry.sensitivity,
        year=on_paper(entry.created_at).year,
        procedure=entry.procedure,
        change=entry.change,
    )
