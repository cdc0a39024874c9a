"""The archive: an OCFL 1.1 root, one object per dossier, readable without this software.

1. A version, once committed, never changes; the same files added again make no new version.
2. Killed at any moment, an object has its old versions whole, and the new one whole or not at all.
3. One writer per object; readers need no lock.
4. What `verify` calls sound was read, every byte.

Beside the root lies `<root>.work` with locks, staging and marks of unfinished work: the root itself holds
nothing that OCFL does not know. Both must be on one file system.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from foundation.locks import alone, alone_if_free
from storage import disk
from storage.archive import Version, VersionNote
from storage.faults import StorageCode, StorageFault
from storage.ocfl import inventory
from storage.ocfl import layout as ocfl_layout
from storage.ocfl.inventory import Digests, Inventory, Made
from storage.ocfl.objects import ObjectFolder
from storage.ocfl.reading import OcflReader, version_of
from storage.ocfl.tree import current_inventory, pending_versions

LOCKS = "locks"
STAGING = "staging"
UNFINISHED = "unfinished"
ROOT = "root"


class OcflRoot(OcflReader):
    """An OCFL storage root at `path`, made when there is none."""

    def __init__(
        self, path: Path, clock: Callable[[], datetime], after: Callable[[str], None] = lambda _step: None
    ) -> None:
        """Open the root and finish what a crash left.

        Args:
            path: the root's folder.
            clock: the aware time that versions are stamped with.
            after: told the name of each step of a commit when it is done (storage.ocfl.objects.STEPS).

        Raises: StorageFault NOT_AN_ARCHIVE when `path` holds something else.
        """
        self._path = path
        self._clock = clock
        self._after = after
        self._work = path.with_name(f"{path.name}.work")
        for name in (LOCKS, STAGING, UNFINISHED):
            (self._work / name).mkdir(parents=True, exist_ok=True)
        with self._locked(ROOT):
            self._make_root()
        self.recover()

    def add_version(
        self,
        object_id: str,
        files: Mapping[str, Path],
        note: VersionNote,
        remove: tuple[str, ...] = (),
    ) -> Version:
        """Add a version: `files` (logical path → file) added or replaced, `remove` taken out, the rest kept.

        Returns: the new version, or the newest one when it is the same already.
        Raises: StorageFault DISK_FULL, DAMAGED, MOVED_ON when another version is the newest than the one this
        one stands upon; ValueError for an id or a path that OCFL does not allow.
        """
        if not object_id.startswith("urn:"):
            raise ValueError(f"not a urn: {object_id!r}")
        measured = {logical: disk.measure(path) for logical, path in files.items()}
        digests = {logical: Digests(one.sha512, one.sha256) for logical, one in measured.items()}
        made = Made(self._clock(), note.message, note.user)
        folder = self._folder(object_id)
        with self._locked(folder.staged.name):
            self._finish(folder)
            old = current_inventory(folder) or Inventory(object_id)
            if note.upon not in (None, old.head):
                raise StorageFault(StorageCode.MOVED_ON, f"{object_id} v{old.head}")
            new = inventory.next_inventory(old, digests, made, remove)
            if new is not old:
                sources = {logical: files[logical] for logical in inventory.new_contents(old, digests)}
                self._commit(folder, new, sources)
        return version_of(new)

    def state(self, object_id: str) -> Mapping[str, Path]:
        """The newest version's files: logical path → where its bytes lie. Raises: NOT_KEPT, DAMAGED."""
        current = self.current(object_id)
        folder = self._folder(object_id).path
        return {logical: folder / current.content_path(sha512) for logical, sha512 in current.state.items()}

    def file(self, object_id: str, logical: str) -> Path:
        """Where the bytes of one file lie. Raises: StorageFault NOT_KEPT, DAMAGED."""
        try:
            return self.state(object_id)[logical]
        except KeyError:
            raise StorageFault(StorageCode.NOT_KEPT, f"{object_id} {logical}") from None

    def tree_at(self, place: str) -> ObjectFolder:
        """What lies below an object's folder."""
        return self._folder_at(Path(place))

    def places(self) -> Iterator[str]:
        """The folder of every object, in order."""
        for folder in self._folders():
            yield folder.place

    def quiet(self, place: str) -> AbstractContextManager[bool]:
        """Hold the object's lock."""
        return self._locked(_name_of(Path(place)))

    def recover(self) -> None:
        """Finish or remove every version that a crash left half-done; what is being written now is let be."""
        for mark in sorted((self._work / UNFINISHED).iterdir()):
            with self._locked(mark.name, wait=False) as mine:
                if mine and mark.exists():
                    self._finish(self._folder_at(Path(mark.read_text(encoding="utf-8"))))

    def _commit(self, folder: ObjectFolder, new: Inventory, sources: Mapping[str, Path]) -> None:
        mark = self._mark(folder)
        place = folder.path.relative_to(self._path).as_posix()
        disk.replace_synced(mark, place.encode(), folder.staged)
        self._after("marked")
        try:
            disk.make_folders(folder.path, self._path)
            folder.commit(new, sources)
        except Exception:
            self._finish(folder)  # a full disk gets its space back at once
            raise
        mark.unlink()

    def _finish(self, folder: ObjectFolder) -> None:
        """Bring the locked object into order. Raises: StorageFault UNFINISHED for what no crash left."""
        mark = self._mark(folder)
        if mark.exists():
            folder.recover()
            self._remove_empty_above(folder.path)
            mark.unlink()
        elif pending := pending_versions(folder):
            raise StorageFault(StorageCode.UNFINISHED, f"{folder.path.name} {pending}")

    def _remove_empty_above(self, folder: Path) -> None:
        while folder != self._path:
            with suppress(OSError):  # another object lives there
                folder.rmdir()
            folder = folder.parent

    def _make_root(self) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        files = ocfl_layout.root_files()
        if not (self._path / ocfl_layout.ROOT_DECLARATION[0]).exists():
            foreign = {path.name for path in self._path.iterdir()} - {name.split("/")[0] for name in files}
            if foreign:
                raise StorageFault(StorageCode.NOT_AN_ARCHIVE, f"{self._path}: {min(foreign)}")
        for name, content in files.items():
            target = self._path / name
            disk.make_folders(target.parent, self._path)
            if not target.exists():
                disk.replace_synced(target, content, self._work / STAGING / ROOT)
            elif target.read_bytes() != content:
                raise StorageFault(StorageCode.NOT_AN_ARCHIVE, f"{self._path}: another {name}")

    def _folder(self, object_id: str) -> ObjectFolder:
        return self._folder_at(Path(ocfl_layout.object_folder(object_id)))

    def _folder_at(self, place: Path) -> ObjectFolder:
        staged = self._work / STAGING / _name_of(place)
        return ObjectFolder(place.as_posix(), self._path / place, staged, self._after)

    def _folders(self) -> Iterator[ObjectFolder]:
        pattern = "/".join(["?" * ocfl_layout.TUPLE_SIZE] * ocfl_layout.TUPLES) + "/*"
        for path in sorted(self._path.glob(pattern)):
            yield self._folder_at(path.relative_to(self._path))

    def _mark(self, folder: ObjectFolder) -> Path:
        return self._work / UNFINISHED / folder.staged.name

    @contextmanager
    def _locked(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold an object's lock, or ROOT's; it ends with the process that holds it. False: another has it."""
        path = self._work / LOCKS / name
        if wait:
            with alone(path):
                yield True
            return
        with alone_if_free(path) as taken:
            yield taken


def _name_of(place: Path) -> str:
    return hashlib.sha256(place.as_posix().encode()).hexdigest()
