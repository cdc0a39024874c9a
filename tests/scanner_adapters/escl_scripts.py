"""Random fault scripts, and what must hold of every scan whatever the script was."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from scanner_adapters.model import FaultCode, JobState
from scanner_adapters.scanner import ScanOutcome
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.script import CODES, Act, Fault
from tests.scanner_adapters.escl_rig import stack_of

MOST_SHEETS = 7
REPEATABLE = (Act.STATUS, Act.CUT, Act.STALL, Act.TLS_CLOSE)
NAMES = {
    Act.JAM: FaultCode.JAM,
    Act.EMPTY: FaultCode.NO_DOCS,
    Act.COVER: FaultCode.COVER_OPEN,
    Act.MULTIFEED: FaultCode.MULTIFEED,
    Act.BUSY: FaultCode.BUSY,
    Act.DISCONNECT: FaultCode.DISCONNECTED,
    Act.LOST: FaultCode.PAGE_LOST,
}
AT_THE_JOB = (Act.BUSY, Act.EMPTY, Act.JAM, Act.COVER, Act.STATUS, Act.WRONG_LOCATION, Act.DISCONNECT)


@dataclass(frozen=True)
class Script:
    """A stack, a machine's manners and what goes wrong."""

    sheets: int
    profile: Profile
    faults: tuple[Fault, ...]


def random_script(seed: int, *, seconds: float = 5.0) -> Script:
    """One script for this seed; `seconds` is how long trouble lasts at most.

    A machine that lies about its count names its pages and does not swallow the last one: else a lost page
    would leave no trace at all.
    """
    chance = random.Random(seed)  # noqa: S311 scripts, not secrets
    sheets = chance.randint(1, MOST_SHEETS)
    faults = tuple(_fault(chance, sheets, seconds) for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4))))
    lies = any(fault.act is Act.LYING_COUNT for fault in faults)
    if lies:
        faults = tuple(fault for fault in faults if fault.act is not Act.LOST or fault.page < sheets)
    profile = Profile(
        names_pages=lies or chance.random() < 0.6,
        counts_ahead=chance.random() < 0.2,
        seconds_per_page=chance.choice((0.0, 0.0, 0.05)),
        end_code=chance.choice(CODES),
        puts_off=chance.choice((0, 0, 0, 1, 3)),
        refills=False,
    )
    return Script(sheets, profile, faults)


def _fault(chance: random.Random, sheets: int, seconds: float) -> Fault:
    page = chance.randint(0, sheets + 1)
    act = chance.choice(AT_THE_JOB) if page == 0 else chance.choice(list(Act))
    if act is Act.EMPTY and page > 1:  # an early end that the machine itself believes: nobody can know
        act = Act.JAM
    return Fault(
        act,
        page,
        chance.choice(CODES),
        times=chance.randint(1, 4) if act in REPEATABLE else 1,
        seconds=chance.uniform(0, seconds),
        by=chance.choice((-2, -1, 1, 3)),
        goes_on=chance.random() < 0.4,
    )


def matrix() -> Iterator[tuple[Fault, FaultCode]]:
    """Every fault that has a name, behind every code: at the job, on the first page and on a later one."""
    for act, name in NAMES.items():
        pages = {Act.BUSY: (0,), Act.EMPTY: (0, 1), Act.DISCONNECT: (1, 3), Act.LOST: (1, 3)}.get(
            act, (0, 1, 3)
        )
        for page in pages:
            for answer in CODES:
                yield Fault(act, page, answer, times=99 if page == 0 else 1, seconds=10_000), name


def wrongs(script: Script, outcome: ScanOutcome) -> list[str]:
    """What a scan of this script did that it must never do; empty when all is well."""
    sheets = stack_of(script.sheets)
    pages = [page.path.read_bytes() for page in outcome.pages]
    places = [sheets.index(page) if page in sheets else -1 for page in pages]
    found = []
    if outcome.state is JobState.COMPLETED and pages != sheets:
        found.append(f"COMPLETED with {places} of {len(sheets)}")
    if (outcome.state is JobState.COMPLETED) != (outcome.fault is None):
        found.append(f"{outcome.state} with {outcome.fault}")
    if -1 in places or places != sorted(places):
        found.append(f"order {places}")
    is_doubled = len(set(places)) != len(places)
    counts = (FaultCode.COUNT_MISMATCH, FaultCode.PAGE_LOST)
    if is_doubled and not (outcome.fault and outcome.fault.code in counts):
        found.append(f"doubled {places}, {outcome.fault}")
    return found
