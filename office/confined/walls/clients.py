"""No HTTP client where there is no network: libraries that bring one along import its name and no more.

pyHanko imports aiohttp wherever signatures are validated, to say of which types its fetchers are; who fetches
nothing calls none of them. What is not loaded costs no time, and is no help to a hostile file. Only the
process that network-less children are forked from is without it, from before anything else is loaded.
"""

import errno
import sys
from types import ModuleType

LEFT_OUT = "aiohttp"


class Absent(Exception):
    """Stands for every class of the client: it can be named and caught, and nothing can be made of it."""

    def __init__(self, *_: object, **__: object) -> None:
        """Raises: PermissionError, always."""
        raise PermissionError(errno.EPERM, f"no {LEFT_OUT} in a process without a network")


class _Names(ModuleType):
    """A module in which every public name is absent."""

    def __getattr__(self, name: str) -> type[Absent]:
        if name.startswith("_"):
            raise AttributeError(name)
        return Absent


def leave_out_clients() -> None:
    """From now on nothing in this process can load an HTTP client; one that is loaded already stays."""
    sys.modules.setdefault(LEFT_OUT, _Names(LEFT_OUT))
