"""What is not as it was kept in one OCFL object. Places are relative to the object's folder."""

from collections.abc import Iterator

from storage import disk
from storage.faults import Finding, StorageCode, StorageFault
from storage.ocfl.inventory import Inventory
from storage.ocfl.layout import OBJECT_DECLARATION
from storage.ocfl.objects import INVENTORY, ObjectFolder, trusted_inventory


def structure_findings(folder: ObjectFolder) -> Iterator[Finding]:
    """Declaration, inventories, sidecars and unfinished versions; ask while nobody writes the object."""
    name, content = OBJECT_DECLARATION
    if not (folder.path / name).is_file() or (folder.path / name).read_bytes() != content:
        yield Finding(name, StorageCode.DAMAGED)
    current, fault = _current(folder)
    if current is None:
        yield fault
        return
    if trusted_inventory(folder.path) is None:
        yield Finding(INVENTORY, StorageCode.DAMAGED, "does not match its sidecar")
    else:
        yield from (Finding(version, StorageCode.UNFINISHED) for version in folder.pending())
    yield from _version_findings(folder, current)


def content_findings(folder: ObjectFolder) -> Iterator[Finding]:
    """Every committed byte read again; files that no version knows."""
    current, _fault = _current(folder)
    if current is None:
        return
    for sha512, paths in current.manifest.items():
        for path in paths:
            yield from _file_findings(folder, path, sha512, current.fixity[path])
    known = {path for paths in current.manifest.values() for path in paths}
    for number in range(1, current.head + 1):
        for file in sorted((folder.path / f"v{number}" / "content").rglob("*")):
            place = file.relative_to(folder.path).as_posix()
            if not file.is_dir() and place not in known:
                yield Finding(place, StorageCode.UNKNOWN_FILE)


def _current(folder: ObjectFolder) -> tuple[Inventory | None, Finding]:
    try:
        return folder.current(), Finding(INVENTORY, StorageCode.NOT_KEPT)
    except StorageFault as fault:
        return None, Finding(INVENTORY, fault.code)


def _version_findings(folder: ObjectFolder, current: Inventory) -> Iterator[Finding]:
    for number in range(1, current.head + 1):
        place = f"v{number}/{INVENTORY}"
        try:
            own = trusted_inventory(folder.path / f"v{number}")
        except StorageFault:
            own = None
        if own is None:
            yield Finding(place, StorageCode.DAMAGED, "missing, or does not match its sidecar")
        elif own.versions != current.versions[:number] or own.object_id != current.object_id:
            yield Finding(place, StorageCode.DAMAGED, "tells another history than the object's inventory")


def _file_findings(folder: ObjectFolder, path: str, sha512: str, sha256: str) -> Iterator[Finding]:
    target = folder.path / path
    if not target.is_file():
        yield Finding(path, StorageCode.NOT_KEPT)
        return
    measured = disk.measure(target)
    if (measured.sha512, measured.sha256) != (sha512, sha256):
        yield Finding(path, StorageCode.DAMAGED, "digest differs")
