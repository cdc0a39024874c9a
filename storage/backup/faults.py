"""What can stand in the way of a backup or of its way back."""

from enum import StrEnum

from foundation.faults import Fault


class BackupCode(StrEnum):
    """What is wrong, and so what can be done."""

    BUSY = "BUSY"
    NOT_A_PLACE = "NOT_A_PLACE"
    NO_SET = "NO_SET"
    NEEDS_KEY = "NEEDS_KEY"
    NEEDS_WORDS = "NEEDS_WORDS"  # a passphrase
    NOT_ENCRYPTED = "NOT_ENCRYPTED"
    WEAK_KEY = "WEAK_KEY"
    WRONG_KEY = "WRONG_KEY"
    DAMAGED = "DAMAGED"
    NEWER = "NEWER"
    HOUSE_HAS_ROWS = "HOUSE_HAS_ROWS"
    AT_WORK = "AT_WORK"
    ROLLED_BACK = "ROLLED_BACK"
    NOT_THE_SAME = "NOT_THE_SAME"


class BackupFault(Fault):
    """A backup that cannot be made, read or brought back; `detail` names which part of it."""

    code: BackupCode
