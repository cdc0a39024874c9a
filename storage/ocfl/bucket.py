"""The archive in an S3 bucket: an OCFL 1.1 root as in a directory, committed by conditional writes.

1. A version, once committed, never changes; the same files added again make no new version.
2. Killed at any moment, an object has its old versions whole, and the new one whole or not at all.
3. Of several who write the same version one wins; the others are told (MOVED_ON) and leave nothing.
4. What `verify` calls sound was read, every byte.

Order of a commit: contents, where nothing stands; the version's own inventory, where nothing stands: it
decides whose version this is; its sidecar; the root inventory in place of the one that was read: from here on
readers see the version; its sidecar. What is decided and not finished anybody finishes, with the same bytes.
What is not decided is let be, since its writer may live: the next one writes its contents into a folder of
its own (`~…`), and takes left-overs away once its own version is decided. Marks of unfinished work lie beside
the root; those left for a day are swept away with what they stand for; no writer goes on for over an hour.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from storage import disk
from storage.archive import Version, VersionNote
from storage.faults import Finding, StorageCode, StorageFault
from storage.ocfl import inventory, layout
from storage.ocfl.bucket_tree import BucketTree
from storage.ocfl.inventory import Digests, Inventory, Made
from storage.ocfl.left_overs import Mark, Marks, left_overs, require_follows
from storage.ocfl.reading import OcflReader, version_of
from storage.ocfl.tree import INVENTORY, SIDECAR, is_sealed, trusted_inventory
from storage.s3.answers import ABSENT, Condition, Seen
from storage.s3.bucket import Bucket

STEPS = (
    "marked",
    "content_written",
    "version_inventory_written",
    "declared",
    "version_sidecar_written",
    "inventory_replaced",
    "sidecar_replaced",
)
LONGEST_SECONDS = 3600.0  # that one commit may take
_SEGMENTS = layout.DEPTH


@dataclass(frozen=True)
class Ground:
    """Where the root lies, where marks of unfinished work lie beside it, whether what is sent is read back.

    `now` are seconds that run whatever the clock says; `new_token` gives names that nobody has.
    """

    root: Bucket
    work: Bucket
    reads_back: bool = True
    now: Callable[[], float] = time.monotonic
    new_token: Callable[[], str] = secrets.token_urlsafe


@dataclass(frozen=True)
class _Settled:
    """An object in which nothing decided is unfinished, as it was read.

    `root`: the root inventory's bytes and state, `sealed`: its sidecar's state; None when nothing was ever
    committed. `names`: what stood there just before.
    """

    current: Inventory | None
    root: tuple[bytes, Seen] | None
    sealed: Seen | None
    names: frozenset[str]


@dataclass(frozen=True)
class _Attempt:
    """One try at a version: its mark, and what it has sent so far."""

    mark: Mark
    began: float
    sent: dict[str, Seen] = field(default_factory=dict)


class OcflBucket(OcflReader):
    """An OCFL storage root in a bucket, made when there is none."""

    def __init__(
        self, ground: Ground, clock: Callable[[], datetime], after: Callable[[str], None] = lambda _step: None
    ) -> None:
        """Open the root, finish what is decided, sweep away what was abandoned.

        Args:
            ground: where it lies.
            clock: the aware time that versions are stamped with.
            after: told the name of each step of a commit when it is done (STEPS).

        Raises: StorageFault NOT_AN_ARCHIVE when something else lies there.
        """
        self._ground = ground
        self._clock = clock
        self._after = after
        self._marks = Marks(ground.work, clock, ground.new_token)
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
        Raises: StorageFault DISK_FULL, UNREACHABLE, DAMAGED; MOVED_ON when another version is the newest than
        the one this one stands upon, or somebody else writes at the same time; ValueError for an id or a path
        that OCFL does not allow.
        """
        if not object_id.startswith("urn:"):
            raise ValueError(f"not a urn: {object_id!r}")
        measured = {logical: disk.measure(path) for logical, path in files.items()}
        digests = {logical: Digests(one.sha512, one.sha256) for logical, one in measured.items()}
        made = Made(self._clock(), note.message, note.user)
        tree = self._tree(object_id)
        settled = self._settled(tree)
        old = settled.current or Inventory(object_id)
        if note.upon not in (None, old.head):
            raise StorageFault(StorageCode.MOVED_ON, f"{object_id} v{old.head}")
        is_left = any(name.startswith(f"v{old.head + 1}/") for name in settled.names)
        below = f"~{self._ground.new_token()[:8]}/" if is_left else ""
        new = inventory.next_inventory(old, digests, made, remove, below)
        if new is not old:
            sources = {logical: files[logical] for logical in inventory.new_contents(old, digests)}
            self._commit(tree, new, sources, settled)
        return version_of(new)

    def tree_at(self, place: str) -> BucketTree:
        """What lies below an object's folder."""
        return BucketTree(self._ground.root, place, self._ground.reads_back)

    def places(self) -> Iterator[str]:
        """The folder of every object, in order."""
        last = ""
        for name in self._ground.root.names():
            segments = name.split("/")
            place = "/".join(segments[:_SEGMENTS])
            if len(segments) > _SEGMENTS and segments[0] != "extensions" and place != last:
                yield place
                last = place

    def quiet(self, _place: str) -> AbstractContextManager[None]:
        """Nobody can be kept away from a bucket; `verify` does not tell of what is being written."""
        return nullcontext()

    def verify(self, object_id: str | None = None) -> Iterator[Finding]:
        """Read every byte of one object, or of all; versions that are being written now are not told of.

        Raises: StorageFault NOT_KEPT when there is no such object.
        """
        writing = self._marks.living()
        for finding in super().verify(object_id):
            place = "/".join(finding.place.split("/")[:_SEGMENTS])
            if place not in writing:
                yield finding

    def recover(self) -> None:
        """Finish every version that is decided, and take away what was abandoned a day ago or longer."""
        marks = tuple(self._marks)
        alive = {mark.place for mark in marks if not self._marks.is_abandoned(mark)}
        for mark in marks:
            tree = self.tree_at(mark.place)
            current = self._settled(tree).current
            if self._marks.is_abandoned(mark):
                for name in left_overs(frozenset(tree.names()), current, above=mark.place not in alive):
                    tree.remove(name)
                self._marks.sweep(mark)

    def _tree(self, object_id: str) -> BucketTree:
        return self.tree_at(layout.object_folder(object_id).as_posix())

    def _settled(self, tree: BucketTree) -> _Settled:
        """The newest version, after whatever was decided is finished.

        What the listing does not tell yet is found when a write's condition does not hold.
        Raises: StorageFault DAMAGED for what no crash left.
        """
        while True:
            names = frozenset(tree.names())
            root = tree.see_whole(INVENTORY) if INVENTORY in names else None
            sealed = tree.see_whole(SIDECAR) if root else None
            if root is None:
                settled = _Settled(None, None, None, names)
            elif sealed is None or not is_sealed(root[0], sealed[0]):
                self._seal_committed(tree, root[0])
                continue
            else:
                settled = _Settled(inventory.from_bytes(root[0]), root, sealed[1], names)
            next_one = f"v{settled.current.head + 1 if settled.current else 1}/{INVENTORY}"
            decided = tree.see_whole(next_one) if next_one in names else None
            if decided is None:
                return settled
            require_follows(tree, decided[0], settled.current)
            self._publish(tree, decided[0], settled)

    def _seal_committed(self, tree: BucketTree, content: bytes) -> None:
        """Give a committed root inventory its sidecar. Raises: StorageFault DAMAGED for rot."""
        newest = inventory.from_bytes(content)
        if tree.read(f"v{newest.head}/{INVENTORY}") != content:
            raise StorageFault(StorageCode.DAMAGED, tree.place)
        self._seal(tree, content)
        if tree.read(INVENTORY) == content and trusted_inventory(tree) is None:
            raise StorageFault(StorageCode.DAMAGED, tree.place)

    def _commit(self, tree: BucketTree, new: Inventory, sources: Mapping[str, Path], upon: _Settled) -> None:
        attempt = _Attempt(self._marks.begin(tree.place), self._ground.now())
        self._after("marked")
        try:
            self._send_contents(tree, new, sources, attempt)
        except StorageFault as fault:  # what nobody answered for may stand; its mark stays
            self._take_back(tree, attempt, forget=fault.code is not StorageCode.UNREACHABLE)
            raise
        content = inventory.to_bytes(new)
        if not tree.write(f"v{new.head}/{INVENTORY}", content, ABSENT):
            self._take_back(tree, attempt, forget=True)
            raise StorageFault(StorageCode.MOVED_ON, f"{tree.place} v{new.head}")
        self._after("version_inventory_written")
        self._publish(tree, content, upon)
        for name in left_overs(upon.names, new, above=False):
            tree.remove(name)
        self._marks.end(attempt.mark)

    def _send_contents(
        self, tree: BucketTree, new: Inventory, sources: Mapping[str, Path], attempt: _Attempt
    ) -> None:
        for logical, source in sources.items():
            path = new.content_path(new.state[logical])
            try:
                seen = tree.send(path, source, ABSENT, new.fixity[path])
            except StorageFault as fault:
                if fault.code is StorageCode.ALREADY_KEPT:  # somebody else writes this version now
                    raise StorageFault(StorageCode.MOVED_ON, f"{tree.place} {path}") from fault
                raise
            attempt.sent[path] = seen
        if self._ground.now() - attempt.began > LONGEST_SECONDS:
            raise StorageFault(StorageCode.UNREACHABLE, f"{tree.place}: writing took too long")
        self._after("content_written")

    def _take_back(self, tree: BucketTree, attempt: _Attempt, *, forget: bool) -> None:
        """Take away what this attempt sent, and nobody else's; only while nothing of it is decided."""
        for path, seen in attempt.sent.items():
            tree.take_back(path, seen)
        if forget:
            self._marks.end(attempt.mark)

    def _publish(self, tree: BucketTree, content: bytes, upon: _Settled) -> None:
        """Let readers see what was decided; the root inventory is the commit."""
        head = inventory.from_bytes(content).head
        if layout.OBJECT_DECLARATION[0] not in upon.names:
            tree.write(*layout.OBJECT_DECLARATION, ABSENT)
        self._after("declared")
        tree.write(f"v{head}/{SIDECAR}", inventory.sidecar(content), ABSENT)
        self._after("version_sidecar_written")
        is_ours = tree.write(INVENTORY, content, Condition(upon.root[1].etag) if upon.root else ABSENT)
        self._after("inventory_replaced")  # or somebody else has done it, with these bytes or later ones
        # A sidecar that still seals what was replaced says that nobody has gone on from it: whoever does
        # seals it first.
        condition = Condition(upon.sealed.etag) if upon.sealed else ABSENT
        if not is_ours or not tree.write(SIDECAR, inventory.sidecar(content), condition):
            self._seal(tree, content)
        self._after("sidecar_replaced")

    def _seal(self, tree: BucketTree, content: bytes) -> None:
        """Write the root inventory's sidecar, unless a later inventory stands there by now."""
        sealed = tree.see_whole(SIDECAR)
        if tree.read(INVENTORY) == content and (sealed is None or sealed[0] != inventory.sidecar(content)):
            condition = Condition(sealed[1].etag) if sealed else ABSENT
            tree.write(SIDECAR, inventory.sidecar(content), condition)

    def _make_root(self) -> None:
        root, files = self._ground.root, layout.root_files()
        declaration = layout.ROOT_DECLARATION[0]
        first = next(root.names(), None)
        if first is not None and first not in files and declaration not in root.names("0="):
            raise StorageFault(StorageCode.NOT_AN_ARCHIVE, first)
        for name, content in files.items():
            try:
                stands = root.read(name)[0]
            except StorageFault as fault:
                if fault.code is not StorageCode.NOT_KEPT:
                    raise
                root.put(name, content, None)
                continue
            if stands != content:
                raise StorageFault(StorageCode.NOT_AN_ARCHIVE, f"another {name}")
