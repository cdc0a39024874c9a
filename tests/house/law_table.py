"""The last column of docs/law.md, made from the tests: `python tests/house/law_table.py` writes it anew.

The first three columns are written by hand: number, what is required, the module that answers for it.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "law.md"
ROW = re.compile(r"^\| (L\d+) \| (.+?) \| `([\w.]+)` \| (.*) \|$", re.MULTILINE)
NOT_YET = "not yet"


@dataclass(frozen=True)
class Row:
    """One requirement: its number, its words, its owner and the tests that show it."""

    number: str
    words: str
    owner: str
    shown_by: str

    def __str__(self) -> str:
        return f"| {self.number} | {self.words} | `{self.owner}` | {self.shown_by} |"


def main() -> int:
    """Write the table anew."""
    TABLE.write_text(rewritten(TABLE.read_text(), tests_by_number(ROOT / "tests")))
    return 0


def rows_of(text: str) -> list[Row]:
    return [Row(*found.groups()) for found in ROW.finditer(text)]


def rewritten(text: str, tests: Mapping[str, list[str]]) -> str:
    """The table with its last column as the tests say; everything else stays."""

    def row(found: re.Match[str]) -> str:
        number, words, owner, _ = found.groups()
        return str(Row(number, words, owner, "<br>".join(tests.get(number, [])) or NOT_YET))

    return ROW.sub(row, text)


def tests_by_number(folder: Path) -> dict[str, list[str]]:
    """The tests that carry each number, as `file::test`, in the order of files and lines."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        for number, name in marked_tests(ast.parse(path.read_text())):
            found[number].append(f"`{path.relative_to(folder)}::{name}`")
    return dict(found)


def marked_tests(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Number and name of every test that carries a law marker; `pytestmark` marks all of a module."""
    of_module = [
        number
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(ast.unparse(target) == "pytestmark" for target in node.targets)
        for number in numbers_in(node.value)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            own = [number for decorator in node.decorator_list for number in numbers_in(decorator)]
            for number in dict.fromkeys([*own, *of_module]):
                yield number, node.name


def numbers_in(node: ast.expr) -> Iterator[str]:
    """What `pytest.mark.law(…)` is called with, anywhere in an expression."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("mark.law"):
            yield from (str(ast.literal_eval(argument)) for argument in call.args)


if __name__ == "__main__":
    sys.exit(main())
