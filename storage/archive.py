"""The port to the archive: one object per dossier, in versions; no answer says where bytes lie.

A directory answers it (storage.ocfl.root). What is fetched is a copy, checked by its digest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from storage.faults import Finding


@dataclass(frozen=True)
class Version:
    """A committed version: its number and the sha256 of every file in it, by logical path."""

    number: int
    sha256: Mapping[str, str]


@dataclass(frozen=True)
class VersionNote:
    """What a version says of itself, and what it stands upon.

    Args:
        message: why it was made.
        user: the name and the address (a URI) of who made it; both stay readable in the archive.
        upon: the number of the newest version that its maker knew (0: none); None: whichever is the newest.
    """

    message: str
    user: tuple[str, str]
    upon: int | None = None


@dataclass(frozen=True)
class KeptFile:
    """A file of a version: its logical path, size in bytes and sha256 as hex."""

    logical: str
    size_bytes: int
    sha256: str


class Newest(Protocol):
    """An object's newest version as it was found: its inventory is read once, however much is asked of it."""

    @property
    def object_id(self) -> str:
        """Whose version it is."""
        ...

    @property
    def version(self) -> Version:
        """Its number and what is in it."""
        ...

    def read(self, logical: str) -> bytes:
        """The whole of a small file, checked. Raises: StorageFault NOT_KEPT, DAMAGED."""
        ...

    def fetch(self, logical: str, target: Path) -> KeptFile:
        """Copy a file to the new file `target`, there only if it matches its digest.

        Raises: StorageFault NOT_KEPT, DAMAGED; FileExistsError.
        """
        ...


class Archive(Protocol):
    """Where finished dossiers are kept for good."""

    def add_version(
        self,
        object_id: str,
        files: Mapping[str, Path],
        note: VersionNote,
        remove: tuple[str, ...] = (),
    ) -> Version:
        """Add a version: `files` (logical path → file) added or replaced, `remove` taken out, the rest kept.

        Returns: the new version, or the newest one when it is the same already.
        Raises: StorageFault DISK_FULL, DAMAGED, MOVED_ON; ValueError for an id or a path that OCFL refuses.
        """
        ...

    def fetch(self, object_id: str, logical: str, target: Path) -> KeptFile:
        """Copy a file of the newest version to the new file `target`, there only if it matches its digest.

        Raises: StorageFault NOT_KEPT, DAMAGED; FileExistsError.
        """
        ...

    def version(self, object_id: str) -> Version:
        """The newest version. Raises: StorageFault NOT_KEPT, DAMAGED."""
        ...

    def newest(self, object_id: str) -> Newest:
        """The newest version, for who asks several things of it. Raises: StorageFault NOT_KEPT, DAMAGED."""
        ...

    def every(self) -> Iterator[Newest]:
        """The newest version of every object. Raises: StorageFault DAMAGED."""
        ...

    def objects(self) -> Iterator[str]:
        """The id of every object."""
        ...

    def verify(self, object_id: str | None = None) -> Iterator[Finding]:
        """Read every byte of one object, or of all, and tell what is not as it was kept.

        Raises: StorageFault NOT_KEPT when there is no such object.
        """
        ...
