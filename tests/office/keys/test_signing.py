"""A copy signed with real tokens: where the keys are open, once, and whole or visibly unfinished."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pyhanko.pdf_utils.reader import PdfFileReader

from certify.book import register
from certify.model import CertifyFault, FaultCode
from certify.signing.keyring import AGENCY
from certify.verdict import Indication
from office.desk import certifying, checking, issuing
from office.keys.keyring import office_keyring
from office.keys.unlocking import unlocked
from office.procedure import CopyState, FileRole
from office.rows import keeping
from office.rows.nouns import copy_of
from office.tables import certificates, copies
from office.work.dispatcher import run_until_idle
from office.work.due import due_work
from storage.database import reading, writing
from tests.office.keys.real_houses import OFFICER, WARD, open_real_house
from tests.office.keys.real_keys import PINS, keys_open

ROOT = Path(__file__).resolve().parents[3]
SIGNER = (
    "import runpy, sys; sys.path.insert(0, '')\n"
    "from bench import tests_at_hand\n"
    "runpy.run_module('tests.office.keys.killed_signer', run_name='__main__', alter_sys=True)\n"
)
MOMENTS = (  # what is under way when the process is killed: the call, its count, before or after it
    "begin:1:before",
    "begin:1:after",
    "collect:1:before",
    "keep:1:before",
    "keep:1:after",
    "begin:2:before",
    "begin:2:after",
    "collect:2:before",
    "keep:2:before",
    "keep:3:before",
)


def copy_row(office, copy):
    with reading(office.engine) as connection:
        return copy_of(connection.execute(sa.select(copies).where(copies.c.id == copy)).one())


def files_of(office, row):
    with reading(office.engine) as connection:
        return [file for file in keeping.files_of(connection, row.paper) if file.copy == row.id]


def signers_of(path):
    with path.open("rb") as stream:
        return [
            signature.signer_cert.subject.native["common_name"]
            for signature in PdfFileReader(stream).embedded_regular_signatures
        ]


def assert_issued_once(office, copy, work):
    """One number, one file of each step, two signatures, and our own check and others' agree."""
    row = copy_row(office, copy)
    assert (row.state, row.number, row.fault) == (CopyState.ISSUED, 1, None)
    roles = [file.role for file in files_of(office, row)]
    assert len(roles) == len(set(roles))
    with reading(office.engine) as connection:
        kept = keeping.find(connection, keeping.Place(row.paper, FileRole.COPY, copy))
        assert register.by_digest(connection, kept.sha256).number.value == 1
    issued = keeping.fetch(office, kept.sha256, work / "issued.pdf")
    assert signers_of(issued) == [OFFICER, WARD]
    check = checking.check_copy(office, issued)
    assert check.verdict.indication is Indication.TOTAL_PASSED
    return check


def test_a_copy_signed_with_two_tokens_is_this_offices_and_no_specimen(confirmed, tmp_path):
    house, copy = confirmed
    with keys_open(house.office) as office:
        run_until_idle(office)
        check = assert_issued_once(office, copy, tmp_path)
    assert "mẫu" not in check.sentence.lower().replace("phường mẫu", "")


def test_where_no_key_is_open_nothing_is_due_and_no_number_is_reserved(confirmed):
    house, copy = confirmed
    assert due_work(house.office) == ()
    run_until_idle(house.office)
    assert copy_row(house.office, copy).state is CopyState.APPROVED
    assert issuing.waits_for_key(house.office, copy_row(house.office, copy))


def test_each_step_is_done_where_its_key_is_open(confirmed, tmp_path):
    house, copy = confirmed
    with keys_open(house.office, ("ward",)) as wards:
        run_until_idle(wards)
        assert copy_row(wards, copy).state is CopyState.APPROVED
        with keys_open(house.office, ("officer",)) as officers:
            run_until_idle(officers)
            row = copy_row(officers, copy)
            assert (row.state, row.fault, row.attempts) == (CopyState.OFFICER_SIGNED, None, 0)
            assert due_work(officers) == ()
        run_until_idle(wards)
        assert_issued_once(wards, copy, tmp_path)


def test_an_agencys_key_that_is_not_unattended_waits_for_the_records_officer(confirmed):
    house, copy = confirmed
    with writing(house.office.engine) as connection:
        connection.execute(sa.update(certificates).values(is_unattended=False))
    with keys_open(house.office) as office:
        run_until_idle(office)
        assert copy_row(office, copy).state is CopyState.OFFICER_SIGNED
        certifying.seal_copy(office, house.records_officer, copy)
        run_until_idle(office)
        assert copy_row(office, copy).state is CopyState.ISSUED


