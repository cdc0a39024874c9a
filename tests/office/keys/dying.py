"""A process that kills itself before or after the n-th call of something, as a power cut would."""

import os
import signal
from collections import Counter
from collections.abc import Mapping
from typing import Any


def die_at(moment: str, calls: Mapping[str, tuple[Any, str]]) -> None:
    """From now on `call:count:before` or `call:count:after` ends this process; `calls`: where each is."""
    call, count, when = moment.split(":")
    where, name = calls[call]
    real, made = getattr(where, name), Counter()

    def dying(*arguments, **named):
        made[name] += 1
        is_now = made[name] == int(count)
        if is_now and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*arguments, **named)
        if is_now:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(where, name, dying)
