"""Every byte is read again in time; what rotted is repaired from the replica, and the ledger tells of it."""

import random
from dataclasses import replace

import pytest
import sqlalchemy as sa

from office.cli.main import main
from office.desk.upkeep import replicating, rereading
from office.procedure import FileRole
from office.rows import in_archive, keeping
from office.settings import Settings
from office.tables import fixity
from office.work.dispatcher import run_until_idle
from storage import ledger
from storage.archive import VersionNote
from storage.database import reading
from storage.faults import StorageCode
from storage.ocfl.mirror import is_mirrored
from storage.opening import Location, open_archive
from tests.office.upkeep import archived, flip, later, opened, with_archive_on
from tests.s3_server import s3_or_reason, s3_server  # noqa: F401 fixtures
from tests.storage.samples import CLERK, NOON

FLIPS = 100


def with_replica(settings: Settings, folder) -> Settings:
    return settings.having("replica", url=str(folder))


@pytest.fixture(params=["directory", "s3"])
def office(request, tmp_path):
    settings = with_replica(Settings(data=tmp_path / "house"), tmp_path / "replica")
    if request.param == "s3":
        settings = with_archive_on(settings, request.getfixturevalue("s3_server"))
    opened_one = opened(settings)
    yield opened_one
    opened_one.engine.dispose()


@pytest.fixture
def alone(tmp_path):
    """A house without a replica."""
    opened_one = opened(Settings(data=tmp_path / "house"))
    yield opened_one
    opened_one.engine.dispose()


def events(office, what):
    with reading(office.engine) as connection:
        return [entry for entry in ledger.entries(connection, limit=10_000) if entry.what == what]


def tree_of(office, made):
    return office.archive.tree_of(in_archive.archive_id(office, made.code))


def contents(tree) -> list[str]:
    return [name for name in tree.names() if "/content/" in name]


