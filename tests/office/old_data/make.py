"""Makes a data directory with the code of an older commit, for the tests that open it with today's.

What stands in it when it is done: the demo come to its end (a dossier archived, its copy issued, delivered
and archived), a second dossier archived whose copy is RESERVED (its number taken, the officer's signature not
yet), and a third whose paper is READ (nobody has signed it yet). Once on SQLite, once on PostgreSQL.

    git worktree add /tmp/old COMMIT
    PYTHONPATH=/tmp/old OMP_THREAD_LIMIT=1 .venv/bin/python -P tests/office/old_data/make.py FOLDER

The rooms come from PYTHONPATH, so what the old code does is what it always did; only the pages are small.
FOLDER then holds `sqlite.tar.xz`, `postgresql.tar.xz` (the data directories) and `postgresql.sql.xz` (a
dump).
This file speaks the language of commit b098335; a later form of the data brings a script of its own.
"""

import argparse
import importlib.util
import lzma
import subprocess
import sys
import tarfile
import tempfile
from functools import partial
from pathlib import Path

from office.jobs import run_until_idle
from office.people.specimens import open_people
from scanner_adapters.simulator.wear import Wear

from office.bootstrap import open_office
from office.cli import demonstrating
from office.cli.console import Console
from office.desk import certifying, claims, digitizing, intake, sample
from office.settings import Settings
from office.tables import copies
from scanner_adapters.simulator import sheets

DPI = 130  # small pages: the packed directories stand in the repository
OLD = Path(sys.modules["office.bootstrap"].__file__).resolve().parents[1]


def main(out: Path) -> None:
    draw_small_pages()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="motcua-old-") as work:
        make_house(Path(work) / "sqlite", "")
        pack(Path(work) / "sqlite", out / "sqlite.tar.xz")
        server = databases().PostgresServer()
        try:
            name = server.new_database()
            make_house(Path(work) / "postgresql", server.url(name))
            pack(Path(work) / "postgresql", out / "postgresql.tar.xz")
            dump = ["pg_dump", "--no-owner", "--no-privileges", "--inserts", "--host", server.folder]
            told = subprocess.run([*dump, "--username", "motcua", name], capture_output=True, check=True)
        finally:
            server.stop()
    (out / "postgresql.sql.xz").write_bytes(lzma.compress(told.stdout, preset=9))


def draw_small_pages() -> None:
    sheets.decision = partial(sheets.decision, dpi=DPI)
    sheets.table = partial(sheets.table, dpi=DPI)
    sample.Profile = partial(sample.Profile, delivers_dpi=DPI)
    sample.WEARS = (Wear(skew_degrees=1.3), Wear(quarter_turns=2))


def make_house(data: Path, database_url: str) -> None:
    settings = Settings(data=data, database_url=database_url, page_jobs=1)
    if demonstrating.demo(argparse.Namespace(port=None, once=True), settings, Console(True, "vi")) != 0:
        raise SystemExit("the demo did not come to its end")
    office = open_office(settings, demo=True)
    people = open_people(office)
    page = sheets.certificate(3, dpi=DPI)
    with tempfile.TemporaryDirectory(prefix="motcua-page-") as folder:
        path = sheets.save(page.image, Path(folder) / "page.jpg", page.dpi)
        paper = archive_paper(office, people, path)
        receive(office, people, "Phạm Văn Cường", path)
        run_until_idle(office)  # reads it; nobody has signed it yet
        reserve_copy(office, people, paper)
    office.engine.dispose()


def receive(office, people, requester: str, page: Path) -> str:
    wanted = intake.Intake(demonstrating.PROCEDURE, requester)
    dossier = intake.open_dossier(office, people.clerk, wanted)
    return intake.receive_files(office, people.clerk, dossier, "Giấy xác nhận tình trạng hôn nhân", (page,))


def archive_paper(office, people, page: Path) -> str:
    paper = receive(office, people, "Trần Thị Bình", page)
    run_until_idle(office)
    digitizing.sign_scan(office, people.clerk, paper)
    run_until_idle(office)
    review = digitizing.Review(1, {"subject": "Giấy xác nhận tình trạng hôn nhân"})
    digitizing.review_paper(office, people.clerk, paper, review)
    run_until_idle(office)
    return paper


def reserve_copy(office, people, paper: str) -> None:
    """As a process leaves it that is killed between the number and the officer's signature."""
    copy = certifying.request_copy(office, people.clerk, paper, certifying.CopyRequest(1))
    certifying.approve_copy(
        office, people.clerk, copy, frozenset(check.code for check in office.rules.checks)
    )
    certifying.confirm_copy(office, people.officer, copy)
    with claims.held(office, copies, copy) as claim:
        with certifying.reading(office.engine) as connection:
            row = claims.read(connection, claim)
        certifying.STEPS[certifying.CopyState.APPROVED](office, claim, row)


def pack(data: Path, target: Path) -> None:
    with tarfile.open(target, "w:xz", preset=9) as packed:
        packed.add(data, arcname="data")


def databases():
    """The tests' PostgreSQL of the same commit."""
    spec = importlib.util.spec_from_file_location("shared", OLD / "tests" / "conftest.py")
    shared = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shared)
    return shared


if __name__ == "__main__":
    main(Path(sys.argv[1]))
