"""Whatever goes wrong in whatever order: completed means every sheet, in order, once; else it is said."""

import pytest

from scanner_adapters.model import JobState
from tests.scanner_adapters.escl_rig import rig
from tests.scanner_adapters.escl_scripts import random_script, wrongs

SCRIPTS = 200


@pytest.mark.parametrize("part", range(4))
def test_no_script_makes_a_page_vanish_unsaid_or_come_twice(tmp_path, part):
    wrong, completed = {}, 0
    for seed in range(part, SCRIPTS, 4):
        script = random_script(seed)
        tried = rig(tmp_path / str(seed), *script.faults, sheets=script.sheets, profile=script.profile)
        done = tried.scan()
        completed += done.state is JobState.COMPLETED
        if found := wrongs(script, done):
            wrong[seed] = found
    assert wrong == {}
    assert completed > SCRIPTS / 16
