import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vietnamese.analysis import pairs, terms, tokens
from vietnamese.letters import ACCENTED_LETTERS, fold

TEXTS = st.text(
    alphabet=st.sampled_from(sorted(ACCENTED_LETTERS) + list("abcdehoy12/-., \n_\u0301\u0323")), max_size=60
)


def test_a_text_becomes_terms_at_three_levels():
    analysed = terms("Số hóa kết quả")
    assert analysed.folded == ("so", "hoa", "ket", "qua")
    assert analysed.pairs == ("so_hoa", "hoa_ket", "ket_qua")
    assert analysed.exact == ("sô2", "hoa2", "kêt2", "qua3")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_offsets_point_into_the_text_as_given(form):
    text = unicodedata.normalize(form, "  «Số» hóa, số 12/2024/QĐ-UBND!")
    words = [unicodedata.normalize("NFC", text[token.start : token.end]) for token in tokens(text)]
    assert words == ["Số", "hóa", "số", "12", "2024", "QĐ", "UBND"]


def test_the_normal_form_of_the_text_does_not_change_its_terms():
    text = "Đường Nguyễn Thị Thuý, quý khách"
    assert terms(unicodedata.normalize("NFD", text)) == terms(text)


def test_what_is_typed_without_marks_has_the_folded_terms_of_the_text():
    text = "Giấy chứng nhận quyền sử dụng đất ở, lý lịch"
    assert terms(fold(text)).folded == terms(text).folded
    assert terms(fold(text)).pairs == terms(text).pairs


def test_a_token_knows_whether_it_was_typed_with_marks():
    assert [token.has_marks for token in tokens("đất dat ly lý A1")] == [True, False, False, True, False]


@given(TEXTS)
def test_tokens_stand_in_order_and_never_overlap(text):
    ends = [0]
    for token in tokens(text):
        assert ends[-1] <= token.start < token.end <= len(text)
        ends.append(token.end)


@given(TEXTS)
def test_no_term_holds_what_joins_or_parts_terms(text):
    analysed = terms(text)
    assert all(" " not in one and "_" not in one and one for one in (*analysed.folded, *analysed.exact))
    assert all(pair.count("_") == 1 for pair in analysed.pairs)


@given(st.text())
def test_no_text_at_all_is_an_error(text):
    analysed = terms(text)
    assert len(analysed.folded) == len(analysed.exact)
    assert len(analysed.pairs) == max(len(analysed.folded) - 1, 0)


def test_pairs_of_one_word_are_none():
    assert pairs(("so",)) == ()
