"""Passwords: argon2id with the low-memory parameters of RFC 9106, and what a password must be.

One check takes 64 MiB and about a seventh of a second, so only a few run at the same time: a flood of log-ins
waits its turn and cannot take the machine's memory.
"""

import secrets
import string
import threading
from functools import cached_property

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

PARALLEL_CHECKS = 2
LEAST_LETTERS = 14  # TCVN 14423:2026 level 3, where no second factor is asked
GROUPS = 4
GROUP_LETTERS = 4
# without letters and digits that look alike on a printed slip
SMALL = "abcdefghjkmnpqrstuvwxyz"
CAPITAL = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "23456789"


class Passwords:
    """Hashes and checks passwords, a few at a time; lives as long as the process."""

    def __init__(self, parameters: Parameters = RFC_9106_LOW_MEMORY) -> None:
        self._hasher = PasswordHasher.from_parameters(parameters)
        self._turns = threading.BoundedSemaphore(PARALLEL_CHECKS)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe(16))

    def hash(self, password: str) -> str:
        """The password as it is kept: salt, parameters and argon2id tag."""
        with self._turns:
            return self._hasher.hash(password)

    def is_right(self, kept: str | None, password: str) -> bool:
        """Does `password` belong to `kept`? None (no such account) takes just as long and is never right."""
        with self._turns:
            try:
                right = self._hasher.verify(kept or self._nobodys, password)
            except (VerificationError, InvalidHashError):
                return False
        return right and kept is not None


def is_strong(password: str) -> bool:
    """Long enough, with small and capital letters, digits and signs (QCVN 12:2026/BCA 3.7.2)."""
    classes = (str.islower, str.isupper, str.isdigit, lambda letter: not letter.isalnum())
    return len(password) >= LEAST_LETTERS and all(any(map(has, password)) for has in classes)


def new_password() -> str:
    """A strong password that can be read from a slip and typed: four groups of four letters."""
    letters = SMALL + CAPITAL + DIGITS
    while True:
        groups = ["".join(secrets.choice(letters) for _ in range(GROUP_LETTERS)) for _ in range(GROUPS)]
        password = "-".join(groups)
        if is_strong(password):
            return password


def is_plain_ascii(password: str) -> bool:
    """Is it free of marked letters? A Vietnamese input method left on changes what was meant."""
    return all(letter in string.printable for letter in password)
