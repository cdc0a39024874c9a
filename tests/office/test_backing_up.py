"""A house is backed up as one set, and comes back from it, on either database, byte for byte."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from office.bootstrap import location_of, migrate, open_office
from office.cli.main import main
from office.desk.upkeep import recording_rows, sealing
from office.desk.upkeep.backing_up import LEFT_OUT, back_up
from office.desk.upkeep.drilling import drill
from office.desk.upkeep.restoring import Ground, restore
from office.settings import Settings
from office.tables import files, papers
from storage import disk, ledger
from storage.backup import rows
from storage.backup.faults import BackupCode, BackupFault
from storage.backup.folder import FolderStore
from storage.backup.place import Secret, make_place
from storage.database import open_engine, reading, writing
from storage.faults import StorageCode, StorageFault
from storage.fixity import verify
from storage.opening import Location, open_archive, open_objects
from tests.conftest import skip_for_want_of
from tests.office.upkeep import archived, differences, later, opened, rows_of
from tests.s3_server import s3_or_reason, s3_server  # noqa: F401 fixtures

ROOT = Path(__file__).resolve().parents[2]
KEY = Secret(b"k" * 32, is_passphrase=False)


def quiet(_line: str) -> None:
    """Tell nobody."""


@pytest.fixture
def office(tmp_path, database_url):
    opened_office = opened(Settings(data=tmp_path / "house").having("database", url=database_url))
    archived(opened_office)
    recording_rows.record_all(opened_office)
    sealing.seal_now(opened_office)
    yield opened_office
    opened_office.engine.dispose()


def place_at(office, folder, secret=None):
    return make_place(FolderStore(folder), secret, office.work_folder)


def ground_of(office, settings):
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.engine_url)
    holdings = open_archive(location_of(settings, settings.archive), office.clock)
    objects = open_objects(location_of(settings, settings.objects), office.clock)
    to = lambda revision: migrate(engine, settings.engine_url, revision)  # noqa: E731
    return Ground(settings.data, engine, objects, holdings.records, holdings.archive, to, office.work_folder)


@pytest.mark.parametrize("secret", [None, KEY], ids=["plain", "encrypted"])
def test_what_comes_back_is_the_house_row_for_row_and_byte_for_byte(office, tmp_path, secret):
    before = rows_of(office)
    place = place_at(office, tmp_path / "place", secret)
    made = back_up(office, place, quiet)
    assert made.lacking == ()
    settings = Settings(data=tmp_path / "back")
    restored = restore(place, made.name, ground_of(office, settings), quiet)
    assert restored.findings == ()
    back = open_office(settings)
    assert differences(before, rows_of(back)) == {}
    assert sorted(back.objects.keys()) == sorted(office.objects.keys())
    assert sorted(back.archive.objects()) == sorted(office.archive.objects())
    assert list(verify(back.objects, back.archive, back.records)) == []
    assert list(sealing.ledger_findings(back)) == []
    assert archived(back, 5).papers  # work goes on there
    back.engine.dispose()


def test_a_house_on_postgresql_comes_back_from_a_set_of_one_on_sqlite(tmp_path, postgres_or_reason):
    if isinstance(postgres_or_reason, Exception):
        skip_for_want_of("PostgreSQL", postgres_or_reason)
    source = opened(Settings(data=tmp_path / "house"))
    archived(source)
    place = place_at(source, tmp_path / "place")
    made = back_up(source, place, quiet)
    name = postgres_or_reason.new_database()
    settings = Settings(data=tmp_path / "back").having("database", url=postgres_or_reason.url(name))
    ground = ground_of(source, settings)
    assert restore(place, made.name, ground, quiet).findings == ()
    with reading(ground.engine) as connection:
        assert rows.tallies(connection, LEFT_OUT)["papers"].count == 3
    ground.engine.dispose()
    source.engine.dispose()
    postgres_or_reason.drop_database(name)


@pytest.fixture
def small(tmp_path):
    """A house on SQLite, and a place beside it."""
    made = opened(Settings(data=tmp_path / "house"))
    archived(made)
    yield made
    made.engine.dispose()


def test_what_is_there_is_not_sent_again_and_a_new_dossier_is(small, tmp_path):
    place = place_at(small, tmp_path / "place")
    first = back_up(small, place, quiet)
    second = back_up(later(small, seconds=2), place, quiet)
    assert first.sent > 20
    assert second.sent < 12  # rows of the ledger and of what came with the first backup
    archived(small, 1)
    third = back_up(later(small, seconds=4), place, quiet)
    assert second.sent < third.sent < first.sent + 12
    assert place.sets() == sorted([first.name, second.name, third.name])


KILLED = """
import os, signal, sys
from pathlib import Path
from office.bootstrap import open_office
from office.desk.upkeep.backing_up import back_up
from office.settings import Settings
from storage.backup.folder import FolderStore
from storage.backup.place import make_place
office = open_office(Settings(data=Path(sys.argv[1])))
sent = []
class Killed(FolderStore):
    def put(self, key, source):
        if len(sent) == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        sent.append(key)
        return super().put(key, source)
