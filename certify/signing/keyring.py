"""Who holds which key: the one port between acts that sign and wherever keys live.

A holder is an account's id, or AGENCY for the agency's own key. A file, a token, a plug-in on a person's PC
and a remote service all stand behind the same four questions.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from foundation.faults import Fault

if TYPE_CHECKING:  # the port is known everywhere, the libraries behind it only where something is signed
    from certify.signing.keys import Key

AGENCY = "agency"


class Purpose(StrEnum):
    """What a signature is set for: each asks something else of who sets it."""

    DIGITIZE = "digitize"  # the clerk who scanned signs the scan
    CERTIFY = "certify"  # the officer certifies a copy; needs a delegation in force
    SEAL = "seal"  # the agency signs


class KeyPlace(StrEnum):
    """Where the key of a certificate is."""

    TOKEN = "token"  # noqa: S105 a place, no secret
    KEY_FILE = "pkcs12"
    REMOTE = "remote"
    WORKSTATION = "workstation"  # reached by a signing program on its holder's own computer alone


class Keyring(Protocol):
    """The keys of an office, by their holders."""

    def of(self, holder: str) -> "Key":
        """The key of this holder. Raises: a fault that says so when there is none, or none here."""

    def is_unattended(self, holder: str) -> bool:
        """May the system use this holder's key by itself, without a person's word each time?"""

    def is_here(self, holder: str) -> bool:
        """Can this process ask the key? A token is asked where it is plugged in and open, and nowhere else.

        A holder without any key counts as here: somebody has to tell that there is none.
        """

    def refusal(self, holder: str, purpose: Purpose) -> Fault | None:
        """Why this holder may not sign so now, wherever the key is; None when nothing stands in the way."""
