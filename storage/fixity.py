"""Every byte kept, read again: what is not as it was kept, whoever keeps it."""

from collections.abc import Iterator
from dataclasses import replace

from storage.archive import Archive
from storage.faults import Finding
from storage.objects import ObjectStore


def verify(objects: ObjectStore, archive: Archive) -> Iterator[Finding]:
    """Read every byte of both; places begin with `archive/` or `objects/`. What is sound is not told of."""
    for store, findings in (("archive", archive.verify()), ("objects", objects.verify())):
        for finding in findings:
            yield replace(finding, place=f"{store}/{finding.place}")
