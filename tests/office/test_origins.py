"""What never was paper is never certified, whatever it is joined with; what is certified is what was seen."""

import pikepdf
import pytest
import sqlalchemy as sa

from certify.signing.allowed import complaints
from digitize.model import Origin
from office.desk import certifying, digitizing
from office.faults import DeskCode, DeskFault
from office.procedure import FileRole
from office.rows import keeping
from office.tables import files
from office.work.dispatcher import run_until_idle
from storage.database import reading, writing
from tests import slipped_in as slip
from tests.digitize.digitize_papers import add_scan_page, write_paper


def deceiving(path, *changes):
    """A born-digital paper that says of itself that it is PDF/A-2u, and holds more than it shows."""
    paper = write_paper(path, pdfa=True)
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        for change in changes:
            change(pdf)
        pdf.save(paper)
    return paper


def refused(house, paper, pages):
    with pytest.raises(DeskFault) as told:
        certifying.request_copy(house.office, house.clerk, paper, certifying.CopyRequest(pages))
    return told.value.code


def kept(house, paper, role, copy=""):
    with reading(house.office.engine) as connection:
        return keeping.find(connection, keeping.Place(paper, role, copy))


def origins(house, paper):
    with reading(house.office.engine) as connection:
        return [master.origin for master in keeping.masters(connection, paper)]


def test_two_deceiving_files_together_are_as_little_paper_as_one(house, tmp_path):
    stamped = deceiving(tmp_path / "1.pdf", slip.print_only_stamp, slip.act_on_page)
    linked = deceiving(tmp_path / "2.pdf", slip.link)
    paper = house.archived(stamped, linked)
    assert refused(house, paper, 2) is DeskCode.ELECTRONIC_ORIGINAL
    assert origins(house, paper) == [Origin.BORN_DIGITAL, Origin.BORN_DIGITAL]
    signed = keeping.fetch(
        house.office, kept(house, paper, FileRole.SIGNED_SCAN).sha256, tmp_path / "signed.pdf"
    )
    assert b"JavaScript" not in signed.read_bytes()
    with pikepdf.open(signed) as pdf:
        kinds = [note.Subtype for page in pdf.pages for note in page.obj.get("/Annots", ())]
        assert set(kinds) == {pikepdf.Name.Widget}  # the clerk's signature and its time-stamp


def test_one_file_among_scans_that_never_was_paper_is_enough(house, page, tmp_path):
    paper = house.archived(page, write_paper(tmp_path / "born.pdf"))
    assert refused(house, paper, 2) is DeskCode.ELECTRONIC_ORIGINAL
    with reading(house.office.engine) as connection:
        assert not digitizing.came_signed(connection, paper)  # it was signed by the clerk all the same


def test_an_unsigned_pdf_of_scans_is_signed_and_certified(house, page, tmp_path):
    scan = tmp_path / "scan.pdf"
    with pikepdf.new() as pdf:
        add_scan_page(pdf, page.read_bytes(), (1240, 1754))
        pdf.save(scan)
    paper = house.archived(scan)
    assert origins(house, paper) == [Origin.SCAN]
    copy = house.approved(paper)
    certifying.confirm_copy(house.office, house.officer, copy)
    run_until_idle(house.office)
    issued = keeping.fetch(
        house.office, kept(house, paper, FileRole.COPY, copy).sha256, tmp_path / "copy.pdf"
    )
    with pikepdf.open(issued) as pdf:
        assert list(complaints(pdf)) == []


def test_papers_read_before_their_origin_was_written_down_keep_the_rule_of_their_time(house, page, tmp_path):
    scanned, electronic = house.archived(page), house.archived(write_paper(tmp_path / "born.pdf", pdfa=True))
    with writing(house.office.engine) as connection:
        connection.execute(sa.update(files).values(origin=None))
    assert refused(house, electronic, 1) is DeskCode.ELECTRONIC_ORIGINAL
    assert certifying.request_copy(house.office, house.clerk, scanned, certifying.CopyRequest(1))
