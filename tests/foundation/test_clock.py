"""Instants are aware, and their texts are in the order of time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import as_text, from_text, on_paper, utc_now

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1900, 1, 2), datetime(2999, 1, 1), timezones=ZONES)  # noqa: DTZ001 zones are added


@given(INSTANTS, INSTANTS)
def test_the_order_of_texts_is_the_order_of_time(one, other):
    assert (as_text(one) < as_text(other)) is (one < other)
    assert from_text(as_text(one)) == one


def test_papers_show_the_time_of_viet_nam():
    assert on_paper(datetime(2026, 12, 31, 17, 30, tzinfo=UTC)).isoformat() == "2027-01-01T00:30:00+07:00"


def test_an_instant_without_its_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        as_text(datetime(2026, 1, 1))  # noqa: DTZ001 that is the point


def test_the_clock_is_aware():
    assert utc_now().utcoffset() == timedelta(0)
