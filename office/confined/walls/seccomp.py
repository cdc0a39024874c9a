"""System calls that a confined child has no use for are refused by a filter (seccomp(2)), for all it starts.

It closes what Landlock does not know: sockets of any kind, other processes' memory, modes and owners of
files, truncation by name, and the ways around it (io_uring, name spaces, file handles).
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator, Sequence

PR_SET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_SET_SECCOMP = 38, 21, 22  # prctl(2)
MODE_FILTER = 2
LOAD, JUMP_EQUAL, JUMP_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06  # BPF instructions
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16  # in struct seccomp_data
FOREIGN_CALLS = 0x40000000  # x32's, on x86-64
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NEW_SPACES = 0x7E020000  # CLONE_NEW…
STREAM, KIND_OF_SOCKET = 1, 0xF
OPEN_TRUNCATING, OPEN_MODE_AND_TRUNCATE = 0o1000, 0o1003  # reading only, and yet truncating

# Each with its number on x86-64 and on AArch64; -1 where it does not exist.
NETWORK = {
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "accept4": (288, 242),
    "bind": (49, 200),
    "listen": (50, 201),
}
FILES = {
    "chmod": (90, -1),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, -1),
    "fchown": (93, 55),
    "lchown": (94, -1),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "truncate": (76, 45),
}
NOBODYS = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "setns": (308, 268),
    "unshare": (272, 97),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "syslog": (103, 116),
}
UNKNOWN = {"clone3": (435, 435), "openat2": (437, 437)}  # their arguments cannot be looked at
CLONE, SOCKETPAIR, OPEN, OPENAT, PRLIMIT = (56, 220), (53, 199), (2, -1), (257, 56), (302, 261)


def can_filter() -> bool:
    """Has this kernel filters, and are the numbers of this machine's system calls known here?"""
    has_filters = ctypes.CDLL(None, use_errno=True).prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0
    return has_filters and platform.machine() in ARCHITECTURES


def refuse_calls(*, network: bool) -> None:
    """Put the filter on this process; sockets stay allowed where `network` is.

    Raises: OSError when the kernel has filters and yet refuses this one.
    """
    if not can_filter():
        return
    program = b"".join(_program(network=network))
    kept = ctypes.create_string_buffer(program, len(program))
    wanted = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(kept))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    zero = ctypes.c_ulong(0)
    if prctl(PR_SET_SECCOMP, ctypes.c_ulong(MODE_FILTER), wanted, zero, zero):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), "seccomp")


def _program(*, network: bool) -> Iterator[bytes]:
    machine = platform.machine()
    column = list(ARCHITECTURES).index(machine)
    yield _step(LOAD, ARCHITECTURE_AT)
    yield from _unless(JUMP_EQUAL, ARCHITECTURES[machine], KILL)
    yield _step(LOAD, NUMBER_AT)
    if machine == "x86_64":
        yield _step(JUMP_LEAST, FOREIGN_CALLS, 0, 1)
        yield _step(RETURN, KILL)
    plain = {**NOBODYS, **FILES, **({} if network else NETWORK)}
    yield from _refused([numbers[column] for numbers in plain.values()], errno.EPERM)
    yield from _refused([numbers[column] for numbers in UNKNOWN.values()], errno.ENOSYS)
    yield from _looked_at(CLONE[column], 0, NEW_SPACES, 0)
    yield from _looked_at(PRLIMIT[column], 0, 0xFFFFFFFF, 0)
    if not network:
        yield from _looked_at(SOCKETPAIR[column], 1, KIND_OF_SOCKET, STREAM)
    yield from _looked_at(OPEN[column], 1, OPEN_MODE_AND_TRUNCATE, OPEN_TRUNCATING, unless=True)
    yield from _looked_at(OPENAT[column], 2, OPEN_MODE_AND_TRUNCATE, OPEN_TRUNCATING, unless=True)
    yield _step(RETURN, ALLOW)


def _refused(numbers: Sequence[int], code: int) -> Iterator[bytes]:
    for number in numbers:
        if number >= 0:
            yield _step(JUMP_EQUAL, number, 0, 1)
            yield _step(RETURN, REFUSE | code)


def _looked_at(
    number: int, argument: int, mask: int, wanted: int, *, unless: bool = False
) -> Iterator[bytes]:
    """Call `number` is let through only when `argument`, masked, is what is wanted, or `unless` it is."""
    if number < 0:
        return
    refusing, passing = (0, 1) if unless else (1, 0)
    yield _step(JUMP_EQUAL, number, 0, 5)
    yield _step(LOAD, ARGUMENTS_AT + 8 * argument)
    yield _step(AND, mask)
    yield _step(JUMP_EQUAL, wanted, passing, refusing)
    yield _step(RETURN, ALLOW)
    yield _step(RETURN, REFUSE | errno.EPERM)


def _unless(jump: int, wanted: int, end: int) -> Iterator[bytes]:
    yield _step(jump, wanted, 1, 0)
    yield _step(RETURN, end)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def drop_privileges(kept: Sequence[int]) -> None:
    """Give up every capability but those kept (capabilities(7)), and any way to new ones, for good."""
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), 0, 0, 0)  # else neither wall may be raised
    for number in range(64):
        if number not in kept:
            library.prctl(24, ctypes.c_ulong(number), 0, 0, 0)  # PR_CAPBSET_DROP; refused to who may not
    if os.geteuid() != 0:
        return
    mask = sum(1 << number for number in kept)
    header = struct.pack("Ii", 0x20080522, 0)  # version 3, this process
    values = struct.pack("IIIIII", mask, mask, 0, 0, 0, 0)
    library.capset(header, values)
