"""A ward moves from directory to bucket and from SQLite to PostgreSQL, and is proved to be the same."""

import pytest
import sqlalchemy as sa

from office.bootstrap import open_stores
from office.cli.main import main
from office.desk.searching import Wanted, catch_up, find_records
from office.desk.upkeep import moving, recording_rows
from office.nouns import Actor
from office.settings import Settings, SettingsFault, settings_in
from office.tables import papers
from storage.database import reading
from storage.faults import StorageCode, StorageFault
from tests.office.upkeep import archived, differences, opened, rows_of, with_archive_on
from tests.s3_server import s3_or_reason, s3_server  # noqa: F401 fixtures


@pytest.fixture
def source(tmp_path):
    office = opened(Settings(data=tmp_path / "house"))
    for number in range(2):
        archived(office, number)
    recording_rows.record_all(office)
    yield office
    office.engine.dispose()


@pytest.fixture
def target(source, tmp_path, s3_server, postgres_or_reason):  # noqa: F811 the fixture
    if isinstance(postgres_or_reason, Exception):
        pytest.skip(f"cannot be had here: PostgreSQL ({postgres_or_reason})")
    settings = with_archive_on(with_archive_on(source.settings, s3_server), s3_server, "objects")
    name = postgres_or_reason.new_database()
    office = open_stores(source, settings.having("database", url=postgres_or_reason.url(name)))
    yield office
    office.engine.dispose()
    postgres_or_reason.drop_database(name)


def quiet(_line: str) -> None:
    """Tell nobody."""


def same(proof) -> bool:
    return all(here == there for here, there in proof.values())


def test_directory_and_sqlite_become_bucket_and_postgresql_and_nothing_differs(source, target):
    proof = moving.move(source, target, quiet)
    assert same(proof)
    assert proof["papers"][0].count == 6
    assert proof["objects"][0].count == len(list(source.objects.keys()))
    assert differences(rows_of(source), rows_of(target)) == {}
    assert list(target.archive.verify()) == []
    assert sorted(target.archive.objects()) == sorted(source.archive.objects())
    assert archived(target, 7).papers  # work goes on there


def test_a_move_that_was_cut_short_is_begun_again_and_sends_only_what_is_missing(source, target, monkeypatch):
    kept = []
    put = type(target.objects).put

    def dies(store, key, path):
        if len(kept) == 5:
            raise KeyboardInterrupt
        kept.append(key)
        return put(store, key, path)

    monkeypatch.setattr(type(target.objects), "put", dies)
    with pytest.raises(KeyboardInterrupt):
        moving.move(source, target, quiet)
    monkeypatch.undo()
    told = []
    assert same(moving.move(source, target, told.append))
    everything = len(list(source.objects.keys()))
    assert told[0] == f"objects: {everything - 5}"
    assert same(moving.move(source, target, told.append))
    assert told[4:7] == ["objects: 0", "records: 0", "archive: 0"]


def test_the_proof_fails_for_a_row_a_byte_or_a_file_that_differs(source, target):
    moving.move(source, target, quiet)
    with target.engine.begin() as connection:
        connection.execute(sa.update(papers).values(title="khác"))
    stores = {"objects": (source.objects, target.objects), "records": (source.records, target.records)}
    proof = moving._compared(source, target, stores)
    assert [name for name, (here, there) in proof.items() if here != there] == ["papers"]
    key = next(iter(target.objects.keys()))
    target.objects.remove(key)
    proof = moving._compared(source, target, stores)
    assert proof["objects"][0] != proof["objects"][1]


def test_another_house_is_not_overwritten(source, target):
    archived(target, 3)
    with pytest.raises(StorageFault) as refused:
        moving.move(source, target, quiet)
    assert refused.value.code is StorageCode.ALREADY_KEPT


def test_the_command_moves_from_directory_to_directory_and_tells_the_proof(source, tmp_path, capsys):
    told = tmp_path / "new.toml"
    told.write_text(f'[database]\nurl = "sqlite:///{tmp_path / "new.db"}"\n')
    words = ["archive", "move", "--to", str(told), "--data", str(source.settings.data)]
    assert main(words) == 0
    assert "Hai nơi giống hệt nhau." in capsys.readouterr().out
    moved = opened(source.settings.having("database", url=f"sqlite:///{tmp_path / 'new.db'}"))
    assert differences(rows_of(source), rows_of(moved)) == {}
    catch_up(moved)
    reader = Actor("x", "", "", frozenset(), frozenset({moved.settings.unit}))
    assert len(find_records(moved, reader, Wanted("kc000000")).hits) == 1
    moved.engine.dispose()


@pytest.mark.parametrize("content", ["", "[web]\nport = 1\n", 'lang = "en"\n', "[objects]\nurk = 1\n", "["])
def test_a_file_that_says_nothing_of_places_is_refused(tmp_path, content):
    (tmp_path / "new.toml").write_text(content)
    with pytest.raises(SettingsFault):
        settings_in(tmp_path / "new.toml", Settings(data=tmp_path))


def test_records_are_locked_where_they_move_to_if_that_can_be(source, target):
    moving.move(source, target, quiet)
    for key in target.records.keys():  # noqa: SIM118 a store is no mapping
        assert target.records.retained_until(key) > source.clock()
    for key in target.objects.keys():  # noqa: SIM118
        assert target.objects.retained_until(key) is None
    with reading(target.engine) as connection:
        assert recording_rows.progress(connection).seq > 0