def test_a_token_that_is_pulled_out_pauses_the_copy_and_opened_again_it_goes_on(confirmed, tmp_path):
    house, copy = confirmed
    with keys_open(house.office) as office:
        holder = office.keyring.of(house.officer.account)
        os.kill(holder._holder.pid, signal.SIGKILL)
        run_until_idle(office)
        row = copy_row(office, copy)
        assert row.state in (CopyState.APPROVED, CopyState.RESERVED)
        assert not row.needs_a_look
    with keys_open(house.office) as again:
        run_until_idle(waited(again))
        assert_issued_once(again, copy, tmp_path)


def waited(office):
    """The same office some minutes later."""
    now = office.clock() + timedelta(minutes=5)
    keyring = office_keyring(office.engine, office.settings, lambda: now, office.keyring.opened)
    return replace(office, clock=lambda: now, keyring=keyring)


def test_a_wrong_pin_is_told_and_leaves_the_other_keys_open(confirmed):
    house, _ = confirmed
    told = {}

    def ask(certificate):
        label = certificate.place["label"]
        return bytearray(b"00000000" if label == "officer" else PINS[label].encode())

    with unlocked(house.office, ask, lambda one, fault: told.update({one.subject: fault})) as office:
        assert isinstance(told[OFFICER], CertifyFault)
        assert told[OFFICER].code is FaultCode.PIN_WRONG
        assert told[WARD] is None
        assert not office.keyring.is_here(house.officer.account)
        assert office.keyring.is_here(AGENCY)


def test_a_token_without_the_certificate_of_the_row_opens_no_key(confirmed, keys):
    house, _ = confirmed
    shutil.rmtree(keys.tokens.folder / "tokens")
    keys.tokens.begin()
    told = {}

    def ask(_certificate):
        return bytearray(b"00000000")

    with unlocked(house.office, ask, lambda one, fault: told.update({one.subject: fault})) as office:
        assert {fault.code for fault in told.values()} == {FaultCode.TOKEN_MISSING}
        assert not office.keyring.is_here(AGENCY)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_the_copy_is_whole_or_visibly_unfinished(confirmed, keys, tmp_path, moment):
    house, copy = confirmed
    data = house.office.settings.data
    killed = subprocess.run(
        [sys.executable, "-c", SIGNER, data, keys.authority.folder, moment],
        cwd=ROOT,
        input="".join(f"{pin}\n" for pin in PINS.values()),
        capture_output=True,
        text=True,
        check=False,
        env=keys.tokens.environment,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    left = copy_row(house.office, copy)
    assert left.state is not CopyState.ISSUED
    assert FileRole.COPY not in {file.role for file in files_of(house.office, left)}
    assert left.number == 1
    again = open_real_house(data, keys.authority)
    with keys_open(again.office) as office:
        run_until_idle(office)
        assert_issued_once(office, copy, tmp_path)
    again.office.engine.dispose()


@pytest.mark.law("L45")
def test_the_pin_stands_in_no_row_log_ledger_environment_temp_file_or_memory(confirmed, keys, tmp_path):
    house, copy = confirmed
    data = house.office.settings.data
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = keys.tokens.environment | {"TMPDIR": str(scratch)}
    command = [sys.executable, "-c", SIGNER, data, keys.authority.folder, "wait"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as signing:
        signing.stdin.write("".join(f"{pin}\n" for pin in PINS.values()))
        signing.stdin.flush()
        told = json.loads(signing.stdout.readline())
        assert copy_row(house.office, copy).state is CopyState.ISSUED
        assert len(told["holders"]) == len(PINS)
        seen = [
            *process_files(signing.pid),
            *(file for pid in told["holders"] for file in process_files(pid)),
        ]
        memory = memory_of(signing.pid)
        signing.stdin.close()
        said = signing.stdout.read() + signing.stderr.read()
    files = [path for folder in (data, scratch, keys.tokens.folder) for path in folder.rglob("*")]
    for pin in PINS.values():
        assert pin not in said
        assert not [path for path in files if path.is_file() and pin.encode() in path.read_bytes()]
        assert not [what for what, content in seen if pin.encode() in content]
        assert memory.find(pin.encode()) == -1
    assert len(files) > 20


def process_files(pid):
    for name in ("environ", "cmdline"):
        path = Path(f"/proc/{pid}/{name}")
        try:
            yield str(path), path.read_bytes()
        except PermissionError:  # of a hardened process, to who is not root: nobody reads it
            continue


def memory_of(pid):
    """The process's own memory, as far as it may be read."""
    found = bytearray()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if "[v" in line or not rights.startswith("rw"):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            try:
                memory.seek(start)
                found += memory.read(end - start)
            except OSError:
                continue
    assert found
    return bytes(found)
