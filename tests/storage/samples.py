"""What the storage tests keep: instants, ids, a child process that dies at a given step."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
DOSSIER = "urn:motcua:phuong-mau:H00.00.00.01-261124-0001"
CLERK = ("UBND Phường Mẫu", "urn:motcua:phuong-mau")
KILLED = 9


def soon(**later: float) -> datetime:
    """A whole second some time from now: what servers keep of an instant."""
    return (datetime.now(UTC) + timedelta(**later)).replace(microsecond=0)


def dies_in_child(act: Callable[[Callable[[str], None]], object], step: str) -> bool:
    """Run `act` in a child that ends without any clean-up right after `step`; did it reach the step?"""

    def after(done: str) -> None:
        if done == step:
            os._exit(KILLED)

    child = os.fork()
    if child == 0:
        try:
            act(after)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
