"""An office whose files lie on an S3 server goes its way as any other, and says what is wrong there."""

import pytest

from office.bootstrap import open_office
from office.desk import digitizing
from office.procedure import FileRole
from office.rows import keeping
from office.settings import Settings
from office.work.dispatcher import run_until_idle
from storage import fixity
from storage.database import reading
from storage.faults import StorageCode, StorageFault
from storage.s3.store import S3Store
from tests.s3_server import s3_or_reason, s3_server  # noqa: F401 fixtures


@pytest.fixture
def on_s3(tmp_path, s3_server):  # noqa: F811 the fixture
    bucket = s3_server.new_bucket()
    return Settings(data=tmp_path / "house").having(
        "objects",
        url=f"{s3_server.url(bucket)}/ward",
        credentials=str(s3_server.credentials),
        ca=str(s3_server.authority),
    )


def test_a_paper_comes_to_the_archive_with_its_files_in_a_bucket(on_s3, house, page, tmp_path):
    office = open_office(on_s3)
    assert isinstance(office.objects, S3Store)
    moved = house.with_office(objects=office.objects)
    paper = moved.scanned(page)
    run_until_idle(moved.office)
    digitizing.sign_scan(moved.office, moved.clerk, paper)
    run_until_idle(moved.office)
    digitizing.review_paper(moved.office, moved.clerk, paper, digitizing.Review(1, {}))
    run_until_idle(moved.office)
    with reading(moved.office.engine) as connection:
        kept = keeping.find(connection, keeping.Place(paper, FileRole.SIGNED_SCAN))
        assert keeping.masters(connection, paper)
    fetched = keeping.fetch(moved.office, kept.sha256, tmp_path / "scan.pdf")
    assert fetched.stat().st_size == kept.size_bytes
    assert not list((house.office.settings.data / "objects" / "keys").iterdir())
    assert list(fixity.verify(moved.office.objects, moved.office.archive)) == []
    office.engine.dispose()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"url": "s3://127.0.0.1:1"}, StorageCode.BAD_ADDRESS),
        ({"credentials": ""}, StorageCode.BAD_CREDENTIALS),
        ({"ca": ""}, StorageCode.UNREACHABLE),
    ],
)
def test_a_store_that_cannot_be_opened_stops_the_start(on_s3, changed, code):
    with pytest.raises(StorageFault) as told:
        open_office(on_s3.having("objects", **changed))
    assert told.value.code is code
