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


def diagram(moves):
    lines = "".join(f"    {before} --> {after}: {act}\n" for (before, act), after in moves.items())
    return f"```mermaid\nstateDiagram-v2\n{lines}```\n"


@pytest.mark.parametrize("kind", Kind)
def test_its_diagrams_are_the_tables_of_steps(text, kind):
    assert diagram(moves(kind)) in text
