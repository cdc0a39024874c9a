import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vietnamese.letters import TONE_MARKS, fold
from vietnamese.syllables import exact_key, folded_key, has_one_tone, with_one_tone

SAME = [
    ("hòa", "hoà"),
    ("thúy", "thuý"),
    ("thủy", "thuỷ"),
    ("khỏe", "khoẻ"),
    ("lý", "lí"),
    ("quý", "quí"),
    ("Kỹ", "kĩ"),
    ("mỹ", "Mĩ"),
    ("tỷ", "tỉ"),
    ("hy", "hi"),
    ("sỹ", "sĩ"),
    ("vỵ", "vị"),
    ("Ðường", "đường"),
    ("ĐƯỜNG", "đường"),
    ("toán", "tóan"),
]
DIFFERENT = [
    ("hòa", "hóa"),
    ("hòa", "hoa"),
    ("tay", "tai"),
    ("thuy", "thui"),
    ("đa", "da"),
    ("ma", "mà"),
    ("lơ", "lo"),
    ("y", "i"),
    ("ăn", "ân"),
    ("cây", "cai"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_syllable_has_one_key_however_it_is_written(one, other):
    assert exact_key(one) == exact_key(other)
    assert folded_key(one) == folded_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_syllables_have_different_keys(one, other):
    assert exact_key(one) != exact_key(other)


def test_the_tone_is_a_digit_at_the_end_and_the_letters_keep_their_quality():
    assert [exact_key(word) for word in ("đường", "sắc", "hỏi", "ngã", "nặng")] == [
        "đương1",
        "săc2",
        "hoi3",
        "nga4",
        "năng5",
    ]


def test_a_number_is_its_own_key():
    assert exact_key("2024") == folded_key("2024") == "2024"


RHYMES = st.sampled_from(["oa", "oe", "uy", "ương", "iêu", "oang", "ươi", "uyên", "a", "ơ"])


@given(st.sampled_from(["", "h", "qu", "ngh", "đ", "tr"]), RHYMES, st.sampled_from(TONE_MARKS), st.data())
def test_a_tone_on_any_letter_of_the_syllable_gives_the_same_key(initial, rhyme, tone, data):
    place = data.draw(st.integers(1, len(rhyme)))
    moved = unicodedata.normalize("NFC", initial + rhyme[:place] + tone + rhyme[place:])
    assert exact_key(moved) == exact_key(initial + rhyme[:1] + tone + rhyme[1:])


@given(st.text(max_size=20))
def test_the_folded_key_of_the_typed_letters_is_the_folded_key(text):
    assert folded_key(fold(text).lower()) == folded_key(text)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("trữờng", "trường"),
        ("củả", "của"),
        ("chụẩn", "chuẩn"),
        ("quyềń", "quyền"),
        ("hòá", "hòa"),
        ("tòán", "toán"),
        ("ngòái", "ngoái"),
        ("TRỮỜNG", "TRƯỜNG"),
        ("một", "một"),
        ("ma", "ma"),
    ],
)
def test_of_two_tones_the_one_at_its_place_stays(read, meant):
    assert with_one_tone(read) == meant
    assert has_one_tone(meant)
    assert has_one_tone(read) == (read == meant)
