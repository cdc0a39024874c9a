"""A converted paper says so: the mark, the time and the converting body (NĐ 137/2024 Art. 4, TT 01/2023)."""

import subprocess
from datetime import date
from itertools import pairwise

import pikepdf
import pytest

from certify.letters.appearance import POINTS_PER_MM, draw, words_of
from certify.model import CertifyFault, Corner, FaultCode, Signer
from foundation.clock import on_paper
from office.desk import digitizing
from office.law.rules import load_rules
from tests.certify.certify_specimens import make_digitized

MARK = "Văn bản điện tử chuyển đổi từ văn bản giấy"
IN_FORCE = date(2024, 10, 23)
A4, ID_1 = (210.0, 297.0), (85.6, 54.0)
TOP_MARGIN_MM = 20.0


def words_placed(path):
    """Each word with its left and upper edge in millimetres."""
    told = subprocess.run(
        ["pdftotext", "-bbox", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    for row in told.splitlines():
        if "<word" in row:
            left, top = (
                float(row.split(f'{edge}="')[1].split('"')[0]) / POINTS_PER_MM for edge in ("xMin", "yMax")
            )
            yield row.split(">")[1].split("<")[0], left, top


@pytest.mark.law("L16")
@pytest.mark.parametrize("size", [A4, ID_1])
def test_the_clerks_signature_shows_mark_time_and_body_top_left_on_the_first_page(house, tmp_path, size):
    scan = make_digitized(tmp_path / "scan.pdf")
    with pikepdf.open(scan, allow_overwriting_input=True) as pdf:
        pdf.pages[0].MediaBox = pikepdf.Array([0, 0, *(side * POINTS_PER_MM for side in size)])
        pdf.save(scan)
    signed = digitizing._sign(house.office, house.clerk, scan, tmp_path / "signed.pdf")
    placed = list(words_placed(signed))
    text = " ".join(word for word, _, _ in placed)
    assert text.startswith(MARK)
    assert f"Người sao chụp: {house.clerk.full_name}" in text
    assert f"Thời gian chuyển đổi: {on_paper(house.office.clock()):%d/%m/%Y}" in text
    assert "+07:00" in text
    assert f"Cơ quan chuyển đổi: {house.office.settings.agency}" in text
    assert max(left for _, left, _ in placed) < 80
    assert max(bottom for _, _, bottom in placed) < TOP_MARGIN_MM


def signed_on(house, folder, size):
    scan = make_digitized(folder / "scan.pdf")
    with pikepdf.open(scan, allow_overwriting_input=True) as pdf:
        pdf.pages[0].MediaBox = pikepdf.Array([0, 0, *(side * POINTS_PER_MM for side in size)])
        pdf.save(scan)
    return digitizing._sign(house.office, house.clerk, scan, folder / "signed.pdf")


@pytest.mark.parametrize("size", [(79.0, 90.0), (70.0, 100.0), (57.0, 160.0), (48.0, 120.0), (90.0, 17.0)])
def test_on_a_slip_smaller_than_the_mark_the_mark_is_narrower_and_whole(house, tmp_path, size):
    signed = signed_on(house, tmp_path, size)
    placed = list(words_placed(signed))
    text = " ".join(word for word, _, _ in placed)
    assert text.startswith(MARK)
    assert f"Cơ quan chuyển đổi: {house.office.settings.agency}" in text
    with pikepdf.open(signed) as pdf:
        left, bottom, right, top = (float(edge) / POINTS_PER_MM for edge in pdf.pages[0].Annots[0].Rect)
    assert min(left, bottom) >= 0
    assert right <= size[0] + 0.01
    assert top <= size[1] + 0.01


def test_a_scrap_that_has_no_room_for_the_mark_is_told_as_that(house, tmp_path):
    with pytest.raises(CertifyFault) as told:
        signed_on(house, tmp_path, (22.0, 30.0))
    assert told.value.code is FaultCode.PAGE_TOO_SMALL
    assert not (tmp_path / "signed.pdf").exists()


def test_the_mark_is_asked_for_from_the_day_the_decree_holds():
    rules = load_rules()
    before = rules.appearance("clerk", date(2024, 10, 22))
    assert not any("chuyển đổi" in line for line in before.lines)
    assert rules.appearance("clerk", IN_FORCE).lines[0] == MARK


def test_the_mark_meets_no_other_form_of_the_page_and_keeps_out_of_the_text():
    rules = load_rules()
    clerk, copy = (rules.appearance(profile, IN_FORCE).box for profile in ("clerk", "agency_copy"))
    assert (clerk.corner, copy.corner) == (Corner.TOP_LEFT, Corner.TOP_RIGHT)
    assert clerk.x + clerk.width <= A4[0] - copy.x - copy.width
    assert clerk.y + clerk.height <= TOP_MARGIN_MM


def test_even_the_longest_names_fit_and_no_line_meets_another(house):
    form = load_rules().appearance("clerk", IN_FORCE)
    agency = "Ủy ban nhân dân phường Tăng Nhơn Phú thuộc Thành phố Hồ Chí Minh"
    signer = Signer("Công Tằng Tôn Nữ Nguyễn Thị Phương Quỳnh", "Công chức", agency)
    drawing = draw(form, words_of(form, signer, house.office.clock()))
    assert drawing.size >= form.smallest_size
    assert " ".join(text for _, text in drawing.lines).endswith(agency)
    assert all(one != other for one, other in pairwise(drawing.lines))
