"""What the bench has to reach, and whether it does."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean

from bench.goals import Goal
from bench.stress.conditions import Fate
from bench.stress.laying import Lay
from bench.stress.running import Outcome
from digitize.model import Verdict

MEAN_CER = 0.006
CONDITION_CER = BAD_CER = 0.02
CATCH, FALSE_ALARMS = 0.95, 0.02
RESIDUAL_SKEW, ORIENTATION = 0.1, 0.99
QUAD_PIXELS, ACCEPTED = 30.0, 0.9
TO_ACCEPT = {"photo-dark", "photo-wood", "photo-checker"}
MAY_BE_READ = (Fate.GOOD, Fate.BORDER)


def goals_of(outcomes: Sequence[Outcome]) -> tuple[Goal, ...]:
    """Every goal that the bench can tell about."""
    return (*_reading(outcomes), *_verdicts(outcomes), *_geometry(outcomes))


def _reading(outcomes: Sequence[Outcome]) -> Iterator[Goal]:
    read = [outcome for outcome in outcomes if outcome.page.fate in MAY_BE_READ]
    yield Goal("mean CER", _mean(outcome.cer for outcome in read), MEAN_CER)
    names = {outcome.page.condition for outcome in read}
    of = {
        name: _mean(each.cer for each in read if each.page.condition == name) or 0.0 for name in sorted(names)
    }
    worst = max(of, key=lambda name: of[name], default="none")
    yield Goal(f"CER of the worst condition ({worst})", of.get(worst), CONDITION_CER)
    blanks = [outcome.words for outcome in outcomes if outcome.page.fate is Fate.BLANK]
    yield Goal("words invented on blank pages", sum(blanks) if blanks else None, 0)


def _verdicts(outcomes: Sequence[Outcome]) -> Iterator[Goal]:
    bad = [outcome for outcome in outcomes if outcome.letters and outcome.cer > BAD_CER]
    yield Goal("pages with CER above 2 % that are told", _share(map(_is_told, bad)), CATCH, least=True)
    spoiled = [outcome for outcome in outcomes if outcome.page.fate is Fate.SPOILED]
    yield Goal("spoiled pages that are told", _share(map(_is_told, spoiled)), CATCH, least=True)
    good = [outcome for outcome in outcomes if outcome.page.fate is Fate.GOOD]
    yield Goal("false alarms on good pages", _share(map(_is_told, good)), FALSE_ALARMS)
    legible = [outcome for outcome in outcomes if outcome.page.fate in MAY_BE_READ]
    refused = [outcome.verdict not in (Verdict.GOOD, Verdict.LOOK) for outcome in legible]
    yield Goal("legible pages refused", _share(refused), 0)
    blanks = [outcome for outcome in outcomes if outcome.page.fate is Fate.BLANK]
    unflagged = [outcome.verdict != Verdict.LOOK for outcome in blanks]
    yield Goal("blank pages not flagged", _share(unflagged), 0)


def _geometry(outcomes: Sequence[Outcome]) -> Iterator[Goal]:
    legible = [outcome for outcome in outcomes if outcome.page.fate in MAY_BE_READ and outcome.lay]
    lays = [outcome.lay for outcome in legible if outcome.lay]
    yield Goal("residual skew, degrees, largest", _largest(lay.skew for lay in lays), RESIDUAL_SKEW)
    straight = [lay for lay in lays if lay.straight]
    yield Goal("straight pages changed", sum(lay.moved for lay in straight) if straight else None, 0)
    yield Goal("orientation right", _share(lay.turned_right for lay in lays), ORIENTATION, least=True)
    yield from _crops(outcomes)


def _crops(outcomes: Sequence[Outcome]) -> Iterator[Goal]:
    seen: list[Lay] = [outcome.lay for outcome in outcomes if outcome.lay]
    desks = [outcome.lay for outcome in outcomes if outcome.lay and outcome.page.condition in TO_ACCEPT]
    yield Goal("corner error, pixels of 4000, largest", _largest(lay.quad for lay in desks), QUAD_PIXELS)
    yield Goal("wrong crops", sum(lay.wrong_crop for lay in seen) if seen else None, 0)
    accepted = _share(lay.accepted for lay in desks)
    yield Goal("papers found on dark, wood and checker", accepted, ACCEPTED, least=True)


def _is_told(outcome: Outcome) -> bool:
    return outcome.verdict != Verdict.GOOD


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return fmean(listed) if listed else None


def _share(values: Iterable[bool]) -> float | None:
    return _mean(map(float, values))


def _largest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
