"""A data directory is opened once, brought to the newest rows, and swept of what the dead left."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from office.bootstrap import MIGRATIONS, open_office, operator
from office.confined.confine import ROOT
from office.faults import DeskCode, DeskFault
from office.procedure import Role
from office.schema import ALL_METADATA
from office.settings import Settings
from office.tables import papers
from storage.database import reading

OPEN = """
import sys
from pathlib import Path
from office.bootstrap import open_office
from office.settings import Settings
office = open_office(Settings(data=Path(sys.argv[1])), demo=True)
with office.work_folder() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def start(data):
    return subprocess.Popen(
        [sys.executable, "-P", "-c", OPEN, str(data)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_may_open_the_same_new_directory_at_once(tmp_path):
    both = [start(tmp_path / "house") for _ in range(2)]
    folders = [one.stdout.readline().strip() for one in both]
    for one in both:
        one.communicate("")
    assert [one.returncode for one in both] == [0, 0]
    assert len(set(folders)) == 2
    roots = list((tmp_path / "house" / "demo-authority").glob("root.pem"))
    assert len(roots) == 1


def test_work_folders_of_the_dead_are_swept_those_of_the_living_kept(tmp_path):
    dead, living = start(tmp_path / "house"), start(tmp_path / "house")
    left, used = (Path(one.stdout.readline().strip()) for one in (dead, living))
    dead.kill()
    dead.communicate()
    assert left.is_dir()
    open_office(Settings(data=tmp_path / "house")).engine.dispose()
    assert not left.exists()
    assert used.is_dir()
    living.communicate("")
    assert not used.exists()


@pytest.mark.parametrize(("first", "then"), [(True, False), (False, True), (None, True)])
def test_a_directory_is_marked_for_life(tmp_path, first, then):
    settings = Settings(data=tmp_path)
    open_office(settings, demo=first).engine.dispose()
    with pytest.raises(DeskFault) as refused:
        open_office(settings, demo=then)
    assert refused.value.code is DeskCode.WRONG_HOUSE
    again = open_office(settings)
    assert again.is_demo is bool(first)
    again.engine.dispose()


def test_an_office_has_no_specimen_keys_and_trusts_no_demo_root(tmp_path):
    office = open_office(Settings(data=tmp_path))
    assert office.trust.roots == ()
    with pytest.raises(DeskFault) as refused:
        office.keyring.of("anybody")
    assert refused.value.code is DeskCode.KEYS_MISSING
    assert office.trust.stamp_roots == ()
    with pytest.raises(DeskFault) as refused:
        _ = office.services
    assert refused.value.code is DeskCode.TRUST_MISSING
    assert not (tmp_path / "demo-authority").exists()
    office.engine.dispose()


def test_nobody_else_on_the_machine_can_look_into_the_house(house):
    data = house.office.settings.data
    for folder in (data, data / "inbox", data / "work", data / "index"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    keys = [path for path in (data / "demo-authority").rglob("*") if b"PRIVATE KEY" in read(path)]
    assert keys
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}


def read(path):
    return path.read_bytes() if path.is_file() else b""


def test_a_folder_that_was_open_to_all_is_closed_when_it_becomes_a_house(tmp_path):
    tmp_path.chmod(0o755)
    open_office(Settings(data=tmp_path)).engine.dispose()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_the_migrated_rows_are_the_rows_the_code_knows(house_on_each):
    with house_on_each.office.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), ALL_METADATA)
    assert differences == []


def test_the_newest_rows_can_be_taken_back_and_made_again(house_on_each, page):
    paper = house_on_each.scanned(page)
    engine, settings = house_on_each.office.engine, house_on_each.office.settings
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    command.downgrade(config, "0003")
    assert "wishes" not in {column["name"] for column in sa.inspect(engine).get_columns("papers")}
    open_office(settings).engine.dispose()
    with reading(engine) as connection:
        assert connection.execute(sa.select(papers.c.id, papers.c.wishes)).all() == [(paper, None)]


def test_opening_again_migrates_nothing(house_on_each):
    settings = house_on_each.office.settings
    again = open_office(settings)
    with reading(again.engine) as connection:
        (version,) = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars()
    assert version == max(path.name[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))
    again.engine.dispose()


def test_the_operator_sees_the_units_papers_and_certifies_nothing(house):
    who = operator(house.office)
    assert who.units == {house.office.settings.unit}
    assert who.roles == {Role.ARCHIVIST}
    with pytest.raises(DeskFault):
        who.require(Role.OFFICER)
