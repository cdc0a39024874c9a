"""What every OCFL root answers, wherever its objects lie: newest versions, checked copies, findings."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from storage import disk
from storage.archive import KeptFile, Version
from storage.faults import Finding, StorageCode, StorageFault
from storage.ocfl import layout
from storage.ocfl.checks import content_findings, structure_findings
from storage.ocfl.inventory import Inventory
from storage.ocfl.tree import Tree, current_inventory


@dataclass(frozen=True)
class NewestVersion:
    """An object's newest version as it was found: what a later version adds does not change it."""

    current: Inventory
    tree: Tree

    @property
    def object_id(self) -> str:
        """Whose version it is."""
        return self.current.object_id

    @cached_property
    def version(self) -> Version:
        """Its number and what is in it."""
        return version_of(self.current)

    def read(self, logical: str) -> bytes:
        """The whole of a small file, checked. Raises: StorageFault NOT_KEPT, DAMAGED."""
        chunks: list[bytes] = []
        self._copy(logical, chunks.append)
        return b"".join(chunks)

    def fetch(self, logical: str, target: Path) -> KeptFile:
        """Copy a file to the new file `target`, there only if it matches its digest.

        Raises: StorageFault NOT_KEPT, DAMAGED; FileExistsError.
        """
        with disk.new_file(target) as out:
            wanted = self._copy(logical, out.write)
            return KeptFile(logical, out.tell(), wanted)

    def _copy(self, logical: str, take: Callable[[bytes], object]) -> str:
        """Hand every byte to `take`; returns the sha256, which they match unless this raises."""
        if logical not in self.current.state:
            raise StorageFault(StorageCode.NOT_KEPT, f"{self.object_id} {logical}")
        wanted, digest = self.current.sha256_of(logical), hashlib.sha256()

        def count(chunk: bytes) -> None:
            digest.update(chunk)
            take(chunk)

        stands = self.tree.copy_to(self.current.content_path(self.current.state[logical]), count)
        if not stands or digest.hexdigest() != wanted:
            raise StorageFault(StorageCode.DAMAGED, f"{self.object_id} {logical}")
        return wanted


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
        return self.newest(object_id).fetch(logical, target)

    def newest(self, object_id: str) -> NewestVersion:
        """The newest version, for who asks several things of it. Raises: StorageFault NOT_KEPT, DAMAGED."""
        return NewestVersion(self.current(object_id), self.tree_of(object_id))

    def every(self) -> Iterator[NewestVersion]:
        """The newest version of every object, in the order of their folders. Raises: StorageFault DAMAGED."""
        for place in self.places():
            tree = self.tree_at(place)
            current = current_inventory(tree)
            if current is not None:
                yield NewestVersion(current, tree)

    def objects(self) -> Iterator[str]:
        """The id of every object, in the order of their folders."""
        return (one.object_id for one in self.every())

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
