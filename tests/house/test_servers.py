"""The databases that tests stand on are real, fresh and both kinds."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

START_A_SERVER = """
import importlib.util, signal, sys
spec = importlib.util.spec_from_file_location("shared", sys.argv[1])
shared = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shared)
server = shared.PostgresServer()
print(server.folder, flush=True)
signal.pause()
"""


def test_each_test_begins_with_an_empty_database(database_url):
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE seen (name TEXT)"))
        connection.execute(sa.text("INSERT INTO seen VALUES ('ả')"))
        assert connection.execute(sa.text("SELECT name FROM seen")).scalars().all() == ["ả"]
    engine.dispose()


def test_a_second_test_does_not_see_the_first_ones_rows(database_url):
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        assert "seen" not in sa.inspect(connection).get_table_names()
    engine.dispose()


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_server_does_not_outlive_a_killed_test_run(root, postgres_or_reason):
    if isinstance(postgres_or_reason, Exception):
        pytest.skip(f"cannot be had here: PostgreSQL ({postgres_or_reason})")
    command = [sys.executable, "-c", START_A_SERVER, root / "tests" / "conftest.py"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        folder = Path(run.stdout.readline().strip())
        server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        assert is_running(server)
        os.kill(run.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while is_running(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(server)
    shutil.rmtree(folder)


def test_no_test_server_listens_on_the_network(database_url):
    engine = sa.create_engine(database_url)
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            assert connection.execute(sa.text("SHOW listen_addresses")).scalar() == ""
    engine.dispose()
