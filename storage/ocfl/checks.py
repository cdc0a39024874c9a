"""What is not as it was kept in one OCFL object. Places are relative to the object's folder."""

from collections.abc import Iterator

from storage.faults import Finding, StorageCode, StorageFault
from storage.ocfl.inventory import Inventory, sidecar
from storage.ocfl.layout import OBJECT_DECLARATION
from storage.ocfl.tree import (
    INVENTORY,
    SIDECAR,
    Tree,
    current_inventory,
    pending_versions,
    trusted_inventory,
)


def structure_findings(tree: Tree) -> Iterator[Finding]:
    """Declaration, inventories, sidecars and unfinished versions; ask while nobody writes the object."""
    name, content = OBJECT_DECLARATION
    if tree.read(name) != content:
        yield Finding(name, StorageCode.DAMAGED)
    current, fault = _current(tree)
    if current is None:
        yield fault
        return
    if trusted_inventory(tree) is None:
        yield Finding(INVENTORY, StorageCode.DAMAGED, "does not match its sidecar")
    else:
        yield from (Finding(version, StorageCode.UNFINISHED) for version in pending_versions(tree))
        yield from _sidecar_findings(tree, "")
    yield from _version_findings(tree, current)


def content_findings(tree: Tree) -> Iterator[Finding]:
    """Every committed byte read again; files that no version knows."""
    current, _fault = _current(tree)
    if current is None:
        return
    for sha512, paths in current.manifest.items():
        for path in paths:
            yield from _file_findings(tree, path, sha512, current.fixity[path])
    known = {path for paths in current.manifest.values() for path in paths}
    contents = tuple(f"v{number}/content/" for number in range(1, current.head + 1))
    for name in tree.names():
        if name.startswith(contents) and name not in known:
            yield Finding(name, StorageCode.UNKNOWN_FILE)


def _current(tree: Tree) -> tuple[Inventory | None, Finding]:
    try:
        return current_inventory(tree), Finding(INVENTORY, StorageCode.NOT_KEPT)
    except StorageFault as fault:
        return None, Finding(INVENTORY, fault.code)


def _version_findings(tree: Tree, current: Inventory) -> Iterator[Finding]:
    for number in range(1, current.head + 1):
        place = f"v{number}/{INVENTORY}"
        try:
            own = trusted_inventory(tree, number)
        except StorageFault:
            own = None
        if own is None:
            yield Finding(place, StorageCode.DAMAGED, "missing, or does not match its sidecar")
        elif own.versions != current.versions[:number] or own.object_id != current.object_id:
            yield Finding(place, StorageCode.DAMAGED, "tells another history than the object's inventory")
        else:
            yield from _sidecar_findings(tree, f"v{number}/")


def _sidecar_findings(tree: Tree, folder: str) -> Iterator[Finding]:
    """A sidecar whose digest holds and whose other letters do not."""
    if tree.read(f"{folder}{SIDECAR}") != sidecar(tree.read(f"{folder}{INVENTORY}") or b""):
        yield Finding(f"{folder}{SIDECAR}", StorageCode.DAMAGED, "is not as it is written")


def _file_findings(tree: Tree, path: str, sha512: str, sha256: str) -> Iterator[Finding]:
    measured = tree.measure(path)
    if measured is None:
        yield Finding(path, StorageCode.NOT_KEPT)
    elif (measured.sha512, measured.sha256) != (sha512, sha256):
        yield Finding(path, StorageCode.DAMAGED, "digest differs")
