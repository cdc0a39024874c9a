"""Tasks that let limits and walls themselves be tried."""

import os
import time
from collections.abc import Iterator

from office.confined.orders import Trial

MEGABYTE = 1 << 20


def sleep(trial: Trial) -> Iterator[int]:
    """Tell which process this is, then sleep."""
    yield os.getpid()
    time.sleep(trial.seconds)


def fill(trial: Trial) -> int:
    """Take memory; how many bytes."""
    return len(bytearray(trial.megabytes * MEGABYTE))
