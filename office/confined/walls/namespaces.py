"""Name spaces: a server of children stands in a network without any interface, each child alone with its own.

Root may make them; others may where the kernel lets users have name spaces of their own. Where it does not,
the filter of system calls alone keeps a child from the network.
"""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

NEW_USER, NEW_PROCESSES, NEW_NETWORK, NEW_IPC = 0x10000000, 0x20000000, 0x40000000, 0x08000000


def stand_apart() -> bool:
    """Leave the network and the sight of other processes behind; False where this is refused.

    On success the caller goes on as the first process of its own space; its former self waits for it and
    ends as it ends.
    """
    if not _leave():
        return False
    child = os.fork()
    if child:
        os.closerange(3, 1 << 10)  # whoever talks to the server must hear its end
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    _die_with_parent()
    return True


def fork_apart() -> int:
    """Fork a child that sees no process but its own; where this is refused, a plain one. As os.fork."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        apart = _unshare(NEW_PROCESSES)
        child = os.fork()
        if child and apart:
            ctypes.CDLL(None, use_errno=True).setns(own, NEW_PROCESSES)
    finally:
        os.close(own)
    return child


def _leave() -> bool:
    wanted = NEW_PROCESSES | NEW_NETWORK | NEW_IPC
    if _unshare(wanted):
        return True
    user, group = os.getuid(), os.getgid()
    if not _may_have_own():
        return False
    if not _unshare(wanted | NEW_USER):
        return False
    with suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


def _may_have_own() -> bool:
    """Try it in a child first: half a step cannot be taken back."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return status == 0
    try:
        user = os.getuid()
        apart = _unshare(NEW_USER | NEW_PROCESSES | NEW_NETWORK | NEW_IPC)
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    except OSError:
        apart = False
    os._exit(0 if apart else 1)


def _unshare(flags: int) -> bool:
    return bool(ctypes.CDLL(None, use_errno=True).unshare(flags) == 0)


def _die_with_parent() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
