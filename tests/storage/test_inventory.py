import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.faults import StorageCode, StorageFault
from storage.ocfl.inventory import (
    Digests,
    Inventory,
    Made,
    from_bytes,
    new_contents,
    next_inventory,
    sidecar,
    to_bytes,
)
from tests.storage.samples import CLERK, DOSSIER, NOON

MADE = Made(NOON, "Lưu kết quả", CLERK)
A, B = Digests("a" * 128, "a" * 64), Digests("b" * 128, "b" * 64)


def first(**files: Digests) -> Inventory:
    return next_inventory(Inventory(DOSSIER), files, MADE)


def test_a_first_version_holds_each_content_once():
    made = first(x=A, y=A, z=B)
    assert made.head == 1
    assert made.state == {"x": A.sha512, "y": A.sha512, "z": B.sha512}
    assert made.manifest == {A.sha512: ("v1/content/x",), B.sha512: ("v1/content/z",)}
    assert made.sha256_of("y") == A.sha256


def test_a_further_version_points_to_what_is_there():
    made = next_inventory(first(x=A), {"copy": A, "new": B}, MADE)
    assert made.head == 2
    assert made.content_path(made.state["copy"]) == "v1/content/x"
    assert made.content_path(made.state["new"]) == "v2/content/new"
    assert new_contents(first(x=A), {"copy": A, "new": B}) == ("new",)


def test_the_same_state_again_is_no_version():
    made = first(x=A)
    assert next_inventory(made, {"x": A}, MADE) is made
    assert next_inventory(made, {}, MADE, remove=("never there",)) is made


def test_a_file_taken_out_is_gone_from_the_state_and_stays_in_the_past():
    made = next_inventory(first(x=A, y=B), {}, MADE, remove=("y",))
    assert dict(made.state) == {"x": A.sha512}
    assert made.versions[0].state["y"] == B.sha512
    back = next_inventory(made, {"y": B}, MADE)
    assert back.content_path(back.state["y"]) == "v1/content/y"


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", ".", "..", "a/../b", "./a"])
def test_a_path_that_climbs_or_is_absolute_is_refused(path):
    with pytest.raises(ValueError, match="not a logical path"):
        next_inventory(Inventory(DOSSIER), {path: A}, MADE)


def test_a_path_that_is_a_file_and_a_folder_at_once_is_refused():
    with pytest.raises(ValueError, match="at once"):
        next_inventory(first(x=A), {"x/y": B}, MADE)


PATHS = st.lists(st.sampled_from("abđ"), min_size=1, max_size=3).map("/".join)
FILES = st.dictionaries(PATHS, st.sampled_from([A, B]), min_size=1, max_size=4)


@given(st.lists(FILES, min_size=1, max_size=4))
def test_whatever_is_written_is_read_back(changes):
    made = Inventory(DOSSIER)
    for files in changes:
        try:
            made = next_inventory(made, files, MADE)
        except ValueError:  # a file and a folder at once
            continue
        assert from_bytes(to_bytes(made)) == made


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"[]",
        b"{}",
        to_bytes(first(x=A)).replace(b'"head": "v1"', b'"head": "v2"'),
        to_bytes(first(x=A)).replace(b'"digestAlgorithm": "sha512"', b'"digestAlgorithm": "md5"'),
        json.dumps({**json.loads(to_bytes(first(x=A))), "manifest": {}}).encode(),
        json.dumps({**json.loads(to_bytes(first(x=A))), "fixity": {"sha256": {}}}).encode(),
    ],
)
def test_an_inventory_that_does_not_hold_together_is_damaged(broken):
    with pytest.raises(StorageFault) as told:
        from_bytes(broken)
    assert told.value.code is StorageCode.DAMAGED


def test_the_sidecar_is_what_sha512sum_would_say():
    assert sidecar(b"").startswith(b"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce")
    assert sidecar(b"").endswith(b" inventory.json\n")
