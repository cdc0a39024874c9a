"""The search index: pages found by their words, with or without marks, best first.

1. One writer at a time, for all processes; readers never wait for it and see what it committed last.
2. Pages and the change number they reach are committed together: after a restart `caught_up_to` is true.
3. An index of another version is not read but made anew, while the old one goes on serving old programs.
4. No text that people type is an error.

A folder holds generations of the index; the file `current` names the one to read and its version.
"""

import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import tantivy

from foundation.locks import open_lock, take_if_free
from storage import disk
from storage.faults import StorageCode, StorageFault
from storage.search.hits import hit
from storage.search.marks import Marker
from storage.search.model import Box, Hit, PageRecord, Query, Results, Scope
from storage.search.query import Asked, asked, index_query, widening
from storage.search.schema import STATE, VERSION, key_of, page_document, schema, shown_page, state_document

__all__ = ["Box", "Hit", "IndexWriter", "PageRecord", "Query", "Results", "Scope", "SearchIndex"]

CURRENT = "current"
LOCK = "writer.lock"
WRITER_HEAP_BYTES = 50_000_000


@dataclass(frozen=True)
class _Opened:
    """An index as a reader holds it, and by what it sees that there is a newer one."""

    seen: tuple[object, ...]
    index: tantivy.Index
    searcher: tantivy.Searcher


