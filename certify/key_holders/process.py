"""A key holder: the one process that a token's module, or an agency's key file, is loaded into.

Rules of this program:
1. It hardens itself before anything is loaded: no core dump, no other process of its account may read its
   memory or trace it (PR_SET_DUMPABLE 0), and it never forks.
2. The PIN comes over its standard input, opens the token once and stands nowhere else.
3. It ends when its standard input ends, hence with the process that started it, however that ended.
4. Modules print what they like: standard output and error lead nowhere, answers have a channel of their own.

It is spoken to in lines of JSON, one answer a line: first what is to be opened, then the PIN as a plain line,
then bytes to be signed. Only `certify.key_holders.holder` starts it.
"""

import base64
import ctypes
import json
import os
import resource
import sys
from collections.abc import Mapping
from typing import IO, Any

from certify.key_holders.opened import Opened, Refused
from certify.model import FaultCode

PR_SET_DUMPABLE = 4  # prctl(2)
NEWLINE = 0x0A


def main() -> int:
    """Answer until nobody asks any more."""
    harden()
    answers = _own_channel()
    try:
        order = json.loads(_read_line(0))
        if order["what"] == "look":
            _answer(answers, {"tokens": _backend(order).look(order["place"])})
            return 0
        opened = _open(order, _read_line(0))
        _answer(answers, {"certificates": opened.certificates()})
    except Exception as refused:  # noqa: BLE001 nobody sees what this process prints
        _answer(answers, _told_of(refused))
        return 1
    while line := _read_line(0):
        _answer(answers, _signed(opened, json.loads(line)))
    return 0


def harden() -> None:
    """Let nobody see into this process, also not after it ended (rule 1)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_DUMPABLE")


def _open(order: Mapping[str, Any], pin: bytearray) -> Opened:
    try:
        opened: Opened = _backend(order).open_with(order["place"], pin)
    finally:
        pin[:] = bytes(len(pin))
    return opened


def _backend(order: Mapping[str, Any]) -> Any:
    if order["kind"] == "token":
        from certify.key_holders import token as kind  # noqa: PLC0415 hardened first
    else:
        from certify.key_holders import key_file as kind  # type: ignore[no-redef] # noqa: PLC0415
    return kind


def _signed(opened: Opened, order: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        signature = opened.sign(order["key"], base64.b64decode(order["data"]))
    except Exception as refused:  # noqa: BLE001 one refusal ends nothing
        return _told_of(refused)
    return {"signature": base64.b64encode(signature).decode()}


def _told_of(refused: Exception) -> Mapping[str, str]:
    """A refusal as it is answered; of anything else its kind alone, for words may hold secrets."""
    if not isinstance(refused, Refused):
        refused = Refused(FaultCode.KEY_REFUSED, type(refused).__name__)
    return refused.told


def _own_channel() -> IO[str]:
    """Standard output for our answers alone; whatever libraries print goes nowhere."""
    channel = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return os.fdopen(channel, "w", encoding="utf-8")


def _answer(answers: IO[str], told: Mapping[str, Any]) -> None:
    answers.write(json.dumps(told) + "\n")
    answers.flush()


def _read_line(source: int) -> bytearray:
    """One line without its end, read byte by byte, so that no buffer keeps what comes after it or the PIN."""
    line = bytearray()
    while one := os.read(source, 1):
        if one[0] == NEWLINE:
            break
        line += one
    return line


if __name__ == "__main__":
    sys.exit(main())
