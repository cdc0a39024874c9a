"""One process at a time."""

import subprocess
import sys

from foundation.locks import alone, alone_if_free, open_lock, take_if_free

HOLDER = (
    "import sys\nfrom pathlib import Path\nfrom foundation.locks import alone\n"
    "with alone(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
)


def holding(path):
    command = [sys.executable, "-P", "-c", HOLDER, str(path)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "held\n"
    return child


def test_a_lock_that_another_process_has_is_told_at_once(tmp_path):
    child = holding(tmp_path / "lock")
    with alone_if_free(tmp_path / "lock") as is_ours:
        assert not is_ours
    child.communicate()
    with alone_if_free(tmp_path / "lock") as is_ours:
        assert is_ours


def test_a_lock_is_gone_with_the_process_that_held_it(tmp_path):
    child = holding(tmp_path / "lock")
    child.kill()
    child.communicate()
    with alone(tmp_path / "lock"):
        handle = open_lock(tmp_path / "lock")
        assert not take_if_free(handle)
