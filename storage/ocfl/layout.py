"""Where an object lies under an OCFL root: extension 0003, hashed n-tuple with the encoded id."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePosixPath

NAME = "0003-hash-and-id-n-tuple-storage-layout"
DIGEST = "sha256"
TUPLE_SIZE = 3
TUPLES = 3
DEPTH = TUPLES + 1  # folders between the root and what is in an object

ROOT_DECLARATION = ("0=ocfl_1.1", b"ocfl_1.1\n")
OBJECT_DECLARATION = ("0=ocfl_object_1.1", b"ocfl_object_1.1\n")

_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_LONGEST = 100  # characters of the encoded id before it is cut and its digest added


def object_folder(object_id: str) -> PurePosixPath:
    """The folder of an object, relative to the root."""
    digest = id_digest(object_id)
    tuples = [digest[n * TUPLE_SIZE : (n + 1) * TUPLE_SIZE] for n in range(TUPLES)]
    return PurePosixPath(*tuples, _encoded(object_id, digest))


def id_digest(object_id: str) -> str:
    """The digest that places an object."""
    return hashlib.sha256(object_id.encode()).hexdigest()


def root_files() -> dict[str, bytes]:
    """What stands in a root before its first object, relative paths and contents, declaration last."""
    config = {
        "extensionName": NAME,
        "digestAlgorithm": DIGEST,
        "tupleSize": TUPLE_SIZE,
        "numberOfTuples": TUPLES,
    }
    layout = {"extension": NAME, "description": "hash of the id in three folders, then the id itself"}
    return {
        f"extensions/{NAME}/config.json": _json(config),
        "ocfl_layout.json": _json(layout),
        ROOT_DECLARATION[0]: ROOT_DECLARATION[1],
    }


def _encoded(object_id: str, digest: str) -> str:
    letters = [chr(byte) if byte in _SAFE else f"%{byte:02x}" for byte in object_id.encode()]
    encoded = "".join(letters)
    return encoded if len(encoded) <= _LONGEST else f"{encoded[:_LONGEST]}-{digest}"


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, indent=1).encode()
