"""ARCHITECTURE.md speaks of what is there: its names exist, its diagrams are the tables of moves."""

import ast
import re
from pathlib import Path

import pytest

from office.procedure import Kind, moves

SPOKEN = re.compile(r"`([A-Za-z_][\w.]*)`")


@pytest.fixture(scope="module")
def text(root):
    return (root / "ARCHITECTURE.md").read_text()


def names_in(house):
    """Every room, folder, module, function, class and table of the code, plain and dotted."""
    names = {part for module in house.modules for part in module.dotted.split(".")}
    for module in house.modules:
        parts = module.dotted.split(".")
        names.update(".".join(parts[:length]) for length in range(1, len(parts) + 1))
        named = {node.name for node in (*module.functions(), *module.classes())}
        tables = {ast.unparse(node.target) for node in module.tree.body if isinstance(node, ast.AnnAssign)}
        names |= named | tables | {f"{module.dotted}.{name}" for name in named | tables}
    return names


def test_every_name_it_speaks_of_exists(text, house, root):
    spoken = set(SPOKEN.findall(text))
    assert len(spoken) > 20
    files = {path.name for path in Path(root).iterdir()}
    assert spoken - names_in(house) - files == set()


LOOKED_FOR = 12


def test_what_is_looked_for_stands_where_the_table_says(text, house, root):
    table = text.split("## Where is …")[1].split("\n## ")[0]
    rows = [line.split("|")[1:4] for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == LOOKED_FOR
    modules = {str(module.path): module for module in house.modules}
    for _, files, name in rows:
        paths = re.findall(r"`([^`]+)`", files)
        assert all((root / path).is_file() for path in paths), paths
        defined = {node.name for node in (*modules[paths[0]].functions(), *modules[paths[0]].classes())}
        trees = modules[paths[0]].tree.body
        defined |= {ast.unparse(node.target) for node in trees if isinstance(node, ast.AnnAssign)}
        assert name.strip(" `") in defined, (paths[0], name)


def diagram(moves):
    lines = "".join(f"    {before} --> {after}: {act}\n" for (before, act), after in moves.items())
    return f"```mermaid\nstateDiagram-v2\n{lines}```\n"


@pytest.mark.parametrize("kind", Kind)
def test_its_diagrams_are_the_tables_of_steps(text, kind):
    assert diagram(moves(kind)) in text
