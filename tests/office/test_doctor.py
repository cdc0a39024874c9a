"""The doctor looks into the house: stuck rows and a broken ledger are named, each with its cure."""

import json
import shutil
from collections import namedtuple

import pytest
import sqlalchemy as sa

from office.cli.main import main
from office.tables import papers
from storage import ledger
from storage.database import writing


def told_by_the_doctor(house, capsys, *words):
    code = main([*words, "doctor", "--json", "--data", str(house.office.settings.data)])
    return code, json.loads(capsys.readouterr().out)["ailments"]


@pytest.mark.parametrize(("lang", "words"), [("vi", "Máy chủ hết chỗ"), ("en", "The disk is full")])
def test_a_paper_that_waits_for_a_person_is_named_with_its_reason(house, page, capsys, lang, words):
    paper = house.scanned(page)
    with writing(house.office.engine) as connection:
        connection.execute(sa.update(papers).values(fault="DISK_FULL"))
    code, (ailment,) = told_by_the_doctor(house, capsys, "--lang", lang)
    assert code == 1
    assert paper in ailment["what"]
    assert words in ailment["what"]


def test_a_ledger_somebody_wrote_into_is_named(house, capsys):
    with writing(house.office.engine) as connection:
        connection.execute(
            sa.update(ledger.ledger_entries).where(ledger.ledger_entries.c.seq == 1).values(h="0" * 64)
        )
    code, (ailment,) = told_by_the_doctor(house, capsys)
    assert code == 1
    assert "Nhật ký đứt ở mục 1" in ailment["what"]
    assert main(["archive", "verify", "--data", str(house.office.settings.data)]) == 1


def test_a_disk_that_is_nearly_full_is_named(house, capsys, monkeypatch):
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 the shape of shutil's own answer
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 10**6))
    _, (ailment,) = told_by_the_doctor(house, capsys)
    assert "1 MB" in ailment["what"]


def test_a_reader_that_is_missing_or_altered_is_named_and_tesseract_reads_instead(
    house, capsys, monkeypatch, tmp_path
):
    monkeypatch.setattr("digitize.words.own_reader.WEIGHTS", tmp_path / "weights.onnx")
    code, (ailment,) = told_by_the_doctor(house, capsys)
    assert code == 1
    assert "Tesseract đọc thay" in ailment["what"]
