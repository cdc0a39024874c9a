"""docs/law.md names every requirement once, with an owner that stands and the tests that show it."""

import importlib.util
import sys
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("law_table", Path(__file__).with_name("law_table.py"))
law_table = importlib.util.module_from_spec(SPEC)
sys.modules["law_table"] = law_table  # dataclasses look their module up
SPEC.loader.exec_module(law_table)

NUMBERS = [f"L{number}" for number in range(1, 61)]


@pytest.fixture
def text(root):
    return (root / "docs" / "law.md").read_text()


def test_every_requirement_has_one_row(text):
    assert [row.number for row in law_table.rows_of(text)] == NUMBERS


def test_every_owner_stands_in_the_house(text, root):
    for row in law_table.rows_of(text):
        owner = root / row.owner.replace(".", "/")
        assert owner.is_dir() or owner.with_suffix(".py").is_file(), f"{row.number}: {row.owner}"


def test_tests_carry_only_numbers_of_the_table(root):
    assert set(law_table.tests_by_number(root / "tests")) <= set(NUMBERS)


def test_the_table_names_the_tests_there_are(text, root):
    assert text == law_table.rewritten(text, law_table.tests_by_number(root / "tests")), (
        "write it anew: python tests/house/law_table.py"
    )


def test_markers_are_found_on_tests_classes_of_parameters_and_modules(tmp_path):
    (tmp_path / "test_a.py").write_text(
        "import pytest\npytestmark = [pytest.mark.law('L1')]\n"
        "@pytest.mark.slow\n@pytest.mark.law('L2', 'L3')\ndef test_a(): pass\ndef test_b(): pass\n"
    )
    (tmp_path / "test_c.py").write_text(
        "import pytest\n@pytest.mark.parametrize('n', [pytest.param(1, marks=pytest.mark.law('L4'))])\n"
        "def test_c(n): pass\ndef test_d(): pass\n"
    )
    assert law_table.tests_by_number(tmp_path) == {
        "L1": ["`test_a.py::test_a`", "`test_a.py::test_b`"],
        "L2": ["`test_a.py::test_a`"],
        "L3": ["`test_a.py::test_a`"],
        "L4": ["`test_c.py::test_c`"],
    }
