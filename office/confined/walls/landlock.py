"""Files by Landlock (landlock(7)): a process gives up all but some places, for itself and all it starts.

What cannot be opened by place stays closed: symbolic links, links into it and /proc of others lead nowhere.
From ABI 6 on, signals and abstract sockets end at the wall too.
"""

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same number on every architecture
CREATE_VERSION = 1
RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE = 1 << 4, 1 << 5
MAKE_DIR, MAKE_REG = 1 << 7, 1 << 8
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # rights by ABI
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
SCOPE_SOCKETS, SCOPE_SIGNALS = 1, 2
SCOPED_FROM = 6

READ = READ_FILE | READ_DIR
RUN = READ | EXECUTE
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
USE = READ | WRITE_FILE | IOCTL_DEV  # a device
LIST = READ_DIR
LEAST_ABI = 2  # before it, no file can be moved between two folders


def landlock_abi() -> int:
    """Which Landlock this kernel has; 0: none that is enough."""
    version = _call(CREATE_RULESET, None, 0, CREATE_VERSION)
    return version if version >= LEAST_ABI else 0


def confine_files(places: Mapping[int, Iterable[Path]], *, signals: bool) -> None:
    """Give up every place but these, which are given by the rights on them. Absent places are left out.

    Signals to processes outside are given up too unless `signals` are needed.
    Raises: OSError when the kernel has Landlock and yet refuses.
    """
    abi = landlock_abi()
    handled = HANDLED[max(known for known in HANDLED if known <= abi)]
    scopes = SCOPE_SOCKETS | (0 if signals else SCOPE_SIGNALS)
    asked = struct.pack("QQQ", handled, 0, scopes)  # an older kernel is not told the last two
    size = 24 if abi >= SCOPED_FROM else 8
    ruleset = _checked(_call(CREATE_RULESET, asked, size, 0))
    for rights, paths in places.items():
        for path in paths:
            _allow(ruleset, path, rights & handled)
    _checked(_call(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as absent:
        if absent.errno in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
            return
        raise
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= FOR_FILES
        rule = struct.pack("=Qi", rights, place)
        _checked(_call(ADD_RULE, ruleset, RULE_PATH_BENEATH, rule, 0))
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    told = (ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)
    return int(_libc().syscall(ctypes.c_long(number), *told))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer
