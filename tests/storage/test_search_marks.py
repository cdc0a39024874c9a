import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.search.marks import Marker
from storage.search.query import asked
from vietnamese.letters import ACCENTED_LETTERS, fold, fold_in_place

WORDS = st.sampled_from("hoa hòa hoà Hóa khoa lý lí ly đất ĐẤT quý quí a1 số".split())  # noqa: SIM905 shorter
GAPS = st.sampled_from([" ", "\n", ", ", "-", "_", " «", "\u200b", "…"])
TEXTS = st.lists(st.tuples(WORDS, GAPS), max_size=14).map(lambda parts: "".join(w + g for w, g in parts))
QUERIES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


@pytest.mark.parametrize(
    ("typed", "text", "marked"),
    [
        ("so hoa", "Số hóa, số; hóa", ["Số", "hóa", "số", "hóa"]),
        ("số hóa", "so hoa số hóa", ["số", "hóa"]),
        ("so hoa", "so hoa số hóa", ["so", "hoa", "số", "hóa"]),
        ("hoa", "khoa hoan hoa", ["hoa"]),
        ("hoa hoa", "khoa hoa hoa", ["hoa", "hoa"]),
        ("li", "Lý lí ly lin", ["Lý", "lí", "ly"]),
        ("đất", "dat đất", ["đất"]),
        ("đắt", "dat đất", ["dat", "đất"]),
        ("x", "hoa", []),
        ('"so hoa" dat', "số hóa và đất", ["số", "hóa", "đất"]),
        ("nguyen", "ngu\u0303yễn", ["ngu\u0303yễn"]),
        ("hoa", "hoa\u0300", ["hoa\u0300"]),
        ("мир", "Мир мир", ["Мир", "мир"]),
    ],
)
def test_the_words_that_answer_are_marked(typed, text, marked):
    assert [text[start:end] for start, end in Marker.of(asked(typed)).spans(text)] == marked


@given(QUERIES, TEXTS)
def test_patterns_and_analysis_mark_the_same_places(typed, text):
    marker = Marker.of(asked(typed))
    assert marker.spans(text) == marker._analysed_spans(text)


@given(QUERIES, TEXTS)
def test_the_normal_form_of_the_text_does_not_matter(typed, text):
    marker = Marker.of(asked(typed))
    apart = unicodedata.normalize("NFD", text)
    composed = [text[start:end] for start, end in marker.spans(text)]
    assert [unicodedata.normalize("NFC", apart[start:end]) for start, end in marker.spans(apart)] == composed


@given(st.text(alphabet=st.sampled_from(sorted(ACCENTED_LETTERS)) | st.characters(max_codepoint=127)))
def test_folding_in_place_is_folding_in_lower_case(text):
    assert fold_in_place(text) == fold(text).lower()
    assert len(fold_in_place(text)) == len(text)
