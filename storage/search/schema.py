"""The index's fields, and pages as its documents.

Text is kept at the analyser's three levels, already taken apart, joined by spaces. Positions are kept for
pairs and exact tokens, where phrases are looked for; folded syllables are far too frequent for that.
Besides the pages there is one document that says how far the index has caught up: it changes in the same
commit as the pages, so the two never disagree.
"""

import json
import math
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import tantivy

from storage.faults import StorageCode, StorageFault
from storage.search.model import Box, PageRecord
from vietnamese.analysis import ANALYZER_VERSION, terms

SCHEMA_VERSION = 1
VERSION = f"{SCHEMA_VERSION}.{ANALYZER_VERSION}"  # of all that decides what stands in an index
STATE = "state"  # the key of the document that is no page
HIGHEST_SENSITIVITY = 9

_BOX = struct.Struct("<4H")
_BOX_STEPS = 65535
_FAST = 1  # zlib's level


@dataclass(frozen=True)
class ShownPage:
    """What the index gives back of a page, to be shown. `words` None: those of the text, in its order."""

    record: str
    paper: str
    file: str
    page: int
    title: str
    text: str
    words: list[str] | None
    boxes: bytes

    def box(self, number: int) -> Box:
        """Where a word stands."""
        left, top, right, bottom = _BOX.unpack_from(self.boxes, number * _BOX.size)
        return left / _BOX_STEPS, top / _BOX_STEPS, right / _BOX_STEPS, bottom / _BOX_STEPS


def schema() -> tantivy.Schema:
    """The fields."""
    builder = tantivy.SchemaBuilder()
    for name in ("key", "paper", "procedure", "access"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("folded", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("pairs", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("exact", tokenizer_name="whitespace", index_option="position")
    builder.add_unsigned_field("year", indexed=True)
    builder.add_unsigned_field("change", stored=True)
    builder.add_bytes_field("shown", stored=True)
    builder.add_bytes_field("boxes", stored=True)
    return builder.build()


def key_of(page: PageRecord) -> str:
    """What a page is known by."""
    return f"page {page.paper} {page.page} {page.file}"


def access_term(unit: str, sensitivity: int) -> str:
    """One term for what it takes to see a page."""
    return f"{sensitivity} {unit}"


def page_document(page: PageRecord) -> tantivy.Document:
    """The page as the index keeps it. Raises: ValueError for a sensitivity that is none."""
    if not 0 <= page.sensitivity <= HIGHEST_SENSITIVITY:
        raise ValueError(f"sensitivity {page.sensitivity}")
    document = tantivy.Document()
    document.add_text("key", key_of(page))
    document.add_text("paper", page.paper)
    document.add_text("procedure", page.procedure)
    document.add_text("access", access_term(page.unit, page.sensitivity))
    document.add_unsigned("year", page.year)
    _add_terms(document, (page.title, page.record, page.text) if page.page == 1 else (page.text,))
    document.add_bytes("shown", _packed(page))
    document.add_bytes("boxes", _packed_boxes(page))
    return document


def require_fit(page: PageRecord) -> None:
    """Refuse a page that the index cannot hold. Raises: StorageFault(DAMAGED)."""
    edges = [edge for _word, box in page.words for edge in box]
    sound = all(map(math.isfinite, edges)) and 0 <= page.sensitivity <= HIGHEST_SENSITIVITY and page.year >= 0
    try:
        for text in (page.text, page.title, *(word for word, _box in page.words)):
            text.encode()
    except UnicodeEncodeError:
        sound = False
    if not sound:
        raise StorageFault(StorageCode.DAMAGED, f"{page.file} page {page.page}")


def state_document(change: int) -> tantivy.Document:
    """The document that says how far the index has caught up."""
    document = tantivy.Document()
    document.add_text("key", STATE)
    document.add_unsigned("change", change)
    return document


def shown_page(document: tantivy.Document) -> ShownPage:
    """The page of a document found."""
    shown: bytes = document["shown"][0]
    told = json.loads(zlib.decompress(shown))
    words = told.pop("words")
    return ShownPage(
        **told, words=told["text"].split() if words is None else words, boxes=document["boxes"][0]
    )


def _add_terms(document: tantivy.Document, texts: Iterable[str]) -> None:
    for analysed in map(terms, texts):  # between two values the engine leaves a gap that no phrase crosses
        document.add_text("folded", " ".join(analysed.folded))
        document.add_text("pairs", " ".join(analysed.pairs))
        document.add_text("exact", " ".join(analysed.exact))


def _packed(page: PageRecord) -> bytes:
    words = [word for word, _box in page.words]
    told = {
        "record": page.record,
        "paper": page.paper,
        "file": page.file,
        "page": page.page,
        "title": page.title,
        "text": page.text,
        "words": None if words == page.text.split() else words,
    }
    return zlib.compress(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), _FAST)


def _packed_boxes(page: PageRecord) -> bytes:
    edges = [edge for _word, box in page.words for edge in box]
    if edges and (min(edges) < 0 or max(edges) > 1):
        edges = [min(max(edge, 0.0), 1.0) for edge in edges]
    return struct.pack(f"<{len(edges)}H", *[int(edge * _BOX_STEPS + 0.5) for edge in edges])
