"""Run a command of the office and kill it (SIGKILL) just before its Nth writing commit.

Usage: python kill_at_commit.py N COMMAND...   N = 0 never kills; the last line tells the number of commits.
"""

import os
import signal
import sys
from itertools import count

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from office.cli.main import main

commits = count(1)
fatal = int(sys.argv[1])


@event.listens_for(Engine, "commit")
def before_commit(connection: Connection) -> None:
    """Count the commits that write; die before the fatal one."""
    if not connection.get_execution_options().get("motcua_reads") and next(commits) == fatal:
        os.kill(os.getpid(), signal.SIGKILL)


code = main(sys.argv[2:])
sys.stderr.write(f"commits {next(commits) - 1}\n")
sys.exit(code)
