"""The load bench itself, small: a served house, four addresses, every kind of load for a moment."""

import math

from bench.check_page.__main__ import goals_of
from bench.check_page.measuring import Measured, Phase, run
from bench.check_page.sending import Answers


def test_a_small_load_is_borne_and_leaves_nothing(tmp_path):
    paths = []
    for number in range(2):
        paths.append(tmp_path / f"{number}.pdf")
        paths[-1].write_bytes(b"%PDF-1.7\n" + b"<<" * 200_000 * number + b"\n%%EOF\n")
    measured = run(paths, files=6, seconds=3, data=tmp_path / "house")
    _, *loaded, _ = measured.phases
    for phase in measured.phases:
        assert len(phase.clerk_ms) > 5
        assert all(map(math.isfinite, phase.clerk_ms))  # the clerk's page came every time
    assert loaded[0].answers.statuses["200"] >= 1
    assert sum(phase.answers.mute for phase in loaded) == 0
    assert (measured.left, measured.tracebacks) == ((), 0)
    assert measured.server_mb < 400


def test_what_was_measured_is_held_against_the_goals():
    phases = (
        Phase("alone", (1.0, 1.0), Answers()),
        *(Phase(name, (90.0, 95.0), Answers(mute=1)) for name in "ab"),
        Phase("alone again", (1.0, 1.0), Answers()),
    )
    states = [goal.state for goal in goals_of(Measured(phases, 500.0, ("a",), 1), 80)]
    assert states == ["broken"] * 7
