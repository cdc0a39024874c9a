"""Rules of decoding: from the network's table to words, with the language's help."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitize.reader.alphabet import BLANK, CHARACTERS, COLUMNS, columns_of
from digitize.reader.lattice import LANGUAGE_WEIGHT, NEAR, choose
from digitize.reader.reading import words_of
from digitize.reader.spacing import are_one, spaced
from digitize.reader.spellings import LEAST_CHOICE, MOST_SPELLINGS, Spelt, spell
from vietnamese.letters import fold
from vietnamese.statistics import statistics


def table_of(*letters: str | dict[str, float], blanks: int = 1) -> np.ndarray:
    """Log-probabilities: a step for each letter, or for choices with their probabilities, blanks between."""
    rows = []
    for letter in letters:
        choices = {letter: 0.999} if isinstance(letter, str) else letter
        rows += [_row(choices), *[_row({})] * blanks]
    return np.log(np.array(rows)).astype(np.float32)


def _row(choices: dict[str, float]) -> np.ndarray:
    row = np.full(COLUMNS, 1e-6)
    for letter, share in choices.items():
        row[columns_of(letter)[0] if letter else BLANK] = share
    row[BLANK] += max(0.0, 1.0 - row.sum())
    return row / row.sum()


def read(table: np.ndarray) -> list[str]:
    return [word.text for word in choose(spell(table), statistics())]


characters = st.sampled_from([c for c in CHARACTERS if c != " "])
lines = st.lists(st.text(characters, min_size=1, max_size=6), min_size=1, max_size=6)


@given(lines)
def test_what_the_network_is_sure_of_is_what_stands_there(words):
    text = " ".join(words)
    spelt = spell(table_of(*text))
    assert [word.raw for word in spelt] == words
    assert [chosen.raw for chosen in choose(spelt, statistics())] == words


def test_a_letter_seen_over_several_steps_is_one_letter_and_a_double_one_is_two():
    once = np.repeat(table_of("n", blanks=0), 3, axis=0)
    assert [word.raw for word in spell(once)] == ["n"]
    assert [word.raw for word in spell(table_of("n", "n"))] == ["nn"]


def test_the_flank_of_the_next_letter_is_no_choice_for_a_doubtful_space():
    rows = [_row({" ": 0.55, "c": 0.01}), _row({" ": 0.54, "c": 0.4}), _row({"c": 0.99})]
    doubtful = np.concatenate([table_of(*"tăng"), np.log(rows).astype(np.float32), table_of(*"ường")])
    assert [word.raw for word in spell(doubtful)] == ["tăng", "cường"]
    assert not any("cc" in spelling.text for word in spell(doubtful) for spelling in word.spellings)


def test_the_language_mends_a_mark_that_the_network_doubts():
    doubtful = table_of(*"quy", {"é": 0.6, "ế": 0.4}, *"t ", "đ", {"ị": 0.55, "ì": 0.45}, *"nh")
    (first, second) = choose(spell(doubtful), statistics())
    assert (first.text, first.raw, second.text) == ("quyết", "quyét", "định")
    assert first.network == pytest.approx(0.4, abs=0.01)
    assert first.together > 0.95


def test_words_after_a_word_help_it_too():
    doubtful = table_of("t", {"ố": 0.6, "ổ": 0.4}, *" chức")
    assert read(doubtful) == ["tổ", "chức"]


def test_a_mark_that_the_network_is_sure_of_is_kept_against_the_language():
    assert read(table_of(*"quyét định")) == ["quyét", "định"]


def test_numbers_codes_and_abbreviations_stay_as_read():
    shown = table_of(
        *"1", {"2": 0.6, "5": 0.4}, *"/QĐ-UBN", {"D": 0.55, "Đ": 0.45}, *" TNH", {"H": 0.6, "Đ": 0.4}
    )
    assert read(shown) == ["12/QĐ-UBND", "TNHH"]


def test_a_doubtful_space_is_weighed_with_the_words_it_parts():
    assert read(table_of(*"nhân", {" ": 0.5, "": 0.5}, *"dân")) == ["nhân dân"]
    assert read(table_of(*"ngh", {" ": 0.3, "": 0.7}, *"iêng")) == ["nghiêng"]


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("ngày19/6/2025,", "ngày 19/6/2025,"),
        ("(năm2025", "(năm 2025"),
        ("Số:1906/UBND", "Số: 1906/UBND"),
        ("26tháng", "26 tháng"),
        ("2025của", "2025 của"),
        ("ngày04tháng", "ngày 04 tháng"),
        ("2030,chuẩn", "2030, chuẩn"),
        ("2030,.chuẩn", "2030, chuẩn"),
        ("2&tháng", "2& tháng"),
        ("ngày 92tháng", "ngày 92 tháng"),
        ("O†tháng", "O† tháng"),
        ("QTtháng", "QT tháng"),
    ],
)
def test_a_syllable_and_figures_are_two_words(read, meant):
    assert spaced(read, statistics()) == meant


@pytest.mark.parametrize(
    "word",
    [
        "30km",
        "5ha",
        "3a",
        "PA05",
        "Covid19",
        "100mm/h",
        "12/QĐ-UBND",
        "H00.001",
        "ngày",
        "2025",
        "8giờ30",
        "(tháng",
        "5%/năm",
        "2-năm",
    ],
)
def test_measures_codes_and_plain_words_are_one_word(word):
    assert spaced(word, statistics()) == word


@pytest.mark.parametrize(
    ("read", "meant"),
    [("của'Bộ", "của Bộ"), ("được-sửa", "được sửa"), ("(chuẩn.bị,", "(chuẩn bị,"), ("của;Bộ", "của; Bộ")],
)
def test_a_speck_between_neighbours_is_a_space_and_a_comma_stays(read, meant):
    assert spaced(read, statistics()) == meant


@pytest.mark.parametrize(
    "word", ["QĐ-UBND", "mô-đun", "tế-xã", "v.v", "và/hoặc", "HÀ-NỘI", "Á-Âu", "a@gov.vn"]
)
def test_codes_pairs_and_foreign_words_keep_their_signs(word):
    assert spaced(word, statistics()) == word


@pytest.mark.parametrize(
    ("read", "meant"),
    [("2030,.chụẩn", "2030, chuẩn"), ("trữờng,", "trường,"), ("củả", "của"), ("CHÍNHPHỦ", "CHÍNHPHỦ")],
)
def test_a_syllable_has_one_tone(read, meant):
    assert spaced(read, statistics()) == meant


@given(st.text(characters, min_size=1, max_size=9))
def test_spacing_keeps_every_letter_and_figure(word):
    read = fold(spaced(word, statistics()))
    assert [*filter(str.isalnum, read)] == [*filter(str.isalnum, fold(word))]


@pytest.mark.parametrize(
    ("before", "after", "one"),
    [
        ("12/QĐ-", "UBND", True),
        ("12/2025/NĐ-", "CP,", True),
        ("45/", "QĐ-TTg", True),
        ("30/6/", "2025", False),
        ("1/2", "UBND", False),
        ("12/QĐ-", "Nam", False),
        ("QĐ-", "UBND", False),
    ],
)
def test_a_number_and_sign_is_one_word(before, after, one):
    assert are_one(before, after) == one


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("thongtinchỉnhphu@chinhphụ.vn", "thongtinchinhphu@chinhphu.vn"),
        ("(www.quảngngai.gov.vn);", "(www.quangngai.gov.vn);"),
        ("https://dichvụcong.gov.vn/tra-cứu.html", "https://dichvucong.gov.vn/tra-cuu.html"),
        ("Phủ.vn", "Phủ.vn"),
        ("a@b", "a@b"),
    ],
)
def test_an_address_of_the_net_has_no_marks(read, meant):
    assert spaced(read, statistics()) == meant


def test_a_sign_that_was_read_in_two_pieces_is_as_sure_as_its_less_sure_one():
    table = table_of(*"Số 12/QĐ- UBN", {"D": 0.7, "Đ": 0.3})
    pixels = np.full((48, 4 * len(table)), 255, np.uint8)
    words = list(words_of(pixels, table, statistics()))
    assert [word.text for word in words] == ["Số", "12/QĐ-UBND"]
    assert words[1].raw_sure == pytest.approx(0.7, abs=0.01)


def test_a_letter_that_nearly_was_is_a_choice():
    hidden = np.vstack(
        [table_of(*"nhâ", blanks=2), np.log([_row({"n": 0.4, "": 0.6})]), table_of(*" dân", blanks=2)]
    )
    assert read(hidden.astype(np.float32))[0] == "nhân"


@given(st.lists(st.tuples(characters, characters, st.floats(0.5, 0.99)), min_size=1, max_size=12))
def test_spellings_are_few_distinct_ordered_and_possible(choices):
    (word,) = spell(table_of(*({a: p, b: 1 - p} if a != b else a for a, b, p in choices)))
    texts = [spelling.text for spelling in word.spellings]
    logs = [spelling.log_probability for spelling in word.spellings]
    assert len(set(texts)) == len(texts) <= MOST_SPELLINGS
    assert logs == sorted(logs, reverse=True)
    assert max(logs) <= 1e-6
    assert min(logs) >= len(choices) * math.log(LEAST_CHOICE)


def _near_ones(word: Spelt) -> Spelt:
    least = word.spellings[0].log_probability - NEAR
    return replace(word, spellings=tuple(each for each in word.spellings if each.log_probability > least))


def test_chances_are_those_of_all_readings_summed_one_by_one():
    table = table_of(
        "t", {"ố": 0.5, "ổ": 0.3, "ồ": 0.2}, *" ch", {"ứ": 0.6, "ư": 0.4}, *"c ", *"x", {"ã": 0.5, "à": 0.5}
    )
    words, language = [_near_ones(word) for word in spell(table)], statistics()
    scores = {}
    for places in np.ndindex(*(len(word.spellings) for word in words)):
        path = [word.spellings[place] for word, place in zip(words, places, strict=True)]
        score, before = 0.0, None
        for spelling in path:
            score += spelling.log_probability + LANGUAGE_WEIGHT * language.log_probability(
                spelling.text, before
            )
            before = spelling.text
        scores[places] = math.exp(score)
    total = sum(scores.values())
    for at, chosen in enumerate(choose(words, language)):
        place = [spelling.text for spelling in words[at].spellings].index(chosen.text)
        assert chosen.together == pytest.approx(sum(s for p, s in scores.items() if p[at] == place) / total)


def test_a_page_is_weighed_in_hundredths_of_a_second():
    line = table_of(
        *"Căn cứ Luật Tổ ch", {"ứ": 0.6, "ư": 0.4}, *"c chính quyền địa phương ngày 19 tháng 6 năm 2025"
    )
    began = time.process_time()
    for _ in range(40):
        choose(spell(line), statistics())
    assert time.process_time() - began < 1.0  # measured 0.06; a busy machine is slower


def test_an_empty_line_says_nothing():
    assert spell(table_of(" ")) == []
    assert choose([], statistics()) == []


def test_the_letters_of_a_number_and_sign_are_known_ones_where_the_network_doubts():
    (word,) = choose(spell(table_of(*"10/TT", {"Ỷ": 0.9, "r": 0.1}, *"-HĐND")), statistics())
    assert (word.text, word.raw) == ("10/TTr-HĐND", "10/TTỶ-HĐND")


def test_the_figures_of_a_number_and_sign_stay_as_the_network_reads_them():
    (word,) = choose(spell(table_of(*"10/TT", {"Ỷ": 0.9, "r": 0.1})), statistics())
    (other,) = choose(spell(table_of("1", {"O": 0.6, "0": 0.4}, *"/TTr")), statistics())
    assert (word.text, other.text) == ("10/TTr", "1O/TTr")


def test_a_figure_among_the_letters_of_a_sign_is_a_misreading():
    (word,) = choose(spell(table_of(*"729/QĐ-TT", {"2": 0.6, "g": 0.4})), statistics())
    assert word.text == "729/QĐ-TTg"


def test_a_word_that_is_no_syllable_is_weighed_against_spellings_that_are_far_less_likely():
    said = choose(spell(table_of(*"nâng c", {"â": 0.996, "ấ": 0.004}, *"p")), statistics())
    kept = choose(spell(table_of(*"thống c", {"ô": 0.985, "ố": 0.015}, *"ng")), statistics())
    assert [word.text for word in said] == ["nâng", "cấp"]
    assert [word.text for word in kept] == ["thống", "công"]
