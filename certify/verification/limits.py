"""What one file may cost: counted from its bytes before the work begins, and stopped while it is done.

A file beyond a limit is no forgery: the answer is INDETERMINATE and names the limit (EN 319 102-1 5.1.3).
Counting takes one pass of C code each and parses nothing, so what object streams hold escapes it; that, and
whatever else costs more than it weighs, ends by processor time. Drawing is C code that no signal of ours
interrupts: the confined process it runs in has a limit of its own (office.desk.checking).
"""

import re
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from types import FrameType

from certify.verdict import Finding, FindingCode

STANDARD = "EN 319 102-1 5.1.3"


@dataclass(frozen=True)
class Counted:
    """What is counted: how it is written, how many there may be, and the bytes that each begins or ends with.

    These bytes are looked for first: where there are no more of them, nothing more has to be looked at.
    """

    written: re.Pattern[bytes]
    most: int
    always: tuple[bytes, ...]


# The most in any of 856 public files (EU DSS, pyHanko, qpdf, Vietnamese documents): 50 revisions,
# 25 signatures, 51 pages, 96 fields, 1,321 objects. Lines are comments that say nothing.
COUNTED: Mapping[str, Counted] = {
    "revisions": Counted(re.compile(rb"startxref"), 200, (b"startxref",)),
    "signatures": Counted(re.compile(rb"/ByteRange"), 100, (b"/ByteRange",)),
    "pages": Counted(re.compile(rb"/Type\s{0,9}/Page(?![A-Za-z])"), 5_000, (b"/Page",)),
    "fields": Counted(re.compile(rb"/FT\s{0,9}/(?:Tx|Btn|Ch|Sig)"), 5_000, (b"/FT",)),
    "annotations": Counted(
        re.compile(rb"/Subtype\s{0,9}/[A-Z]\w{2,20}\s{0,9}/(?:Rect|AP)|/Rect\s{0,9}\["),
        20_000,
        (b"/Subtype", b"/Rect"),
    ),
    "objects": Counted(re.compile(rb"\d\s{1,9}obj\b"), 300_000, (b"obj",)),
    "lines": Counted(re.compile(rb"%[^\r\n]{0,1}[\r\n]"), 100_000, (b"%",)),
}
MOST_HASHED = 4 << 30  # bytes: each signature hashes up to the whole file


class OverBudget(BaseException):
    """The processor time for one file is used up; no `except Exception` on the way may swallow it."""


def beyond_counts(data: bytes) -> list[Finding]:
    """Every limit that the bytes overstep, named."""
    counts = {name: _count(data, counted) for name, counted in COUNTED.items()}
    over = [
        f"{name}: more than {counted.most}"
        for name, counted in COUNTED.items()
        if counts[name] > counted.most
    ]
    if counts["signatures"] * len(data) > MOST_HASHED:
        over.append(f"{counts['signatures']} signatures over {len(data)} bytes")
    return [exceeded(1, words) for words in over]


def exceeded(step: int, words: str) -> Finding:
    """The finding that names a limit."""
    return Finding(step, FindingCode.LIMIT_EXCEEDED, STANDARD, words)


@contextmanager
def within(cpu_seconds: float | None) -> Iterator[None]:
    """Raise OverBudget inside after so much processor time; never for None, nor off the main thread."""
    if cpu_seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise OverBudget


def _count(data: bytes, counted: Counted) -> int:
    """How many there are at the most; beyond the limit exactly one more."""
    possible = sum(map(data.count, counted.always))
    if possible <= counted.most:
        return possible
    return sum(1 for _ in islice(counted.written.finditer(data), counted.most + 1))
