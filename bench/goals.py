"""A figure held against its limit: how benches say that a goal was reached."""

from collections.abc import Iterable
from dataclasses import dataclass

SLACK = 0.1


@dataclass(frozen=True)
class Goal:
    """A figure with its limit: `least` goals must be reached, the others not exceeded.

    A value of None says that nothing was measured. Goals of 0 allow nothing; others are missed by up to a
    tenth (shares that must be reached, by a tenth of what may be lacking), and broken beyond.
    """

    name: str
    value: float | None
    limit: float
    least: bool = False

    @property
    def state(self) -> str:
        """Say `held`, `missed` (within the slack), `broken`, or `not measured`."""
        if self.value is None:
            return "not measured"
        excess = self.limit - self.value if self.least else self.value - self.limit
        if excess <= 0:
            return "held"
        room = 1 - self.limit if self.least and self.limit <= 1 else self.limit
        return "broken" if excess > SLACK * room else "missed"


def told(goals: Iterable[Goal]) -> str:
    """Goals for people to read."""
    return "\n".join(
        f"{goal.state:12} {goal.name:58} {'' if goal.value is None else f'{goal.value:.4g}':>8}"
        f"  (at {'least' if goal.least else 'most'} {goal.limit:.4g})"
        for goal in goals
    )


def concluded(goals: Iterable[Goal]) -> int:
    """Print the goals; the exit status of a bench: 1 when one is broken."""
    goals = tuple(goals)
    print(told(goals))
    return int(any(goal.state == "broken" for goal in goals))
