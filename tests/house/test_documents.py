"""The documents speak the language of the code, and every library has its reason in writing."""

import importlib.metadata
import re

import pytest


@pytest.fixture
def glossary(root):
    text = (root / "docs" / "glossary.md").read_text()
    return re.findall(r"^\| (.+?) \| (.+?) \| `(\w+)` \|$", text, re.MULTILINE)


def test_the_glossary_gives_each_term_one_word_that_the_code_speaks(glossary, house):
    terms = [term for entry, _, _ in glossary for term in entry.split(", ")]
    assert len(terms) == len(set(terms)) > 40
    spoken = {word for module in house.modules for word in re.findall(r"\w+", module.text)}
    assert {name for _, _, name in glossary} - spoken == set()


def decisions(root):
    return sorted((root / "docs" / "adr").glob("*.md"))


def test_decisions_are_numbered_without_gaps_and_tell_what_they_cost(root):
    assert [int(path.name[:4]) for path in decisions(root)] == list(range(1, len(decisions(root)) + 1))
    for path in decisions(root):
        text = path.read_text()
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        assert re.search(r"\*\*(Cost|What gets worse)\.\*\*", text), path.name


def asked_for(root, kind):
    lines = (root / "requirements" / f"{kind}.in").read_text().splitlines()
    return [re.split(r"[\[<>=~! ]", line, maxsplit=1)[0] for line in lines if line and line[0] not in "#-"]


@pytest.mark.parametrize("kind", ["run", "test"])
def test_every_library_has_its_reason(root, kind):
    reasons = (root / "docs" / "adr" / "0002-libraries.md").read_text().lower()
    stubs = {"types-psutil"}
    assert [name for name in asked_for(root, kind) if name.lower() not in reasons and name not in stubs] == []


def test_no_library_is_under_the_affero_licence(root):
    pinned = re.findall(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==", (root / "requirements" / "run.txt").read_text(), re.MULTILINE
    )
    assert len(pinned) > 40
    for name in pinned:
        told = importlib.metadata.metadata(name)
        licence = " ".join(
            [told.get("License-Expression", ""), told.get("License", ""), *told.get_all("Classifier", [])]
        )
        assert not re.search(r"AGPL|Affero", licence, re.IGNORECASE), f"{name}: {licence[:80]}"
