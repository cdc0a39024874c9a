"""What can stand in the way of an act of the office."""

from enum import StrEnum

from foundation.faults import Fault


class DeskCode(StrEnum):
    """What can stand in the way of an act."""

    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    WRONG_STATE = "WRONG_STATE"
    BUSY = "BUSY"
    CLAIM_LOST = "CLAIM_LOST"
    PAGES_DIFFER = "PAGES_DIFFER"
    NOTHING_SCANNED = "NOTHING_SCANNED"
    STILL_SCANNING = "STILL_SCANNING"
    PAGES_REFUSED = "PAGES_REFUSED"
    CHECKS_MISSING = "CHECKS_MISSING"
    OWN_SCAN = "OWN_SCAN"
    VERIFICATION_FAILED = "VERIFICATION_FAILED"
    CHILD_DIED = "CHILD_DIED"
    CHILD_TOO_SLOW = "CHILD_TOO_SLOW"
    CHILD_TOO_LARGE = "CHILD_TOO_LARGE"
    WRONG_HOUSE = "WRONG_HOUSE"
    STUCK = "STUCK"
    KEYS_MISSING = "KEYS_MISSING"
    ELECTRONIC_ORIGINAL = "ELECTRONIC_ORIGINAL"
    REASON_MISSING = "REASON_MISSING"
    FILE_UNREADABLE = "FILE_UNREADABLE"
    LOGIN_REFUSED = "LOGIN_REFUSED"
    LOGIN_LOCKED = "LOGIN_LOCKED"
    FORM_EXPIRED = "FORM_EXPIRED"
    CORNERS_IMPOSSIBLE = "CORNERS_IMPOSSIBLE"


class DeskFault(Fault):
    """An act that cannot be done; nothing has been changed by it."""

    code: DeskCode
