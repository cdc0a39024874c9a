"""What every OCFL root answers, wherever its objects lie: newest versions, checked copies, findings."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from storage import disk
from storage.archive import KeptFile, Version
from storage.faults import Finding, StorageCode, StorageFault
from storage.ocfl import layout
from storage.ocfl.checks import content_findings, structure_findings
from storage.ocfl.inventory import Inventory
from storage.ocfl.tree import Tree, current_inventory


class OcflReader(ABC):
    """The reading half of an OCFL storage root."""

    @abstractmethod
    def tree_at(self, place: str) -> Tree:
        """What lies below an object's folder, whose path is relative to the root."""

    @abstractmethod
    def places(self) -> Iterator[str]:
        """The folder of every object, in order."""

    @abstractmethod
    def quiet(self, place: str) -> AbstractContextManager[object]:
        """Keep writers of this machine away from an object, where that can be done."""

    def tree_of(self, object_id: str) -> Tree:
        """What lies below an object's folder."""
        return self.tree_at(layout.object_folder(object_id).as_posix())

    def version(self, object_id: str) -> Version:
        """The newest version. Raises: StorageFault NOT_KEPT, DAMAGED."""
        return version_of(self.current(object_id))

    def fetch(self, object_id: str, logical: str, target: Path) -> KeptFile:
        """Copy a file of the newest version to the new file `target`, there only if it matches its digest.

        Raises: StorageFault NOT_KEPT, DAMAGED; FileExistsError.
        """
        current = self.current(object_id)
        if logical not in current.state:
            raise StorageFault(StorageCode.NOT_KEPT, f"{object_id} {logical}")
        wanted, digest = current.sha256_of(logical), hashlib.sha256()
        with disk.new_file(target) as out:

            def take(chunk: bytes) -> None:
                digest.update(chunk)
                out.write(chunk)

            path = current.content_path(current.state[logical])
            stands = self.tree_of(object_id).copy_to(path, take)
            if not stands or digest.hexdigest() != wanted:
                raise StorageFault(StorageCode.DAMAGED, f"{object_id} {logical}")
            return KeptFile(logical, out.tell(), wanted)

    def objects(self) -> Iterator[str]:
        """The id of every object, in the order of their folders."""
        for place in self.places():
            current = current_inventory(self.tree_at(place))
            if current is not None:
                yield current.object_id

    def verify(self, object_id: str | None = None) -> Iterator[Finding]:
        """Read every byte of one object, or of all, and tell what is not as it was kept.

        Raises: StorageFault NOT_KEPT when there is no such object.
        """
        if object_id is None:
            places = self.places()
        else:
            tree = self.tree_of(object_id)
            if next(tree.names(), None) is None:
                raise StorageFault(StorageCode.NOT_KEPT, object_id)
            places = iter((tree.place,))
        for place in places:
            tree = self.tree_at(place)
            with self.quiet(place):
                told = tuple(structure_findings(tree))
            for finding in (*told, *content_findings(tree)):
                yield Finding(f"{place}/{finding.place}", finding.code, finding.detail)

    def current(self, object_id: str) -> Inventory:
        """The inventory that readers may trust now. Raises: StorageFault NOT_KEPT, DAMAGED."""
        current = current_inventory(self.tree_of(object_id))
        if current is None:
            raise StorageFault(StorageCode.NOT_KEPT, object_id)
        return current


def version_of(current: Inventory) -> Version:
    """The newest version of an inventory, as the port tells it."""
    return Version(current.head, {logical: current.sha256_of(logical) for logical in current.state})