back_up(office, make_place(Killed(Path(sys.argv[2])), None, office.work_folder), print)
"""


def test_killed_in_the_middle_no_set_is_seen_and_the_next_run_sends_the_rest_alone(small, tmp_path):
    words = [sys.executable, "-P", "-c", KILLED, str(small.settings.data), str(tmp_path / "place"), "12"]
    killed = subprocess.run(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    place = place_at(small, tmp_path / "place")
    assert place.sets() == []
    made = back_up(small, place, quiet)
    whole = back_up(small, place_at(small, tmp_path / "other"), quiet)
    assert whole.sent - made.sent >= 9  # eleven lay there; some rows have changed since
    restored = restore(place, made.name, ground_of(small, Settings(data=tmp_path / "back")), quiet)
    assert restored.findings == ()


def test_restoring_that_was_cut_short_goes_on_and_rows_come_all_or_none(small, tmp_path, monkeypatch):
    place = place_at(small, tmp_path / "place")
    made = back_up(small, place, quiet)
    settings = Settings(data=tmp_path / "back")
    put_back, done = rows.put_back, []

    def dies(connection, table, packed):
        done.append(table.name)
        if table.name == "papers":
            raise KeyboardInterrupt
        return put_back(connection, table, packed)

    monkeypatch.setattr(rows, "put_back", dies)
    with pytest.raises(KeyboardInterrupt):
        restore(place, made.name, ground_of(small, settings), quiet)
    monkeypatch.undo()
    assert len(done) > 2
    ground = ground_of(small, settings)
    with reading(ground.engine) as connection:
        assert ledger.length(connection) == 0
    assert restore(place, made.name, ground, quiet).findings == ()
    ground.engine.dispose()


@pytest.mark.parametrize("secret", [None, KEY], ids=["plain", "encrypted"])
def test_a_flipped_byte_of_a_backup_is_found_and_mended_by_the_next_that_reads_all(small, tmp_path, secret):
    place = place_at(small, tmp_path / "place", secret)
    made = back_up(small, place, quiet)
    largest = max((tmp_path / "place" / "blobs").rglob("*"), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.chmod(0o600)
    largest.write_bytes(content)
    drilled = drill(small, place, None, scratch(tmp_path, "one"), (moved_to, quiet))
    assert [largest.name in reason for reason in drilled.reasons] == [True]
    assert "KHÔNG ĐẠT" in drilled.minutes
    back_up(later(small, seconds=2), place, quiet, rereads=True)
    assert drill(small, place, made.name, scratch(tmp_path, "two"), (moved_to, quiet)).reasons == ()


def scratch(tmp_path, name):
    folder = tmp_path / f"scratch-{name}"
    folder.mkdir()
    return folder


def moved_to(engine, url, revision):
    migrate(engine, url, revision)


@pytest.mark.law("L59")
def test_a_drill_proves_and_writes_minutes_that_the_ledger_keeps(office, tmp_path):
    place = place_at(office, tmp_path / "place", KEY)
    made = back_up(office, place, quiet)
    archived(office, 8)  # the house goes on
    drilled = drill(office, place, None, scratch(tmp_path, "drill"), (moved_to, quiet))
    assert drilled.reasons == ()
    assert "ĐẠT. Bản sao lưu phục hồi được nguyên vẹn." in drilled.minutes
    assert f"{made.entries} mục" in drilled.minutes
    assert "papers" in drilled.minutes  # what changed since is told
    assert drilled.path.read_text(encoding="utf-8") == drilled.minutes
    with reading(office.engine) as connection:
        (entry,) = [one for one in ledger.entries(connection, "backup") if one.what == "restore_drilled"]
    assert entry.body == {"set": made.name, "passed": True, "minutes": drilled.minutes}


def test_a_drill_fails_when_the_running_house_has_another_ledger(small, tmp_path):
    place = place_at(small, tmp_path / "place")
    back_up(small, place, quiet)
    with writing(small.engine) as connection:
        last = sa.select(sa.func.max(ledger.ledger_entries.c.seq)).scalar_subquery() - 1
        changed = sa.update(ledger.ledger_entries).where(ledger.ledger_entries.c.seq == last)
        connection.execute(changed.values(h="0" * 64))
    drilled = drill(small, place, None, scratch(tmp_path, "drill"), (moved_to, quiet))
    assert any("CHAIN_BROKEN" in reason for reason in drilled.reasons)


def test_a_full_disk_is_told_and_the_next_run_makes_the_set(small, tmp_path, monkeypatch):
    place = place_at(small, tmp_path / "place")
    copied, synced = [], disk.copy_synced

    def full(source, target):
        copied.append(target)
        if len(copied) > 6:
            raise StorageFault(StorageCode.DISK_FULL, "place")
        return synced(source, target)

    monkeypatch.setattr(disk, "copy_synced", full)
    with pytest.raises(StorageFault) as told:
        back_up(small, place, quiet)
    assert told.value.code is StorageCode.DISK_FULL
    assert place.sets() == []
    assert list((tmp_path / "place" / ".staging").iterdir()) == []
    monkeypatch.undo()
    assert back_up(small, place, quiet).lacking == ()


def test_a_house_that_has_rows_is_not_written_over(small, tmp_path):
    place = place_at(small, tmp_path / "place")
    made = back_up(small, place, quiet)
    with pytest.raises(BackupFault) as refused:
        restore(place, made.name, ground_of(small, small.settings), quiet)
    assert refused.value.code is BackupCode.HOUSE_HAS_ROWS
    assert small.settings.data.joinpath("kind").read_text() == "office"


@pytest.mark.law("L59")
def test_three_sets_stay_and_the_locked_one_whatever_its_age(small, tmp_path):
    place = place_at(small, tmp_path / "place")
    made = [back_up(later(small, days=day), place, quiet) for day in range(4)]
    assert made[0].locked_until
    assert [one.locked_until for one in made[1:]] == [None] * 3
    assert place.sets() == sorted(one.name for one in (made[0], made[2], made[3]))
    assert made[3].gone == (made[1].name,)
    after = back_up(later(small, days=120), place, quiet)  # the lock has ended: this one is locked
    assert after.locked_until
    assert place.sets() == sorted(one.name for one in (made[2], made[3], after))
    for one in (made[2], made[3], after):
        back = Settings(data=tmp_path / one.name)
        assert restore(place, one.name, ground_of(small, back), quiet).findings == ()


def test_what_is_damaged_in_the_house_is_told_and_everything_else_kept(small, tmp_path):
    with reading(small.engine) as connection:
        digest = connection.execute(sa.select(files.c.sha256).limit(1)).scalar_one()
    for path in small.settings.data.glob(f"objects/bytes/*/{digest}"):
        path.chmod(0o600)
        path.write_bytes(b"rot")
    made = back_up(small, place_at(small, tmp_path / "place"), quiet)
    assert [digest in lacking for lacking in made.lacking] in ([True], [True, True])
    assert made.entries > 20


def test_the_rows_are_of_one_instant_and_the_archive_is_no_further(small, tmp_path, monkeypatch):
    place, tables = place_at(small, tmp_path / "place"), rows.tables

    def busy(connection, without=()):
        found = tables(connection, without)
        if connection.engine is small.engine and not began:
            began.append(True)
            archived(small, 3)  # a whole dossier while the rows are read
        return found

    began = []
    monkeypatch.setattr(rows, "tables", busy)
    made = back_up(small, place, quiet)
    monkeypatch.undo()
    settings = Settings(data=tmp_path / "back")
    assert restore(place, made.name, ground_of(small, settings), quiet).findings == ()
    back = open_office(settings)
    with reading(back.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(papers)).scalar() == 3
    assert len(list(back.archive.objects())) == 1
    assert len(list(small.archive.objects())) == 2
    back.engine.dispose()


def test_the_commands_back_up_drill_list_and_restore(small, tmp_path, capsys):
    key, place, back = tmp_path / "key", tmp_path / "place", tmp_path / "back"
    key.write_bytes(b"0123456789abcdef" * 4)
    house = ["--data", str(small.settings.data)]
    assert main(["backup", "--to", str(place), "--key", str(key), *house]) == 0
    assert "Đã sao lưu" in capsys.readouterr().out
    source = ["--from", str(place), "--key", str(key)]
    assert main(["restore", *source, "--drill", *house]) == 0
    assert "BIÊN BẢN DIỄN TẬP" in capsys.readouterr().out
    assert main(["restore", *source, "--list", "--data", str(back)]) == 0
    assert "(đang khóa)" in capsys.readouterr().out
    assert main(["restore", *source, *house]) == 1
    assert "không ghi đè" in capsys.readouterr().err
    assert main(["restore", *source, "--data", str(back)]) == 0
    assert "Đã phục hồi" in capsys.readouterr().out
    with reading(open_engine(f"sqlite:///{back / 'motcua.db'}")) as connection:
        assert "house_restored" in {one.what for one in ledger.entries(connection)}
    (tmp_path / "wrong").write_bytes(b"fedcba9876543210" * 4)
    assert main(["restore", "--from", str(place), "--key", str(tmp_path / "wrong"), "--list"]) == 1
    assert "Khóa này không mở được" in capsys.readouterr().err
    assert main(["restore", "--from", str(place), "--list"]) == 1
    assert "--key TỆP" in capsys.readouterr().err
    assert main(["restore", "--from", str(tmp_path / "nowhere"), "--list"]) == 1


def test_no_private_key_leaves_an_office_and_no_password_of_the_database(tmp_path):
    office = opened(Settings(data=tmp_path / "house"))
    (office.settings.data / "tls").mkdir()
    for name in ("server.key", "motcua-ca.key", "server.pem"):
        (office.settings.data / "tls" / name).write_text(f"content of {name}")
    place = place_at(office, tmp_path / "place")
    back_up(office, place, quiet)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "place" / "blobs").rglob("*") if path.is_file())
    assert b"content of server.pem" in kept
    assert b"content of server.key" not in kept
    assert b"content of motcua-ca.key" not in kept
    office.engine.dispose()


@pytest.mark.law("L59")
def test_a_bucket_is_a_place_too_and_nobody_deletes_its_locked_set(small, tmp_path, s3_server, capsys):  # noqa: F811
    bucket = s3_server.new_bucket()
    where = ["--credentials", str(s3_server.credentials), "--ca", str(s3_server.authority)]
    (tmp_path / "key").write_bytes(b"k" * 32)
    words = [f"{s3_server.url(bucket)}/backups", "--key", str(tmp_path / "key"), *where]
    assert main(["backup", "--to", *words, "--data", str(small.settings.data)]) == 0
    assert "được khóa đến" in capsys.readouterr().out
    assert main(["restore", "--from", *words, "--data", str(tmp_path / "back")]) == 0
    assert "Đã phục hồi" in capsys.readouterr().out
    location = Location(words[0], tmp_path, s3_server.credentials, s3_server.authority)
    store = open_objects(location, small.clock, "backup")
    for key in tuple(store.keys()):
        with pytest.raises(StorageFault) as refused:
            store.remove(key)
        assert refused.value.code is StorageCode.RETAINED
