"""Files of a copy appear whole or not at all, and what the disk did wrong is told as this room's fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from certify.model import CertifyFault, FaultCode
from foundation import durable
from foundation.durable import COPY_BYTES


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """Give a path to write to; what stands there becomes `target` when the block ends well.

    Raises: CertifyFault DISK_FULL or WRITE_FAILED, with nothing left behind.
    """
    with disk_faults(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with durable.appearing(target) as staged:
            yield staged


@contextmanager
def disk_faults(target: Path) -> Iterator[None]:
    """Name what the disk did wrong while writing `target`."""
    try:
        yield
    except OSError as fault:
        code = FaultCode.DISK_FULL if durable.is_full(fault) else FaultCode.WRITE_FAILED
        raise CertifyFault(code, f"{target.name}: {fault}") from fault


def begins_with(path: Path, prefix: Path) -> bool:
    """Whether the bytes of `path` begin with all bytes of `prefix` and go on."""
    if path.stat().st_size <= prefix.stat().st_size:
        return False
    with path.open("rb") as whole, prefix.open("rb") as start:
        return _same_start(whole, start)


def _same_start(whole: BinaryIO, start: BinaryIO) -> bool:
    while part := start.read(COPY_BYTES):
        if whole.read(len(part)) != part:
            return False
    return True
