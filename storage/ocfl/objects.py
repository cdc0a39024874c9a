"""One OCFL object on the disk: reading it, committing a version, finishing what a crash left.

A version is written in this order, each step synced before the next: its contents, its own inventory and
sidecar, the object's inventory (the commit), the object's sidecar. A reader trusts an inventory only if its
sidecar matches; between the last two steps it reads the newest version's own inventory.
"""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from storage import disk
from storage.faults import StorageCode, StorageFault
from storage.ocfl import inventory
from storage.ocfl.inventory import Inventory
from storage.ocfl.layout import OBJECT_DECLARATION

INVENTORY = "inventory.json"
SIDECAR = "inventory.json.sha512"
STEPS = (
    "marked",
    "declared",
    "content_written",
    "version_inventory_written",
    "version_sidecar_written",
    "inventory_replaced",
    "sidecar_replaced",
)
_VERSION = re.compile(r"v([1-9][0-9]*)")


@dataclass(frozen=True)
class ObjectFolder:
    """An object's folder, a place on its file system to stage one file, and who is told of each step."""

    path: Path
    staged: Path
    after: Callable[[str], None]

    def current(self) -> Inventory | None:
        """What readers may trust now; None when nothing was ever committed. Raises: StorageFault DAMAGED."""
        trusted = trusted_inventory(self.path)
        if trusted is not None:
            return trusted
        if not (self.path / INVENTORY).exists():
            return None
        newest = self._newest_version()
        found = trusted_inventory(self.path / f"v{newest}") if newest else None
        if found is None or found.head != newest:
            raise StorageFault(StorageCode.DAMAGED, str(self.path))
        return found

    def commit(self, new: Inventory, sources: Mapping[str, Path]) -> None:
        """Write the newest version of `new`; `sources` are its new contents by logical path.

        Raises: StorageFault DAMAGED when a source changed since it was measured, DISK_FULL.
        """
        self._declare()
        folder = self.path / f"v{new.head}"
        folder.mkdir()
        for logical, source in sources.items():
            self._write_content(new, logical, source)
        disk.sync_tree(folder)
        disk.sync_folder(self.path)
        self.after("content_written")
        content = inventory.to_bytes(new)
        disk.write_synced(folder / INVENTORY, content)
        self.after("version_inventory_written")
        disk.write_synced(folder / SIDECAR, inventory.sidecar(content))
        disk.sync_folder(folder)
        self.after("version_sidecar_written")
        self._publish(content)

    def recover(self) -> None:
        """Finish the version that a crash left complete, remove the one it left incomplete.

        Only for an object with a mark of unfinished work: it alone tells a crash from rot.
        Raises: StorageFault DAMAGED when what is there cannot come from a crash.
        """
        trusted = trusted_inventory(self.path)
        committed, newest = trusted.head if trusted else 0, self._newest_version()
        if trusted and newest <= committed:
            return
        pending = trusted_inventory(self.path / f"v{newest}")
        if pending is not None and pending.head == newest:
            self._publish((self.path / f"v{newest}" / INVENTORY).read_bytes())
        elif trusted is not None:
            self._remove_versions_above(committed)
        else:
            self._remove_uncommitted()

    def pending(self) -> tuple[str, ...]:
        """The versions that stand here beyond the committed ones."""
        trusted = trusted_inventory(self.path)
        committed = trusted.head if trusted else 0
        names = (path.name for path in self.path.iterdir()) if self.path.is_dir() else ()
        return tuple(sorted(name for name in names if (_number(name) or 0) > committed))

    def _declare(self) -> None:
        name, content = OBJECT_DECLARATION
        if not (self.path / name).exists():
            disk.write_synced(self.path / name, content)
            disk.sync_folder(self.path)
        self.after("declared")

    def _write_content(self, new: Inventory, logical: str, source: Path) -> None:
        sha512 = new.state[logical]
        target = self.path / new.content_path(sha512)
        target.parent.mkdir(parents=True, exist_ok=True)
        if disk.copy_synced(source, target).sha512 != sha512:
            raise StorageFault(StorageCode.DAMAGED, f"{logical} changed while it was kept")

    def _publish(self, content: bytes) -> None:
        disk.replace_synced(self.path / INVENTORY, content, self.staged)
        self.after("inventory_replaced")
        disk.replace_synced(self.path / SIDECAR, inventory.sidecar(content), self.staged)
        self.after("sidecar_replaced")

    def _newest_version(self) -> int:
        if not self.path.is_dir():
            return 0
        return max((_number(path.name) or 0 for path in self.path.iterdir()), default=0)

    def _remove_versions_above(self, committed: int) -> None:
        for path in self.path.iterdir():
            if (_number(path.name) or 0) > committed:
                shutil.rmtree(path)
        disk.sync_folder(self.path)

    def _remove_uncommitted(self) -> None:
        """Remove an object of which nothing was committed."""
        if not self.path.is_dir():
            return
        if (self.path / INVENTORY).exists() or (self.path / SIDECAR).exists() or self._newest_version() > 1:
            raise StorageFault(StorageCode.DAMAGED, str(self.path))
        shutil.rmtree(self.path)
        disk.sync_folder(self.path.parent)


def trusted_inventory(folder: Path) -> Inventory | None:
    """The inventory in `folder` if its sidecar matches; None when either is missing or they differ."""
    try:
        content = (folder / INVENTORY).read_bytes()
        told = (folder / SIDECAR).read_bytes()
    except FileNotFoundError:
        return None
    if told.split()[:1] != inventory.sidecar(content).split()[:1]:
        return None
    return inventory.from_bytes(content)


def _number(name: str) -> int | None:
    match = _VERSION.fullmatch(name)
    return int(match.group(1)) if match else None
