"""One OCFL object on the disk: reading it, committing a version, finishing what a crash left.

A version is written in this order, each step synced before the next: its contents, its own inventory and
sidecar, the object's inventory (the commit), the object's sidecar. A reader trusts an inventory only if its
sidecar matches; between the last two steps it reads the newest version's own inventory.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from storage import disk
from storage.faults import StorageCode, StorageFault
from storage.ocfl import inventory
from storage.ocfl.inventory import Inventory
from storage.ocfl.layout import OBJECT_DECLARATION
from storage.ocfl.tree import INVENTORY, SIDECAR, number_of, trusted_inventory

_CHUNK_BYTES = 1 << 20
STEPS = (
    "marked",
    "declared",
    "content_written",
    "version_inventory_written",
    "version_sidecar_written",
    "inventory_replaced",
    "sidecar_replaced",
)


@dataclass(frozen=True)
class ObjectFolder:
    """An object's folder, a place on its file system to stage one file, and who is told of each step."""

    place: str
    path: Path
    staged: Path
    after: Callable[[str], None]

    def read(self, name: str) -> bytes | None:
        """The whole of a small file; None when there is none."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def copy_to(self, name: str, take: Callable[[bytes], object]) -> bool:
        """Hand every byte to `take`; False when there is no such file."""
        try:
            with (self.path / name).open("rb") as source:
                while chunk := source.read(_CHUNK_BYTES):
                    take(chunk)
        except FileNotFoundError:
            return False
        return True

    def measure(self, name: str) -> disk.Measure | None:
        """How many bytes a file has, and their digests; None when there is none."""
        try:
            return disk.measure(self.path / name)
        except FileNotFoundError:
            return None

    def names(self) -> Iterator[str]:
        """Every file, in order."""
        for path in sorted(self.path.rglob("*")):
            if not path.is_dir():
                yield path.relative_to(self.path).as_posix()

    def numbers(self) -> frozenset[int]:
        """The numbers of the versions of which anything stands here, an empty folder too."""
        found = (path.name for path in self.path.iterdir()) if self.path.is_dir() else ()
        return frozenset(number for name in found if (number := number_of(name)) is not None)

    def restore(self, name: str, source: Path) -> None:
        """Let `name` hold the bytes of `source`; whoever writes the object must be kept out meanwhile."""
        target = self.path / name
        disk.make_folders(target.parent, Path(target.anchor))
        self.staged.unlink(missing_ok=True)
        disk.copy_synced(source, self.staged)
        self.staged.replace(target)
        disk.sync_folder(target.parent)

    def remove(self, name: str) -> None:
        """Take a file away."""
        (self.path / name).unlink(missing_ok=True)
        disk.sync_folder((self.path / name).parent)

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
        trusted = trusted_inventory(self)
        committed, newest = trusted.head if trusted else 0, self._newest_version()
        if trusted and newest <= committed:
            return
        pending = trusted_inventory(self, newest) if newest else None
        if pending is not None and pending.head == newest:
            self._publish((self.path / f"v{newest}" / INVENTORY).read_bytes())
        elif trusted is not None:
            self._remove_versions_above(committed)
        else:
            self._remove_uncommitted()

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
        _size, sha256 = disk.copy_synced(source, target)
        if sha256 != new.fixity[new.content_path(sha512)]:
            raise StorageFault(StorageCode.DAMAGED, f"{logical} changed while it was kept")

    def _publish(self, content: bytes) -> None:
        disk.replace_synced(self.path / INVENTORY, content, self.staged)
        self.after("inventory_replaced")
        disk.replace_synced(self.path / SIDECAR, inventory.sidecar(content), self.staged)
        self.after("sidecar_replaced")

    def _newest_version(self) -> int:
        return max(self.numbers(), default=0)

    def _remove_versions_above(self, committed: int) -> None:
        for path in self.path.iterdir():
            if (number_of(path.name) or 0) > committed:
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
