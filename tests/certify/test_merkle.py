"""The Merkle tree against RFC 6962's own words, its known answers, and a naive reading of its definitions."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.book import merkle, translog

ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
SEVEN = LEAVES[:7]


def naive_root(leaves):
    """RFC 6962 2.1, read aloud."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = max(power for power in (2**i for i in range(20)) if power < len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def leaves_of(size):
    return [merkle.leaf_hash(str(i).encode()) for i in range(size)]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_known_ones(size):
    assert merkle.root(LEAVES[:size]).hex() == KNOWN_ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_inclusion_paths_are_those_of_the_rfc_example():
    a, b, c, d, e, f, j = SEVEN
    g, h, i = merkle.node_hash(a, b), merkle.node_hash(c, d), merkle.node_hash(e, f)
    k, l = merkle.node_hash(g, h), merkle.node_hash(i, j)  # noqa: E741 - the RFC's letters
    assert merkle.inclusion_proof(0, SEVEN) == [b, h, l]
    assert merkle.inclusion_proof(3, SEVEN) == [c, g, l]
    assert merkle.inclusion_proof(4, SEVEN) == [f, j, k]
    assert merkle.inclusion_proof(6, SEVEN) == [i, k]


def test_consistency_proofs_are_those_of_the_rfc_example():
    a, b, c, d, e, f, j = SEVEN
    g, h, i = merkle.node_hash(a, b), merkle.node_hash(c, d), merkle.node_hash(e, f)
    k, l = merkle.node_hash(g, h), merkle.node_hash(i, j)  # noqa: E741 - the RFC's letters
    assert merkle.consistency_proof(3, SEVEN) == [c, d, g, l]
    assert merkle.consistency_proof(4, SEVEN) == [l]
    assert merkle.consistency_proof(6, SEVEN) == [i, j, k]


@given(st.integers(0, 300))
def test_roots_agree_with_the_definition(size):
    assert merkle.root(leaves_of(size)) == naive_root(leaves_of(size))


@given(st.data())
def test_every_leaf_is_proved_to_be_in_the_tree_and_no_other_is(data):
    size = data.draw(st.integers(1, 200))
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    proof, root = merkle.inclusion_proof(index, leaves), merkle.root(leaves)
    assert merkle.proves_inclusion(index, size, leaves[index], proof, root)
    assert not merkle.proves_inclusion(index, size, merkle.leaf_hash(b"x"), proof, root)
    assert not merkle.proves_inclusion(index, size, leaves[index], [*proof, root], root)
    assert len(proof) <= (size - 1).bit_length()
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert not merkle.proves_inclusion(other, size, leaves[index], proof, root)


@given(st.data())
def test_a_log_is_proved_to_have_only_grown(data):
    newer = data.draw(st.integers(1, 200))
    older = data.draw(st.integers(1, newer))
    leaves = leaves_of(newer)
    sizes, roots = (older, newer), (merkle.root(leaves[:older]), merkle.root(leaves))
    proof = merkle.consistency_proof(older, leaves)
    assert merkle.proves_consistency(sizes, roots, proof)
    assert not merkle.proves_consistency(sizes, (merkle.leaf_hash(b"x"), roots[1]), proof)
    assert not merkle.proves_consistency(sizes, (roots[0], merkle.leaf_hash(b"x")), proof)
    assert not merkle.proves_consistency(sizes, roots, [*proof, roots[0]])


@given(st.data())
def test_a_rewritten_past_is_never_consistent(data):
    newer = data.draw(st.integers(2, 120))
    older = data.draw(st.integers(1, newer - 1))
    changed = data.draw(st.integers(0, older - 1))
    leaves = leaves_of(newer)
    rewritten = [*leaves]
    rewritten[changed] = merkle.leaf_hash(b"rewritten")
    roots = (merkle.root(leaves[:older]), merkle.root(rewritten))
    proof = merkle.consistency_proof(older, rewritten)
    assert not merkle.proves_consistency((older, newer), roots, proof)


@pytest.mark.parametrize("index", [-1, 3, 100])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index):
    with pytest.raises(IndexError):
        merkle.inclusion_proof(index, leaves_of(3))
    assert not merkle.proves_inclusion(index, 3, LEAVES[0], [], LEAVES[0])


@pytest.mark.parametrize("older", [0, 4])
def test_there_is_no_consistency_with_a_size_that_never_was(older):
    with pytest.raises(IndexError):
        merkle.consistency_proof(older, leaves_of(3))
    assert not merkle.proves_consistency((older, 3), (LEAVES[0], LEAVES[0]), [])


@pytest.fixture
def log(engine):
    translog.metadata.create_all(engine)
    return engine


def test_the_kept_log_proves_what_it_holds(log):
    with log.begin() as connection:
        for number in range(1, 12):
            assert translog.append(connection, {"number": number}) == number - 1
    with log.begin() as connection:
        root, older = translog.root(connection), translog.root(connection, 5)
        leaf = merkle.leaf_hash(translog.entry(connection, 7))
        included = translog.prove_inclusion(connection, 7)
        grown = translog.prove_consistency(connection, 5)
        assert translog.entry(connection, 7) == b'{"number":8,"version":1}'
    assert merkle.proves_inclusion(7, 11, leaf, included, root)
    assert merkle.proves_consistency((5, 11), (older, root), grown)


def test_a_removed_leaf_is_noticed_and_cannot_be_asked_for(log):
    with log.begin() as connection:
        for number in range(3):
            translog.append(connection, {"number": number})
        connection.execute(translog.log_leaves.delete().where(translog.log_leaves.c.position == 1))
        assert translog.altered(connection) == [1]
        with pytest.raises(IndexError):
            translog.entry(connection, 1)
        with pytest.raises(IndexError):
            translog.root(connection, 3)


def test_an_empty_log_has_the_empty_root(log):
    with log.begin() as connection:
        assert (translog.size(connection), translog.root(connection)) == (0, merkle.EMPTY_ROOT)
