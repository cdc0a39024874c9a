"""Dispatchers killed again and again while they archive dossiers: rows, archive and index agree."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench" / "kill_chain.py"
KILLS = 25  # on each database; the bench itself kills 500 times


@pytest.mark.slow
def test_no_paper_is_missing_in_any_description_however_often_a_dispatcher_dies(database_url):
    line = [sys.executable, "-P", BENCH, "--kills", str(KILLS), "--database", database_url]
    environment = {**os.environ, "PYTHONPATH": str(BENCH.parents[1])}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    held = [text for text in done.stdout.splitlines() if text.startswith("held")]
    assert len(held) == 3
