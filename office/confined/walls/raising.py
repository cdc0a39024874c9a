"""The walls around one task, raised in its child after the fork: privileges, files, system calls.

Each is raised as far as the kernel has it. A kernel that has one and refuses it ends the child.
"""

import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from office.confined.reach import Reach
from office.confined.walls.environment import ROOT
from office.confined.walls.landlock import LIST, READ, RUN, USE, WRITE, confine_files, landlock_abi
from office.confined.walls.seccomp import drop_privileges, refuse_calls

ROOMS = ("certify", "digitize", "foundation", "office", "scanner_adapters", "storage", "vietnamese")
PROGRAMS = ("bin", "lib", "lib32", "lib64", "libexec", "share")
SYSTEM = ("/bin", "/lib", "/lib64", "/sbin", "/usr/sbin")
SETTINGS = ("ld.so.cache", "ld.so.preload", "fonts", "localtime", "alternatives", "ImageMagick-6")
MACHINE_SETTINGS = (
    "resolv.conf",
    "hosts",
    "host.conf",
    "nsswitch.conf",
    "gai.conf",
    "services",
    "protocols",
    "passwd",
    "group",
    "machine-id",
    "ssl/certs",
    "ssl/openssl.cnf",
    "ca-certificates",
    "sane.d",
    "snmp",
    "avahi",
)
HARDWARE = ("/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu")
PLAIN_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
MACHINE_DEVICES = ("/dev/bus", "/dev/usb", "/dev/lp0", "/dev/sg0")
MACHINE_FACTS = ("/sys", "/run/udev", "/run/systemd/resolve", "/run/avahi-daemon")
DAC_OVERRIDE, LEASE = 1, 28  # kept by root alone: files of other accounts, and who is still writing them


def raise_walls(reach: Reach, *, machine: bool) -> None:
    """Confine this process to what the task may touch, for good."""
    drop_privileges((DAC_OVERRIDE, LEASE))
    if landlock_abi():
        confine_files(
            {
                RUN: _programs(),
                READ: (*_readable(machine=machine), *reach.reads),
                USE: map(Path, (*PLAIN_DEVICES, *(MACHINE_DEVICES if machine else ()))),
                LIST: reach.lists,
                WRITE: reach.writes,
            },
            signals=machine,  # a program that drives a device for a dead owner is ended: DeviceLock
        )
    refuse_calls(network=machine)


def _programs() -> Iterable[Path]:
    yield from map(Path, SYSTEM)
    yield Path(sys.prefix)
    for prefix in {"/usr", "/usr/local", sys.base_prefix, sys.base_exec_prefix}:
        yield from (Path(prefix) / folder for folder in PROGRAMS)
    paths = sysconfig.get_paths()
    yield from (Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    yield from (ROOT / room for room in ROOMS)


def _readable(*, machine: bool) -> Iterable[Path]:
    yield from (Path("/etc", name) for name in (*SETTINGS, *(MACHINE_SETTINGS if machine else ())))
    yield from map(Path, (*HARDWARE, *(MACHINE_FACTS if machine else ())))
    if tessdata := os.environ.get("TESSDATA_PREFIX"):
        yield Path(tessdata)
