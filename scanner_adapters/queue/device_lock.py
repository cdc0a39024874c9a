"""One process at a time drives a device of this machine.

Rules of this lock:
1. The program that drives the device inherits the lock: while it lives the device is taken, even when who
   started it has died.
2. Who finds the device taken by a program whose owner is dead ends that program; a living owner is never
   disturbed.
"""

import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.locks import take_if_free
from foundation.processes import end_group, is_alive, name_process
from scanner_adapters.model import FaultCode, ScanFault

SYSTEM_LOCKS = Path("/run/lock")  # Filesystem Hierarchy Standard 3.0, section 3.15
LEFTOVER_SECONDS = 3.0  # from TERM to KILL for a program without an owner
POLL_SECONDS = 0.02


def system_lock_folder() -> Path:
    """Where all processes of this machine look for locks."""
    return SYSTEM_LOCKS if os.access(SYSTEM_LOCKS, os.W_OK) else Path(tempfile.gettempdir())


class DeviceLock:
    """The right to drive one device."""

    def __init__(self, folder: Path, device: str, leftover_seconds: float = LEFTOVER_SECONDS) -> None:
        """`device` is the driver's name for it; `leftover_seconds`: patience with what a dead owner left."""
        self._path = folder / f"motcua-{hashlib.sha256(device.encode()).hexdigest()[:16]}.lock"
        self._seconds = leftover_seconds

    @contextmanager
    def held(self) -> Iterator[int]:
        """Hold the device; the handle goes to the program that drives it (rule 1).

        Raises: ScanFault BUSY when a living process has it.
        """
        handle = self._open()
        try:
            if not take_if_free(handle) and not self._had_from_the_dead(handle):
                raise ScanFault(FaultCode.BUSY, "another program of this machine uses the device")
            self._note(handle, "")
            yield handle
        finally:
            os.close(handle)

    def is_taken(self) -> bool:
        """Does anybody drive the device now?"""
        handle = self._open()
        try:
            return not take_if_free(handle)
        finally:
            os.close(handle)

    def note_driver(self, handle: int, pid: int) -> None:
        """Write down which program drives the device for us."""
        self._note(handle, name_process(pid))

    def free_from_the_dead(self) -> None:
        """End what a dead owner left driving the device, if anything (rule 2)."""
        handle = self._open()
        try:
            _ = take_if_free(handle) or self._had_from_the_dead(handle)
        finally:
            os.close(handle)

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return os.open(self._path, flags, 0o600)
        except PermissionError as foreign:
            raise ScanFault(FaultCode.BUSY, "another account of this machine uses the device") from foreign

    def _had_from_the_dead(self, handle: int) -> bool:
        owner, driver = self._told(handle)
        if not driver or is_alive(owner):
            return False
        end_group(driver, self._seconds)
        deadline = time.monotonic() + self._seconds
        while not take_if_free(handle):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _note(self, handle: int, driver: str) -> None:
        told = json.dumps({"owner": name_process(os.getpid()), "driver": driver}).encode()
        os.ftruncate(handle, 0)
        os.pwrite(handle, told, 0)

    def _told(self, handle: int) -> tuple[str, str]:
        """Owner and driver as the lock tells them; nothing when somebody else's file could mislead us."""
        told = os.fstat(handle)
        if told.st_uid != os.geteuid() or stat.S_IMODE(told.st_mode) & 0o022:
            return "", ""
        try:
            card = json.loads(os.pread(handle, 4096, 0))
        except ValueError:
            return "", ""
        return str(card["owner"]), str(card["driver"])
