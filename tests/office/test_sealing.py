"""The daily seal: whoever edits, deletes, cuts off, back-dates or rewrites the ledger is found out."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from foundation.clock import as_text
from office.cli.main import main
from office.desk.upkeep import sealing
from office.rows import recording
from office.work.dispatcher import run_until_idle
from storage import ledger
from storage.database import reading, writing
from storage.faults import StorageCode, StorageFault
from storage.ledger import ledger_entries, ledger_head
from storage.objects import Key
from storage.seals import Seal
from tests.office.conftest import open_house
from tests.office.upkeep import later, with_archive_on
from tests.s3_server import s3_or_reason, s3_server  # noqa: F401 fixtures


def noted(office, count: int = 6) -> None:
    with writing(office.engine) as connection:
        for number in range(count):
            recording.note(connection, office, recording.SYSTEM, "tried", f"thing {number}")


def found(office) -> set[tuple[str, StorageCode]]:
    return {(one.place, one.code) for one in sealing.ledger_findings(office)}


def rewritten(office, change) -> None:
    """The whole chain written anew by somebody who has the database: `change` alters or drops its entries."""
    with writing(office.engine) as connection:
        rows = [dict(row) for row in connection.execute(sa.select(ledger_entries)).mappings()]
        rows = sorted(change(rows), key=lambda row: row["seq"])
        connection.execute(sa.delete(ledger_entries))
        h = ledger.BEFORE_THE_FIRST
        for seq, row in enumerate(rows, 1):
            sealed = ledger.seal(h, seq, row["body"])
            connection.execute(
                sa.insert(ledger_entries).values(**{**row, "seq": seq, "prev": h, "h": sealed})
            )
            h = sealed
        connection.execute(sa.update(ledger_head).values(length=len(rows), head=h))


def sealed_in(office):
    noted(office)
    sealing.seal_now(office)
    noted(office)
    return office


@pytest.fixture
def sealed(house):
    return sealed_in(house.office)


def test_a_ledger_as_it_was_sealed_has_no_findings(sealed):
    assert found(sealed) == set()
    sealing.seal_now(sealed)
    assert found(sealed) == set()
    assert len(list(sealing.seals(sealed))) == 2


def test_an_entry_edited_in_its_row_is_found(sealed):
    with writing(sealed.engine) as connection:
        row = connection.execute(
            sa.select(ledger_entries).where(ledger_entries.c.subject == "thing 3")
        ).first()
        edited = row.body.replace("thing", "thinG")
        connection.execute(
            sa.update(ledger_entries).where(ledger_entries.c.seq == row.seq).values(body=edited)
        )
    assert (f"ledger/{row.seq}", StorageCode.CHAIN_BROKEN) in found(sealed)


def test_an_entry_deleted_is_found(sealed):
    with writing(sealed.engine) as connection:
        connection.execute(sa.delete(ledger_entries).where(ledger_entries.c.seq == 4))
    assert ("ledger/4", StorageCode.CHAIN_BROKEN) in found(sealed)


def test_an_end_cut_off_together_with_the_head_is_found(house_on_each):
    sealed = sealed_in(house_on_each.office)
    (seal,) = (one.seal for one in sealing.seals(sealed))
    rewritten(sealed, lambda rows: [row for row in rows if row["seq"] < seal.seq])
    assert (f"ledger/{seal.seq}", StorageCode.CHAIN_BROKEN) in found(sealed)
    with reading(sealed.engine) as connection:
        assert ledger.verify(connection).first_break is None  # the chain alone does not know


def test_a_chain_written_anew_from_an_edited_entry_on_is_found(sealed):
    (seal,) = (one.seal for one in sealing.seals(sealed))

    def edit(rows):
        rows[2]["body"] = rows[2]["body"].replace(rows[2]["subject"], "nobody")
        rows[2]["subject"] = "nobody"
        return rows

    rewritten(sealed, edit)
    with reading(sealed.engine) as connection:
        assert ledger.verify(connection).first_break is None
    assert (f"ledger/{seal.seq}", StorageCode.CHAIN_BROKEN) in found(sealed)


def test_an_entry_dated_before_the_seal_it_comes_after_is_found(sealed):
    yesterday = later(sealed, days=-1)
    noted(yesterday, 1)
    with reading(sealed.engine) as connection:
        last = ledger.length(connection)
    assert found(sealed) == {(f"ledger/{last}", StorageCode.CHAIN_BROKEN)}


def test_a_seal_that_was_changed_removed_or_forged_is_found(sealed, tmp_path):
    (one,) = sealing.seals(sealed)
    told = json.loads(sealed.records.read(one.key))
    forged = Seal(one.seal.at, one.seal.seq, "0" * 64, one.seal.leaves, one.seal.root)
    (tmp_path / "forged").write_text(json.dumps({**told, "seal": forged.as_text()}))
    sealed.records.remove(one.key)
    assert found(sealed) == {(f"records/{one.key}", StorageCode.NOT_KEPT)}
    sealed.records.put(one.key, tmp_path / "forged")
    assert (f"records/{one.key}", StorageCode.DAMAGED) in found(sealed)


def test_a_seal_without_a_signature_is_no_seal_where_the_agency_signs(sealed, tmp_path):
    (one,) = sealing.seals(sealed)
    (tmp_path / "bare").write_text(json.dumps({"seal": one.text}))
    sealed.records.put(Key("seals/2026-01-01-000000000001"), tmp_path / "bare")
    assert ("records/seals/2026-01-01-000000000001", StorageCode.DAMAGED) in found(sealed)


def test_the_time_stamp_stands_over_the_signature_and_the_signature_over_the_seal(sealed):
    (one,) = sealing.seals(sealed)
    assert set(one.signed) == {"certificate", "signature", "timestamp"}
    assert Seal.from_text(one.text) == one.seal
    with reading(sealed.engine) as connection:
        (entry,) = (e for e in ledger.entries(connection, "seals") if e.what == "ledger_sealed")
    assert entry.body == {"seq": one.seal.seq, "key": one.key.name, "signed": True}


def test_a_broken_ledger_is_not_sealed(sealed):
    with writing(sealed.engine) as connection:
        connection.execute(sa.delete(ledger_entries).where(ledger_entries.c.seq == 4))
    with pytest.raises(StorageFault) as refused:
        sealing.seal_now(sealed)
    assert refused.value.code is StorageCode.CHAIN_BROKEN


def test_the_chore_seals_once_when_a_day_is_over(house):
    office = house.office
    noted(office)
    run_until_idle(office)
    assert list(sealing.seals(office)) == []
    tomorrow = later(office, days=1)
    run_until_idle(tomorrow)
    run_until_idle(tomorrow)
    (one,) = sealing.seals(office)
    assert one.seal.seq >= 6
    assert found(office) == set()


def test_a_seal_kept_before_a_crash_counts(house, monkeypatch):
    office = house.office
    noted(office)
    now = office.clock()
    fixed = house.with_office(clock=lambda: now).office
    monkeypatch.setattr(sealing, "note_in_house", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        sealing.seal_now(fixed)
    monkeypatch.undo()
    assert sealing.seal_now(fixed) is not None
    assert len(list(sealing.seals(office))) == 1
    assert found(office) == set()


def test_a_seal_in_a_bucket_can_be_deleted_by_nobody(tmp_path, s3_server):  # noqa: F811 the fixture
    from office.settings import Settings

    settings = with_archive_on(Settings(data=tmp_path / "house"), s3_server)
    office = open_house(tmp_path / "house", settings=settings).office
    noted(office)
    sealed = sealing.seal_now(office)
    assert office.records.retained_until(sealed.key) > office.clock() + timedelta(days=9 * 365)
    with pytest.raises(StorageFault) as refused:
        office.records.remove(sealed.key)
    assert refused.value.code is StorageCode.RETAINED
    name = f"{sealed.key}.kept"
    bucket = office.records._bucket
    (version,) = (version for found_name, version, _ in bucket.versions(name) if found_name == name)
    with pytest.raises(StorageFault):
        bucket.remove(name, version, lift_governance=True)
    assert found(office) == set()
    office.engine.dispose()


def test_verify_and_doctor_tell_what_the_seals_know(sealed, capsys):
    (seal,) = (one.seal for one in sealing.seals(sealed))
    words = ["--json", "--data", str(sealed.settings.data)]
    assert main(["archive", "verify", *words]) == 0
    capsys.readouterr()
    rewritten(sealed, lambda rows: [row for row in rows if row["seq"] < seal.seq])
    assert main(["archive", "verify", *words]) == 1
    told = json.loads(capsys.readouterr().out)["findings"]
    assert f"ledger/{seal.seq}" in {one["place"] for one in told}
    assert as_text(seal.at) in next(one["detail"] for one in told if one["place"] == f"ledger/{seal.seq}")
    assert main(["doctor", *words]) == 1
    assert any("Niêm phong" in one["what"] for one in json.loads(capsys.readouterr().out)["ailments"])