class SearchIndex:
    """The index as readers have it; any number of processes and threads may."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened = _open(folder)

    @staticmethod
    def open_writer(folder: Path) -> "IndexWriter":
        """The one writer of the index in `folder`, which is made when there is none.

        Raises: StorageFault BUSY when another has it, INDEX_OLD or INDEX_DAMAGED when it must be rebuilt.
        """
        return IndexWriter(folder)

    @classmethod
    def open_reader(cls, folder: Path) -> Self:
        """A reader. Raises: StorageFault INDEX_MISSING, INDEX_OLD, INDEX_DAMAGED."""
        return cls(folder)

    @staticmethod
    def rebuild(folder: Path, pages: Iterable[PageRecord], change: int) -> None:
        """Make the index anew from `pages`, which reach up to `change`; the old one serves until the end.

        Raises: StorageFault BUSY while there is a writer.
        """
        lock = _lock(folder)
        try:
            _rebuild(folder, pages, change)
        finally:
            os.close(lock)

    @property
    def caught_up_to(self) -> int:
        """The change number that the pages seen by this reader reach."""
        return _caught_up_to(self._opened.searcher)

    def reload(self) -> None:
        """See what has been committed since; costs next to nothing when nothing has.

        Raises: StorageFault INDEX_MISSING, INDEX_OLD, INDEX_DAMAGED.
        """
        if self._opened.seen != _seen(self._folder):
            self._opened = _open(self._folder)

    def search(self, query: Query) -> Results:
        """The pages that match, best first; an empty or senseless query finds nothing."""
        started = time.perf_counter()
        words = asked(query.text)
        total, hits = (0, ()) if words.is_empty or query.limit < 1 else self._ask(query, words)
        return Results((time.perf_counter() - started) * 1000, total, hits)

    def _ask(self, query: Query, words: Asked) -> tuple[int, tuple[Hit, ...]]:
        opened = self._opened
        answer: Any = None
        for required in widening(words):
            if answer is not None and answer.count and required <= 1:
                break  # pages with any one of the words are only better than nothing
            answer = opened.searcher.search(
                index_query(opened.index.schema, query, words, required), query.limit
            )
            if answer.count >= query.limit:
                break
        marker = Marker.of(words)
        pages = ((shown_page(opened.searcher.doc(at)), score) for score, at in answer.hits)
        return answer.count, tuple(hit(page, marker, score) for page, score in pages)


class IndexWriter:
    """The one writer of an index; closes with its process."""

    def __init__(self, folder: Path) -> None:
        """Take the lock and open or make the index. Raises: StorageFault BUSY, INDEX_OLD, INDEX_DAMAGED."""
        self._lock = _lock(folder)
        try:
            if not (folder / CURRENT).exists():
                _rebuild(folder, (), 0)
            self._index = _open_index(folder)
            self._writer = self._index.writer(WRITER_HEAP_BYTES, 1)
        except BaseException:
            os.close(self._lock)
            raise

    @property
    def caught_up_to(self) -> int:
        """The change number that the committed pages reach; 0 for a new index."""
        self._index.reload()
        return _caught_up_to(self._index.searcher())

    def apply(self, pages: Iterable[PageRecord], deletions: Iterable[str], change: int) -> None:
        """Take out all pages of the papers in `deletions`, put in `pages`, and commit both with `change`.

        A page known by the same paper, file and number is replaced. Doing it again changes nothing.
        """
        try:
            for paper in deletions:
                self._writer.delete_documents_by_term("paper", paper)
            _put(self._writer, pages)
            _commit(self._writer, max(change, self.caught_up_to))
        except BaseException:
            self._writer.rollback()
            raise

    def close(self) -> None:
        """Let another write."""
        self._writer.wait_merging_threads()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _lock(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    handle = open_lock(folder / LOCK)
    if not take_if_free(handle):
        os.close(handle)
        raise StorageFault(StorageCode.BUSY, str(folder))
    return handle


def _rebuild(folder: Path, pages: Iterable[PageRecord], change: int) -> None:
    old = sorted(folder.glob("g[0-9]*"))
    name = f"g{max((int(path.name[1:]) for path in old), default=0) + 1:06d}"
    try:
        _fill(folder / name, pages, change)
    except BaseException:
        shutil.rmtree(folder / name, ignore_errors=True)
        raise
    disk.sync_folder(folder)
    disk.replace_synced(folder / CURRENT, f"{name} {VERSION}\n".encode("ascii"), folder / f"{CURRENT}.part")
    for path in old:
        shutil.rmtree(path)


def _fill(generation: Path, pages: Iterable[PageRecord], change: int) -> None:
    generation.mkdir()
    writer = tantivy.Index(schema(), str(generation)).writer(WRITER_HEAP_BYTES, 1)
    try:
        _put(writer, pages)
        _commit(writer, change)
    except BaseException:
        writer.rollback()
        raise
    finally:
        writer.wait_merging_threads()  # its threads write files until then


def _put(writer: tantivy.IndexWriter, pages: Iterable[PageRecord]) -> None:
    for page in pages:
        writer.delete_documents_by_term("key", key_of(page))
        writer.add_document(page_document(page))


def _commit(writer: tantivy.IndexWriter, change: int) -> None:
    writer.delete_documents_by_term("key", STATE)
    writer.add_document(state_document(change))
    with disk.told_as_faults():
        writer.commit()


def _generation(folder: Path) -> Path:
    try:
        name, version = (folder / CURRENT).read_text(encoding="ascii").split()
    except FileNotFoundError:
        raise StorageFault(StorageCode.INDEX_MISSING, str(folder)) from None
    except ValueError:
        raise StorageFault(StorageCode.INDEX_DAMAGED, str(folder)) from None
    if version != VERSION:
        raise StorageFault(StorageCode.INDEX_OLD, f"{version}, not {VERSION}")
    return folder / name


def _open_index(folder: Path) -> tantivy.Index:
    generation = _generation(folder)
    try:
        index = tantivy.Index.open(str(generation))
        index.config_reader("manual")
    except ValueError as broken:
        raise StorageFault(StorageCode.INDEX_DAMAGED, str(broken)) from broken
    return index


def _open(folder: Path) -> _Opened:
    seen = _seen(folder)
    try:
        index = _open_index(folder)
    except StorageFault:
        if _seen(folder) == seen:
            raise
        return _open(folder)  # it was rebuilt and the old one removed just now
    return _Opened(seen, index, index.searcher())


def _seen(folder: Path) -> tuple[object, ...]:
    """What differs after every commit and every rebuild."""
    generation = _generation(folder)
    try:
        commit = (generation / "meta.json").stat()
    except FileNotFoundError:
        return (generation,)
    return generation, commit.st_ino, commit.st_mtime_ns


def _caught_up_to(searcher: tantivy.Searcher) -> int:
    found = searcher.search(_state_query(), 1).hits
    return int(searcher.doc(found[0][1])["change"][0]) if found else 0


def _state_query() -> tantivy.Query:
    return tantivy.Query.term_query(schema(), "key", STATE, index_option="basic")
