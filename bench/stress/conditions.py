"""The conditions of the stress bench: which pages, how many, and what a machine may say about them.

GOOD pages must be read and let through. BORDER pages lie between the gates' "good" and "reject", or
below the law's 200 dpi (NĐ 30/2020): they must be read, and may be told to the
clerk. BLANK pages must be flagged and say nothing. SPOILED pages must not be let through. The same seed
gives the same pages.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from zlib import crc32

from scanner_adapters.simulator.desks import Desk
from scanner_adapters.simulator.handling import Handling
from scanner_adapters.simulator.papers.lens import Lens
from scanner_adapters.simulator.papers.papers import Paper
from scanner_adapters.simulator.papers.scans import SCANNER, Recipe

SEED = 20261124
PAGES_APART = 1000  # seeds of papers: no two pages share one
PROSE = (Paper.DECISION, Paper.REPORT, Paper.LETTER, Paper.CERTIFICATE)
LONG = (Paper.REPORT, Paper.DECISION)  # pages with enough text for a flaw to meet some

Chance = random.Random


class Fate(StrEnum):
    """What a machine may say about a page."""

    GOOD = "good"
    BORDER = "border"
    BLANK = "blank"
    SPOILED = "spoiled"


@dataclass(frozen=True)
class Condition:
    """A name, a number of pages, and how the page with this seed, counted from 0, is made."""

    name: str
    pages: int
    fate: Fate
    make: Callable[[int, int, Chance], Recipe]


@dataclass(frozen=True)
class Page:
    """One page of the bench."""

    condition: str
    index: int
    fate: Fate
    recipe: Recipe


def all_pages(seed: int, names: Sequence[str] = (), every: int = 1) -> Iterator[Page]:
    """Pages of the conditions named (all if none), condition by condition; every n-th page of each.

    Pages that belong together (`doubled`) are kept together. Raises: KeyError for an unknown name.
    """
    if unknown := set(names) - {condition.name for condition in CONDITIONS}:
        raise KeyError(*unknown)
    for condition in CONDITIONS:
        if names and condition.name not in names:
            continue
        step = 2 if condition.name == DOUBLED else 1
        for index in range(condition.pages):
            if index // step % every == 0:
                yield _page(condition, seed, index)


def _page(condition: Condition, seed: int, index: int) -> Page:
    chance = random.Random(f"{seed}/{condition.name}/{index}")  # noqa: S311 the same pages every time
    papers = crc32(f"{seed}/{condition.name}".encode()) * PAGES_APART
    recipe = condition.make(papers + index, index, chance)
    first_of_two = condition.name == DOUBLED and index % 2 == 0
    return Page(condition.name, index, Fate.BORDER if first_of_two else condition.fate, recipe)


def _prose(seed: int, index: int) -> Recipe:
    return Recipe(PROSE[index % len(PROSE)], seed)


def _of(paper: Paper) -> Callable[[int, int, Chance], Recipe]:
    def make(seed: int, _index: int, _chance: Chance) -> Recipe:
        return Recipe(paper, seed)

    return make


def _plain(seed: int, index: int, _chance: Chance) -> Recipe:
    return _prose(seed, index)


def _seals(*, red: int = 0, blue: int = 0) -> Callable[[int, int, Chance], Recipe]:
    """Up to so many seals of each ink: page by page one more, then from one again."""

    def make(seed: int, index: int, _chance: Chance) -> Recipe:
        pressed = Handling(
            red_seals=1 + index % red if red else 0, blue_seals=1 + index % blue if blue else 0
        )
        return replace(_prose(seed, index // 2), handling=pressed)

    return make


def _shade(seed: int, index: int, chance: Chance) -> Recipe:
    shade = 0.5 if index % 2 else chance.uniform(0.2, 0.5)
    return replace(_prose(seed, index // 2), wear=replace(SCANNER, shade=shade))


def _skew(least: float, most: float) -> Callable[[int, int, Chance], Recipe]:
    def make(seed: int, index: int, chance: Chance) -> Recipe:
        angle = chance.uniform(least, most) * chance.choice((-1, 1))
        return replace(_prose(seed, index), wear=replace(SCANNER, skew_degrees=round(angle, 2)))

    return make


def _turned(turns: tuple[int, ...]) -> Callable[[int, int, Chance], Recipe]:
    def make(seed: int, index: int, _chance: Chance) -> Recipe:
        wear = replace(SCANNER, quarter_turns=turns[index // 2 % len(turns)])
        return replace(_prose(seed, index), wear=wear)

    return make


def _dpi(*steps: int) -> Callable[[int, int, Chance], Recipe]:
    def make(seed: int, index: int, _chance: Chance) -> Recipe:
        return replace(_prose(seed, index), dpi=steps[index % len(steps)])

    return make


def _noise(sigma: float) -> Callable[[int, int, Chance], Recipe]:
    def make(seed: int, index: int, _chance: Chance) -> Recipe:
        return replace(_prose(seed, index), wear=replace(SCANNER, noise_sigma=sigma))

    return make


def _bleed(seed: int, index: int, chance: Chance) -> Recipe:
    return replace(_prose(seed, index), handling=Handling(bleed=chance.uniform(0.1, 0.22)))


def _photo(desk: Desk) -> Callable[[int, int, Chance], Recipe]:
    def make(seed: int, index: int, _chance: Chance) -> Recipe:
        return replace(_prose(seed, index), desk=desk)

    return make


def _handled(**done: object) -> Callable[[int, int, Chance], Recipe]:
    def make(seed: int, index: int, _chance: Chance) -> Recipe:
        return replace(_prose(seed, index), handling=replace(Handling(), **done))  # type: ignore[arg-type]

    return make


def _grey_paper(seed: int, index: int, chance: Chance) -> Recipe:
    return replace(_prose(seed, index), handling=Handling(paper_tone=chance.uniform(0.72, 0.88)))


def _pencil(least: int, most: int) -> Callable[[int, int, Chance], Recipe]:
    def make(seed: int, _index: int, chance: Chance) -> Recipe:
        return Recipe(
            Paper.MINUTE, seed, handling=Handling(ink_level=chance.randint(least, most), pencil=True)
        )

    return make


def _combined(seed: int, index: int, chance: Chance) -> Recipe:
    """What a bad morning at the desk brings together: each page suffers several things, none too much."""
    wear = replace(
        SCANNER,
        skew_degrees=round(chance.uniform(-4, 4), 2),
        shade=chance.uniform(0, 0.35),
        noise_sigma=chance.uniform(3, 10),
        quarter_turns=chance.choice((0, 0, 0, 1, 2, 3)),
    )
    handling = Handling(
        red_seals=chance.randint(0, 2),
        bleed=chance.choice((0.0, 0.12)),
        punch_holes=chance.random() < 0.5,
        paper_tone=chance.choice((1.0, 0.85)),
    )
    return replace(_prose(seed, index), dpi=chance.choice((200, 300, 300)), wear=wear, handling=handling)


def _blurred(least: float, most: float) -> Callable[[int, int, Chance], Recipe]:
    def make(seed: int, index: int, chance: Chance) -> Recipe:
        return replace(_prose(seed, index), lens=Lens(defocus=chance.uniform(least, most)))

    return make


def _moved(seed: int, index: int, chance: Chance) -> Recipe:
    return replace(_prose(seed, index), lens=Lens(motion=chance.uniform(12, 20)))


def _glare(seed: int, index: int, chance: Chance) -> Recipe:
    return Recipe(LONG[index % len(LONG)], seed, lens=Lens(glare_mm=chance.uniform(40, 70)))


def _clipped(seed: int, index: int, chance: Chance) -> Recipe:
    """Text lost at the left, at the right or at the top edge."""
    cut = ((-chance.uniform(36, 60), 0.0), (chance.uniform(26, 50), 0.0), (0.0, -chance.uniform(30, 60)))
    return Recipe(LONG[index % len(LONG)], seed, lens=Lens(shift_mm=cut[index % len(cut)]))


def _seal_cut(seed: int, index: int, chance: Chance) -> Recipe:
    """The paper lay so low on the glass that its bottom edge runs through seal and signature."""
    paper = (Paper.DECISION, Paper.LETTER, Paper.CERTIFICATE)[index % 3]
    return Recipe(paper, seed, lens=Lens(cut_seal=chance.uniform(0.35, 0.65)))


def _doubled(seed: int, index: int, _chance: Chance) -> Recipe:
    """Each paper is scanned twice, one after the other."""
    return replace(_prose(seed - index % 2, index // 2), take=index % 2)


DOUBLED = "doubled"
CONDITIONS = (
    Condition("ordinary", 16, Fate.GOOD, _plain),
    Condition("red-seals", 16, Fate.GOOD, _seals(red=4)),
    Condition("blue-seals", 12, Fate.GOOD, _seals(blue=4)),
    Condition("both-seals", 8, Fate.GOOD, _seals(red=2, blue=2)),
    Condition("shade", 16, Fate.GOOD, _shade),
    Condition("skew-slight", 12, Fate.GOOD, _skew(0.3, 1.0)),
    Condition("skew-middling", 12, Fate.GOOD, _skew(1.0, 4.0)),
    Condition("skew-strong", 12, Fate.GOOD, _skew(4.0, 10.0)),
    Condition("upside-down", 12, Fate.GOOD, _turned((2,))),
    Condition("sideways", 12, Fate.GOOD, _turned((1, 3))),
    Condition("200-dpi", 12, Fate.GOOD, _dpi(200)),
    Condition("150-dpi", 12, Fate.BORDER, _dpi(150)),
    Condition("noise-15", 8, Fate.GOOD, _noise(15)),
    Condition("noise-30", 12, Fate.GOOD, _noise(30)),
    Condition("bleed-through", 12, Fate.GOOD, _bleed),
    Condition("photo-dark", 12, Fate.GOOD, _photo(Desk.DARK)),
    Condition("photo-wood", 12, Fate.GOOD, _photo(Desk.WOOD)),
    Condition("photo-checker", 12, Fate.GOOD, _photo(Desk.CHECKER)),
    Condition("folded-corner", 10, Fate.GOOD, _handled(folded_corner_mm=15.0)),
    Condition("punch-holes", 10, Fate.GOOD, _handled(punch_holes=True)),
    Condition("table", 12, Fate.GOOD, _of(Paper.TABLE)),
    Condition("columns", 12, Fate.GOOD, _of(Paper.COLUMNS)),
    Condition("italics", 10, Fate.GOOD, _of(Paper.ITALICS)),
    Condition("capitals", 10, Fate.GOOD, _of(Paper.CAPITALS)),
    Condition("grey-paper", 12, Fate.GOOD, _grey_paper),
    Condition("pencil", 10, Fate.GOOD, _pencil(100, 145)),
    Condition("one-line", 12, Fate.GOOD, _of(Paper.LINE)),
    Condition("combined", 24, Fate.GOOD, _combined),
    Condition("120-dpi", 8, Fate.BORDER, _dpi(120)),
    Condition("soft", 8, Fate.BORDER, _blurred(4.5, 5.5)),
    Condition("pale-pencil", 8, Fate.BORDER, _pencil(150, 180)),
    Condition("straddling-seal", 8, Fate.BORDER, _handled(straddling_seal=True)),
    Condition("photo-white", 12, Fate.BORDER, _photo(Desk.WHITE)),
    Condition("blank", 12, Fate.BLANK, _of(Paper.BLANK)),
    Condition("100-dpi-and-less", 12, Fate.SPOILED, _dpi(95, 85, 72)),
    Condition("defocus", 16, Fate.SPOILED, _blurred(8.0, 11.0)),
    Condition("motion", 16, Fate.SPOILED, _moved),
    Condition("faint-pencil", 14, Fate.SPOILED, _pencil(210, 230)),
    Condition("glare", 16, Fate.SPOILED, _glare),
    Condition("clipped", 18, Fate.SPOILED, _clipped),
    Condition("cut-seal", 12, Fate.SPOILED, _seal_cut),
    Condition(DOUBLED, 20, Fate.SPOILED, _doubled),
)
