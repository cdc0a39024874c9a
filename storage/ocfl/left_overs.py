"""What crashes and lost races leave in an object in a bucket, told from what belongs there."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from storage.faults import StorageCode, StorageFault
from storage.ocfl import inventory
from storage.ocfl.bucket_tree import BucketTree
from storage.ocfl.inventory import Inventory
from storage.ocfl.tree import INVENTORY, SIDECAR, number_of


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
