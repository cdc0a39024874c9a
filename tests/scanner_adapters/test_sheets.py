import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from PIL import Image

from scanner_adapters.simulator.papers import lettering
from scanner_adapters.simulator.papers.layout import COUNTRY, MOTTO
from scanner_adapters.simulator.papers.lettering import FontMissing
from scanner_adapters.simulator.papers.phrases import scene
from scanner_adapters.simulator.papers.sheets import (
    all_kinds,
    blank,
    certificate,
    decision,
    letter,
    save,
    table,
)

MAKERS = (decision, certificate, table, letter)
LOW = 75  # dpi: enough to see where ink lies


@pytest.mark.parametrize("dpi", [100, 300])
def test_a_sheet_is_a_true_a4(dpi):
    for sheet in (*all_kinds(1, dpi), blank(dpi)):
        height, width, samples = sheet.image.shape
        assert samples == 3
        assert sheet.image.dtype == np.uint8
        assert abs(width * 25.4 / dpi - 210) < 0.2
        assert abs(height * 25.4 / dpi - 297) < 0.2


@pytest.mark.parametrize("make", MAKERS)
def test_the_same_seed_gives_the_same_pixels_and_another_seed_others(make):
    first, again, other = make(5, LOW), make(5, LOW), make(6, LOW)
    assert np.array_equal(first.image, again.image)
    assert first.lines == again.lines
    assert first.fields == again.fields
    assert first.lines != other.lines


def test_another_process_draws_the_same_pixels():
    told = "import hashlib; from scanner_adapters.simulator.papers.sheets import decision as d; "
    told += "print(hashlib.sha256(d(3, 100).image.tobytes()).hexdigest())"
    prints = {
        subprocess.run([sys.executable, "-c", told], capture_output=True, check=True).stdout for _ in "ab"
    }
    assert len(prints) == 1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("make", MAKERS)
def test_every_line_is_composed_unicode_and_every_field_is_printed(make, seed):
    sheet = make(seed, LOW)
    assert sheet.text == "\n".join(sheet.lines)
    assert unicodedata.is_normalized("NFC", sheet.text)
    printed = " ".join(sheet.text.split())
    for name in ("number_symbol", "subject", "signer", "type"):
        if name in sheet.fields and sheet.fields["type"] != "CÔNG VĂN":
            assert sheet.fields[name] in printed, name
    if "place" in sheet.fields:
        assert f"{sheet.fields['place']}, ngày {sheet.fields['issued_on'][:2]} tháng" in printed


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("make", MAKERS)
def test_nothing_is_printed_outside_the_margins(make, seed):
    dark = make(seed, LOW).image.min(axis=2) < 128
    rows, columns = (np.flatnonzero(dark.any(axis=axis)) * 25.4 / LOW for axis in (1, 0))
    assert rows[0] >= 18
    assert rows[-1] <= 297 - 20
    assert columns[0] >= 29
    assert columns[-1] <= 210 - 14


@pytest.mark.parametrize("seed", range(6))
def test_every_decision_tells_of_digitizing_the_results(seed):
    assert "số hóa kết quả giải quyết thủ tục hành chính" in " ".join(decision(seed, LOW).text.split())


def test_the_header_is_read_cell_by_cell():
    lines = decision(4, LOW).lines
    assert [lines.index(line) for line in (COUNTRY, MOTTO)] == [3, 4]
    assert lines[0] == "ỦY BAN NHÂN DÂN"
    assert lines[2].startswith("Số: ")
    assert "ngày" in lines[5]


def test_days_and_the_first_two_months_below_ten_carry_a_zero_and_later_months_do_not():
    dated = {scene(seed).dated.split(", ", 1)[1] for seed in range(120)}
    days = {line.split()[1] for line in dated}
    months = {line.split()[3] for line in dated}
    assert {len(day) for day in days} == {2}
    assert {"01", "02"} <= months
    assert not {"1", "2", "03", "09"} & months


def test_seal_and_signature_overlap():
    image = decision(4, LOW).image.astype(int)
    red = (image[..., 0] - image[..., 1] > 60) & (image[..., 0] - image[..., 2] > 60)
    blue = image[..., 2] - image[..., 0] > 60
    right_of_seal, left_of_pen = np.flatnonzero(red.any(axis=0))[-1], np.flatnonzero(blue.any(axis=0))[0]
    assert left_of_pen < right_of_seal < np.flatnonzero(blue.any(axis=0))[-1]
    seal_mm = np.ptp(np.flatnonzero(red.any(axis=1))) * 25.4 / LOW
    assert abs(seal_mm - 36) < 1.5


def test_a_blank_sheet_is_paper_and_nothing_else():
    sheet = blank(LOW)
    assert sheet.lines == ()
    assert sheet.image.min() > 240


@pytest.mark.parametrize("name", ["page.jpg", "page.JPG", "page.png", "page.tif"])
def test_a_saved_sheet_keeps_its_size_and_tells_its_resolution(tmp_path, name):
    path = save(letter(1, LOW).image, tmp_path / name, LOW)
    with Image.open(path) as picture:
        assert picture.size == (620, 877)
        assert tuple(round(float(value)) for value in picture.info["dpi"]) == (LOW, LOW)


def test_several_sheets_become_one_tiff(tmp_path):
    path = save([sheet.image for sheet in all_kinds(1, LOW)], tmp_path / "all.tif", LOW)
    with Image.open(path) as picture:
        assert picture.n_frames == 4


def test_a_missing_font_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(lettering, "FONT_FOLDERS", (tmp_path,))
    lettering._find.cache_clear()
    try:
        with pytest.raises(FontMissing, match="fonts-croscore"):
            lettering._find(lettering.Face.REGULAR)
    finally:
        lettering._find.cache_clear()
