"""Throws of dice, as the pictures need them."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def happens(chance: np.random.Generator, share: float) -> bool:
    """Does it happen this time, when it happens in `share` of all times?"""
    return bool(chance.random() < share)


def one_out_of(items: Sequence[Item], chance: np.random.Generator) -> Item:
    """Any of the items."""
    return items[int(chance.integers(len(items)))]


def number(chance: np.random.Generator, least: int, end: int) -> int:
    """A whole number from `least`, below `end`."""
    return int(chance.integers(least, end))
