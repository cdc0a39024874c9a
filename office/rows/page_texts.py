"""The words of a paper as they were read, kept as packed JSON beside the PDF: search is rebuilt from them."""

from collections.abc import Sequence
from pathlib import Path

import zstandard
from pydantic import TypeAdapter, ValidationError

from digitize.model import PageText
from office.procedure import FileRole
from office.rows import keeping
from office.value import Office
from storage.database import reading
from storage.faults import StorageCode, StorageFault

MEDIA_TYPE = "application/zstd"
TEXTS: TypeAdapter[tuple[PageText, ...]] = TypeAdapter(tuple[PageText, ...])


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
    try:
        return TEXTS.validate_json(zstandard.decompress(packed))
    except (zstandard.ZstdError, ValidationError) as unreadable:
        raise StorageFault(StorageCode.DAMAGED, f"words of {paper_id}") from unreadable
