"""Whatever chance makes of a file, there is a verdict in time, and none calls a changed file good."""

import logging
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certify.question import Question
from certify.verdict import Indication, NotADocument
from certify.verification.steps import verify

sys.path.insert(0, str(Path(__file__).parent))
import attacks_workshop as workshop
import fuzzing

FILES, TOGETHER = 200, 20  # `./motcua bench fuzz` takes 10,000
MOST_SECONDS = 5  # processor time for one file


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("fuzz")
    workshop.people().write_root(made)
    logging.disable(logging.CRITICAL)
    fuzzing.bases()
    logging.disable(logging.NOTSET)
    return made


@pytest.mark.parametrize("first", range(0, FILES, TOGETHER))
def test_damaged_files_have_a_verdict_and_no_good_one(folder, first):
    for number in range(first, first + TOGETHER):
        name, pdf = fuzzing.damaged(number)
        path = folder / "damaged.pdf"
        path.write_bytes(pdf)
        begun = time.process_time()
        try:
            verdict = verify(Question(path, (folder / "root.pem",), None, datetime.now(UTC)))
        except NotADocument:
            continue
        finally:
            assert time.process_time() - begun < MOST_SECONDS, number
        assert (verdict.indication is not Indication.TOTAL_PASSED) or pdf == fuzzing.bases()[name], number
