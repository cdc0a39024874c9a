"""`./motcua test`: what it counts, what it demands, and that it works from anywhere."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("house_run", Path(__file__).parents[1] / "run.py")
run = importlib.util.module_from_spec(SPEC)
sys.modules["house_run"] = run  # dataclasses look their module up
SPEC.loader.exec_module(run)


def summary(lines, branches=(0, 0)):
    names = ("covered_lines", "num_statements", "covered_branches", "num_branches")
    return {"summary": dict(zip(names, (*lines, *branches), strict=True))}


def test_every_room_has_a_threshold_and_none_is_lower_than_the_house_allows(rooms):
    assert set(run.LEAST_COVERED) == set(rooms)
    for room, least in run.LEAST_COVERED.items():
        assert least >= (95 if room in {"certify", "storage"} else 90), room


def test_lines_and_branches_of_a_room_are_counted_together():
    files = {
        "storage/a.py": summary((8, 10), (1, 2)),
        "storage/deep/b.py": summary((6, 6), (0, 2)),
        "office/storage.py": summary((0, 100)),
    }
    assert run.covered_by_room(files)["storage"] == pytest.approx(75)


def test_a_room_that_no_test_touched_is_not_covered():
    assert run.covered_by_room({})["certify"] == 0


def test_paths_are_those_of_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_a.py").touch()
    assert run.from_here("test_a.py::test_b") == f"{tmp_path}/test_a.py::test_b"
    assert [run.from_here(word) for word in ("-k", "test_a", "-q")] == ["-k", "test_a", "-q"]


@pytest.mark.parametrize(("body", "status"), [("assert True", 0), ("assert False", 1)])
def test_with_arguments_it_is_pytest_with_those_arguments(tmp_path, root, body, status):
    (tmp_path / "test_here.py").write_text(f"def test_here(): {body}\n")
    done = subprocess.run(
        [sys.executable, "-P", root / "tests" / "run.py", "-q", "-p", "no:cacheprovider", "test_here.py"],
        cwd=tmp_path,
        env=os.environ | {"MOTCUA_JUDGES": str(tmp_path), "MOTCUA_MINIO": str(tmp_path), "CI": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert "1 passed" in done.stdout or status
