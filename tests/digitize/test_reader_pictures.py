"""The pictures that the line reader is trained on, and how readings of them are scored."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitize.reader.alphabet import BLANK, COLUMNS, can_write, columns_of
from digitize.reader.network import LINE_HEIGHT, STEP, stacked, steps_of, stretched
from digitize.training.faces import Face, FaceMissing, Family, faces_of, one_of
from digitize.training.likeness import look_of, quantiles
from digitize.training.pictures import LinePicture, PictureMaker, has_room
from digitize.training.scoring import best_path, edits, error_rate
from digitize.training.supply import batch_of, endless_batches
from digitize.training.texts import Corpus, a_text, read_corpus
from digitize.training.typeset import Manner, typeset
from digitize.training.worn import Copy, framed, printed, rippled

TINOS = Family(
    ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf", "Tinos-BoldItalic.ttf"), 1.0, "fonts-croscore"
)
PARAGRAPHS = (
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;",
    "Điều 1. Phê duyệt kế hoạch tiếp nhận hồ sơ tại bộ phận một cửa của phường",
    "Chủ tịch Ủy ban nhân dân phường quyết định, giao Văn phòng tổ chức thực hiện, báo cáo trước ngày 05",
)


@pytest.fixture(scope="module")
def corpus():
    return Corpus(PARAGRAPHS, tuple(" ".join(PARAGRAPHS).split()))


@pytest.fixture(scope="module")
def tinos():
    return faces_of([TINOS])


def pictures(corpus, faces, seed, count):
    return list(islice(PictureMaker(corpus, faces, seed), count))


def test_a_picture_is_a_line_as_the_finder_cuts_it_with_its_text(corpus, tinos):
    for picture in pictures(corpus, tinos, 1, 12):
        assert picture.pixels.dtype == np.uint8
        assert picture.pixels.shape[0] == LINE_HEIGHT
        assert picture.text == picture.text.strip()
        assert can_write(picture.text)


def test_every_picture_has_room_for_its_text(corpus, tinos):
    assert all(has_room(picture) for picture in pictures(corpus, tinos, 2, 20))


def test_the_same_seed_gives_the_same_pictures_and_another_gives_others(corpus, tinos):
    first, again, other = (pictures(corpus, tinos, seed, 4) for seed in (7, 7, 8))
    assert [picture.text for picture in first] == [picture.text for picture in again]
    assert all(np.array_equal(one.pixels, two.pixels) for one, two in zip(first, again, strict=True))
    assert [picture.text for picture in first] != [picture.text for picture in other]


def test_ink_stands_out_from_paper_in_most_pictures(corpus, tinos):
    contrasts = [np.ptp(np.percentile(picture.pixels, (2, 90))) for picture in pictures(corpus, tinos, 3, 30)]
    assert np.median(contrasts) > 100


def test_a_face_that_is_not_installed_names_its_package():
    absent = Family(("Absent.ttf",) * 4, 1.0, "fonts-absent")
    with pytest.raises(FaceMissing, match="fonts-absent"):
        faces_of([absent])


def test_faces_are_drawn_by_their_shares(tinos):
    chance = np.random.default_rng(1)
    often, never = (Face(face.path, share) for face, share in zip(tinos, (1.0, 0.0), strict=False))
    assert {one_of([often, never], chance).path for _ in range(20)} == {often.path}


def test_texts_hold_no_character_that_cannot_be_written(corpus):
    chance = np.random.default_rng(5)
    assert all(can_write(a_text(corpus, chance)) for _ in range(300))


def test_documents_are_either_trained_on_or_held_back(tmp_path):
    for number in range(30):
        (tmp_path / f"{number:02d}.txt").write_text(
            f"Văn bản thứ {['một', 'hai', 'ba', 'bốn'][number % 4]}\nđoạn x{number}\n"
        )
    trained, held = (set(read_corpus(tmp_path, held_back=held).paragraphs) for held in (False, True))
    only_held = {line for line in held if line.startswith("đoạn")}
    assert len(only_held) == 2
    assert not only_held & trained


def test_a_folder_without_text_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no text"):
        read_corpus(tmp_path, held_back=False)


def test_a_low_threshold_makes_strokes_fat_and_a_high_one_thin(tinos):
    ink = typeset("Quyết định", Manner(tinos[0].path)).ink
    chance = np.random.default_rng(1)
    fat, thin = (printed(ink, Copy(1.5, threshold, 3.0, 0.0), chance).mean() for threshold in (0.3, 0.6))
    assert fat > ink.mean() > thin


def test_wet_paper_moves_letters_but_takes_none_away(tinos):
    ink = typeset("Quyết định", Manner(tinos[0].path)).ink
    moved = rippled(ink, 72, 0.04, np.random.default_rng(1))
    assert moved.shape == ink.shape
    assert (moved != ink).any()
    assert moved.mean() == pytest.approx(ink.mean(), rel=0.15)


def test_a_frame_stands_beside_the_line_and_covers_nothing_of_it():
    line = np.full((LINE_HEIGHT, 200), 230, np.uint8)
    line[20:40, 50:150] = 30
    sides = set()
    for seed in range(20):
        framed_line = framed(line, np.random.default_rng(seed))
        extra = framed_line.shape[1] - 200
        at_left = np.array_equal(framed_line[:, extra:], line)
        side = framed_line[:, :extra] if at_left else framed_line[:, 200:]
        assert at_left or np.array_equal(framed_line[:, :200], line)
        assert side[LINE_HEIGHT // 2 :].min() < 160
        sides.add(at_left)
    assert sides == {True, False}


def test_texts_are_also_stamps_of_signing_and_office_shorthand(corpus):
    chance = np.random.default_rng(6)
    texts = [a_text(corpus, chance) for _ in range(2000)]
    assert any(text.lower().startswith(("người ký: ", "ký bởi: ")) for text in texts)
    assert any("+07:00" in text for text in texts)
    assert any("V/v " in text for text in texts)
    assert any(text.split()[0].islower() and text.split()[-1].isupper() for text in texts)


def test_letter_spacing_and_underlines_leave_their_place_in_the_line(tinos):
    plain = typeset("KẾ HOẠCH", Manner(tinos[0].path))
    spaced = typeset("KẾ HOẠCH", Manner(tinos[0].path, letter_space=0.2, underline=0.06))
    assert spaced.right - spaced.left > plain.right - plain.left
    below = round(spaced.baseline) + 10
    assert spaced.ink[below, round(spaced.left) + 5 : round(spaced.right) - 5].all()


def test_a_fat_stroke_is_measured_as_wider_than_a_thin_one():
    thin, fat = (np.full((LINE_HEIGHT, 400), 240, np.uint8) for _ in "ab")
    for width, line in ((2, thin), (5, fat)):
        for left in range(20, 380, 20):
            line[16:38, left : left + width] = 10
    assert (look_of(thin).across, look_of(fat).across) == (2, 5)
    assert look_of(thin).down == 22
    assert look_of(thin).above == 0
    assert quantiles([LinePicture(thin, "")])["across"] == [2.0] * 5


def test_drawn_lines_look_about_as_office_print_does(corpus, tinos):
    seen = quantiles(pictures(corpus, tinos, 9, 60))
    assert 3.2 < seen["across"][2] < 5.5  # pixels; real scans of 200 and 300 dots per inch: 3.6 and 4.6
    assert 0.11 < seen["ink"][2] < 0.2  # real: 0.13 and 0.165


def test_lines_of_like_width_come_as_one_batch(corpus, tinos):
    batch = next(endless_batches(PictureMaker(corpus, tinos, 4)))
    assert batch.lines.shape[:2] == (len(batch.texts), LINE_HEIGHT)
    assert batch.lengths.sum() == len(batch.columns)
    assert (batch.steps * STEP <= batch.lines.shape[2] + STEP).all()


def test_a_batch_keeps_each_lines_text_as_columns(corpus, tinos):
    some = pictures(corpus, tinos, 6, 3)
    batch = batch_of(some)
    assert batch.columns.tolist() == [column for picture in some for column in columns_of(picture.text)]
    assert batch.steps.tolist() == [steps_of(picture.pixels.shape[1]) for picture in some]


def test_contrast_is_stretched_and_short_lines_end_in_paper():
    faint = np.full((LINE_HEIGHT, 40), 200, np.uint8)
    faint[20:30, 10:20] = 120
    line = stretched(faint)
    assert (line.min(), line.max()) == (0, 255)
    stack = stacked([line, np.zeros((LINE_HEIGHT, 90), np.uint8)])
    assert stack[0, :, 40:].min() == 255


def test_the_best_path_drops_blanks_and_repeats():
    columns = [BLANK, *columns_of("ổ"), *columns_of("ổ"), BLANK, *columns_of("ổn"), BLANK]
    assert best_path(np.eye(COLUMNS, dtype=np.float32)[columns]) == "ổổn"


@given(st.text("aảổn ", max_size=12), st.text("aảổn ", max_size=12))
def test_edits_are_the_levenshtein_distance(read, said):
    assert edits(read, said) == slow_edits(read, said)


def slow_edits(read, said):
    row = list(range(len(said) + 1))
    for letter in read:
        before, row = row, [row[0] + 1]
        for place, wanted in enumerate(said):
            row.append(min(row[place] + 1, before[place + 1] + 1, before[place] + (letter != wanted)))
    return row[-1]


def test_the_error_rate_is_edits_by_characters_said():
    assert error_rate([("quyêt", "quyết"), ("định", "định")]) == pytest.approx(1 / 9)
