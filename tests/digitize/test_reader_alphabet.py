import unicodedata

import pytest

from digitize.reader.alphabet import BLANK, CHARACTERS, COLUMNS, can_write, character_of, columns_of
from vietnamese.letters import ACCENTED_LETTERS


def test_all_134_letters_can_be_written():
    assert len(ACCENTED_LETTERS) == 134
    assert set(CHARACTERS) >= ACCENTED_LETTERS


def test_each_character_has_one_column_and_the_blank_has_the_first():
    assert len(set(CHARACTERS)) == len(CHARACTERS) == COLUMNS - 1
    assert BLANK == 0
    assert character_of(BLANK) == ""


def test_every_character_is_one_code_point_in_its_composed_form():
    assert all(
        len(character) == 1 and unicodedata.is_normalized("NFC", character) for character in CHARACTERS
    )


def test_columns_lead_back_to_the_text():
    text = "Số: 12/QĐ-UBND, ngày 05 tháng 7 năm 2025 – “Ổn định”"
    assert can_write(text)
    assert "".join(map(character_of, columns_of(text))) == text


def test_what_is_not_in_the_alphabet_is_refused():
    assert not can_write("ö")
    with pytest.raises(KeyError):
        columns_of("ö")
