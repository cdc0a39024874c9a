"""The bench's answer: one row for each condition, the goals with what was reached, the whole as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.goals import Goal
from bench.stress.conditions import CONDITIONS, Fate
from bench.stress.running import FAULT, Outcome
from digitize.model import Verdict

BAD_CER = 0.02
VERDICTS = (*Verdict, FAULT)
HEAD = f"{'condition':18} {'fate':8} pages   CER %  >2 %  stray  " + " ".join(
    f"{name:>10}" for name in VERDICTS
)
HEAD += "   CPU s   skew  turned   quad"


@dataclass(frozen=True)
class Row:
    """One condition: mean CER, shares, counts of verdicts, means; None where there is nothing to say."""

    condition: str
    fate: Fate
    pages: int
    cer: float
    bad: float
    stray: float
    verdicts: Mapping[str, int]
    cpu: float
    skew: float | None
    turned_wrong: int
    quad: float | None
    wrong_crops: int
    accepted: int


def rows_of(outcomes: Sequence[Outcome]) -> tuple[Row, ...]:
    """One row for each condition that has outcomes, in the order of the conditions."""
    return tuple(
        _row(condition.name, condition.fate, of)
        for condition in CONDITIONS
        if (of := [outcome for outcome in outcomes if outcome.page.condition == condition.name])
    )


def table(rows: Iterable[Row]) -> str:
    """Rows for people to read."""
    return "\n".join([HEAD, *(_line(row) for row in rows)])


def as_json(outcomes: Sequence[Outcome], rows: Sequence[Row], goals: Sequence[Goal]) -> dict[str, Any]:
    """Everything, for machines."""
    return {
        "conditions": [asdict(row) for row in rows],
        "goals": [asdict(goal) | {"state": goal.state} for goal in goals],
        "pages": [_page(outcome) for outcome in outcomes],
    }


def _row(name: str, fate: Fate, of: Sequence[Outcome]) -> Row:
    lays = [outcome.lay for outcome in of if outcome.lay]
    skews = [lay.skew for lay in lays if lay.skew is not None]
    quads = [lay.quad for lay in lays if lay.quad is not None]
    return Row(
        condition=name,
        fate=fate,
        pages=len(of),
        cer=_mean(outcome.cer for outcome in of),
        bad=_mean(float(outcome.cer > BAD_CER) for outcome in of),
        stray=_mean(outcome.stray / max(outcome.letters, 1) for outcome in of),
        verdicts={verdict: sum(outcome.verdict == verdict for outcome in of) for verdict in VERDICTS},
        cpu=_mean(outcome.cpu for outcome in of),
        skew=max(skews, default=None),
        turned_wrong=sum(not lay.turned_right for lay in lays),
        quad=max(quads, default=None),
        wrong_crops=sum(lay.wrong_crop for lay in lays),
        accepted=sum(lay.accepted for lay in lays),
    )


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return round(sum(listed) / len(listed), 5) if listed else 0.0


def _line(row: Row) -> str:
    counts = " ".join(f"{row.verdicts[verdict] or '-':>10}" for verdict in VERDICTS)
    skew = "      " if row.skew is None else f"{row.skew:6.2f}"
    quad = "" if row.quad is None else f"{row.quad:7.1f} ({row.accepted} taken, {row.wrong_crops} wrong)"
    shares = f"{100 * row.cer:7.2f} {100 * row.bad:5.0f} {100 * row.stray:6.2f}"
    return (
        f"{row.condition:18} {row.fate:8} {row.pages:5} {shares}  {counts} {row.cpu:7.2f} {skew} "
        f"{row.turned_wrong or '-':>7} {quad}"
    )


def _page(outcome: Outcome) -> dict[str, Any]:
    recipe = outcome.page.recipe
    return {
        "condition": outcome.page.condition,
        "index": outcome.page.index,
        "fate": outcome.page.fate,
        "paper": recipe.paper,
        "file": outcome.path.name,
        "cer": round(outcome.cer, 5),
        "errors": outcome.errors,
        "letters": outcome.letters,
        "stray": outcome.stray,
        "words": outcome.words,
        "verdict": outcome.verdict,
        "reasons": outcome.reasons,
        "cpu_seconds": outcome.cpu,
        "lay": asdict(outcome.lay) if outcome.lay else None,
    }
