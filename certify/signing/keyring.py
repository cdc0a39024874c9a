"""Who holds which key: the one port between acts that sign and wherever keys live.

A holder is an account's id, or AGENCY for the agency's own key. A file, a token, a plug-in on a person's PC
and a remote service all stand behind the same two questions.
"""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the port is known everywhere, the libraries behind it only where something is signed
    from certify.signing.keys import Key

AGENCY = "agency"


class Keyring(Protocol):
    """The keys of an office, by their holders."""

    def of(self, holder: str) -> "Key":
        """The key of this holder. Raises: a fault that says so when there is none."""

    def is_unattended(self, holder: str) -> bool:
        """May the system use this holder's key by itself, without a person's word each time?"""
