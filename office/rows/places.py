"""Where pages lie, and the moves between: nothing is lost, nothing lies twice. Pure.

A page lies in one place: in a paper, waiting, or set aside. One that was set aside from a paper remembers its
place among that paper's pages and those set aside from it, so that undoing brings back the very order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from office.faults import DeskCode, DeskFault


@dataclass(frozen=True)
class Former:
    """Which paper a page was set aside from, and its place, from 0, counted with all set aside from it."""

    paper: str
    place: int


@dataclass(frozen=True)
class Places:
    """The pages of some papers, in order; those that wait; those set aside, and where each came from."""

    papers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    aside: Mapping[str, Former | None] = field(default_factory=dict)

    def all_pages(self) -> list[str]:
        """Every page, once for each place it lies in."""
        return [*(page for pages in self.papers.values() for page in pages), *self.waiting, *self.aside]


def receive(places: Places, paper: str, chosen: Sequence[str]) -> Places:
    """Put waiting or set-aside pages behind the paper's own, in the order chosen.

    Raises: DeskFault(PAGE_GONE) for one that lies elsewhere.
    """
    rest = places
    for page in _distinct(chosen):
        if page not in rest.waiting and page not in rest.aside:
            raise DeskFault(DeskCode.PAGE_GONE, page)
        rest = _without_loose(rest, page)
    return _with_paper(rest, paper, (*rest.papers[paper], *chosen))


def take_out(places: Places, paper: str, chosen: Sequence[str]) -> Places:
    """Set pages of a paper aside. Raises: DeskFault(PAGE_GONE) for one that is not in the paper."""
    aside = dict(places.aside)
    slots = _slots(places, paper)
    for page in _distinct(chosen):
        aside[page] = Former(paper, slots[_place_in(places, paper, page)])
    left = tuple(page for page in places.papers[paper] if page not in chosen)
    return _with_paper(replace(places, aside=aside), paper, left)


def put_back(places: Places, page: str) -> Places:
    """Undo setting aside: the page goes back to its place in its paper, or among those that wait.

    Raises: DeskFault(PAGE_GONE) when it is not set aside any more.
    """
    if page not in places.aside:
        raise DeskFault(DeskCode.PAGE_GONE, page)
    former = places.aside[page]
    aside = {other: where for other, where in places.aside.items() if other != page}
    rest = replace(places, aside=aside)
    if former is None:
        return replace(rest, waiting=places.waiting | {page})
    before = sum(slot < former.place for slot in _taken(rest, former.paper))
    order = list(rest.papers[former.paper])
    order.insert(former.place - before, page)
    return _with_paper(rest, former.paper, tuple(order))


def move(places: Places, source: str, target: str, chosen: Sequence[str]) -> Places:
    """Move pages from one paper behind those of another. Raises: DeskFault(PAGE_GONE)."""
    out = take_out(places, source, chosen)
    return receive(out, target, chosen)


def arrange(places: Places, paper: str, order: Sequence[str]) -> Places:
    """Give a paper's pages another order. Raises: DeskFault(PAGES_CHANGED) unless they are the same pages."""
    if sorted(order) != sorted(places.papers[paper]):
        raise DeskFault(DeskCode.PAGES_CHANGED)
    return _with_paper(places, paper, tuple(order))


def set_aside(places: Places, chosen: Sequence[str]) -> Places:
    """Set waiting pages aside. Raises: DeskFault(PAGE_GONE) for one that waits no more."""
    gone = [page for page in _distinct(chosen) if page not in places.waiting]
    if gone:
        raise DeskFault(DeskCode.PAGE_GONE, gone[0])
    aside = {**places.aside, **dict.fromkeys(chosen)}
    return replace(places, waiting=places.waiting - set(chosen), aside=aside)


def _distinct(chosen: Sequence[str]) -> Sequence[str]:
    """Raises: DeskFault(PAGE_GONE) for a page named twice: after the first time it lies elsewhere."""
    twice = [page for place, page in enumerate(chosen) if page in chosen[:place]]
    if twice:
        raise DeskFault(DeskCode.PAGE_GONE, twice[0])
    return chosen


def _place_in(places: Places, paper: str, page: str) -> int:
    try:
        return places.papers[paper].index(page)
    except ValueError:
        raise DeskFault(DeskCode.PAGE_GONE, page) from None


def _with_paper(places: Places, paper: str, pages: tuple[str, ...]) -> Places:
    return replace(places, papers={**places.papers, paper: pages})


def _without_loose(places: Places, page: str) -> Places:
    """The page leaves for another paper: where it came from, those behind it close up."""
    gone = places.aside.get(page)
    aside = {
        other: Former(former.paper, former.place - 1)
        if former and gone and former.paper == gone.paper and former.place > gone.place
        else former
        for other, former in places.aside.items()
        if other != page
    }
    return replace(places, waiting=places.waiting - {page}, aside=aside)


def _taken(places: Places, paper: str) -> set[int]:
    return {former.place for former in places.aside.values() if former and former.paper == paper}


def _slots(places: Places, paper: str) -> list[int]:
    """For each page in the paper its place, counted with those set aside from it."""
    taken, slots, slot = _taken(places, paper), list[int](), 0
    for _ in places.papers[paper]:
        while slot in taken:
            slot += 1
        slots.append(slot)
        slot += 1
    return slots
