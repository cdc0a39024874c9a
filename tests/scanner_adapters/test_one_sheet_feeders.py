"""A machine that takes one sheet a job: its stack is asked for sheet by sheet; complete means all of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner_adapters.model import FaultCode, JobState
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.script import Act, Fault
from tests.scanner_adapters.escl_rig import DUPLEX, GLASS, LEAVES, code_of, delivered, rig, stack_of

ONE_SHEET = Profile(capacity=1, refills=False)


@pytest.mark.parametrize("sheets", [1, 2, 4, 9, 17, 30])
def test_every_sheet_comes_once_and_in_order(sheets, tmp_path):
    outcome = rig(tmp_path, sheets=sheets, profile=ONE_SHEET).scan()
    assert (outcome.state, code_of(outcome)) == (JobState.COMPLETED, "")
    assert delivered(outcome) == stack_of(sheets)


def test_both_sides_of_each_sheet_come_together(tmp_path):
    made = rig(tmp_path, sheets=8, profile=ONE_SHEET)
    outcome = made.scan(DUPLEX)
    assert outcome.state is JobState.COMPLETED
    assert len(delivered(outcome)) == 8


def test_the_glass_gives_one_page_whatever_the_feeder_holds(tmp_path):
    outcome = rig(tmp_path, sheets=4, profile=ONE_SHEET).scan(GLASS)
    assert (outcome.state, delivered(outcome)) == (JobState.COMPLETED, [LEAVES[1]])


def test_a_larger_feeder_that_was_loaded_again_is_another_document(tmp_path):
    outcome = rig(tmp_path, sheets=4, profile=Profile(refills=True)).scan()
    assert (outcome.state, delivered(outcome)) == (JobState.COMPLETED, stack_of(4))


def test_an_empty_feeder_is_still_told_as_empty(tmp_path):
    assert code_of(rig(tmp_path, sheets=0, profile=ONE_SHEET).scan()) == FaultCode.NO_DOCS


TROUBLES = [Act.JAM, Act.COVER, Act.MULTIFEED, Act.EMPTY, Act.BUSY, Act.DISCONNECT, Act.CUT, Act.HALF]
TROUBLES += [Act.STALL, Act.DUPLICATE, Act.LOST, Act.LYING_COUNT, Act.STATUS]


@given(
    sheets=st.integers(4, 30),
    faults=st.lists(
        st.builds(
            Fault,
            act=st.sampled_from(TROUBLES),
            page=st.integers(0, 1),
            answer=st.sampled_from([404, 409, 503]),
            times=st.integers(1, 3),
            seconds=st.sampled_from([0.0, 3.0, 60.0]),
        ),
        max_size=2,
    ),
)
@settings(max_examples=60, deadline=None)
def test_completed_means_all_sheets_once_in_order_whatever_goes_wrong(sheets, faults, tmp_path_factory):
    made = rig(tmp_path_factory.mktemp("stack"), *faults, sheets=sheets, profile=ONE_SHEET)
    outcome = made.scan()
    got = delivered(outcome)
    assert got == [leaf for leaf in stack_of(sheets) if leaf in got]
    if outcome.state is JobState.COMPLETED:
        assert got == stack_of(sheets)
