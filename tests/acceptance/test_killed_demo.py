"""A demo killed again and again (SIGKILL) ends where an undisturbed one ends: nothing lost or doubled."""

import importlib.util
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench" / "kills.py"


@pytest.fixture(scope="module")
def kills():
    """The bench's own killer and its own look at what is left."""
    described = importlib.util.spec_from_file_location("kills", BENCH)
    module = importlib.util.module_from_spec(described)
    sys.modules["kills"] = module
    described.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_a_demo_killed_before_ever_later_commits_still_comes_to_its_end(kills, tmp_path):
    data = tmp_path / "demo"
    for fatal in (1, 2, 4, 7, 12, 9, 6, 3, 11):
        if kills.demo(data, fatal).returncode == 0:
            break
    assert kills.demo(data, fatal=0).returncode == 0
    kills.require(data)


@pytest.mark.slow
def test_a_finished_demo_run_again_changes_nothing(kills, tmp_path):
    data = tmp_path / "demo"
    assert kills.demo(data, fatal=0).returncode == 0
    before = snapshot(data)
    again = kills.demo(data, fatal=0)
    assert again.returncode == 0
    assert "commits 0" in again.stderr
    assert snapshot(data) == before


def snapshot(data):
    kept = [*(data / "archive").rglob("*"), *(data / "objects").rglob("*"), *(data / "demo").rglob("*")]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in kept if path.is_file()}
