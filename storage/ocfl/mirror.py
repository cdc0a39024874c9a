"""One OCFL root beside another: objects copied as they are, and what rotted repaired from the copy.

1. A copy has the very files of its original, in the order of a commit, so that readers of the copy never see
   half a version.
2. Only what matches the digests of a trusted inventory is copied or restored.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from storage import disk
from storage.archive import Archive
from storage.faults import Finding, StorageCode, StorageFault
from storage.ocfl.inventory import Inventory
from storage.ocfl.layout import OBJECT_DECLARATION
from storage.ocfl.tree import INVENTORY, SIDECAR, Tree, current_inventory, trusted_inventory


class Repository(Archive, Protocol):
    """An archive whose objects can be copied to and from another one, file by file."""

    def tree_of(self, object_id: str) -> Tree:
        """What lies below an object's folder."""
        ...

    def tree_at(self, place: str) -> Tree:
        """What lies below an object's folder, whose path is relative to the root."""
        ...

    def quiet(self, place: str) -> AbstractContextManager[object]:
        """Keep writers of this machine away from an object, where that can be done."""
        ...

    def places(self) -> Iterator[str]:
        """The folder of every object, in order."""
        ...


def mirror(source: Tree, target: Tree) -> int:
    """Let `target` hold the object of `source` as it stands; what it has already is not sent again.

    Returns: how many files were sent. Raises: StorageFault NOT_KEPT, DAMAGED when the source is not sound.
    """
    current = current_inventory(source)
    if current is None:
        raise StorageFault(StorageCode.NOT_KEPT, source.place)
    there = set(target.names())
    contents = [path for path in _contents(current) if path not in there]
    for path in contents:
        _send(source, target, path, current.fixity[path])
    small = [name for name in _own_files(current) if source.read(name) != target.read(name)]
    for name in small:
        _send(source, target, name, None)
    return len(contents) + len(small)


def head_of(tree: Tree) -> int:
    """The number of the newest version that was committed; 0: none. Raises: StorageFault DAMAGED."""
    current = current_inventory(tree)
    return current.head if current is not None else 0


def files_at(tree: Tree, version: int) -> Iterator[tuple[str, str, str | None]]:
    """Every file of an object as it stood at a version, in the order of a commit.

    Yields: the file's name, where its bytes lie now, and their sha256 where the inventory tells it.
    Raises: StorageFault DAMAGED when the version's inventory cannot be trusted.
    """
    then = trusted_inventory(tree, version)
    if then is None:
        raise StorageFault(StorageCode.DAMAGED, f"{tree.place}/v{version}")
    yield from ((path, path, then.fixity[path]) for path in _contents(then))
    for name in _own_files(then):
        lies_at = f"v{version}/{name}" if name in (INVENTORY, SIDECAR) else name
        yield name, lies_at, None


def is_mirrored(source: Tree, target: Tree) -> bool:
    """Does `target` hold the newest version of `source`, every byte of it as the inventory tells?"""
    current = current_inventory(source)
    if current is None or trusted_inventory(target) != current:
        return False
    return all(_digest(target, path) == current.fixity[path] for path in _contents(current))


def repair(damaged: Tree, replica: Tree, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Restore what the findings tell from the replica; places are relative to the object.

    Yields: what could not be repaired.
    Raises: StorageFault DAMAGED when the replica cannot be trusted either.
    """
    known = current_inventory(replica)
    for finding in findings:
        if known is None or not _repaired(damaged, replica, finding.place, known):
            yield finding


def _repaired(damaged: Tree, replica: Tree, place: str, known: Inventory) -> bool:
    if place in known.fixity:
        if _digest(replica, place) != known.fixity[place]:
            return False
        _send(replica, damaged, place, known.fixity[place])
        return True
    names = [place, place.replace(INVENTORY, SIDECAR)] if place.endswith(INVENTORY) else [place]
    if any(name not in _own_files(known) for name in names) or trusted_inventory(replica) != known:
        return False
    own = trusted_inventory(damaged)
    if own is not None and own.head > known.head:
        return False  # the replica is behind: its inventories would take a version away
    for name in names:
        _send(replica, damaged, name, None)
    return True


def _contents(current: Inventory) -> list[str]:
    return sorted(path for paths in current.manifest.values() for path in paths)


def _own_files(current: Inventory) -> list[str]:
    """Declaration, inventories and sidecars, the object's own last."""
    versions = [f"v{number}/{name}" for number in range(1, current.head + 1) for name in (INVENTORY, SIDECAR)]
    return [OBJECT_DECLARATION[0], *versions, INVENTORY, SIDECAR]


def _send(source: Tree, target: Tree, name: str, sha256: str | None) -> None:
    with tempfile.TemporaryDirectory(prefix="motcua-mirror-") as folder:
        path = Path(folder) / "file"
        with disk.new_file(path) as out:
            stands = source.copy_to(name, out.write)
        if not stands or (sha256 is not None and disk.measure(path).sha256 != sha256):
            raise StorageFault(StorageCode.DAMAGED, f"{source.place}/{name}")
        target.restore(name, path)


def _digest(tree: Tree, name: str) -> str | None:
    digest = hashlib.sha256()
    return digest.hexdigest() if tree.copy_to(name, digest.update) else None
