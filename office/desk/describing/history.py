"""What happened to a dossier, as PREMIS events: its entries of the ledger up to the last one about it."""

import json
from collections.abc import Collection, Iterator, Sequence

from sqlalchemy.engine import Connection

from foundation.clock import as_text
from office.desk.describing.contents import Document
from office.law.archive_fields import NO_XML
from storage import ledger
from storage.packages.premis import Event

KINDS = {  # ledger → event types of the PREMIS vocabulary; other events keep the ledger's word
    "scan_received": "capture",
    "pages_arrived": "capture",
    "paper_read": "metadata extraction",
    "fields_extracted": "metadata extraction",
    "scan_signed": "digital signature generation",
    "officer_signed": "digital signature generation",
    "agency_signed": "digital signature generation",
    "paper_reviewed": "validation",
    "paper_archived": "ingestion end",
    "copy_archived": "ingestion end",
    "archive_read_again": "fixity check",
    "damage_found": "fixity check",
    "damage_repaired": "recovery",
}


def events(
    connection: Connection, subjects: Collection[str], documents: Sequence[Document]
) -> Iterator[Event]:
    """The entries about the dossier (code and id), its papers and copies, oldest first."""
    files = {one.id: one.file for one in documents}
    found = tuple(ledger.backwards(connection, subjects))
    for entry in reversed(found):
        detail = json.dumps(entry.body, ensure_ascii=False, sort_keys=True) if entry.body else ""
        yield Event(
            id=str(entry.seq),
            kind=KINDS.get(entry.what, entry.what),
            at=as_text(entry.at),
            detail=NO_XML.sub("�", f"{entry.what} {detail}".rstrip()),
            agent=entry.actor,
            about=files.get(entry.subject, ""),
        )
