"""Papers and copies only move as the tables say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from office.faults import DeskCode, DeskFault
from office.procedure import Act, CopyState, Kind, PaperState, moves, next_state

PAPER_MOVES, COPY_MOVES = moves(Kind.PAPER), moves(Kind.CERTIFIED_COPY)
FORWARD = [Act.READ_PAPER, Act.SIGN_SCAN, Act.EXTRACT_FIELDS, Act.REVIEW_PAPER, Act.ARCHIVE_RESULT]


@pytest.mark.law("L9")
def test_the_steps_of_digitizing_follow_one_another():
    state = PaperState.SCANNED
    for act in FORWARD:
        state = next_state(Kind.PAPER, state, act)
    assert state is PaperState.ARCHIVED


@pytest.mark.law("L9")
@given(st.sampled_from(PaperState), st.sampled_from(FORWARD))
def test_no_step_of_digitizing_can_be_skipped(state, act):
    order = list(PaperState)
    if order.index(state) == FORWARD.index(act):
        assert order.index(next_state(Kind.PAPER, state, act)) == order.index(state) + 1
    else:
        with pytest.raises(DeskFault) as refused:
            next_state(Kind.PAPER, state, act)
        assert refused.value.code is DeskCode.WRONG_STATE


@pytest.mark.law("L10")
def test_nothing_is_extracted_from_an_unsigned_scan():
    sources = {state for (state, act) in PAPER_MOVES if act is Act.EXTRACT_FIELDS}
    assert sources == {PaperState.SIGNED}


@pytest.mark.law("L24")
def test_a_copy_is_released_only_after_officer_and_agency_in_this_order():
    assert {state for (state, act) in COPY_MOVES if act is Act.ASK_AGENCY} == {CopyState.OFFICER_SIGNED}
    assert {state for (state, act) in COPY_MOVES if act is Act.SIGN_AS_AGENCY} == {CopyState.AGENCY_ASKED}
    assert {state for (state, act) in COPY_MOVES if act is Act.RELEASE_COPY} == {CopyState.AGENCY_SIGNED}
    assert {state for (state, act) in COPY_MOVES if act is Act.DELIVER_COPY} == {CopyState.ISSUED}


def test_a_number_becomes_void_only_before_the_agency_has_signed():
    assert {state for (state, act) in COPY_MOVES if act is Act.VOID_COPY} == {
        CopyState.RESERVED,
        CopyState.OFFICER_ASKED,
        CopyState.OFFICER_SIGNED,
        CopyState.AGENCY_ASKED,
    }


@given(st.sampled_from(CopyState), st.sampled_from(Act))
def test_every_move_of_a_copy_is_in_the_table_or_refused(state, act):
    if (state, act) in COPY_MOVES:
        assert next_state(Kind.CERTIFIED_COPY, state, act) in CopyState
    else:
        with pytest.raises(DeskFault):
            next_state(Kind.CERTIFIED_COPY, state, act)
