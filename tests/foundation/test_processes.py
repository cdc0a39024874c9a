"""A process is known by its host, number and start, so that no later one is taken for it."""

import os
import subprocess
import sys

from foundation.processes import end_group, is_alive, name_process, name_this_process


def sleeper():
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)


def test_this_process_lives():
    assert name_this_process() == name_process(os.getpid())
    assert is_alive(name_this_process())


def test_a_process_that_ended_is_dead_also_before_it_is_waited_for():
    child = sleeper()
    name = name_process(child.pid)
    assert is_alive(name)
    end_group(name, 5)
    assert not is_alive(name)
    child.wait()
    assert not is_alive(name)


def test_a_process_of_another_machine_may_always_live():
    assert is_alive("elsewhere:1:1")


def test_a_later_process_with_the_same_number_is_another():
    host, pid, _ = name_this_process().rsplit(":", 2)
    assert not is_alive(f"{host}:{pid}:1")
