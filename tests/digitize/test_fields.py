"""Fields are found by form and place, told with their confidence, and never made up."""

from collections.abc import Mapping

import pytest

from digitize.fields import Field, extract
from digitize.model import Box, Line, PageText, Word

HEADER = (
    ("ỦY BAN NHÂN DÂN", 0.12, 0.05),
    ("PHƯỜNG MỸ PHƯỚC", 0.12, 0.07),
    ("Số: 15/QĐ-UBND", 0.15, 0.10),
    ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 0.5, 0.05),
    ("Độc lập - Tự do - Hạnh phúc", 0.55, 0.07),
    ("Mỹ Phước, ngày 03 tháng 02 năm 2026", 0.55, 0.10),
)
BODY = (
    ("QUYẾT ĐỊNH", 0.42, 0.15),
    ("Về việc khen thưởng các tập thể", 0.3, 0.17),
    ("có thành tích năm 2025", 0.35, 0.19),
    ("CHỦ TỊCH ỦY BAN NHÂN DÂN PHƯỜNG", 0.3, 0.23),
    ("Căn cứ Luật Tổ chức chính quyền địa phương;", 0.15, 0.27),
)
FOOT = (
    ("Nơi nhận:", 0.12, 0.7),
    ("- Như trên;", 0.12, 0.72),
    ("KT. CHỦ TỊCH", 0.6, 0.7),
    ("PHÓ CHỦ TỊCH", 0.6, 0.72),
    ("Thạch Bảo Dũng", 0.6, 0.82),
)


def page_of(
    *lines: tuple[str, float, float], number: int = 1, sure: Mapping[str, float] | None = None
) -> PageText:
    return PageText(
        number, 210.0, 297.0, tuple(line_of(text, left, top, sure or {}) for text, left, top in lines)
    )


def line_of(text: str, left: float, top: float, sure: Mapping[str, float]) -> Line:
    words = []
    for part in text.split():
        width = 0.0095 * len(part)
        words.append(Word(part, Box(left, top, left + width, top + 0.013), sure.get(part, 96.0)))
        left += width + 0.006
    return Line(tuple(words))


def values(*pages: PageText) -> dict[str, str]:
    return {field.name: field.value for field in extract(pages)}


def test_a_decision_gives_its_eight_fields():
    assert values(page_of(*HEADER, *BODY, *FOOT)) == {
        "number_symbol": "15/QĐ-UBND",
        "issued_on": "03/02/2026",
        "place": "Mỹ Phước",
        "issuer": "ỦY BAN NHÂN DÂN PHƯỜNG MỸ PHƯỚC",
        "document_type": "QUYẾT ĐỊNH",
        "subject": "Về việc khen thưởng các tập thể có thành tích năm 2025",
        "signer_title": "KT. CHỦ TỊCH PHÓ CHỦ TỊCH",
        "signer": "Thạch Bảo Dũng",
    }


def test_an_official_letter_is_known_by_its_subject_under_the_number():
    found = values(page_of(*HEADER[:3], ("V/v trả lời đơn của ông", 0.1, 0.12), *HEADER[3:], *FOOT))
    assert found["document_type"] == "CÔNG VĂN"
    assert found["subject"] == "V/v trả lời đơn của ông"


def test_the_signer_stands_on_the_last_page_that_has_one():
    found = extract(
        [page_of(*HEADER, *BODY), page_of(*FOOT, number=2), page_of(("Trang trắng", 0.4, 0.5), number=3)]
    )
    (signer,) = [field for field in found if field.name == "signer"]
    assert (signer.value, signer.page) == ("Thạch Bảo Dũng", 2)


def test_a_field_is_as_sure_as_its_least_sure_word_and_tells_its_place():
    page = page_of(*HEADER, *BODY, sure={"15/QĐ-UBND": 41.0})
    found = {field.name: field for field in extract([page])}
    assert found["number_symbol"].confidence == 41.0
    assert found["issued_on"].confidence == 96.0
    box = found["number_symbol"].box
    assert box is not None
    assert (box.left, box.top) == pytest.approx((0.15, 0.10))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("Số: 4 /TB-UBND", "4/TB-UBND"),
        ("Số:1009/QĐ-TTg", "1009/QĐ-TTG"),
        ("SỐ 7⁄2025/NQ-HĐND", "7/2025/NQ-HĐND"),
    ],
)
def test_numbers_are_read_in_the_forms_offices_write(told, expected):
    assert values(page_of((told, 0.15, 0.1)))["number_symbol"] == expected


@pytest.mark.parametrize("told", ["Số: /QĐ-UBND", "Số: 15", "Số lượng: 15/20", "Sổ hộ khẩu số 12"])
def test_what_is_no_number_with_symbol_is_left_out(told):
    assert "number_symbol" not in values(page_of((told, 0.15, 0.1)))


@pytest.mark.parametrize(
    "told", ["Huế, ngày 31 tháng 02 năm 2026", "Huế, ngày tháng 11 năm 2024", "ngày mai"]
)
def test_a_day_that_does_not_exist_is_no_date(told):
    assert "issued_on" not in values(page_of((told, 0.55, 0.1)))


def test_nothing_is_made_of_nothing():
    assert extract([]) == ()
    assert extract([page_of()]) == ()
    prose = page_of(
        *((f"Một dòng chữ thường thứ {row} trong một bài văn", 0.1, 0.1 + 0.02 * row) for row in range(30))
    )
    assert extract([prose]) == ()


def test_fields_are_found_on_a_page_that_was_read(read_once, decision):
    read = extract([page.text for page in read_once.pages])
    found: dict[str, Field] = {field.name: field for field in read}
    for name in ("number_symbol", "issued_on", "signer", "subject"):
        assert found[name].value == decision.fields[name]
