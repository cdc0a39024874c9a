"""What the archive holds leaves the objects when it was read back, here and in the replica."""

import pytest
import sqlalchemy as sa

from foundation.durable import sha256_of
from office.desk import certifying
from office.desk.upkeep import releasing, replicating, rereading
from office.procedure import CopyState, FileRole
from office.rows import in_archive, keeping
from office.settings import Settings
from office.tables import copies, files
from office.work.dispatcher import run_until_idle
from storage import ledger
from storage.database import reading
from storage.objects import NotKept
from tests.office.conftest import open_house
from tests.office.upkeep import archived, flip, later, opened


@pytest.fixture
def office(tmp_path):
    opened_one = opened(Settings(data=tmp_path / "house").having("replica", url=str(tmp_path / "replica")))
    yield opened_one
    opened_one.engine.dispose()


def digests(office, *roles) -> set[str]:
    with reading(office.engine) as connection:
        chosen = sa.select(files.c.sha256)
        if roles:
            chosen = chosen.where(files.c.role.in_(roles))
        return set(connection.execute(chosen).scalars())


def among_objects(office) -> set[str]:
    return {key.name.rpartition("/")[2] for key in office.objects.keys()}  # noqa: SIM118 a store


def release(office, made):
    return releasing.release_dossier(office, made.id, made.code)


def test_without_a_replica_nothing_leaves(tmp_path):
    office = opened(Settings(data=tmp_path / "house"))
    made = archived(office)
    before = among_objects(office)
    assert release(office, made) is None
    run_until_idle(later(office, days=2))
    assert among_objects(office) == before
    office.engine.dispose()


def test_before_the_replica_has_the_version_nothing_leaves(tmp_path, office):
    made = archived(office)
    replica = office.open_replica()
    object_id = in_archive.archive_id(office, made.code)
    flip(replica.archive.tree_of(object_id), "v1/inventory.json", office)
    name = next(one for one in replica.archive.tree_of(object_id).names() if "/content/" in one)
    flip(replica.archive.tree_of(object_id), name, office)
    before = among_objects(office)
    assert release(office, made) is None
    assert among_objects(office) == before


def test_while_the_archive_itself_is_damaged_nothing_leaves(office):
    made = archived(office)
    tree = office.archive.tree_of(in_archive.archive_id(office, made.code))
    flip(tree, next(one for one in tree.names() if "/content/" in one), office)
    before = among_objects(office)
    assert release(office, made) is None
    assert among_objects(office) == before


def test_what_the_archive_holds_leaves_by_itself_after_it_was_read_and_copied(office):
    made = archived(office)
    run_until_idle(office)
    held = set(in_archive.newest(office, made.code).sha256.values())
    assert held & among_objects(office)
    run_until_idle(later(office, days=1, minutes=1))
    assert held & among_objects(office) == set()
    with reading(office.engine) as connection:
        (told,) = (e for e in ledger.entries(connection, made.code) if e.what == "files_released")
    assert told.body["files"] == len(held & digests(office))
    assert list(office.objects.verify()) == []
    assert rereading.reread_dossier(office, made.id, made.code).damaged == ()


def test_what_has_left_is_fetched_from_the_archive(office, tmp_path):
    made = archived(office)
    replicating.replicate(office, office.open_replica())
    released = release(office, made)
    assert released.files > 0
    for number, sha256 in enumerate(sorted(set(in_archive.newest(office, made.code).sha256.values()))):
        if sha256 in digests(office):
            keeping.fetch(office, sha256, tmp_path / str(number))
            assert sha256_of(tmp_path / str(number)) == sha256
    with pytest.raises(NotKept):
        keeping.fetch(office, "0" * 64, tmp_path / "none")


def test_released_twice_nothing_more_leaves_and_nothing_is_lost(office):
    made = archived(office)
    replicating.replicate(office, office.open_replica())
    release(office, made)
    before = among_objects(office)
    release(office, made)
    assert among_objects(office) == before
    assert list(office.archive.verify()) == []


def test_a_paper_that_is_not_archived_keeps_its_files(house, page, tmp_path):
    paper = house.scanned(page)
    run_until_idle(house.office)
    before = among_objects(house.office)
    run_until_idle(later(house.office, days=100))
    assert among_objects(house.office) == before
    with reading(house.office.engine) as connection:
        assert keeping.masters(connection, paper)


def test_a_copy_is_issued_of_a_paper_whose_files_have_left_and_its_intermediates_go(tmp_path, page):
    data = tmp_path / "house"
    settings = Settings(data=data).having("replica", url=str(tmp_path / "replica"))
    house = open_house(data, settings=settings)
    office = house.office
    paper = house.archived(page)
    first = digests(office)
    run_until_idle(later(office, days=1, minutes=1))
    assert among_objects(office) & first == set()  # the digitized one too: the signed one begins with it
    copy = house.approved(paper)
    certifying.confirm_copy(office, house.officer, copy)
    run_until_idle(office)
    with reading(office.engine) as connection:
        row = connection.execute(sa.select(copies).where(copies.c.id == copy)).one()
    assert (row.state, row.archived_version) == (CopyState.ISSUED, 2)
    assert digests(office, *releasing.INTERMEDIATE)
    run_until_idle(later(office, days=3))
    assert digests(office, *releasing.INTERMEDIATE) == set()
    assert among_objects(office) & digests(office, FileRole.COPY, FileRole.SIGNED_SCAN) == set()
    with reading(office.engine) as connection:
        kept = keeping.find(connection, keeping.Place(paper, FileRole.COPY, copy))
    keeping.fetch(office, kept.sha256, tmp_path / "copy.pdf")
    assert list(office.objects.verify()) == []
    office.engine.dispose()
