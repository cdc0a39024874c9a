"""How a PIN comes in: typed unseen on the terminal, else a line of standard input; never kept as text."""

import os
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from office.cli.console import Console

NEWLINE = 0x0A
MOST_BYTES = 256  # of a PIN or password


def read_pin(console: Console, prompt: str) -> bytearray | None:
    """One PIN; None when nobody gives one (an empty line, the end of the input)."""
    if sys.stdin.isatty():
        console.say(prompt)
    source = sys.stdin.fileno()
    with _unseen(source):
        pin = _line(source)
    return pin or None


def _line(source: int) -> bytearray:
    """A line byte by byte: no buffer keeps it, nor what comes after it."""
    line = bytearray()
    while (one := os.read(source, 1)) and one[0] != NEWLINE:
        if len(line) < MOST_BYTES:
            line += one
    return line


@contextmanager
def _unseen(source: int) -> Iterator[None]:
    """Nothing typed is shown meanwhile."""
    if not os.isatty(source):
        yield
        return
    before: list[Any] = termios.tcgetattr(source)
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(source, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(source, termios.TCSAFLUSH, before)
