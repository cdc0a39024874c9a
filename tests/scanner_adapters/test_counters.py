"""Counters in names that run out or begin anew: the order is mended where it is sure, and always told."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner_adapters.folder.counters import Turn, in_order


def written(*names: str) -> dict[str, int]:
    """The names, written one after the other."""
    return {name: 10 * at for at, name in enumerate(names)}


def at_once(*names: str) -> dict[str, int]:
    """The names, all of one time, as a copy without times leaves them."""
    return dict.fromkeys(names, 5)


WRAPPED = [
    ("IMG_9998.jpg", "IMG_9999.jpg", "IMG_0001.jpg", "IMG_0002.jpg"),
    ("IMG_9999.JPG", "IMG_0000.JPG"),
    ("DSC09998.JPG", "DSC09999.JPG", "DSC00001.JPG"),
    ("scan_998.tif", "scan_999.tif", "scan_001.tif"),
    ("98.pdf", "99.pdf", "00.pdf", "01.pdf"),
    ("Doc-99998.pdf", "Doc-99999.pdf", "Doc-00001.pdf"),
    ("a 2026-11-30 999.png", "a 2026-11-30 001.png"),
    ("quét 9998.jpg", "quét 9999.jpg", "quét 1.jpg", "quét 2.jpg"),
    ("9999.jpg", "0001.jpg"),
    ("P9999_a.jpg", "P9999_b.jpg", "P0001_a.jpg", "P0001_b.jpg"),
    ("IMG_9997.jpg", "IMG_9999.jpg", "IMG_0001.jpg", "IMG_0004.jpg"),
]


@pytest.mark.parametrize("names", WRAPPED, ids=lambda names: names[0])
def test_after_its_last_number_a_counter_goes_on_with_its_first(names):
    ordered = in_order(written(*names))
    assert ordered.names == names
    (turned,) = ordered.turns
    assert ordered.turns == {turned: Turn.WRAPPED}
    assert int("".join(filter(str.isdigit, turned.rpartition(" ")[2]))) <= 1


@pytest.mark.parametrize("names", [WRAPPED[0], WRAPPED[3], WRAPPED[5]], ids=lambda names: names[0])
def test_a_long_counter_that_turns_over_needs_no_times(names):
    for mixed in permutations(names):
        ordered = in_order(at_once(*mixed))
        assert ordered.names == names
        assert set(ordered.turns.values()) == {Turn.WRAPPED}


def test_where_the_small_numbers_were_written_first_they_come_first_and_nobody_is_told():
    names = ("IMG_0001.jpg", "IMG_0002.jpg", "IMG_9998.jpg", "IMG_9999.jpg")
    assert in_order(written(*names)).names == names
    assert not in_order(written(*names)).turns


RESTARTED = [
    ("0007.jpg", "0008.jpg", "0009.jpg", "0001.jpg", "0002.jpg"),
    ("scan 5.pdf", "scan 6.pdf", "scan 1.pdf"),
    ("x12.tif", "x13.tif", "x0.tif", "x1.tif", "x2.tif"),
]


@pytest.mark.parametrize("names", RESTARTED, ids=lambda names: names[0])
def test_a_counter_that_began_anew_is_told_and_its_pages_stand_by_number(names):
    ordered = in_order(written(*names))
    assert ordered.names == tuple(sorted(names, key=lambda name: int("".join(filter(str.isdigit, name)))))
    assert ordered.turns == {ordered.names[0]: Turn.RESTARTED}


ORDINARY = [
    *(("1.jpg", "2.jpg", "9.jpg"), ("1.jpg", "5.jpg", "99.jpg"), ("Image.jpg", "Image (2).jpg")),
    *(
        ("a1.jpg", "a2.jpg", "b1.jpg", "b2.jpg"),
        ("scan.jpg", "scan1.jpg"),
        ("9998.jpg", "9999.jpg", "10000.jpg"),
        ("no number.pdf", "other.pdf"),
    ),
    *(("20261129_9.jpg", "20261130_1.jpg"), ("099.jpg", "100.jpg", "101.jpg"), ("page.tif",), ()),
]


@pytest.mark.parametrize("names", ORDINARY, ids=str)
def test_of_ordinary_counting_nothing_is_told(names):
    for files in (written(*names), at_once(*names)):
        assert in_order(files).names == names
        assert not in_order(files).turns


def test_two_files_written_the_other_way_round_say_nothing():
    assert in_order(written("2.jpg", "1.jpg")).names == ("1.jpg", "2.jpg")
    assert not in_order(written("2.jpg", "1.jpg")).turns


def test_times_that_say_nothing_leave_the_order_of_numbers():
    mixed = {"1.jpg": 30, "2.jpg": 10, "3.jpg": 40, "4.jpg": 20}
    assert in_order(mixed).names == ("1.jpg", "2.jpg", "3.jpg", "4.jpg")
    assert not in_order(mixed).turns


@given(st.dictionaries(st.text(max_size=12), st.integers(0, 5), max_size=9))
def test_no_file_is_lost_or_doubled_whatever_the_names(files):
    ordered = in_order(files)
    assert sorted(ordered.names) == sorted(files)
    assert set(ordered.turns) <= set(files)


@given(st.integers(3, 6), st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_wherever_a_counter_turns_over_its_pages_come_as_they_were_made(digits, before, after, timed):
    size = 10**digits
    numbers = [size - before + at for at in range(before)] + list(range(1, after + 1))
    names = [f"IMG_{number:0{digits}d}.jpg" for number in numbers]
    files = written(*names) if timed else at_once(*names)
    assert in_order(files).names == tuple(names)
    assert len(in_order(files).turns) == 1
