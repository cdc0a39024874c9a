"""Our reader holds its marks, on drawn pages and, where they are at hand, on the exam."""

import os
import subprocess
import sys

import pytest

from bench import reader
from digitize.model import DigitizeFault
from digitize.words.own_reader import load_own_reader
from tests.conftest import ROOT, skip_for_want_of

DRAWN = "4"


@pytest.fixture(autouse=True)
def weights():
    try:
        load_own_reader()
    except DigitizeFault as missing:
        pytest.fail(f"our reader is not whole: {missing}")


def measured(*arguments: str) -> tuple[int, str]:
    """The bench as people call it: in its own process, where nothing traces lines while CPU is counted."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-P", ROOT / "bench" / "reader.py", *arguments],
        env=plain,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_on_drawn_pages_errors_and_cpu_break_no_mark():
    code, told = measured("--pages", "0", "--stress", DRAWN)
    assert code == 0, told
    assert "stress errors against vie" in told
    assert "stress own cpu against vie" in told


def test_on_the_exam_accuracy_and_cpu_break_no_mark():
    if not reader.PAGES.is_dir():
        skip_for_want_of("the transcribed pages", "../shared")
    code, told = measured("--stress", "0")
    assert code == 0, told


def test_what_is_missed_is_told_by_its_cause():
    told = reader.causes("Ủy ban nhân dân phường", "Uỷ ban nhândân phuong x")
    assert told == {"mark": 2, "joined": 2}
