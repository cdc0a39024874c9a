"""Lines of scans on which two models agree: how they are found, kept and used again."""

from itertools import islice

import numpy as np
import pytest

from digitize.reader.network import LINE_HEIGHT
from digitize.training.agreed import AgreedLine, endless_agreed, read_lines, write_lines
from digitize.training.label import agreed_lines
from digitize.training.pictures import LinePicture
from digitize.training.supply import judged, mixed


def line(text, document, width=300):
    pixels = np.full((LINE_HEIGHT, width), 230, np.uint8)
    pixels[15:35, 10 : width - 10 : 7] = 20
    return AgreedLine(LinePicture(pixels, text), document)


@pytest.fixture
def kept(tmp_path):
    lines = [
        line(f"dòng {place} của {document}", document, 300 + place)
        for document in "abcdef"
        for place in (1, 2)
    ]
    write_lines(lines, tmp_path / "lines.npz")
    return tmp_path / "lines.npz"


def test_lines_of_every_fifth_document_only_choose_between_weights(kept):
    trained, held = (read_lines(kept, held_back=held) for held in (False, True))
    assert {picture.text[-1] for picture in held} == {"a", "f"}
    assert {picture.text[-1] for picture in trained} == {"b", "c", "d", "e"}


def test_lines_are_kept_pixel_for_pixel(kept):
    first = read_lines(kept, held_back=True)[0]
    assert first.text == "dòng 1 của a"
    assert np.array_equal(first.pixels, line("", "a", 301).picture.pixels)


def test_a_line_comes_again_a_little_different_with_the_same_text(kept):
    lines = read_lines(kept, held_back=True)[:1]
    again = list(islice(endless_agreed(lines, 1), 4))
    assert {picture.text for picture in again} == {lines[0].text}
    assert len({picture.pixels.tobytes() for picture in again}) == 4
    assert all(picture.pixels.shape[0] == LINE_HEIGHT for picture in again)


def test_drawn_and_real_lines_are_mixed():
    drawn, real = line("vẽ", "a").picture, line("thật", "b").picture
    some = list(islice(mixed(iter([drawn] * 200), iter([real] * 200), 3), 200))
    assert 0.15 < sum(picture is real for picture in some) / 200 < 0.35


def test_every_line_is_judged_once(kept):
    lines = read_lines(kept, held_back=False) * 6
    assert sorted(text for batch in judged(lines) for text in batch.texts) == sorted(
        one.text for one in lines
    )


def test_agreed_lines_say_what_the_page_says(worn, decision, tmp_path):
    page = worn(blur=0.5)
    (tmp_path / "scans").mkdir()
    for name in ("page.jpg", "exam.jpg"):
        (tmp_path / "scans" / name).write_bytes(page.read_bytes())
    found = list(agreed_lines(tmp_path / "scans", ["exam"]))
    said = " ".join(decision.text.split())
    assert len(found) >= 10
    assert {one.document for one in found} == {"page"}
    assert sum(one.picture.text in said for one in found) >= 0.9 * len(found)
