"""Dispatchers killed again and again while they archive dossiers: rows, archive, objects and index agree."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.s3_server import s3_or_reason, s3_server  # noqa: F401 fixtures

BENCH = Path(__file__).resolve().parents[2] / "bench" / "kill_chain.py"
KILLS = 10  # on each database in each place; the bench itself kills 200 times


@pytest.mark.slow
@pytest.mark.parametrize("place", ["directory", "s3"])
def test_no_half_object_is_seen_and_rows_objects_and_index_agree_however_often_a_dispatcher_dies(
    database_url, place, request
):
    line = [sys.executable, "-P", BENCH, "--kills", str(KILLS), "--database", database_url, "--place", place]
    if place == "s3":
        server = request.getfixturevalue("s3_server")
        line += ["--bucket", server.url(server.new_bucket()), server.credentials, server.authority]
    environment = {**os.environ, "PYTHONPATH": str(BENCH.parents[1])}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    held = [text for text in done.stdout.splitlines() if text.startswith("held")]
    assert len(held) == 4
