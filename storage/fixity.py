"""Every byte kept, read again: what is not as it was kept, whoever keeps it."""

from collections.abc import Iterator
from dataclasses import replace

from storage.archive import Archive
from storage.faults import Finding
from storage.objects import ObjectStore


def verify(objects: ObjectStore, archive: Archive, records: ObjectStore | None = None) -> Iterator[Finding]:
    """Read every byte; places begin with `archive/`, `objects/`, `records/`. What is sound is not told."""
    beside = (("records", records.verify()),) if records is not None else ()
    for store, findings in (("archive", archive.verify()), ("objects", objects.verify()), *beside):
        for finding in findings:
            yield replace(finding, place=f"{store}/{finding.place}")
