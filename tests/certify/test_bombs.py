"""Files made to cost a verifier much: each has its verdict within 5 s and 300 MB, and none is called good."""

import contextlib
import sys
from pathlib import Path

import pytest

from bench.bombs import MOST_MB, MOST_SECONDS, Judged, judged_apart, write_bombs
from certify.verdict import FindingCode, Indication
from certify.verification.limits import COUNTED, OverBudget, beyond_counts, within

sys.path.insert(0, str(Path(__file__).parent))
import bombs
import sample_copies

# each of these only repeats, at greater cost, what another one shows; `./motcua bench bombs` takes them all
LEFT_TO_THE_BENCH = {
    "zeros_in_a_stream",
    "swollen_tables",
    "many_shadings",
    "tiny_tiles",
    "many_validation_data",
    "many_objects",
    "long_contents",
    "long_string",
    "deep_dictionaries",
}
NAMES = sorted(bombs.BOMBS.keys() - LEFT_TO_THE_BENCH)
JUDGED_WHOLE = {
    "many_dashes",
    "many_signatures",
    "swollen_image",
}  # within every limit, and honestly in doubt
NAMED = {  # where a count ends it before any work, the verdict says which
    "many_tails": "revisions: more than 200",
    "many_mentions": "signatures: more than 100",
    "many_pages": "pages: more than 5000",
    "many_fields": "fields: more than 5000",
    "many_annotations": "annotations: more than 20000",
    "comments": "lines: more than 100000",
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory) -> tuple[dict[str, Judged], float]:
    folder = tmp_path_factory.mktemp("bombs")
    write_bombs(folder, NAMES)
    told, largest_mb = judged_apart(folder)
    return {one.name: one for one in told}, largest_mb


def test_there_are_twenty_kinds_and_more():
    assert len(NAMES) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_a_bomb_has_its_verdict_in_time(judged, name):
    told = judged[0][name]
    assert told.cpu_seconds <= MOST_SECONDS
    assert told.verdict in (Indication.INDETERMINATE, Indication.TOTAL_FAILED)
    if told.verdict == Indication.INDETERMINATE:
        whole = name in JUDGED_WHOLE and "CHANGE_NOT_EXPLAINED" in told.findings
        assert told.limits or whole, "undecided without a limit named"
    if name in NAMED:
        assert NAMED[name] in told.limits


def test_no_bomb_takes_more_memory_than_allowed(judged):
    assert judged[1] <= MOST_MB


def test_an_issued_copy_is_far_within_every_count():
    copy = sample_copies.genuine_copy()
    assert beyond_counts(copy) == []
    for name, counted in COUNTED.items():
        assert len(counted.written.findall(copy)) <= counted.most / 10, name


WRITTEN = {
    "revisions": b"startxref",
    "signatures": b"/ByteRange",
    "pages": b"/Type /Page ",
    "fields": b"/FT/Sig",
    "annotations": b"/Subtype /Widget /Rect",
    "objects": b"7 0 obj ",
    "lines": b"%\n",
}


@pytest.mark.parametrize("name", COUNTED)
def test_one_more_than_there_may_be_is_told_and_bytes_that_only_look_alike_are_not(name):
    counted, written = COUNTED[name], WRITTEN[name]
    alike = (b"/PageMode /FTx /Subtypes objx 7obj % x /Rects ") * (counted.most + 1)
    assert beyond_counts(alike + written * min(counted.most, 50)) == []
    assert f"{name}: more than {counted.most}" in {
        one.detail for one in beyond_counts(alike + written * (counted.most + 1))
    }


def test_many_signatures_over_a_large_file_are_too_much_together():
    mention = b"/ByteRange [0 1 2 3]"
    (found,) = beyond_counts(mention * 60 + bytes(72 << 20))
    assert found.code is FindingCode.LIMIT_EXCEEDED
    assert "60 signatures" in found.detail
    assert found.indication is Indication.INDETERMINATE


def test_work_beyond_the_processor_time_is_stopped_and_nothing_swallows_it():
    def stubborn() -> None:
        while True:
            with contextlib.suppress(Exception):  # as libraries do
                sum(range(1000))

    with pytest.raises(OverBudget), within(0.05):
        stubborn()


def test_no_limit_is_set_where_none_is_asked_for():
    with within(None):
        assert sum(range(1000)) == 499500
