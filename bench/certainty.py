"""How far a mark of certainty can be trusted: sure words held against a transcription.

A number is a word with a digit in it; a dash or a bullet alone is no word.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from digitize.model import Line
from digitize.words.opinions import is_sign
from digitize.words.same_number import is_number

KINDS = ("words", "numbers")


@dataclass
class Certainty:
    """What was sure over all pages, of each kind.

    Args:
        printed: words that are printed.
        found: those of them that were read right and marked sure.
        read: words that were read, out of seals and handwriting too.
        sure: those of them that are marked sure.
        wrong: those of the sure ones that stand nowhere on the page, handwriting and stamps included.
    """

    printed: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    sure: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, lines: Sequence[Line], printed: str, all_words: str) -> None:
        """Count a page; each printed word serves once."""
        read = [word for line in lines for word in line.words if not is_sign(word.text)]
        sure = Counter(word.text for word in read if word.sure)
        on_paper = Counter(word for word in printed.split() if not is_sign(word))
        self.printed += by_kind(on_paper.elements())
        self.found += by_kind((on_paper & sure).elements())
        self.read += by_kind(word.text for word in read)
        self.sure += by_kind(sure.elements())
        self.wrong += (sure - Counter(all_words.split())).elements()

    def shares(self) -> dict[str, float]:
        """Of the sure words the wrong ones; of the printed words the sure ones, and of all that were read."""
        wrong, told = by_kind(self.wrong), {}
        for kind in KINDS:
            told[f"{kind} sure, wrong"] = wrong[kind] / max(1, self.sure[kind])
            told[f"{kind} sure, coverage"] = self.found[kind] / max(1, self.printed[kind])
            told[f"{kind} sure, of all read"] = self.sure[kind] / max(1, self.read[kind])
        return told


def by_kind(words: Iterable[str]) -> Counter[str]:
    """How many words, how many numbers."""
    return Counter("numbers" if is_number(word) else "words" for word in words)
