from collections import Counter

import pytest

from bench.stress.conditions import CONDITIONS, DOUBLED, SEED, Fate, all_pages
from bench.stress.making import digest, make_page
from scanner_adapters.simulator.papers import scans
from scanner_adapters.simulator.papers.papers import Paper

TABLE_2_2 = {
    "ordinary",
    "shade",
    "red-seals",
    "skew-strong",
    "noise-30",
    "upside-down",
    "sideways",
    "one-line",
}


def test_there_are_enough_good_and_enough_spoiled_pages():
    fates = Counter(page.fate for page in all_pages(SEED))
    assert fates[Fate.GOOD] >= 300
    assert fates[Fate.SPOILED] >= 100


def test_every_condition_of_the_first_measurements_is_there():
    assert {condition.name for condition in CONDITIONS} >= TABLE_2_2
    assert len({condition.name for condition in CONDITIONS}) == len(CONDITIONS)


def test_the_same_seed_makes_the_same_pages_and_another_seed_others():
    assert list(all_pages(SEED)) == list(all_pages(SEED))
    assert not {page.recipe for page in all_pages(SEED)} & {page.recipe for page in all_pages(SEED + 1)}


def test_no_two_pages_are_the_same():
    recipes = [page.recipe for page in all_pages(SEED)]
    assert len(set(recipes)) == len(recipes)


def test_only_doubled_pages_show_a_paper_twice():
    papers = Counter((page.condition, page.recipe.paper, page.recipe.seed) for page in all_pages(SEED))
    twice = {name for (name, paper, _), count in papers.items() if count > 1 and paper is not Paper.BLANK}
    assert twice == {DOUBLED}
    fates = [page.fate for page in all_pages(SEED, (DOUBLED,))]
    assert fates == [Fate.BORDER, Fate.SPOILED] * (len(fates) // 2)


def test_a_sample_takes_every_nth_page_and_keeps_doubled_pages_together():
    sample = list(all_pages(SEED, every=5))
    assert {page.condition for page in sample} == {condition.name for condition in CONDITIONS}
    assert all(page.index % 5 == 0 for page in sample if page.condition != DOUBLED)
    assert [page.index for page in sample if page.condition == DOUBLED] == [0, 1, 10, 11]


def test_an_unknown_condition_is_refused():
    with pytest.raises(KeyError, match="sunshine"):
        list(all_pages(SEED, ("sunshine",)))


def test_severe_conditions_are_as_severe_as_the_first_measurements():
    recipes = {name: [page.recipe for page in all_pages(SEED, (name,))] for name in TABLE_2_2}
    assert max(recipe.wear.shade for recipe in recipes["shade"]) == 0.5
    assert max(recipe.handling.red_seals for recipe in recipes["red-seals"]) == 4
    assert max(abs(recipe.wear.skew_degrees) for recipe in recipes["skew-strong"]) > 8
    assert {recipe.wear.noise_sigma for recipe in recipes["noise-30"]} == {30}


def test_a_page_is_made_once_and_found_again(tmp_path, monkeypatch):
    page = next(all_pages(SEED, ("100-dpi-and-less",)))
    made = make_page(page, tmp_path)
    monkeypatch.setattr(scans, "make_scan", None)
    found = make_page(page, tmp_path)
    assert found == made
    assert made.blocks
    assert made.path.stem == digest(page.recipe)
