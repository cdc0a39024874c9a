"""Papers come in whatever their files are called, in the order given, and what came in can be told."""

import shutil

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from foundation.durable import sha256_of
from office.desk import intake
from office.faults import DeskCode, DeskFault
from office.law.rules import load_rules
from office.rows import keeping
from office.tables import papers
from storage import ledger
from storage.database import reading
from tests.scanner_adapters.scan_files import jpeg

ODD_NAMES = (
    "Đơn xin xác nhận (bà Ánh).jpg",
    "-o.jpg",
    "100% {detail} %s.JPG",
    "a\nb.jpg",
    "'; DROP TABLE papers; --.jpg",
    "e\u0302\u0301 tách dấu.jpeg",
)
TARIFF = load_rules().tariffs[-1]


def test_a_page_is_taken_in_whatever_its_file_is_called(house, page, tmp_path):
    for name in ODD_NAMES:
        shutil.copy(page, tmp_path / name)
        paper = house.scanned(tmp_path / name)
        with reading(house.office.engine) as connection:
            (master,) = keeping.masters(connection, paper)
        fetched = keeping.fetch(house.office, master.sha256, tmp_path / paper)
        assert fetched.read_bytes() == page.read_bytes(), name
    with reading(house.office.engine) as connection:
        assert ledger.verify(connection).first_break is None


def test_a_hundred_uploads_are_pages_in_the_order_given_whatever_their_names(house, tmp_path):
    names = [f"IMG_{number:04d}.jpg" for number in (*range(60, 0, -1), *range(9999, 9979, -1))]
    names += [f"scan ({number}).jpg" for number in (*range(20, 1, -2), *range(1, 20, 2))]
    files = []
    for at, name in enumerate(names):
        (tmp_path / name).write_bytes(jpeg(at, 24, 32))
        files.append(tmp_path / name)
    paper = intake.receive_files(house.office, house.clerk, house.dossier(), "Đơn", files)
    with reading(house.office.engine) as connection:
        masters = keeping.masters(connection, paper)
    assert len(masters) == 100
    assert [master.sha256 for master in masters] == [sha256_of(path) for path in files]


def test_papers_of_a_dossier_are_numbered_in_the_order_they_came(house, page):
    dossier = house.dossier()
    for title in ("Đơn", "Giấy khai sinh"):
        intake.receive_files(house.office, house.clerk, dossier, title, [page])
    with reading(house.office.engine) as connection:
        rows = connection.execute(sa.select(papers).order_by(papers.c.ordinal)).all()
    assert [(row.ordinal, row.title) for row in rows] == [(1, "Đơn"), (2, "Giấy khai sinh")]


def test_a_dossier_wants_a_procedure_that_exists_and_codes_are_never_given_twice(house):
    with pytest.raises(DeskFault) as refused:
        intake.open_dossier(house.office, house.clerk, intake.Intake("9.999999", "Trần Thị Bình"))
    assert refused.value.code is DeskCode.NOT_FOUND
    made = {house.dossier() for _ in range(3)}
    assert len(made) == 3


@given(st.integers(1, 5000), st.integers(1, 50))
def test_a_fee_never_falls_with_more_pages_and_never_passes_its_cap(pages, copies):
    fee = TARIFF.fee(pages, copies)
    assert 0 < fee <= copies * TARIFF.cap_per_copy
    assert fee == copies * TARIFF.fee(pages)
    assert TARIFF.fee(pages + 1, copies) >= fee
