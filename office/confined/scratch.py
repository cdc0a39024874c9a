"""A private folder for what one child half makes, in memory where that can be; gone with the child."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 memory-backed; a private folder is made inside
PREFIX = "motcua-child-"  # followed by the process that the child belongs to


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder (mode 0700), for the block."""
    parent = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=parent) as name:
        yield Path(name)


def sweep(folder: Path = MEMORY) -> None:
    """Remove the folders of processes that are gone."""
    for left in folder.glob(f"{PREFIX}*-*"):
        owner = left.name.removeprefix(PREFIX).split("-", 1)[0]
        if not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)
