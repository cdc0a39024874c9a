"""What the rules of the house are asked about: the files of the repository and the code in the rooms."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("certify", "digitize", "foundation", "office", "scanner_adapters", "storage", "vietnamese")
PICTURES = {".onnx", ".png", ".jpg", ".pdf", ".bin", ".gz", ".xz", ".zst", ".ico", ".woff2", ".ttf", ".npz"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file of a room."""

    path: Path

    @property
    def room(self) -> str:
        return self.path.parts[0]

    @property
    def dotted(self) -> str:
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def text(self) -> str:
        return (ROOT / self.path).read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))


@dataclass(frozen=True)
class House:
    """The repository as it stands: every file that git keeps or would keep."""

    files: tuple[Path, ...]

    @property
    def modules(self) -> tuple[Module, ...]:
        return tuple(Module(path) for path in self.files if path.suffix == ".py" and path.parts[0] in ROOMS)

    @property
    def texts(self) -> Iterator[tuple[Path, str]]:
        for path in self.files:
            if path.suffix not in PICTURES:
                yield path, (ROOT / path).read_text(errors="replace")


@pytest.fixture(scope="session")
def house() -> House:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = (Path(name) for name in sorted(set(listed.split("\0"))) if name)
    return House(tuple(path for path in paths if (ROOT / path).is_file()))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def rooms() -> tuple[str, ...]:
    return ROOMS
