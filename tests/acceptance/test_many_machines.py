"""Two `serve`, three `work`, one database and one bucket: whoever dies, nothing is lost or done twice."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import skip_for_want_of
from tests.s3_server import s3_or_reason, s3_server  # noqa: F401 fixtures

BENCH = Path(__file__).resolve().parents[2] / "bench" / "machines.py"
GOALS = 2


@pytest.mark.slow
def test_papers_pass_while_every_process_is_killed_and_both_servers_restart(postgres_or_reason, s3_server):  # noqa: F811
    """The bench starts servers of its own, which it may end."""
    if isinstance(postgres_or_reason, Exception):
        skip_for_want_of("PostgreSQL", postgres_or_reason)
    line = [sys.executable, "-P", BENCH, "--papers", "12", "--rounds", "1"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(BENCH.parents[1]),
        "MOTCUA_MINIO": str(s3_server.program),
    }
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert len([text for text in done.stdout.splitlines() if text.startswith("held")]) == GOALS
