"""Tìm: what was archived is found again by Vietnamese full text, and the index follows the catalogue."""

from dataclasses import dataclass

from storage.search import Query, Results, SearchIndex

from office.model import Actor
from office.people.access import scope
from office.value import Office

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
