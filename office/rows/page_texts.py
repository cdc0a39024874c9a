"""The words of a paper as they were read, kept as packed JSON beside the PDF: search is rebuilt from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
import zstandard
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.engine import Connection
from typing_extensions import TypedDict  # pydantic takes typing's own from Python 3.12 on

from digitize.model import PageText
from office.faults import DeskCode, DeskFault
from office.procedure import FileRole
from office.rows import in_archive, keeping
from office.tables import files
from office.value import Office
from storage.database import reading
from storage.faults import StorageCode, StorageFault
from storage.objects import NotKept

AT_ONCE = 500  # values in one question to the database
MEDIA_TYPE = "application/zstd"
TEXTS: TypeAdapter[tuple[PageText, ...]] = TypeAdapter(tuple[PageText, ...])

Told = TypeVar("Told")
Edges = tuple[float, float, float, float]


class _Box(TypedDict):
    left: float
    top: float
    right: float
    bottom: float


class _Word(TypedDict):
    text: str
    box: _Box


class _Line(TypedDict):
    words: list[_Word]


class _Page(TypedDict):
    page: int
    lines: list[_Line]


_PLACED = TypeAdapter(list[_Page])  # of a page of 300 words a tenth of what all of it costs


@dataclass(frozen=True)
class PlacedText:
    """What search needs of a page: its number, its lines one below the other, each word with its box."""

    page: int
    text: str
    words: tuple[tuple[str, Edges], ...]


def pack(folder: Path, texts: Sequence[PageText]) -> Path:
    """Write page texts into a packed file in `folder`; the same texts give the same bytes."""
    packed = folder / "words.json.zst"
    packed.write_bytes(zstandard.compress(TEXTS.dump_json(tuple(texts))))
    return packed


def unpack(office: Office, paper_id: str) -> tuple[PageText, ...]:
    """The words of a paper, page by page.

    Raises: DeskFault(NOT_FOUND) before it has been read; StorageFault(DAMAGED) when what is kept is no words.
    """
    with reading(office.engine) as connection:
        kept = keeping.find(connection, keeping.Place(paper_id, FileRole.WORDS))
    with office.work_folder() as work:
        packed = keeping.fetch(office, kept.sha256, work / "words.zst").read_bytes()
    return _validated(TEXTS, packed, paper_id)


class PageTexts:
    """The words of many papers: rows are asked for together, a dossier's inventory is read once.

    Args:
        office: where they are kept.
        codes: of each of the papers the code of its dossier; those of one are best asked for in a row.
    """

    def __init__(self, office: Office, codes: Mapping[str, str]) -> None:
        self._office = office
        self._codes = codes
        self._shelf = in_archive.Shelf(office)
        with reading(office.engine) as connection:
            self._digests = _digests(connection, tuple(codes))

    def unpack(self, paper_id: str) -> tuple[PlacedText, ...]:
        """The words of a paper with their places, page by page.

        Raises: DeskFault(NOT_FOUND) before it has been read; StorageFault(DAMAGED) when what is kept is no
        words.
        """
        if paper_id not in self._digests:
            raise DeskFault(DeskCode.NOT_FOUND, f"{FileRole.WORDS} of {paper_id}")
        packed = self._read(paper_id, self._digests[paper_id])
        pages = _validated(_PLACED, packed, paper_id, strict=True)  # what need not be converted is faster
        return tuple(map(_placed, pages))

    def _read(self, paper_id: str, sha256: str) -> bytes:
        try:
            return self._office.objects.read(keeping.key_of(sha256))
        except NotKept:
            packed = self._shelf.read(self._codes[paper_id], sha256)
        if packed is not None:
            return packed
        with self._office.work_folder() as work:  # in no version of its own dossier: looked for everywhere
            return keeping.fetch(self._office, sha256, work / "words.zst").read_bytes()


def _validated(wanted: TypeAdapter[Told], packed: bytes, paper_id: str, *, strict: bool = False) -> Told:
    try:
        return wanted.validate_json(zstandard.decompress(packed), strict=strict)
    except (zstandard.ZstdError, ValidationError) as unreadable:
        raise StorageFault(StorageCode.DAMAGED, f"words of {paper_id}") from unreadable


def _placed(page: _Page) -> PlacedText:
    lines = [line["words"] for line in page["lines"]]
    text = "\n".join(" ".join([word["text"] for word in words]) for words in lines)
    boxes = [(word["text"], word["box"]) for words in lines for word in words]
    placed = [(word, (box["left"], box["top"], box["right"], box["bottom"])) for word, box in boxes]
    return PlacedText(page["page"], text, tuple(placed))


def _digests(connection: Connection, paper_ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    chosen = sa.select(files.c.paper, files.c.sha256).where(
        files.c.role == FileRole.WORDS, files.c.copy == ""
    )
    for start in range(0, len(paper_ids), AT_ONCE):
        some = chosen.where(files.c.paper.in_(paper_ids[start : start + AT_ONCE]))
        found |= {row.paper: row.sha256 for row in connection.execute(some)}
    return found
