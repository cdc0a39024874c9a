"""What lies below one OCFL object's folder, on a disk or in a bucket, and which inventory may be trusted.

A reader trusts an inventory only if its sidecar matches; between the commit and the sidecar it reads the
newest version's own inventory (OCFL 1.1, 3.5 and 3.7).
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from storage.disk import Measure
from storage.faults import StorageCode, StorageFault
from storage.ocfl import inventory
from storage.ocfl.inventory import Inventory

INVENTORY = "inventory.json"
SIDECAR = "inventory.json.sha512"
_VERSION = re.compile(r"v([1-9][0-9]*)")


class Tree(Protocol):
    """The files below one object's folder; names are relative to it, with `/`."""

    @property
    def place(self) -> str:
        """The folder, relative to the root."""
        ...

    def read(self, name: str) -> bytes | None:
        """The whole of a small file; None when there is none."""
        ...

    def copy_to(self, name: str, take: Callable[[bytes], object]) -> bool:
        """Hand every byte to `take`, in order and once; False when there is no such file."""
        ...

    def measure(self, name: str) -> Measure | None:
        """How many bytes a file has, and their digests; None when there is none."""
        ...

    def names(self) -> Iterator[str]:
        """Every file, in order."""
        ...

    def numbers(self) -> frozenset[int]:
        """The numbers of the versions of which anything stands here."""
        ...

    def restore(self, name: str, source: Path) -> None:
        """Let `name` hold the bytes of `source`, whatever stands there; a reader sees old or new, whole."""
        ...

    def remove(self, name: str) -> None:
        """Take a file away for good; none is no error."""
        ...


def trusted_inventory(tree: Tree, version: int = 0) -> Inventory | None:
    """The object's inventory, or a version's own, if its sidecar matches.

    Returns: None when either is missing or they differ.
    Raises: StorageFault DAMAGED when both agree and it is no inventory.
    """
    folder = f"v{version}/" if version else ""
    content, told = tree.read(f"{folder}{INVENTORY}"), tree.read(f"{folder}{SIDECAR}")
    if content is None or told is None or not is_sealed(content, told):
        return None
    return inventory.from_bytes(content)


def is_sealed(content: bytes, told: bytes) -> bool:
    """Does a sidecar tell the digest of this inventory?"""
    return told.split()[:1] == inventory.sidecar(content).split()[:1]


def current_inventory(tree: Tree) -> Inventory | None:
    """What readers may trust now; None when nothing was ever committed. Raises: StorageFault DAMAGED."""
    trusted = trusted_inventory(tree)
    if trusted is not None:
        return trusted
    if tree.read(INVENTORY) is None:
        return None
    newest = max(tree.numbers(), default=0)
    found = trusted_inventory(tree, newest) if newest else None
    if found is None or found.head != newest:
        raise StorageFault(StorageCode.DAMAGED, tree.place)
    return found


def pending_versions(tree: Tree) -> tuple[str, ...]:
    """The versions that stand here beyond the committed ones."""
    trusted = trusted_inventory(tree)
    committed = trusted.head if trusted else 0
    return tuple(sorted(f"v{number}" for number in tree.numbers() if number > committed))


def number_of(name: str) -> int | None:
    """The number that a version's folder has; None for any other name."""
    match = _VERSION.fullmatch(name)
    return int(match.group(1)) if match else None
