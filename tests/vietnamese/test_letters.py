import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from vietnamese.letters import ACCENTED_LETTERS, fold, has_marks, nfc, with_real_d

VIETNAMESE_TEXT = st.text(
    alphabet=st.sampled_from(sorted(ACCENTED_LETTERS) + list("abcdeghiklmnopqrstuvxy "))
)


def test_vietnamese_has_134_letters_that_ascii_lacks():
    assert len(ACCENTED_LETTERS) == 134
    assert all(len(letter) == 1 and not letter.isascii() for letter in ACCENTED_LETTERS)
    assert {"đ", "Đ", "ă", "Ỵ", "ữ", "Ặ"} <= ACCENTED_LETTERS


def test_folding_gives_what_is_typed_without_marks():
    assert fold("Cộng hòa xã hội chủ nghĩa Việt Nam") == "Cong hoa xa hoi chu nghia Viet Nam"
    assert fold("ĐƯỜNG Đặng") == "DUONG Dang"


def test_every_accented_letter_folds_to_one_ascii_letter_of_its_case():
    for letter in ACCENTED_LETTERS:
        plain = fold(letter)
        assert len(plain) == 1
        assert plain.isascii()
        assert plain.isupper() == letter.isupper()


def test_icelandic_eth_is_taken_for_d_with_stroke():
    assert with_real_d("Ð\u00f0") == "Đđ"
    assert fold("Ðất") == "Dat"


@given(VIETNAMESE_TEXT)
def test_the_normal_form_does_not_matter_for_folding(text):
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


def test_a_text_has_marks_or_not_whatever_its_normal_form():
    assert has_marks("hòa")
    assert has_marks(unicodedata.normalize("NFD", "hòa"))
    assert has_marks("Ð")
    assert not has_marks("hoa")


def test_nfc_joins_letters_and_marks():
    assert nfc("e\u0302\u0301") == "ế"
