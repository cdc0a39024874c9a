"""Rules about the objects of a PDF: what an object may be, as functions that tell what is wrong with it.

A rule takes an object and where it stands, and yields a sentence for everything that it does not allow.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

Rule = Callable[[Any, str], Iterator[str]]
PLAIN_DEPTH = 4


def shape(keys: Mapping[str, Rule], *must: str) -> Rule:
    """A dictionary of these keys, each by its own rule; those in `must` are there."""

    def judge(thing: Any, at: str) -> Iterator[str]:
        if not isinstance(thing, Dictionary):
            yield f"{at}: no dictionary"
            return
        yield from _keys(thing, keys, must, at)

    return judge


def stream(keys: Mapping[str, Rule], *must: str) -> Rule:
    """A stream of this file with these keys."""

    def judge(thing: Any, at: str) -> Iterator[str]:
        if not isinstance(thing, Stream):
            yield f"{at}: no stream"
            return
        yield from _keys(thing, {"/Length": number, **keys}, must, at)

    return judge


def _keys(thing: Any, keys: Mapping[str, Rule], must: tuple[str, ...], at: str) -> Iterator[str]:
    for key, value in thing.items():
        rule = keys.get(key)
        if rule is None:
            yield f"{at}{key} is not ours"
        else:
            yield from rule(value, at + key)
    yield from (f"{at}{key} is missing" for key in must if key not in thing)


def each(rule: Rule) -> Rule:
    """An array whose items all keep the rule."""

    def judge(thing: Any, at: str) -> Iterator[str]:
        if not isinstance(thing, Array):
            yield f"{at}: no array"
            return
        for place, item in enumerate(thing):
            yield from rule(item, f"{at}[{place}]")

    return judge


def named(rule: Rule) -> Rule:
    """A dictionary whose keys are names that the content gives."""

    def judge(thing: Any, at: str) -> Iterator[str]:
        if not isinstance(thing, Dictionary):
            yield f"{at}: no dictionary"
            return
        for key, value in thing.items():
            yield from rule(value, at + key)

    return judge


def one_of(*values: object) -> Rule:
    """One of these names (with their slash), texts or numbers."""

    def judge(thing: Any, at: str) -> Iterator[str]:
        found = str(thing) if isinstance(thing, (Name, String)) else thing
        if found not in values:
            yield f"{at}: {found!r}"

    return judge


def points_to(*targets: Any) -> Rule:
    """A reference back to an object that is judged elsewhere."""
    numbers = {target.objgen for target in targets}

    def judge(thing: Any, at: str) -> Iterator[str]:
        if getattr(thing, "objgen", (0, 0)) not in numbers:
            yield f"{at}: points elsewhere"

    return judge


def number(thing: Any, at: str) -> Iterator[str]:
    """A number."""
    if isinstance(thing, pikepdf.Object | bytes | str):
        yield f"{at}: no number"


def text(thing: Any, at: str) -> Iterator[str]:
    """A string."""
    if not isinstance(thing, String):
        yield f"{at}: no text"


def plain(thing: Any, at: str, depth: int = PLAIN_DEPTH) -> Iterator[str]:
    """Names, numbers and text, and small trees of them; never a stream."""
    if isinstance(thing, Stream) or depth == 0:
        yield f"{at} is no plain value"
    elif isinstance(thing, Dictionary):
        for key, value in thing.items():
            yield from plain(value, at + key, depth - 1)
    elif isinstance(thing, Array):
        for value in thing:
            yield from plain(value, at, depth - 1)


def numbers(thing: Any, at: str) -> Iterator[str]:
    """An array of numbers."""
    yield from each(number)(thing, at)


def anything(thing: Any, at: str) -> Iterator[str]:
    """Judged elsewhere."""
    del thing, at
    yield from ()
