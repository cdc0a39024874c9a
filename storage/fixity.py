"""Every byte kept, read again: what is not as it was kept, whoever keeps it."""

from collections.abc import Iterator
from dataclasses import dataclass

from storage.faults import Finding
from storage.objects import ObjectStore
from storage.ocfl import OcflRoot


@dataclass(frozen=True)
class StoreFinding:
    """A finding and the store it was made in: `archive` or `objects`."""

    store: str
    finding: Finding


def reread(archive: OcflRoot, objects: ObjectStore) -> Iterator[StoreFinding]:
    """Read every byte of the archive and of the objects; nothing is told of what is sound."""
    for finding in archive.verify():
        yield StoreFinding("archive", finding)
    for finding in objects.verify():
        yield StoreFinding("objects", finding)
