"""Our reader as the digitizing room has it: present and whole, or absent and Tesseract reads alone."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from digitize.model import DigitizeFault, FaultCode
from digitize.reader.calibration import CALIBRATION, calibration
from digitize.reader.cut import cut_page
from digitize.reader.lines import find_lines
from digitize.reader.network import WEIGHTS, LineReader
from digitize.reader.reading import OwnLine, OwnReading, OwnWord, averaged, moved, read_cuts
from digitize.words import recognize
from digitize.words.own_reader import is_understood, load_own_reader
from tests.digitize.reader_pages import printed

ROW = ("Căn cứ Luật Tổ chức chính quyền địa phương", 90, 160, 54)


class Counted(LineReader):
    """A reader that keeps how many lines it was asked for each time."""

    def __init__(self, network: LineReader) -> None:
        self._network = network
        self.lines: list[int] = []

    def read(self, lines):
        self.lines.append(len(lines))
        return self._network.read(lines)


@pytest.mark.usefixtures("tesseract_alone")
def test_without_weights_tesseract_reads_alone(tmp_path):
    with pytest.raises(DigitizeFault) as told:
        load_own_reader()
    assert told.value.code is FaultCode.READER_MISSING
    (line,) = recognize.read_page(printed(ROW), 300.0, tmp_path).lines
    assert line.text == ROW[0]
    assert all(word.readings == () for word in line.words)
    assert recognize.readers() == "Tesseract"


def test_a_layout_or_a_print_that_ours_does_not_understand_is_left_to_tesseract():
    def reading(together: float, doubt: float) -> OwnReading:
        word = OwnWord("dân", "dân", together, together, together, 0.0, 9.0)
        return OwnReading((OwnLine(None, (word,)),), doubt)

    assert is_understood(reading(0.95, 0.02))
    assert not is_understood(reading(0.95, 0.4))
    assert not is_understood(reading(0.2, 0.02))
    assert not is_understood(OwnReading((), 0.0))


@pytest.mark.skipif(
    not (WEIGHTS.exists() and CALIBRATION.exists()),
    reason="weights and their curves are not both here",
)
def test_the_weights_and_their_curves_belong_together_and_read_a_line_of_print(tmp_path):
    own = load_own_reader()
    assert own.curves.weights_sha256 == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    plane = printed(ROW)
    reading = own.read(plane, 300.0)
    (line,) = own.lines(reading, plane, tmp_path)
    assert line.text == ROW[0]
    assert line.baseline == pytest.approx(160 / 500, abs=0.01)
    assert recognize.readers().startswith("Motcua ")


def test_a_line_of_low_letters_alone_is_cut_again_when_it_reads_as_no_capitals():
    page = printed(
        ("Căn cứ Luật Tổ chức chính quyền địa phương", 90, 100, 54),
        ("em xem mưa rơi, mèo con ăn uống sau vườn", 90, 200, 54),
        ("của Ủy ban nhân dân phường, có hiệu lực", 90, 300, 54),
    )
    assert [line.is_capitals for line in find_lines(page, 300).lines] == [False, True, False]
    line = load_own_reader().read(page, 300).lines[1]
    assert not line.cut.line.is_capitals
    assert line.cut.line.x_height == pytest.approx(24.8, abs=1.2)
    assert " ".join(word.text for word in line.words) == "em xem mưa rơi, mèo con ăn uống sau vườn"


def test_a_doubtful_line_is_read_three_times_and_a_sure_one_once():
    own, (sure,) = load_own_reader(), cut_page(printed(("Căn cứ Luật Tổ chức", 90, 100, 54)), 300)[1]
    noise = np.random.default_rng(3).integers(0, 140, sure.pixels.shape)
    doubtful = replace(sure, pixels=np.clip(sure.pixels - noise, 0, 255).astype(np.uint8)[:, ::-1])
    counted = Counted(own.network)
    assert len(list(read_cuts([sure, doubtful], counted, own.language))) == 2
    assert counted.lines == [2, 2]


def test_moved_lines_keep_their_size_and_tables_are_averaged():
    line = np.full((48, 60), 250, np.uint8)
    line[20:22] = 0
    assert np.array_equal(moved(line, 2)[22:24], line[20:22])
    one, other = np.log([[0.8, 0.2]]), np.log([[0.4, 0.6]])
    assert np.exp(averaged([one, other])) == pytest.approx(np.array([[0.6, 0.4]]))


def test_curves_are_read_from_their_file(tmp_path):
    curve = {"bias": 0.5, "weights": [1.0, 2.0]}
    told = dict.fromkeys(("alone", "agreed", "own", "heard"), curve)
    told |= {"sure_from": 0.9, "number_sure_from": 0.95, "ask_below": 0.99, "weights_sha256": "00"}
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    read = calibration(path)
    assert read.alone.at(0.0, 0.0) == pytest.approx(1 / (1 + np.exp(-0.5)))
    assert read.alone.at(1.0, 1.0) > read.alone.at(1.0, 0.0) > read.alone.at(0.0, 0.0)
    assert (read.sure_from, read.number_sure_from, read.ask_below) == (0.9, 0.95, 0.99)
    assert CALIBRATION.parent == WEIGHTS.parent
