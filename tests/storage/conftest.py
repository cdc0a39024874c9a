from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from storage import changes, ledger
from storage.database import metadata
from tests.s3_server import s3_or_reason, s3_server  # noqa: F401 fixtures

OWNERS = (changes, ledger)  # their tables are in `metadata` once they are imported


@pytest.fixture
def rows(engine: Engine) -> Engine:
    """A fresh database of each kind that holds this room's tables."""
    metadata.create_all(engine)
    return engine


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[[bytes], Path]:
    """Makes a file with the given bytes."""
    folder = tmp_path / "given"
    folder.mkdir()

    numbers = count()

    def make(content: bytes) -> Path:
        path = folder / f"{next(numbers):04d}"
        path.write_bytes(content)
        return path

    return make
