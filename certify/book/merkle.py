"""The Merkle tree of RFC 6962 (2.1), as pure functions on hashes: root, proofs, and their verification.

Sizes are numbers of leaves, indexes start at 0, hashes are the 32 bytes of SHA-256.
"""

import hashlib
from collections.abc import Sequence
from functools import reduce

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry (RFC 6962 2.1: 0x00 before the entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees (RFC 6962 2.1: 0x01 before both)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes: equal subtrees are joined as they fill up, the rest from the right."""
    peaks: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, node = 1, leaf
        while peaks and peaks[-1][0] == size:
            node = node_hash(peaks.pop()[1], node)
            size *= 2
        peaks.append((size, node))
    if not peaks:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), [node for _, node in reversed(peaks)])


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The path that shows the leaf at `index` to be in the tree (RFC 6962 2.1.1).

    Raises: IndexError when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_proof(index, leaves[:split]), root(leaves[split:])]
    return [*inclusion_proof(index - split, leaves[split:]), root(leaves[:split])]


def consistency_proof(older: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The nodes that show the tree of `older` leaves to be the beginning of this one (RFC 6962 2.1.2).

    Raises: IndexError when the tree never had that size.
    """
    if not 0 < older <= len(leaves):
        raise IndexError(older)
    return _subproof(older, leaves, is_whole=True)


def proves_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], tree_root: bytes) -> bool:
    """Whether `proof` leads from `leaf` to `tree_root` in a tree of `size` leaves (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == tree_root


def proves_consistency(sizes: tuple[int, int], roots: tuple[bytes, bytes], proof: Sequence[bytes]) -> bool:
    """Whether the tree of the first size and root is the beginning of the second (RFC 9162 2.1.4.2)."""
    older, newer = sizes
    if not 0 < older <= newer:
        return False
    if older == newer:
        return not proof and roots[0] == roots[1]
    path = [roots[0], *proof] if older & (older - 1) == 0 else list(proof)
    if not path:
        return False
    return _climb(older - 1, newer - 1, path) == roots


def _climb(at: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Both roots as the path builds them; None when it is too short or too long."""
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, node)
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else None


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _subproof(older: int, leaves: Sequence[bytes], *, is_whole: bool) -> list[bytes]:
    if older == len(leaves):
        return [] if is_whole else [root(leaves)]
    split = _split(len(leaves))
    if older <= split:
        return [*_subproof(older, leaves[:split], is_whole=is_whole), root(leaves[split:])]
    return [*_subproof(older - split, leaves[split:], is_whole=False), root(leaves[:split])]
