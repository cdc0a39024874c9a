"""Why somebody at the door has to come again later."""

from enum import StrEnum

from foundation.faults import Fault


class DoorCode(StrEnum):
    """What keeps a request out before anything of it is looked at."""

    TOO_MANY_CHECKS = "TOO_MANY_CHECKS"
    TOO_BUSY = "TOO_BUSY"
    TOO_SLOW = "TOO_SLOW"


class DoorFault(Fault):
    """A visitor who has to wait (`seconds`: how long, 0 when there is no telling)."""

    def __init__(self, code: DoorCode, seconds: int = 0) -> None:
        super().__init__(code, str(seconds))
        self.seconds = seconds
