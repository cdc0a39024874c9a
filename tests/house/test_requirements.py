"""Every library is pinned to bytes, and no file says where it comes from."""

import re
from importlib.metadata import distributions

import pytest

KINDS = ("run", "test", "bench")


def entries(root, kind):
    text = (root / "requirements" / f"{kind}.txt").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("kind", KINDS)
def test_every_library_has_an_exact_version_and_hashes(root, kind):
    for entry in entries(root, kind):
        assert re.match(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("kind", KINDS)
def test_no_requirement_names_an_index(root, kind):
    text = (root / "requirements" / f"{kind}.txt").read_text()
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host|https?://", text)


@pytest.mark.parametrize("kind", ["run", "test"])
def test_what_is_asked_for_is_what_is_pinned(root, kind):
    asked = {
        re.split(r"[\[<>=~! ]", line, maxsplit=1)[0].lower()
        for line in (root / "requirements" / f"{kind}.in").read_text().splitlines()
        if line and not line.startswith(("#", "-"))
    }
    pinned = {re.split(r"[\[=]", entry, maxsplit=1)[0].lower() for entry in entries(root, kind)}
    assert asked <= pinned


def test_the_tests_stand_on_the_versions_that_run(root):
    run, test = (
        {entry.split("==")[0]: entry.split("==")[1].split()[0] for entry in entries(root, kind)}
        for kind in ("run", "test")
    )
    assert {name: test.get(name) for name in run} == run


def test_nothing_is_installed_that_is_not_pinned(root):
    """A resolver would add what it likes best today; the set-up asks none."""
    pinned = {re.split(r"[\[=]", entry, maxsplit=1)[0].lower() for entry in entries(root, "test")}
    installed = {told.name.lower().replace("_", "-") for told in distributions()}
    assert installed - pinned <= {"pip", "setuptools", "wheel"}
