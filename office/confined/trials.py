"""Tasks that let limits and walls be tried: what `doctor` asks, and what the tests try to leave by."""

import ctypes
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from office.confined.orders import Trial, Tried
from office.confined.walls.environment import is_clean
from office.confined.walls.namespaces import NEW_USER

MEGABYTE = 1 << 20
PTRACE_ATTACH = 16  # ptrace(2)
RIGHTS = 0o600
SECONDS = 2.0
HOST = "127.0.0.1"


def sleep(trial: Trial) -> Iterator[int]:
    """Tell which process this is, then sleep."""
    yield os.getpid()
    time.sleep(trial.seconds)


def fill(trial: Trial) -> int:
    """Take memory; how many bytes."""
    return len(bytearray(trial.megabytes * MEGABYTE))


def attempt(trial: Trial) -> Tried:
    """Try one way out of the walls, and say whether it was refused."""
    try:
        ATTEMPTS[trial.attempt](trial)
    except OSError as refused:
        return Tried(refused=True, detail=f"{type(refused).__name__}: {refused.strerror}")
    return Tried(refused=False, detail="done")


def _outside(trial: Trial) -> Path:
    return trial.path or Path("/nowhere")


def _inside(trial: Trial) -> Path:
    return trial.folder or Path.cwd()


def _read(trial: Trial) -> None:
    with _outside(trial).open("rb") as file:
        file.read(1)


def _write(trial: Trial) -> None:
    _outside(trial).open("r+b").close()


def _create(trial: Trial) -> None:
    os.close(os.open(_outside(trial).parent / "left-by-a-child", os.O_WRONLY | os.O_CREAT, RIGHTS))


def _by_link(trial: Trial) -> None:
    """A symbolic link that somebody put into the child's own folder."""
    (_inside(trial) / "link").open("rb").close()


def _make_link(trial: Trial) -> None:
    made = _inside(trial) / "made"
    made.symlink_to(_outside(trial))
    made.open("rb").close()


def _hard_link(trial: Trial) -> None:
    os.link(_outside(trial), _inside(trial) / "hard")


def _rename(trial: Trial) -> None:
    _outside(trial).rename(_inside(trial) / "taken")


def _remove(trial: Trial) -> None:
    _outside(trial).unlink()


def _truncate(trial: Trial) -> None:
    os.truncate(_outside(trial), 0)


def _mode(trial: Trial) -> None:
    _outside(trial).chmod(0o666)


def _list(trial: Trial) -> None:
    list(_outside(trial).parent.iterdir())


def _environment_of(trial: Trial) -> None:
    Path(f"/proc/{trial.process}/environ").read_bytes()


def _memory_of(trial: Trial) -> None:
    Path(f"/proc/{trial.process}/mem").open("rb").close()


def _own_environment(_trial: Trial) -> None:
    if is_clean(os.environ):
        raise PermissionError(0, "nothing but what is allowed")


def _signal(trial: Trial) -> None:
    os.kill(trial.process, signal.SIGCONT)


def _trace(trial: Trial) -> None:
    zero = ctypes.c_void_p(0)
    _call("ptrace", ctypes.c_long(PTRACE_ATTACH), ctypes.c_long(trial.process), zero, zero)


def _new_space(_trial: Trial) -> None:
    _call("unshare", ctypes.c_int(NEW_USER))


def _call(name: str, *arguments: object) -> None:
    if int(getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments)) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _tcp(trial: Trial) -> None:
    socket.create_connection((HOST, trial.port), SECONDS).close()


def _udp(trial: Trial) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(b"out", (HOST, trial.port))


def _unix(trial: Trial) -> None:
    with socket.socket(socket.AF_UNIX) as out:
        out.connect(str(trial.path))


def _abstract(trial: Trial) -> None:
    with socket.socket(socket.AF_UNIX) as out:
        out.connect(f"\0motcua-trial-{trial.port}")


def _through_pair(trial: Trial) -> None:
    """A pair of datagram sockets could send to any other by its name."""
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"out", str(trial.path))


ATTEMPTS: Mapping[str, Callable[[Trial], None]] = {
    "read": _read,
    "write": _write,
    "create": _create,
    "by link": _by_link,
    "make link": _make_link,
    "hard link": _hard_link,
    "rename": _rename,
    "remove": _remove,
    "truncate": _truncate,
    "mode": _mode,
    "list": _list,
    "environment of": _environment_of,
    "memory of": _memory_of,
    "own environment": _own_environment,
    "signal": _signal,
    "trace": _trace,
    "new space": _new_space,
    "tcp": _tcp,
    "udp": _udp,
    "unix": _unix,
    "abstract": _abstract,
    "through pair": _through_pair,
}
