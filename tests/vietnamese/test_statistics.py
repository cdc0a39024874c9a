"""Rules of syllable statistics: counted, kept, asked."""

import json
import math
import tarfile
import time

import numpy as np
import pytest

from vietnamese import counting
from vietnamese.lunar_years import lunar_years
from vietnamese.statistics import CARD, COUNTS, FLOOR, read_counts, runs, statistics

TEXT = "Ủy ban nhân dân phường. Quyết định số 12/QĐ-UBND của Ủy ban nhân dân\n" * 5


@pytest.fixture
def counted(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "corpus" / "b_no_accents.txt").write_text("uy ban nhan dan\n" * 9, encoding="utf-8")
    named = {"ten": "Phường Đồng Nguyên", "en": "Dong Nguyen Ward"}
    (tmp_path / "corpus" / "c.json").write_text(json.dumps([named] * 4, ensure_ascii=False), "utf-8")
    (tmp_path / "inside.txt").write_text("thửa đất\n" * 6, encoding="utf-8")
    with tarfile.open(tmp_path / "corpus" / "d.tar.xz", "w:xz") as bundle:
        bundle.add(tmp_path / "inside.txt", "inside.txt")
    out = tmp_path / "syllables.npz"
    assert counting.main([str(tmp_path / "corpus"), "--out", str(out), "--origin", "made here"]) == 0
    return out


def test_text_json_and_bundles_are_counted_and_unmarked_lists_are_not(counted):
    kept = read_counts(counted)
    assert all(kept.number(syllable) >= 0 for syllable in ("ủy", "đồng", "thửa", "DÂN"))
    assert [kept.number(syllable) for syllable in ("nhan", "ward", "ubnd")] == [-1, -1, -1]


def test_the_same_corpus_gives_the_same_bytes_and_its_card_tells_them(counted, tmp_path):
    again = tmp_path / "again" / "syllables.npz"
    again.parent.mkdir()
    counting.main([str(tmp_path / "corpus"), "--out", str(again), "--origin", "made here"])
    assert again.read_bytes() == counted.read_bytes()
    card = json.loads(again.with_name(CARD.name).read_text("utf-8"))
    assert card["origins"] == ["made here"]
    assert card["syllables_kept"] == len(read_counts(again).numbers)


def test_a_pair_that_was_seen_is_likelier_than_one_that_was_not(counted):
    kept = read_counts(counted)
    assert kept.log_probability("dân", "nhân") > kept.log_probability("đất", "nhân")
    assert kept.log_probability("dân", "nhân") > kept.log_probability("dân")
    assert kept.log_probability("xyz", "nhân") == FLOOR


def test_one_question_and_many_give_the_same_answer(counted):
    kept = read_counts(counted)
    words = ["ủy", "ban", "nhân", "dân", "xyz"]
    numbers = np.array([kept.number(word) for word in words])
    table = kept.log_probabilities(numbers, numbers)
    for row, first in enumerate(words):
        for column, second in enumerate(words):
            assert table[row, column] == pytest.approx(kept.log_probability(second, first))


def test_numbers_and_codes_stand_between_runs():
    assert list(runs("Điều 1. Ủy ban, nhân dân 12/QĐ-UBND (Nghiêng)")) == [
        ["Điều"],
        ["Ủy", "ban", "nhân", "dân"],
        ["Nghiêng"],
    ]


def test_the_kept_counts_are_small_quick_and_know_office_words():
    began = time.process_time()
    kept = statistics()
    assert time.process_time() - began < 0.5  # goal 0.15 with the reader's weights; a busy machine is slower
    assert COUNTS.stat().st_size < 3 << 20
    for right, wrong, before in (("định", "đình", "quyết"), ("tịch", "tích", "chủ"), ("khẩu", "khâu", "hộ")):
        assert kept.log_probability(right, before) > kept.log_probability(wrong, before) + 1
    assert math.exp(kept.log_probability("dân", "nhân")) > 0.2


def test_the_lunar_years_are_sixty_and_known():
    years = list(lunar_years())
    assert (len(set(years)), years[0], years[-1], years[(2026 - 4) % 60]) == (
        60,
        "Giáp Tý",
        "Quý Hợi",
        "Bính Ngọ",
    )
    for stem, branch in (year.split() for year in years):
        assert statistics().pair_count(stem, branch) >= 30 * 0.9  # kept in steps of a sixteenth of an octave


def test_pairs_are_counted_in_their_order(counted):
    kept = read_counts(counted)
    assert kept.pair_count("nhân", "dân") == pytest.approx(10, rel=0.05)
    assert [kept.pair_count(*pair) for pair in (("dân", "ủy"), ("xyz", "dân"), ("dân", "xyz"))] == [0.0] * 3
