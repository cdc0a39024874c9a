"""A figure held against its limit: shares, ratios and things that may not happen at all."""

import pytest

from bench.goals import Goal, concluded


@pytest.mark.parametrize(
    ("value", "limit", "least", "state"),
    [
        (0.006, 0.006, False, "held"),
        (0.0065, 0.006, False, "missed"),
        (0.0067, 0.006, False, "broken"),
        (0, 0, False, "held"),
        (0.001, 0, False, "broken"),
        (0.95, 0.95, True, "held"),
        (0.946, 0.95, True, "missed"),
        (0.94, 0.95, True, "broken"),
        (1.4, 1.3, False, "missed"),
        (1.5, 1.3, False, "broken"),
        (6.0, 6.0, True, "held"),
        (5.5, 6.0, True, "missed"),
        (5.3, 6.0, True, "broken"),
        (None, 0.95, True, "not measured"),
    ],
)
def test_a_goal_is_held_missed_or_broken(value, limit, least, state):
    assert Goal("a goal", value, limit, least).state == state


def test_a_bench_ends_with_1_when_a_goal_is_broken_and_says_which(capsys):
    held, missed, broken = (Goal(f"kB of {value:g}", value, 80.0) for value in (60.0, 85.0, 104.0))
    assert concluded([held, missed]) == 0
    assert capsys.readouterr().out.count("held") == 1
    assert concluded([held, missed, broken]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["held", "missed", "broken"]
    assert lines[2].endswith("104  (at most 80)")
