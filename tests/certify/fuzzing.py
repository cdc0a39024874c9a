"""Files that chance has damaged: seeded, so that what breaks can be made again from its number alone."""

import random
from collections.abc import Callable, Mapping
from functools import cache, partial

import attacks
import attacks_workshop as workshop

LONGEST_PIECE = 400  # bytes that one damage touches
MOST_DAMAGES = 6
WORDS = (  # what readers look for; moved about, repeated, left out
    *(b"/ByteRange", b"/Contents", b"endobj", b"endstream", b"stream", b"startxref", b"xref", b"trailer"),
    *(b"%%EOF", b"/Prev", b"/Root", b"/Size", b"/Kids", b"/Pages", b"/Annots", b"/AcroForm", b"/Fields"),
    *(b"/DSS", b"/Sig", b"/Length", b"/Filter", b"<<", b">>", b"[", b"]", b"(", b")", b" 0 R", b" 0 obj"),
)


@cache
def bases() -> Mapping[str, bytes]:
    """Honest files, each written another way."""
    there = workshop.people()

    def signed(paper: bytes) -> bytes:
        return workshop.sign(paper, workshop.Hand(there.stranger))

    return {
        "unsigned": workshop.paper(),
        "a stranger's": signed(workshop.paper()),
        "object streams": signed(attacks.with_compressed_tables(workshop.paper())),
        "linearised": signed(attacks.linearised(workshop.paper())),
        "a form": signed(attacks.with_text_field(workshop.paper())),
        "sealed": workshop.strangers_file(),
        "a clerk's scan": workshop.corner_copy("KySaoChup", there.stranger),
        "a certified copy": workshop.house_copy(),
    }


def damaged(number: int) -> tuple[str, bytes]:
    """The base and the bytes of one damaged file; another for each number."""
    dice = random.Random(number)  # noqa: S311 -- a test that repeats
    name = dice.choice(sorted(bases()))
    pdf = bases()[name]
    for _ in range(dice.randint(1, MOST_DAMAGES)):
        pdf = dice.choice(DAMAGES)(dice, pdf)
    return name, pdf


def _piece(dice: random.Random, pdf: bytes) -> slice:
    begin = dice.randrange(max(len(pdf), 1))
    return slice(begin, begin + dice.randint(0, LONGEST_PIECE))


def _overwrite(dice: random.Random, pdf: bytes) -> bytes:
    place = _piece(dice, pdf)
    return pdf[: place.start] + dice.randbytes(dice.randint(0, 40)) + pdf[place.stop :]


def _remove(dice: random.Random, pdf: bytes) -> bytes:
    place = _piece(dice, pdf)
    return pdf[: place.start] + pdf[place.stop :]


def _move(dice: random.Random, pdf: bytes) -> bytes:
    source, target = _piece(dice, pdf), dice.randrange(max(len(pdf), 1))
    return pdf[:target] + pdf[source] + pdf[target:]


def _flip(dice: random.Random, pdf: bytes) -> bytes:
    place = dice.randrange(max(len(pdf), 1))
    return (
        pdf[:place]
        + bytes(byte ^ (1 << dice.randrange(8)) for byte in pdf[place : place + 1])
        + pdf[place + 1 :]
    )


def _word(dice: random.Random, pdf: bytes) -> bytes:
    """A word becomes another, as long as it stands somewhere."""
    old, new = dice.choice(WORDS), dice.choice(WORDS)
    places = [at for at in range(0, len(pdf), 997) if pdf.find(old, at) >= 0]
    if not places:
        return pdf
    at = pdf.find(old, dice.choice(places))
    return pdf[:at] + new + pdf[at + len(old) :]


def _number(dice: random.Random, pdf: bytes) -> bytes:
    """A number becomes another one, of the kind that breaks arithmetic."""
    place = dice.randrange(max(len(pdf), 1))
    digits = [at for at in range(place, min(place + LONGEST_PIECE, len(pdf))) if pdf[at : at + 1].isdigit()]
    if not digits:
        return pdf
    number = dice.choice((b"-1", b"0", b"99999999999", b"2147483648", b"1e9", b"65536", b"00000000000000001"))
    return pdf[: digits[0]] + number + pdf[digits[0] + 1 :]


def _cut(dice: random.Random, pdf: bytes) -> bytes:
    place = dice.randrange(max(len(pdf), 1))
    return pdf[:place] if dice.random() < 0.5 else pdf[place:]


def _append(dice: random.Random, pdf: bytes, what: Callable[[bytes], bytes]) -> bytes:
    del dice
    return what(pdf) if b"startxref" in pdf and b"/ByteRange" in pdf else pdf


DAMAGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(_overwrite, _remove, _move, _flip, _word, _number, _word, _number, _cut),
    partial(_append, what=attacks.append_object),
    partial(_append, what=attacks.append_second_copy),
)
