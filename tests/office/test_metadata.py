"""The statutory fields of dossiers and documents, and their history, as they are written into the archive."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from bench.dossiers import make_dossier
from office.desk import archiving
from office.desk.describing.metadata import document_id
from office.faults import DeskCode, DeskFault
from office.law.archive_fields import FieldTable, Misfit
from office.law.rules import load_rules
from office.procedure import PaperState
from office.rows import in_archive
from office.tables import fields, papers
from office.work.dispatcher import run_until_idle
from storage.packages.fields import NAMESPACE
from storage.packages.premis import NAMESPACE as PREMIS
from tests.office.test_archiving import rows_of

DAY = date(2026, 11, 30)
TABLES = load_rules().archive
DOSSIER = {
    "fileCode": "H49.64.33-261130-0001",
    "title": "Đăng ký khai sinh - Trần Thị Bình",
    "maintenance": "07",
    "mode": "02",
    "language": "01",
    "startDate": "30/11/2026",
    "totalDoc": "3",
    "numberOfPage": "10",
    "confidenceLevel": "02",
    "paperFileCode": "H49.64.33-261130-0001",
}
CONFIRMED = {
    "number_symbol": "15/QĐ-UBND",
    "issued_on": "05/01/2026",
    "issuer": "Ủy ban nhân dân phường Mẫu",
    "document_type": "QUYẾT ĐỊNH",
    "subject": "Về việc công nhận",
}


def read(office, code, name):
    return office.archive.newest(in_archive.archive_id(office, code)).read(name)


def values_in(element):
    return {child.tag.rpartition("}")[2]: child.text for child in element if not len(child)}


def archived(office, confirmed):
    """A dossier of the bench whose first paper has these confirmed values, archived."""
    made = make_dossier(office, 0)
    paper = next(iter(made.papers))
    with office.engine.begin() as connection:
        rows = [{"paper": paper, "name": name, "confirmed_value": told} for name, told in confirmed.items()]
        connection.execute(sa.insert(fields), rows)
    run_until_idle(office)
    tree = ET.fromstring(read(office, made.code, archiving.FIELDS))  # noqa: S314 what our own archive wrote
    return made, values_in(tree), [values_in(one) for one in tree.iter(f"{{{NAMESPACE}}}taiLieu")]


@pytest.mark.law("L48")
def test_there_are_eighteen_fields_of_a_dossier_and_twenty_one_of_a_document():
    assert [len(TABLES.fields(table, DAY)) for table in ("dossier", "document")] == [18, 21]
    lists = ("maintenance", "mode", "language", "format", "confidenceLevel", "typeName")
    assert [len(TABLES.codes(name, DAY)) for name in lists] == [7, 3, 11, 3, 3, 32]
    for one in (*TABLES.fields("dossier", DAY), *TABLES.fields("document", DAY)):
        assert not one.codes or TABLES.codes(one.codes, DAY)


@pytest.mark.law("L48")
@pytest.mark.parametrize(
    ("field", "value", "misfit"),
    [
        ("fileCode", "", Misfit.MISSING),
        ("paperFileCode", "", Misfit.MISSING),
        ("title", "ấ" * 1001, Misfit.TOO_LONG),
        ("maintenance", "08", Misfit.NOT_IN_LIST),
        ("mode", "1", Misfit.NOT_IN_LIST),
        ("startDate", "2026-11-30", Misfit.NO_DATE),
        ("startDate", "31/02/2026", Misfit.NO_DATE),
        ("totalDoc", "mười", Misfit.NO_NUMBER),
        ("totalDoc", "10000", Misfit.TOO_LONG),
        ("description", "a\x00b", Misfit.NO_XML),
        ("colour", "đỏ", Misfit.UNKNOWN),
    ],
)
def test_what_does_not_fit_its_field_is_named(field, value, misfit):
    assert TABLES.misfits("dossier", DOSSIER, DAY) == {}
    assert TABLES.misfits("dossier", {**DOSSIER, field: value}, DAY) == {field: misfit}


def test_a_title_of_a_thousand_letters_fits_and_what_was_born_digital_has_no_paper_file():
    assert TABLES.misfits("dossier", {**DOSSIER, "title": "ấ" * 1000}, DAY) == {}
    assert TABLES.misfits("dossier", {**DOSSIER, "confidenceLevel": "01", "paperFileCode": ""}, DAY) == {}


def test_a_new_table_holds_from_its_day_on_and_the_first_one_before_there_was_any():
    later = FieldTable("dossier", date(2027, 1, 1), TABLES.fields("dossier", DAY)[:2])
    changed = replace(TABLES, tables=(later, *TABLES.tables))
    days = (date(2020, 1, 1), DAY, date(2027, 1, 1))
    assert [len(changed.fields("dossier", day)) for day in days] == [18, 18, 2]


@pytest.mark.law("L48")
def test_an_archived_dossier_tells_its_fields_and_those_of_every_document(house):
    made, dossier, documents = archived(house.office, CONFIRMED)
    assert dossier["fileCode"] == dossier["paperFileCode"] == made.code
    assert dossier["title"] == "Chứng thực bản sao từ bản chính giấy tờ, văn bản - Trần Thị Bình"
    assert (dossier["totalDoc"], dossier["numberOfPage"], dossier["confidenceLevel"]) == ("4", "4", "03")
    first, *_others, copy = documents
    assert first["docCode"] == f"{made.code}.0000001"
    assert (first["codeNumber"], first["codeNotation"]) == ("15", "QĐ-UBND")
    assert (first["issuedDate"], first["typeName"]) == ("05/01/2026", "02")
    assert (first["organName"], first["subject"]) == (CONFIRMED["issuer"], CONFIRMED["subject"])
    assert (first["confidenceLevel"], copy["confidenceLevel"]) == ("02", "01")
    assert len({one["docId"] for one in documents}) == 4
    day = date(2026, 1, 1)
    assert house.office.rules.archive.misfits("dossier", dossier, day) == {}
    assert [house.office.rules.archive.misfits("document", one, day) for one in documents] == [{}] * 4


def test_what_is_too_long_for_its_field_is_not_cut_but_left_to_the_whole_description(house):
    made, _dossier, (first, *_others) = archived(
        house.office, {**CONFIRMED, "issuer": "Ủ" * 201, "issued_on": "1985"}
    )
    assert "organName" not in first
    assert "issuedDate" not in first
    assert first["description"] == "Xem ho_so.json: issuedDate, organName"
    assert "Ủ" * 201 in read(house.office, made.code, archiving.DESCRIPTION).decode()


def test_what_fits_no_table_is_not_archived_and_says_so(house):
    tables = tuple(replace(one, words=()) if one.name == "mode" else one for one in TABLES.lists)
    office = replace(house.office, rules=replace(house.office.rules, archive=replace(TABLES, lists=tables)))
    make_dossier(office, 0)
    run_until_idle(office)
    faults = {row.fault for row in rows_of(office, papers)}
    assert faults == {DeskFault(DeskCode.METADATA_INVALID).key}
    assert {row.state for row in rows_of(office, papers)} == {PaperState.REVIEWED}
    assert list(office.archive.objects()) == []


def test_the_history_names_every_file_with_its_digest_and_what_was_done(house):
    made, _dossier, _documents = archived(house.office, CONFIRMED)
    tree = ET.fromstring(read(house.office, made.code, archiving.HISTORY))  # noqa: S314 what our own archive wrote
    space = f"{{{PREMIS}}}"
    digests = {
        one.findtext(f".//{space}objectIdentifierValue"): one.findtext(f".//{space}messageDigest")
        for one in tree.iter(f"{space}object")
    }
    newest = office_version(house.office, made.code)
    assert {name: sha256 for name, sha256 in digests.items() if sha256} == {
        name: sha256 for name, sha256 in newest.items() if not name.startswith(archiving.ABOUT)
    }
    kinds = [one.text for one in tree.iter(f"{space}eventType")]
    assert kinds[0] == "dossier_opened"
    assert kinds.count("ingestion end") == 3  # the version that is being written has no entry yet
    linked = {one.text for one in tree.iter(f"{space}linkingAgentIdentifierValue")}
    assert linked == {one.text for one in tree.iter(f"{space}agentIdentifierValue")}


def office_version(office, code):
    return in_archive.newest(office, code).sha256


def test_a_documents_id_is_twenty_five_letters_and_always_the_same():
    told = [document_id(name) for name in ("a", "b", "a", "")]
    assert told[0] == told[2] != told[1]
    assert {len(one) for one in told} == {25}
