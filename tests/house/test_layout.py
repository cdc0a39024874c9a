"""Where things may stand, and how large they may be."""

import ast
import re
from collections import Counter
from statistics import median

import pytest

AT_THE_ROOT = {
    *("certify", "digitize", "foundation", "office", "scanner_adapters", "storage", "vietnamese"),
    *("tests", "bench", "docs", "deploy", "requirements", ".ci", "motcua", "pyproject.toml", ".gitignore"),
    *("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE"),
}
BESIDE_THE_ROOMS_TESTS = {"acceptance", "bench", "house", "judges"}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base", "lib"}
MODULE_LINES = 400
MODULES_A_FOLDER = 16
FUNCTION_LINES = 50
MEDIAN_FUNCTION_LINES = 10


def test_only_known_rooms_and_files_stand_at_the_root(house):
    assert {path.parts[0] for path in house.files} <= AT_THE_ROOT


def test_the_tests_have_a_folder_for_each_room_and_no_other(house, rooms):
    folders = {path.parts[1] for path in house.files if path.parts[0] == "tests" and len(path.parts) > 2}
    assert folders - BESIDE_THE_ROOMS_TESTS <= set(rooms)
    tested = {path.parts[1] for path in house.files if path.name.startswith("test_") and len(path.parts) > 2}
    assert {module.room for module in house.modules if module.path.name != "__init__.py"} <= tested


def test_package_files_hold_a_docstring_and_nothing_else(house):
    for module in house.modules:
        if module.path.name == "__init__.py":
            assert [type(node) for node in module.tree.body] == [ast.Expr], module.path
            assert ast.get_docstring(module.tree), module.path


def test_every_folder_of_code_is_a_package(house):
    packages = {module.path.parent for module in house.modules if module.path.name == "__init__.py"}
    plain = {module.path.parent for module in house.modules} - packages
    assert not {folder for folder in plain if "migrations" not in folder.parts}


def test_tests_are_no_packages(house):
    assert not [path for path in house.files if path.parts[0] == "tests" and path.name == "__init__.py"]


def test_names_say_what_a_thing_is(house):
    for module in house.modules:
        words = {word for part in module.path.with_suffix("").parts for word in part.split("_")}
        assert not words & EMPTY_NAMES, module.path
        for node in (*module.classes(), *module.functions()):
            spoken = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.name).lower().split("_")
            assert not set(spoken) & {"utils", "helpers", "manager"}, f"{module.path}: {node.name}"


def test_modules_keep_to_four_hundred_lines(house):
    long = {str(module.path): module.text.count("\n") for module in house.modules}
    assert not {path: lines for path, lines in long.items() if lines > MODULE_LINES}


def test_no_folder_holds_more_than_sixteen_modules(house):
    held = Counter(module.path.parent for module in house.modules if module.path.name != "__init__.py")
    assert not {folder: count for folder, count in held.items() if count > MODULES_A_FOLDER}


def test_rows_are_seen_in_one_place_and_are_nouns_everywhere_else(house):
    seen = {
        str(module.path)
        for module in house.modules
        if module.room == "office" and module.path.parts[1] != "rows" and re.search(r"\bRow\b", module.text)
    }
    assert not seen


def lines_of(function):
    return function.end_lineno - function.lineno + 1


def lines_of_code(function):
    docstring = function.body[0] if ast.get_docstring(function) is not None else None
    words = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
    return lines_of(function) - words


def test_functions_keep_to_fifty_lines(house):
    long = {
        f"{module.path}:{function.lineno} {function.name}": lines_of(function)
        for module in house.modules
        for function in module.functions()
    }
    assert not {name: lines for name, lines in long.items() if lines > FUNCTION_LINES}


@pytest.mark.parametrize(
    "room", ["certify", "digitize", "foundation", "office", "scanner_adapters", "storage", "vietnamese"]
)
def test_the_median_function_fits_in_ten_lines(house, room):
    lengths = [
        lines_of_code(function)
        for module in house.modules
        if module.room == room
        for function in module.functions()
    ]
    assert median(lengths or [0]) <= MEDIAN_FUNCTION_LINES, sorted(lengths)
