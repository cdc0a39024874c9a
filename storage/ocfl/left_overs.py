"""What crashes and lost races leave in a bucket: marks of unfinished work, and what stands for nothing."""

import json
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.clock import as_text, from_text
from storage.faults import StorageCode, StorageFault
from storage.ocfl import inventory, layout
from storage.ocfl.bucket_tree import BucketTree
from storage.ocfl.inventory import Inventory
from storage.ocfl.tree import INVENTORY, SIDECAR, number_of
from storage.s3.bucket import Bucket

ABANDONED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Mark:
    """Which object is being written, or was when its writer died, and since when."""

    name: str
    place: str
    began: datetime
    version: str = ""  # its own in the bucket, for who wrote it


class Marks:
    """The marks that lie beside the root."""

    def __init__(self, work: Bucket, clock: Callable[[], datetime], new_token: Callable[[], str]) -> None:
        self._work = work
        self._clock = clock
        self._new_token = new_token

    def begin(self, place: str) -> Mark:
        """Say that an object is being written."""
        name, began = f"{layout.id_digest(place)}-{self._new_token()}", self._clock()
        seen = self._work.put(name, json.dumps({"place": place, "began": as_text(began)}).encode())
        return Mark(name, place, began, seen.version)

    def end(self, mark: Mark) -> None:
        """Take a mark of one's own away."""
        self._work.remove(mark.name, mark.version)

    def sweep(self, mark: Mark) -> None:
        """Take somebody else's mark away, whatever stands under its name."""
        for found, version, _ in tuple(self._work.versions(mark.name)):
            self._work.remove(found, version)

    def __iter__(self) -> Iterator[Mark]:
        """Every mark."""
        for name in self._work.names():
            try:
                told = json.loads(self._work.read(name)[0])
            except StorageFault as fault:
                if fault.code is StorageCode.NOT_KEPT:  # finished just now
                    continue
                raise
            yield Mark(name, told["place"], from_text(told["began"]))

    def living(self) -> frozenset[str]:
        """The places that somebody may be writing now."""
        return frozenset(mark.place for mark in self if not self.is_abandoned(mark))

    def is_abandoned(self, mark: Mark) -> bool:
        """Has its writer been gone for so long that it cannot come back?"""
        return self._clock() - mark.began >= ABANDONED_AFTER


def left_overs(names: AbstractSet[str], current: Inventory | None, *, above: bool) -> Iterator[str]:
    """The names that no version knows and nobody can commit any more; `above` the newest version too."""
    known = {path for paths in current.manifest.values() for path in paths} if current else set()
    head = current.head if current else 0
    for name in sorted(names):
        folder, _, rest = name.partition("/")
        number = number_of(folder)
        if number is None:
            is_left = current is None and above
        elif number > head:
            is_left = above
        else:
            is_left = name not in known and rest not in (INVENTORY, SIDECAR)
        if is_left:
            yield name


def require_follows(tree: BucketTree, content: bytes, current: Inventory | None) -> None:
    """Require that a decided inventory goes on from the current one. Raises: StorageFault DAMAGED."""
    new = inventory.from_bytes(content)
    before = current.versions if current else ()
    contents = {path for paths in new.manifest.values() for path in paths}
    if new.versions[:-1] != before or not contents <= set(tree.names()):
        raise StorageFault(StorageCode.DAMAGED, f"{tree.place} v{new.head}")