@pytest.mark.law("L7")
def test_a_hundred_of_a_hundred_flipped_bits_are_found_and_repaired(office):
    made = [archived(office, number) for number in range(2)]
    run_until_idle(office)
    chance = random.Random(17)  # noqa: S311 places, not secrets
    for _ in range(FLIPS // 20):
        flipped = 0
        places = {(one.code, name) for one in made for name in tree_of(office, one).names()}
        for code, name in chance.sample(sorted(places), 20):
            one = next(one for one in made if one.code == code)
            flip(tree_of(office, one), name, office, chance.random())
            flipped += 1
        assert flipped == 20
        for one in made:
            told = rereading.reread_dossier(office, one.id, one.code)
            assert told.damaged == ()
        assert list(office.archive.verify()) == []
        replica = office.open_replica()
        for one in made:
            copy = replica.archive.tree_of(in_archive.archive_id(office, one.code))
            assert is_mirrored(tree_of(office, one), copy)


def test_the_chore_reads_a_new_dossier_when_its_day_is_over_and_again_in_ninety_days(office):
    archived(office)
    run_until_idle(office)
    assert events(office, "archive_read_again") == []
    tomorrow = later(office, days=1, minutes=1)
    run_until_idle(tomorrow)
    first = events(office, "archive_read_again")
    assert [entry.body["damaged"] for entry in first] == [0]
    run_until_idle(later(office, days=80))
    assert len(events(office, "archive_read_again")) == 1
    run_until_idle(later(office, days=92))
    assert len(events(office, "archive_read_again")) == 2


@pytest.mark.law("L7")
def test_damage_found_by_the_chore_is_repaired_and_told_in_the_ledger(office):
    made = archived(office)
    run_until_idle(office)
    name = contents(tree_of(office, made))[0]
    flip(tree_of(office, made), name, office)
    run_until_idle(later(office, days=1, minutes=1))
    (told,) = events(office, "damage_repaired")
    assert told.subject == made.code
    assert told.body["place"].endswith(name)
    assert (events(office, "damage_found"), list(office.archive.verify())) == ([], [])


def test_an_object_that_is_gone_as_a_whole_comes_back_from_the_replica(office):
    made = archived(office)
    run_until_idle(office)
    tree = tree_of(office, made)
    before = {name: tree.read(name) for name in tree.names()}
    for name in before:
        tree.remove(name)
    told = rereading.reread_dossier(office, made.id, made.code)
    assert [one.code for one in told.repaired] == [StorageCode.NOT_KEPT]
    assert {name: tree.read(name) for name in tree.names()} == before


def test_a_version_that_the_replica_does_not_know_yet_is_not_taken_away_by_a_repair(office, tmp_path):
    made = archived(office)
    run_until_idle(office)
    (tmp_path / "more").write_bytes(b"more")
    object_id = in_archive.archive_id(office, made.code)
    note = VersionNote("later", CLERK)
    newest = office.archive.add_version(object_id, {"du-lieu/more.pdf": tmp_path / "more"}, note)
    flip(tree_of(office, made), "v1/inventory.json", office)
    told = rereading.reread_dossier(office, made.id, made.code)
    assert office.archive.version(object_id) == newest
    assert told.damaged == () or all(one.place.endswith("inventory.json") for one in told.damaged)


def test_without_a_replica_damage_is_told_to_people_until_it_is_mended(alone, capsys):
    made = archived(alone)
    name = contents(tree_of(alone, made))[0]
    flip(tree_of(alone, made), name, alone)
    run_until_idle(later(alone, days=1, minutes=1))
    (told,) = events(alone, "damage_found")
    assert told.body["fault"] == StorageCode.DAMAGED
    words = ["--data", str(alone.settings.data)]
    assert main(["doctor", *words]) == 1
    assert f"{made.code}: 1 tệp hỏng" in capsys.readouterr().out
    flip(tree_of(alone, made), name, alone)  # back again
    assert rereading.reread_dossier(alone, made.id, made.code).damaged == ()
    main(["doctor", *words])
    assert "tệp hỏng" not in capsys.readouterr().out


def test_a_file_that_rotted_among_the_objects_comes_back_from_the_archive(alone):
    made = archived(alone)
    with reading(alone.engine) as connection:
        kept = keeping.find(connection, keeping.Place(next(iter(made.papers)), FileRole.SIGNED_SCAN))
    path = alone.settings.data / "objects" / "bytes" / kept.sha256[:2] / kept.sha256
    path.write_bytes(path.read_bytes()[:-1])
    told = rereading.reread_dossier(alone, made.id, made.code)
    assert [(one.place, one.code) for one in told.repaired] == [
        (f"objects/{keeping.key_of(kept.sha256)}", StorageCode.DAMAGED)
    ]
    assert list(alone.objects.verify()) == []


def test_a_record_that_rotted_comes_back_from_the_replica(office):
    archived(office)
    run_until_idle(later(office, minutes=20))
    (key,) = office.records.keys()
    content = bytearray(office.records.read(key))
    replica = office.open_replica()
    assert replica.records.read(key) == bytes(content)
    content[0] ^= 1
    if hasattr(office.records, "_bucket"):
        name = f"{key}.kept"
        sha256 = office.records.describe(key).sha256
        from storage.s3.answers import SHA256

        office.records._bucket._client._put_object(
            bucket_name=office.records._bucket._address.bucket,
            object_name=office.records._bucket._full(name),
            data=bytes(content),
            headers={SHA256: sha256},
        )
    else:
        office.records._bytes_of(office.records.describe(key).sha256).write_bytes(bytes(content))
    run_until_idle(later(office, days=1, minutes=30))
    assert [entry.subject for entry in events(office, "damage_repaired")] == [rereading.RECORDS]
    assert [one for one in office.records.verify() if one.code is StorageCode.DAMAGED] == []


def test_the_replica_holds_every_dossier_and_record_and_is_an_archive_of_its_own(office, tmp_path):
    made = archived(office)
    run_until_idle(later(office, minutes=20))
    folder = tmp_path / "replica"
    copy = open_archive(Location("", folder), lambda: NOON)
    assert list(copy.archive.verify()) == []
    object_id = in_archive.archive_id(office, made.code)
    assert copy.archive.version(object_id) == office.archive.version(object_id)
    assert set(copy.records.keys()) == set(office.records.keys())
    with reading(office.engine) as connection:
        assert not replicating.is_behind(connection, office)
        assert connection.execute(sa.select(fixity.c.replicated_version)).scalars().all() == [4]


def test_a_replica_that_is_away_stops_nobody_and_is_made_good_later(alone, tmp_path):
    away = replace(alone, settings=with_replica(alone.settings, tmp_path / "replica"))
    (tmp_path / "replica").write_text("no folder")
    lost = opened(away.settings)
    made = archived(lost)
    assert lost.archive.version(in_archive.archive_id(lost, made.code)).number == 4
    (tmp_path / "replica").unlink()
    back = opened(away.settings)
    run_until_idle(later(back, hours=3))
    replica = back.open_replica()
    assert is_mirrored(tree_of(back, made), replica.archive.tree_of(in_archive.archive_id(back, made.code)))
    for one in (lost, back):
        one.engine.dispose()
