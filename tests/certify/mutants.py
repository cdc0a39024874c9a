"""Every mutant of every kind, by name: what the bench judges whole and CI takes one of each from.

A mutant is an honest file after somebody did something to it, or a file made to be taken for one; each with
the pins under which it is asked about. None of them may be called good.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import attacks
import attacks_boxes
import attacks_policies
import attacks_prints
import attacks_signers
import attacks_workshop as workshop

from certify.question import Pin

Mutants = Callable[[], Iterable[tuple[bytes, tuple[Pin, ...]]]]
LAWFUL_FOR_STRANGERS = {  # white space behind the end, more validation data: ISO 32000-2 7.5.5, 12.8.4.3
    *(attacks.append_byte, attacks.append_line_end, attacks.add_validation_stream),
}
SEED = 20261130
BITS, CASES = 60, 9


def house_bases() -> dict[str, bytes]:
    """One honest file of each form of the house."""
    there = workshop.people()
    return {
        "a certified copy": workshop.house_copy(),
        "a clerk's scan": workshop.corner_copy("KySaoChup", there.stranger),
        "an agency's copy": workshop.corner_copy("KySao", there.agency),
    }


def changed_by(attack: attacks.Attack) -> Iterator[tuple[bytes, tuple[Pin, ...]]]:
    """The same done to a file of each form, and to a stranger's where it is not lawful there."""
    bases = [*house_bases().values()]
    if attack not in LAWFUL_FOR_STRANGERS:
        bases.append(workshop.strangers_file())
    for base in bases:
        yield attack(base), ()


def cut_back() -> Iterator[tuple[bytes, tuple[Pin, ...]]]:
    """Every earlier revision of the house's files."""
    for base in house_bases().values():
        for cut in attacks.cut_back(base):
            yield cut, ()


def one_bit_changed() -> Iterator[tuple[bytes, tuple[Pin, ...]]]:
    """Anywhere in the house's files."""
    dice = random.Random(SEED)  # noqa: S311 -- a test that repeats
    for base in house_bases().values():
        for _ in range(BITS):
            place = dice.randrange(len(base))
            yield attacks.with_byte(base, place, base[place] ^ (1 << dice.randrange(8))), ()


def padding_changed() -> Iterator[tuple[bytes, tuple[Pin, ...]]]:
    """One digit of the zeros behind each signature."""
    for base in house_bases().values():
        for start, end in attacks.contents_of(base):
            padding = start + len(base[start:end].rstrip(b"0")) + 2
            for place in {padding, (padding + end) // 2, end - 1}:
                yield attacks.with_byte(base, place, ord("1")), ()


def digits_in_the_other_case() -> Iterator[tuple[bytes, tuple[Pin, ...]]]:
    """One letter of a signature's hexadecimal digits."""
    dice = random.Random(SEED)  # noqa: S311 -- a test that repeats
    for base in house_bases().values():
        for start, end in attacks.contents_of(base):
            letters = [place for place in range(start, end) if chr(base[place]).isalpha()]
            for place in dice.sample(letters, CASES // 3):
                yield attacks.with_byte(base, place, base[place] ^ 0x20), ()


def _unpinned(kind: Callable[[], Iterator[bytes]]) -> Iterator[tuple[bytes, tuple[Pin, ...]]]:
    return ((pdf, ()) for pdf in kind())


BYTES = (*attacks.APPENDED, *attacks.UPDATES, *attacks.SIGNATURE_FORGERIES)
BUILT = (*attacks_boxes.KINDS, *attacks_prints.KINDS, *attacks_policies.KINDS)
KINDS: Mapping[str, Mutants] = {
    **{attack.__name__: partial(changed_by, attack) for attack in BYTES},
    **{
        kind.__name__: kind for kind in (cut_back, one_bit_changed, padding_changed, digits_in_the_other_case)
    },
    **{kind.__name__: partial(_unpinned, kind) for kind in BUILT},
    **{kind.__name__: kind for kind in attacks_signers.KINDS},
}
