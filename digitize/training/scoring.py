"""How well log-probabilities say what a line says: best path, edit distance, character error rate."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from digitize.reader.alphabet import BLANK, character_of


def best_path(table: NDArray[np.float32]) -> str:
    """The likeliest column of each step, repeats and blanks left out."""
    columns = table.argmax(axis=1)
    kept = columns[np.r_[True, columns[1:] != columns[:-1]]]
    return "".join(character_of(int(column)) for column in kept if column != BLANK)


def edits(read: str, said: str) -> int:
    """The least number of characters put in, left out or changed (Levenshtein)."""
    row = np.arange(len(said) + 1)
    wanted = np.array([ord(letter) for letter in said])
    for place, letter in enumerate(read, start=1):
        changed = row[:-1] + (wanted != ord(letter))
        best = np.minimum(row[1:] + 1, changed)
        start = np.concatenate(([place], best))
        # Characters left out run along the row: the least start so far, one more for each step.
        row = np.minimum.accumulate(start - np.arange(len(start))) + np.arange(len(start))
    return int(row[-1])


def error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Edits of the readings, by the characters that the lines say."""
    wrong = total = 0
    for read, said in pairs:
        wrong += edits(read, said)
        total += len(said)
    return wrong / max(1, total)
