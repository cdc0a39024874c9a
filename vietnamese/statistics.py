"""How likely a syllable is after another, counted in public legal text.

Counts are kept in `syllables.npz`, built by `python -m vietnamese.counting` from the sources that
`syllables.json` names; loaded when first asked for, kept for the life of the process, never changed.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vietnamese.letters import nfc, with_real_d
from vietnamese.syllables import exact_key, has_one_tone

COUNTS = Path(__file__).with_name("syllables.npz")
CARD = Path(__file__).with_name("syllables.json")
SMOOTHING = 60.0  # pairs seen elsewhere that each syllable is lent, shared as single syllables are
FLOOR = -13.0  # log-probability of what was never seen
PER_DOUBLING = 16.0  # steps of the kept counts: a count is 2 ** (step / 16)
LONGEST = 7  # letters of the longest syllable, nghiêng; what is longer is damage or foreign

_LETTERS = re.compile(r"[^\W\d_]+")

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class AlteredCountsError(Exception):
    """The file of counts is not the one that its card describes."""


@dataclass(frozen=True, eq=False)
class Statistics:
    """Counts of syllables and of pairs of neighbours.

    Args:
        numbers: the number of each syllable, by its exact key.
        counts: how often each was seen, by its number.
        codes: pairs seen, sorted: number of the first times how many syllables there are, plus the second's.
        pair_counts: how often each pair was seen.
    """

    numbers: dict[str, int]
    counts: Floats
    codes: Integers
    pair_counts: Floats

    @property
    def total(self) -> float:
        """How many syllables were counted."""
        return float(self.counts.sum())

    def number(self, syllable: str) -> int:
        """The number of a syllable however it is written, -1 for one that was never seen or has two tones."""
        return self.numbers.get(exact_key(syllable), -1) if has_one_tone(syllable) else -1

    def pair_count(self, first: str, second: str) -> float:
        """How often `second` was seen right after `first`."""
        before, after = self.number(first), self.number(second)
        code = before * len(self.counts) + after
        place = int(np.searchsorted(self.codes, code))
        if min(before, after) < 0 or place == len(self.codes) or self.codes[place] != code:
            return 0.0
        return float(self.pair_counts[place])

    def log_probability(self, syllable: str, previous: str | None = None) -> float:
        """Natural logarithm of how likely `syllable` is, after `previous` where that is known."""
        after = -1 if previous is None else self.number(previous)
        return float(self.log_probabilities(np.array([after]), np.array([self.number(syllable)]))[0, 0])

    def log_probabilities(self, previous: Integers, syllables: Integers) -> Floats:
        """The same for numbers, -1 standing for unknown: one row for each previous, one column a syllable."""
        share = np.where(syllables >= 0, self.counts[syllables], 0.0) / self.total
        seen = np.where(previous >= 0, self.counts[previous], 0.0)
        known = (previous[:, None] >= 0) & (syllables[None, :] >= 0)
        codes = np.where(known, previous[:, None] * len(self.counts) + syllables[None, :], -1)
        places = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        pairs = np.where(self.codes[places] == codes, self.pair_counts[places], 0.0)
        likely = (pairs + SMOOTHING * share[None, :]) / (seen[:, None] + SMOOTHING)
        return np.asarray(np.log(np.maximum(likely, math.exp(FLOOR))), np.float64)


@cache
def statistics() -> Statistics:
    """The counts that the project keeps.

    Raises: AlteredCountsError when the file is not the one its card describes.
    """
    data = COUNTS.read_bytes()
    told = json.loads(CARD.read_text(encoding="utf-8"))["sha256"]
    if hashlib.sha256(data).hexdigest() != told:
        raise AlteredCountsError(COUNTS.name)
    return read_counts(COUNTS)


def read_counts(path: Path) -> Statistics:
    """Read a file of counts."""
    with np.load(path) as kept:
        names = kept["syllables"].tobytes().decode("utf-8").split("\n")
        codes = np.cumsum(kept["code_steps"].astype(np.int64))
        counts, pair_counts = (np.exp2(kept[name] / PER_DOUBLING) for name in ("counts", "pair_counts"))
    return Statistics({name: at for at, name in enumerate(names)}, counts, codes, pair_counts)


def runs(text: str) -> Iterator[list[str]]:
    """Syllables that follow each other: numbers, codes and foreign words stand between runs."""
    run: list[str] = []
    for token in with_real_d(nfc(text)).split():
        bare = token.strip("\"'“”‘’().,;:!?…-–/[]")
        if bare and len(bare) <= LONGEST and _LETTERS.fullmatch(bare):
            run.append(bare)
        elif run:
            yield run
            run = []
    if run:
        yield run
