"""Key holders from the side of who asks them: started once for each token, asked one signature at a time.

The PIN goes through this process in a bytearray and is overwritten as soon as it is handed on.
"""

import base64
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from asn1crypto import x509

from certify.key_holders.certified import CertifiedKey
from certify.model import CertifyFault, FaultCode
from certify.signing.keyring import KeyPlace
from certify.signing.keys import Ticket, check_signature

OPEN_SECONDS = 60.0  # a token of flesh and blood looks for its driver first
SIGN_SECONDS = 60.0  # some want to be touched
END_SECONDS = 2.0
BLOCK = 1 << 16
ALLOWED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SOFTHSM2_CONF")
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "certify.key_holders.process"


@dataclass(frozen=True)
class Found:
    """A certificate met on a token or in a file: the id of its key there, and those above it."""

    key: str
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True)
class TokenSeen:
    """A token as anybody sees it without its PIN."""

    serial: str
    label: str
    found: tuple[Found, ...]


def look_at_tokens(module: str, environment: Mapping[str, str]) -> tuple[TokenSeen, ...]:
    """The tokens that a PKCS#11 module reaches now. Raises: CertifyFault TOKEN_MISSING for no module."""
    order = {"what": "look", "kind": KeyPlace.TOKEN, "place": {"module": module}}
    asked = KeyHolder(environment)
    try:
        told = asked.ask(order, OPEN_SECONDS)["tokens"]
    finally:
        asked.close()
    return tuple(
        TokenSeen(
            token["serial"],
            token["label"],
            tuple(_found({**one, "chain": token["chain"]}) for one in token["certificates"]),
        )
        for token in told
    )


def open_holder(
    kind: KeyPlace, place: Mapping[str, str], pin: bytearray, environment: Mapping[str, str]
) -> "KeyHolder":
    """Start the one process for this token or file and log in; `pin` is overwritten.

    Raises: CertifyFault PIN_WRONG, PIN_LOCKED, TOKEN_MISSING, KEY_FILE_MISSING, KEY_UNFIT, HOLDER_GONE.
    """
    holder = KeyHolder(environment)
    try:
        holder.open(kind, place, pin)
    except BaseException:
        holder.close()
        raise
    finally:
        pin[:] = bytes(len(pin))
    return holder


class KeyHolder:
    """A process that has opened a token or file; `open_holder` makes one."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        allowed = {name: environment[name] for name in ALLOWED if name in environment}
        allowed["PYTHONPATH"] = str(ROOT)
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=allowed,
            start_new_session=True,  # Ctrl-C at the server's terminal is not meant for it
        )
        self.found: tuple[Found, ...] = ()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def is_open(self) -> bool:
        """Can it still be asked?"""
        return bool(self.found) and self._process.poll() is None

    def open(self, kind: KeyPlace, place: Mapping[str, str], pin: bytearray) -> None:
        """Have it log in. Raises: CertifyFault."""
        self._say(json.dumps({"what": "open", "kind": kind, "place": dict(place)}).encode() + b"\n")
        line = pin + b"\n"
        try:
            self._say(line)
        finally:
            line[:] = bytes(len(line))
        self.found = tuple(_found(one) for one in self._hear(OPEN_SECONDS)["certificates"])

    def sign(self, key: str, to_be_signed: bytes) -> bytes:
        """A signature by this key of it. Raises: CertifyFault KEY_REFUSED, TOKEN_MISSING, HOLDER_GONE."""
        order = {"key": key, "data": base64.b64encode(to_be_signed).decode()}
        try:
            return base64.b64decode(self.ask(order, SIGN_SECONDS)["signature"])
        except CertifyFault as fault:
            if fault.code is FaultCode.TOKEN_MISSING:  # pulled out: its log-in is over for good
                self._give_up()
            raise

    def ask(self, order: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
        """One question and its answer; nobody else asks meanwhile."""
        with self._turn:
            self._say(json.dumps(order).encode() + b"\n")
            return self._hear(seconds)

    def close(self) -> None:
        """End it: it logs out with its process."""
        for end in (self._stdin, self._stdout):
            try:
                end.close()
            except BrokenPipeError:
                continue
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _give_up(self) -> None:
        """Nothing more is asked of it."""
        self.found = ()
        self._process.kill()

    @property
    def _stdin(self) -> IO[bytes]:
        if self._process.stdin is None:
            raise CertifyFault(FaultCode.HOLDER_GONE)
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        if self._process.stdout is None:
            raise CertifyFault(FaultCode.HOLDER_GONE)
        return self._process.stdout

    def _say(self, line: bytes | bytearray) -> None:
        """Hand a line on without leaving a copy in a buffer of ours."""
        try:
            os.write(self._stdin.fileno(), line)
        except (OSError, ValueError) as gone:
            self._give_up()
            raise CertifyFault(FaultCode.HOLDER_GONE, type(gone).__name__) from None

    def _hear(self, seconds: float) -> Mapping[str, Any]:
        """The next line. What does not answer in time is ended: its answer would belong to no question."""
        deadline, line = time.monotonic() + seconds, b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._stdout], [], [], max(0.0, deadline - time.monotonic()))
            block = os.read(self._stdout.fileno(), BLOCK) if ready else b""
            if not block:
                self._give_up()
                raise CertifyFault(FaultCode.HOLDER_GONE, "no answer")
            line += block
        told: Mapping[str, Any] = json.loads(line)
        if "refused" in told:
            raise CertifyFault(FaultCode(told["refused"]), told["detail"])
        return told


class HeldKey(CertifiedKey):
    """A key that a key holder signs with: the answer comes at once, while the holder lives."""

    def __init__(self, holder: KeyHolder, key: str, certificate: bytes, chain: Sequence[bytes]) -> None:
        super().__init__(certificate, chain)
        self._holder = holder
        self._key = key

    @property
    def is_here(self) -> bool:
        """Can it be asked now?"""
        return self._holder.is_open

    def begin(self, to_be_signed: bytes) -> Ticket:
        """Have it signed. Raises: CertifyFault KEY_REFUSED also when another key answered."""
        signature = self._holder.sign(self._key, to_be_signed)
        check_signature(self.certificate, signature, to_be_signed)
        return Ticket("held", signature)

    def finish(self, ticket: Ticket) -> bytes | None:
        """The signature that `begin` made."""
        return ticket.signature


def _found(told: Mapping[str, Any]) -> Found:
    chain = tuple(x509.Certificate.load(base64.b64decode(above)) for above in told["chain"])
    return Found(told["key"], x509.Certificate.load(base64.b64decode(told["der"])), chain)
