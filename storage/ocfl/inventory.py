"""The inventory of an OCFL 1.1 object: which bytes make up which version. Pure: no file is opened here."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storage.faults import StorageCode, StorageFault

TYPE = "https://ocfl.io/1.1/spec/#inventory"
DIGEST = "sha512"
FIXITY = "sha256"

Blocks = Mapping[str, tuple[str, ...]]  # digest → the paths that have it


@dataclass(frozen=True)
class Digests:
    """The two digests of one file, as hex."""

    sha512: str
    sha256: str


@dataclass(frozen=True)
class Made:
    """When, why and by whom a version was made; `user` is a name and an address, which is a URI."""

    at: datetime
    message: str
    user: tuple[str, str]


@dataclass(frozen=True)
class VersionRecord:
    """One version: its state is logical path → sha512."""

    made: Made
    state: Mapping[str, str]


@dataclass(frozen=True)
class Inventory:
    """An object's id, its versions from 1 on, and where each content lies.

    `manifest`: sha512 → content paths relative to the object; `fixity`: content path → sha256.
    """

    object_id: str
    versions: tuple[VersionRecord, ...] = ()
    manifest: Blocks = field(default_factory=dict)
    fixity: Mapping[str, str] = field(default_factory=dict)

    @property
    def head(self) -> int:
        """The number of the newest version."""
        return len(self.versions)

    @property
    def state(self) -> Mapping[str, str]:
        """The newest version's logical paths and their sha512."""
        return self.versions[-1].state if self.versions else {}

    def content_path(self, sha512: str) -> str:
        """Where the bytes with this digest lie, relative to the object."""
        return self.manifest[sha512][0]

    def sha256_of(self, logical: str) -> str:
        """The sha256 of a file of the newest version."""
        return self.fixity[self.content_path(self.state[logical])]


def next_inventory(
    inventory: Inventory,
    files: Mapping[str, Digests],
    made: Made,
    remove: tuple[str, ...] = (),
    below: str = "",
) -> Inventory:
    """The inventory with one more version: `files` added or replaced, `remove` taken out, the rest as it was.

    Content that the object holds already is pointed to, not kept again; what is new lies in the version's
    content folder, `below` a folder of its own there (`…/`) if one is told.
    Returns: the same inventory when nothing would change.
    Raises: ValueError for a path that is absolute, climbs, or would be a file and a folder at once.
    """
    kept = {logical: sha512 for logical, sha512 in inventory.state.items() if logical not in remove}
    state = kept | {logical: digests.sha512 for logical, digests in files.items()}
    if inventory.versions and state == inventory.state:
        return inventory
    _require_tree(state)
    new = new_contents(inventory, files)
    number = inventory.head + 1
    paths = {logical: f"v{number}/content/{below}{logical}" for logical in new}
    return Inventory(
        inventory.object_id,
        (*inventory.versions, VersionRecord(made, state)),
        {**inventory.manifest, **{files[logical].sha512: (paths[logical],) for logical in new}},
        {**inventory.fixity, **{paths[logical]: files[logical].sha256 for logical in new}},
    )


def new_contents(inventory: Inventory, files: Mapping[str, Digests]) -> tuple[str, ...]:
    """The logical paths whose bytes must be written, each content once."""
    first = {digests.sha512: logical for logical, digests in sorted(files.items(), reverse=True)}
    return tuple(sorted(logical for sha512, logical in first.items() if sha512 not in inventory.manifest))


def to_bytes(inventory: Inventory) -> bytes:
    """The inventory as `inventory.json` (OCFL 1.1, 3.5)."""
    head = f"v{inventory.head}"
    versions = {f"v{n}": _version(record) for n, record in enumerate(inventory.versions, 1)}
    fixity: dict[str, list[str]] = {}
    for path, sha256 in sorted(inventory.fixity.items()):
        fixity.setdefault(sha256, []).append(path)
    document = {
        "id": inventory.object_id,
        "type": TYPE,
        "digestAlgorithm": DIGEST,
        "head": head,
        "manifest": {sha512: list(paths) for sha512, paths in sorted(inventory.manifest.items())},
        "versions": versions,
        "fixity": {FIXITY: fixity},
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def from_bytes(content: bytes) -> Inventory:
    """Read an inventory that this room wrote. Raises: StorageFault DAMAGED."""
    try:
        return _inventory(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as unreadable:
        raise StorageFault(StorageCode.DAMAGED, f"inventory: {unreadable}") from unreadable


def sidecar(content: bytes) -> bytes:
    """What `inventory.json.sha512` says beside an inventory with this content (OCFL 1.1, 3.7)."""
    return f"{hashlib.sha512(content).hexdigest()} inventory.json\n".encode("ascii")


def _require_tree(state: Mapping[str, str]) -> None:
    folders = set()
    for logical in state:
        segments = logical.split("/")
        if any(segment in {"", ".", ".."} for segment in segments):
            raise ValueError(f"not a logical path: {logical!r}")
        folders |= {"/".join(segments[:n]) for n in range(1, len(segments))}
    if both := folders & set(state):
        raise ValueError(f"a file and a folder at once: {sorted(both)}")


def _version(record: VersionRecord) -> dict[str, Any]:
    state: dict[str, list[str]] = {}
    for logical, sha512 in sorted(record.state.items()):
        state.setdefault(sha512, []).append(logical)
    name, address = record.made.user
    created = record.made.at.isoformat(timespec="microseconds")
    return {
        "created": created,
        "message": record.made.message,
        "user": {"name": name, "address": address},
        "state": state,
    }


def _inventory(document: Mapping[str, Any]) -> Inventory:
    numbers = range(1, len(document["versions"]) + 1)
    if document["digestAlgorithm"] != DIGEST or document["head"] != f"v{len(numbers)}":
        raise ValueError("another digest, or a head that is not the newest version")
    found = Inventory(
        document["id"],
        tuple(_record(document["versions"][f"v{n}"]) for n in numbers),
        {sha512: tuple(paths) for sha512, paths in document["manifest"].items()},
        {path: sha256 for sha256, paths in document["fixity"][FIXITY].items() for path in paths},
    )
    for record in found.versions:
        for sha512 in record.state.values():
            found.fixity[found.content_path(sha512)]  # every state must lead to bytes with both digests
    return found


def _record(version: Mapping[str, Any]) -> VersionRecord:
    user = version["user"]["name"], version["user"]["address"]
    made = Made(datetime.fromisoformat(version["created"]), version["message"], user)
    state = {logical: sha512 for sha512, paths in version["state"].items() for logical in paths}
    return VersionRecord(made, state)
