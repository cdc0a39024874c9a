"""Medians and percentiles of bytes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from digitize.pixels.brightness import median, percentiles

PIXELS = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9))


@given(PIXELS)
def test_counting_bytes_gives_the_median(values):
    assert median(values) == np.median(values)


@given(PIXELS, st.integers(0, 100))
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(values, share):
    (level,) = percentiles(values, share)
    assert np.count_nonzero(values <= level) >= values.size * share / 100
    assert level == 0 or np.count_nonzero(values <= level - 1) < values.size * share / 100


def test_several_percentiles_come_in_the_order_asked_for():
    assert percentiles(np.arange(100, dtype=np.uint8)[None], 1, 95) == (0.0, 94.0)
