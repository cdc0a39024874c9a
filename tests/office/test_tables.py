"""Instants are the same value on both databases, and their text is in the order of time."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from foundation.row_types import Instant

MOMENTS = st.datetimes(
    min_value=datetime(1000, 1, 2),  # noqa: DTZ001 the zone is drawn beside it
    max_value=datetime(9998, 12, 30),  # noqa: DTZ001
    timezones=st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)


def kept(moment):
    return Instant().process_bind_param(moment, None)


@given(MOMENTS)
def test_an_instant_comes_back_as_it_was_in_utc(moment):
    back = Instant().process_result_value(kept(moment), None)
    assert back == moment
    assert back.tzinfo == UTC


@given(MOMENTS, MOMENTS)
def test_the_order_of_the_text_is_the_order_of_time(one, other):
    assert (kept(one) < kept(other)) == (one < other)


def test_no_instant_stays_none():
    assert kept(None) is None
    assert Instant().process_result_value(None, None) is None
