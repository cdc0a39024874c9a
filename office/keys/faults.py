"""What can stand in the way of a key: before anything is signed or numbered, and told as a sentence."""

from enum import StrEnum

from foundation.faults import Fault


class KeysCode(StrEnum):
    """What can be wrong with a key, a certificate or a delegation."""

    NAME_DIFFERS = "NAME_DIFFERS"  # the certificate names somebody else than is printed
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    CERTIFICATE_NOT_YET = "CERTIFICATE_NOT_YET"
    CERTIFICATE_TAKEN = "CERTIFICATE_TAKEN"
    CERTIFICATE_UNKNOWN = "CERTIFICATE_UNKNOWN"
    CERTIFICATE_UNCLEAR = "CERTIFICATE_UNCLEAR"  # several could be meant
    DELEGATION_MISSING = "DELEGATION_MISSING"
    DELEGATION_NOT_YET = "DELEGATION_NOT_YET"
    DELEGATION_OVER = "DELEGATION_OVER"
    DELEGATION_IMPOSSIBLE = "DELEGATION_IMPOSSIBLE"  # ends before it begins, or nobody's
    TITLE_DIFFERS = "TITLE_DIFFERS"  # the title that is printed says another capacity
    ACCOUNT_OFF = "ACCOUNT_OFF"
    KEY_CLOSED = "KEY_CLOSED"  # nobody opened it in this process
    SOFTWARE_KEYS_OFF = "SOFTWARE_KEYS_OFF"
    SOFTWARE_KEY_PERSONAL = "SOFTWARE_KEY_PERSONAL"
    UNATTENDED_PERSONAL = "UNATTENDED_PERSONAL"
    REMOTE_SCAN = "REMOTE_SCAN"  # a scan is signed at once, and a remote holder answers later
    WORKSTATION_SCAN = "WORKSTATION_SCAN"  # nor does a file that a signing program takes with it
    PROGRAM_ELSEWHERE = "PROGRAM_ELSEWHERE"  # not on its holder's own computer, or without TLS
    PROGRAM_LOCKS_NOTHING = "PROGRAM_LOCKS_NOTHING"  # it makes a field of its own, and the agency's locks
    PROGRAM_UNATTENDED = "PROGRAM_UNATTENDED"
    DEMO_HOUSE = "DEMO_HOUSE"


class KeysFault(Fault):
    """A key that may not or cannot sign; nothing has been signed, and no number reserved."""

    code: KeysCode
