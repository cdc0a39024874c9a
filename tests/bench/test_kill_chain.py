"""Dispatchers killed again and again while they archive dossiers: rows, archive, objects and index agree."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import skip_for_want_of
from tests.s3_server import s3_or_reason, s3_server  # noqa: F401 fixtures

BENCH = Path(__file__).resolve().parents[2] / "bench" / "kill_chain.py"
KILLS = {"directory": 25, "s3": 10}  # on each database; the bench itself kills 500 and 200 times
GOALS = 4  # of each


@pytest.mark.slow
@pytest.mark.parametrize("place", ["directory", "s3"])
def test_no_half_object_is_seen_and_rows_objects_and_index_agree_however_often_a_dispatcher_dies(
    tmp_path, place, postgres_or_reason, request
):
    bucket = []
    if place == "s3":
        server = request.getfixturevalue("s3_server")
        bucket = ["--bucket", server.url(server.new_bucket()), server.credentials, server.authority]
    databases = [f"sqlite:///{tmp_path / 'motcua.db'}"]
    if not isinstance(postgres_or_reason, Exception):
        databases.append(postgres_or_reason.url(postgres_or_reason.new_database()))
    line = [sys.executable, "-P", BENCH, "--kills", str(KILLS[place]), "--place", place, *bucket]
    environment = {**os.environ, "PYTHONPATH": str(BENCH.parents[1])}
    done = subprocess.run(
        [*line, "--database", *databases],
        env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    held = [text for text in done.stdout.splitlines() if text.startswith("held")]
    assert len(held) == GOALS * len(databases)
    if isinstance(postgres_or_reason, Exception):
        skip_for_want_of("PostgreSQL", postgres_or_reason)
