"""Names from certificates as they may be shown."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.verification.signers.names import LONGEST_NAME, is_deceptive, shown_name
from certify.verification.signers.roles import is_agency_name

sys.path.insert(0, str(Path(__file__).parent))
from attacks_signers import DECEPTIVE_NAMES

HONEST_NAMES = (
    "Trần Văn Mẫu (BẢN MẪU)",
    "Đặng Thị Ơ",
    "Nguye\u0302\u0303n Va\u0306n A\u0301",  # decomposed
    "ỦY BAN NHÂN DÂN PHƯỜNG MẪU",
    "Øystein Łukasz Müßig-O'Neill",
    "山田太郎",
    "Иван Грозный",  # one alphabet throughout, and no twin of a Latin name
    "Công ty TNHH 1 Thành Viên & Con",
)


@pytest.mark.parametrize("name", HONEST_NAMES)
def test_an_honest_name_is_not_called_deceptive(name):
    assert not is_deceptive(name)


@pytest.mark.parametrize("name", HONEST_NAMES[:6])
def test_a_plain_name_is_shown_as_it_is(name):
    assert "[U+" not in shown_name(name)


@pytest.mark.parametrize("name", DECEPTIVE_NAMES)
def test_a_deceptive_name_is_told_letter_by_letter(name):
    assert is_deceptive(name)
    assert "[U+" in shown_name(name)


@given(st.text(max_size=300))
def test_nothing_hidden_is_ever_shown(name):
    shown = shown_name(name)
    assert all(letter.isprintable() or letter == " " or letter.isspace() for letter in shown)
    assert "\u202e" not in shown
    assert "\n" not in shown


@pytest.mark.parametrize("between", ["”; “", "; ", "\uff1b "])
def test_no_name_can_be_read_as_two(between):
    shown = shown_name(f"Lê Văn Một{between}Ủy ban nhân dân phường Mẫu")
    assert not set("“”;\uff1b") & set(shown)
    assert "Ủy ban" in shown


def test_a_name_without_end_is_cut():
    assert len(shown_name("a" * 5000)) == LONGEST_NAME + 1


@pytest.mark.parametrize(
    ("name", "agency"),
    [
        ("Ủy ban nhân dân phường Mẫu", True),
        ("UBND xã Ba Vì", True),
        ("Sở Tư pháp", True),
        ("Phòng Tư pháp", True),
        ("Trương Văn Một", False),
        ("Bàn Thị Hai", False),
        ("Sơn Ca", False),
        ("Công ty TNHH Ban Mai", False),
    ],
)
def test_agencies_are_told_from_people_by_how_their_names_begin(name, agency):
    assert is_agency_name(name) is agency
