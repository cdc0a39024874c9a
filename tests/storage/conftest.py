from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from storage import changes, ledger
from storage.database import metadata
from tests.s3_server import MinioServer, started

OWNERS = (changes, ledger)  # their tables are in `metadata` once they are imported


@pytest.fixture(scope="session")
def s3_or_reason() -> Iterator[MinioServer | Exception]:
    """The session's S3 server, or why there is none; the reason is asked for once, not once a test."""
    yield from started()


@pytest.fixture
def s3_server(s3_or_reason: MinioServer | Exception) -> MinioServer:
    """A real S3 server; a test that asks for it on a machine without one is counted in the closing lines."""
    if isinstance(s3_or_reason, Exception):
        pytest.skip(f"cannot be had here: MinIO ({s3_or_reason})")
    return s3_or_reason


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
