"""Our line reader as it runs, with the weights that are in the repository."""

import difflib
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitize.model import DigitizeFault, FaultCode
from digitize.reader.alphabet import COLUMNS
from digitize.reader.lattice import choose
from digitize.reader.network import LINE_HEIGHT, STEP, WEIGHTS, LineReader, batches, steps_of
from digitize.reader.spellings import spell
from digitize.training.faces import FOLDERS
from digitize.training.scoring import best_path
from digitize.training.typeset import Manner, typeset
from vietnamese.letters import ACCENTED_LETTERS
from vietnamese.statistics import statistics

ABOVE, BELOW = 1.95, 0.5  # small letters, as the line finder cuts
MOST_BYTES = 6_000_000
PHRASES = (
    "Chủ tịch Ủy ban nhân dân phường quyết định",
    "tiếp nhận hồ sơ, trả kết quả đúng hẹn cho công dân",
    "người mẹ và trẻ em được nghỉ lễ cùng với gia đình",
    "chỉ dẫn, sẵn sàng, khẳng định, chặt chẽ, lên lớp",
    "kỹ thuật, tỷ lệ, kỳ họp, ý kiến, năm Ất Tỵ",
    "phòng chống lũ lụt, nghĩa vụ quân sự, võ thuật",
    "tháo gỡ khó khăn, hỗ trợ người bán hàng, mở rộng",
    "ngân hàng, bằng chứng, bắt đầu từ ngày, cẩn thận",
    "giấy tờ, xử lý, chữ ký số, đề nghị bãi bỏ",
    "vì lợi ích, tính toán, đòi bồi thường, đón tiếp, đọc",
    "trồng chè, ghé thăm, kể cả, tổng số, thời hạn, lời nói",
    "cơ sở, để lại, mưa bão, sữa, nhà cửa, cấp lại",
)
LOADING = (
    "import os, cv2\n"
    "cv2.setNumThreads(1)\n"
    "from digitize.reader.network import LineReader\n"
    "LineReader.load()\n"
    "print(len(os.listdir('/proc/self/task')))\n"
)
FACES = ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf")
SENTENCES = (
    "Ủy ban nhân dân phường tiếp nhận hồ sơ tại bộ phận một cửa",
    "Số: 125/QĐ-UBND ngày 07 tháng 8 năm 2025",
    "QUYẾT ĐỊNH",
    "Nguyễn Thị Ngọc Ánh",
)


@pytest.fixture(scope="module")
def reader():
    return LineReader.load()


def face(file):
    return next(path for folder in FOLDERS for path in folder.rglob(file))


def drawn(text, file="Tinos-Regular.ttf"):
    """The text as a clean print of 200 dots per inch, cut as the line finder cuts."""
    line = typeset(text, Manner(face(file)))
    top, bottom = line.baseline - ABOVE * line.x_height, line.baseline + BELOW * line.x_height
    left, right = line.left - line.x_height / 2, line.right + line.x_height / 2
    paper = 255 - line.ink[round(top) : round(bottom), round(left) : round(right)]
    width = round(paper.shape[1] * LINE_HEIGHT / paper.shape[0])
    return cv2.GaussianBlur(
        cv2.resize(paper, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA), (0, 0), 0.6
    )


def letters_read(read, said):
    """The letters of `said` that stand in `read` at their places."""
    blocks = difflib.SequenceMatcher(None, read, said, autojunk=False).get_matching_blocks()
    return {letter for block in blocks for letter in said[block.b : block.b + block.size]}


def missed(reader: LineReader, spelling: Callable[[NDArray[np.float32]], str]) -> set[str]:
    """The letters that are not read in their words, in any face."""
    said = [*PHRASES, *(phrase.upper() for phrase in PHRASES)]
    read: set[str] = set()
    for file in FACES:
        tables = reader.read([drawn(phrase, file) for phrase in said])
        for table, one in zip(tables, said, strict=True):
            read |= letters_read(spelling(table), one)
    return set(ACCENTED_LETTERS) - read


def with_the_language(table: NDArray[np.float32]) -> str:
    return " ".join(word.text for word in choose(spell(table), statistics()))


def test_the_phrases_hold_all_134_letters():
    assert {letter for phrase in PHRASES for letter in phrase + phrase.upper()} >= ACCENTED_LETTERS


def test_the_network_alone_reads_all_letters_in_their_words_but_a_rare_one_that_it_is_in_doubt_of(reader):
    assert missed(reader, best_path) <= set("Ẳ")


def test_every_one_of_the_134_letters_is_read_in_its_word(reader):
    assert missed(reader, with_the_language) == set()


@pytest.mark.parametrize("file", FACES)
def test_clean_print_is_read_without_a_slip(reader, file):
    tables = reader.read([drawn(sentence, file) for sentence in SENTENCES])
    assert [best_path(table) for table in tables] == list(SENTENCES)


def test_the_answer_has_a_row_for_every_step_and_a_column_for_every_character(reader):
    widths = (5, 300, 64, 301)
    tables = reader.read([np.full((LINE_HEIGHT, width), 255, np.uint8) for width in widths])
    assert [table.shape for table in tables] == [(-(-width // STEP), COLUMNS) for width in widths]
    assert all(np.allclose(np.exp(table).sum(axis=1), 1, atol=1e-3) for table in tables)


def test_paper_without_ink_says_nothing(reader):
    noise = np.random.default_rng(1).normal(235, 3, (LINE_HEIGHT, 400)).astype(np.uint8)
    (table,) = reader.read([noise])
    assert best_path(table).strip() == ""


def test_lines_come_back_in_the_order_they_were_given(reader):
    lines = [drawn(sentence) for sentence in SENTENCES]
    forth = [best_path(table) for table in reader.read(lines)]
    back = [best_path(table) for table in reader.read(lines[::-1])]
    assert forth == back[::-1]


def test_a_reader_that_is_loaded_has_started_no_thread_and_reports_to_nobody():
    told = subprocess.run(
        [sys.executable, "-P", "-c", LOADING],
        env={name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
        | {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=True,
    )
    assert int(told.stdout) == 1


def test_no_lines_are_no_answers(reader):
    assert reader.read([]) == []


def test_weights_that_are_not_there_are_told(tmp_path):
    with pytest.raises(DigitizeFault) as told:
        LineReader.load(tmp_path / "weights.onnx")
    assert told.value.code is FaultCode.READER_MISSING


def test_weights_that_were_altered_are_refused(tmp_path):
    altered = bytearray(WEIGHTS.read_bytes())
    altered[len(altered) // 2] ^= 1
    (tmp_path / "weights.onnx").write_bytes(altered)
    with pytest.raises(DigitizeFault) as told:
        LineReader.load(tmp_path / "weights.onnx")
    assert told.value.code is FaultCode.READER_MISSING


def test_the_weights_are_small_and_known_by_their_digest_in_the_card():
    data = WEIGHTS.read_bytes()
    assert len(data) <= MOST_BYTES
    assert hashlib.sha256(data).hexdigest() in WEIGHTS.with_name("CARD.md").read_text()


def test_batches_hold_every_line_once_and_lines_of_like_width():
    widths = [1400, 90, 700, 1390, 100, 720]
    found = list(batches(widths))
    assert sorted(place for batch in found for place in batch) == list(range(len(widths)))
    assert all(max(widths[place] for place in batch) * len(batch) <= 4_000 for batch in found)
    assert [[widths[place] for place in batch] for batch in found] == [[90, 100], [700, 720], [1390, 1400]]
    assert steps_of(1390) == 348
