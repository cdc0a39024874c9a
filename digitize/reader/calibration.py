"""How likely a word is right, from what its readers say: logistic curves fitted to pages whose text is known.

The curves stand in `calibration.json`, written by `bench/calibration.py`, which tells the pages and the
weights they were fitted with.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CALIBRATION = Path(__file__).with_name("calibration.json")
LEAST_ODDS, MOST_ODDS = -7.0, 7.0  # natural logarithm; no reader is surer than one in a thousand


@dataclass(frozen=True)
class Curve:
    """Probability of being right as a logistic curve over logarithms of odds."""

    bias: float
    weights: tuple[float, ...]

    def at(self, *evidence: float) -> float:
        """The probability for this evidence, as many numbers as there are weights."""
        told = self.bias + sum(weight * value for weight, value in zip(self.weights, evidence, strict=True))
        return 1 / (1 + math.exp(-told))


@dataclass(frozen=True)
class Calibration:
    """Curves for each state of evidence, and the bounds that follow from them.

    Args:
        alone: our reader was not contradicted and Tesseract not asked: `opinions.evidence_of` our words.
        agreed: both read the same; the odds of Tesseract come after that.
        own, heard: they read differently: is ours right, is Tesseract's? The language's preference for ours
            comes last.
        sure_from: probability from which a word is marked sure.
        number_sure_from: the same for numbers, which both must have read alike.
        ask_below: probability below which Tesseract is asked.
        weights_sha256: of the weights that the curves were fitted with; others need other curves.
    """

    alone: Curve
    agreed: Curve
    own: Curve
    heard: Curve
    sure_from: float
    number_sure_from: float
    ask_below: float
    weights_sha256: str


CURVES = ("alone", "agreed", "own", "heard")


@cache
def calibration(path: Path = CALIBRATION) -> Calibration:
    """The curves that the project keeps."""
    told = json.loads(path.read_text(encoding="utf-8"))
    alone, agreed, own, heard = (Curve(told[name]["bias"], tuple(told[name]["weights"])) for name in CURVES)
    sure, number, ask = (float(told[name]) for name in ("sure_from", "number_sure_from", "ask_below"))
    return Calibration(alone, agreed, own, heard, sure, number, ask, str(told["weights_sha256"]))


def odds(probability: float) -> float:
    """Natural logarithm of the odds of a probability, within bounds."""
    if probability <= 0.0:
        return LEAST_ODDS
    if probability >= 1.0:
        return MOST_ODDS
    return min(max(math.log(probability / (1 - probability)), LEAST_ODDS), MOST_ODDS)
