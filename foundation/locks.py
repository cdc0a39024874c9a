"""Locks between processes of one machine: held through a file, and gone with the process that holds them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE = 0o600


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of this file, which is made if missing; wait for whoever has it."""
    handle = open_lock(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def together(path: Path) -> Iterator[None]:
    """Hold the lock of this file beside others who hold it so; wait for whoever has it alone."""
    handle = open_lock(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


@contextmanager
def alone_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock of this file for the block, or say at once (False) that another process has it."""
    handle = open_lock(path)
    try:
        yield take_if_free(handle)
    finally:
        os.close(handle)


def open_lock(path: Path) -> int:
    """A handle on the file of a lock; closing it gives the lock back."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)


def take_if_free(handle: int) -> bool:
    """Take the lock of an open file unless another process has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
