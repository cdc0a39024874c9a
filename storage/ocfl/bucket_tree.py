"""One OCFL object in a bucket: its files below one prefix."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from storage.disk import Measure, Measuring
from storage.faults import StorageCode, StorageFault
from storage.ocfl.tree import number_of
from storage.s3.answers import Condition, Seen
from storage.s3.bucket import Bucket
from storage.s3.sending import Wanted, send

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class BucketTree:
    """An object's files; `reads_back` is for servers that do not check what they are sent."""

    bucket: Bucket
    place: str
    reads_back: bool

    def read(self, name: str) -> bytes | None:
        """The whole of a small file; None when there is none."""
        found = self.see_whole(name)
        return found[0] if found else None

    def see_whole(self, name: str) -> tuple[bytes, Seen] | None:
        """The whole of a small file and what the server tells of it; None when there is none."""
        return _unless_missing(lambda: self.bucket.read(self._full(name)))

    def copy_to(self, name: str, take: Callable[[bytes], object]) -> bool:
        """Hand every byte to `take`; False when there is no such file."""
        return _unless_missing(lambda: self.bucket.copy_to(self._full(name), take)) is not None

    def measure(self, name: str) -> Measure | None:
        """How many bytes a file has, and their digests; None when there is none."""
        measuring = Measuring()
        return measuring.told() if self.copy_to(name, measuring.take) else None

    def names(self) -> Iterator[str]:
        """Every file, in order."""
        start = len(self._full(""))
        return (name[start:] for name in self.bucket.names(self._full("")))

    def numbers(self) -> frozenset[int]:
        """The numbers of the versions of which anything stands here."""
        folders = {name.partition("/")[0] for name in self.names()}
        return frozenset(number for name in folders if (number := number_of(name)) is not None)

    def restore(self, name: str, source: Path) -> None:
        """Let `name` hold the bytes of `source`; what stood there stays as a past version of the bucket."""
        send(self.bucket, self._full(name), source, Wanted(None), reads_back=self.reads_back)

    def remove(self, name: str) -> None:
        """Take a file away, with all its past. Raises: StorageFault RETAINED."""
        full = self._full(name)
        for found, version, _ in tuple(self.bucket.versions(full)):
            if found == full:
                self.bucket.remove(found, version)

    def write(self, name: str, content: bytes, condition: Condition | None) -> bool:
        """Write a small file on a condition; False when it does not hold."""
        try:
            self.bucket.put(self._full(name), content, condition)
        except StorageFault as fault:
            if fault.code in (StorageCode.ALREADY_KEPT, StorageCode.NOT_KEPT):
                return False
            raise
        return True

    def send(self, name: str, source: Path, condition: Condition | None, sha256: str) -> Seen:
        """Write a file with this digest on a condition. Raises: as storage.s3.sending.send."""
        wanted = Wanted(condition, sha256)
        return send(self.bucket, self._full(name), source, wanted, reads_back=self.reads_back)

    def take_back(self, name: str, seen: Seen) -> None:
        """Take away the very bytes that were sent, and nobody else's."""
        self.bucket.remove(self._full(name), seen.version)

    def _full(self, name: str) -> str:
        return f"{self.place}/{name}"


def _unless_missing(ask: Callable[[], Answer]) -> Answer | None:
    try:
        return ask()
    except StorageFault as fault:
        if fault.code is StorageCode.NOT_KEPT:
            return None
        raise
