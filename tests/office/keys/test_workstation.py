"""Signing programs on people's own computers: a file goes out at a one-time address, a signed one returns."""

import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization

from certify.key_holders.holder import look_at_tokens
from certify.model import CertifyFault, FaultCode, Profile
from certify.signing.keyring import AGENCY, KeyPlace, Purpose
from certify.signing.trust import Credentials
from certify.verdict import FindingCode, Indication
from office.cli.main import main
from office.desk import certifying, checking, retrying
from office.desk.programs import handing
from office.explain import explain
from office.faults import DeskCode, DeskFault
from office.keys.certificates import NewCertificate, add_certificate, list_certificates, remove_certificate
from office.keys.faults import KeysCode, KeysFault
from office.procedure import CopyState, FileRole
from office.rows import keeping
from office.tables import signings
from office.work.dispatcher import run_until_idle
from office.work.due import due_work
from storage import ledger
from storage.database import reading
from tests.office.browsing import Visitor, served
from tests.office.keys.killed_program import go_on
from tests.office.keys.real_houses import OFFICER, PASSWORD, WARD, open_real_house, trusting
from tests.office.keys.real_keys import PROGRAM, at, at_workstation, der_of, keys_open
from tests.office.keys.test_remote_signing import later
from tests.office.keys.test_signing import copy_row, files_of, signers_of
from tests.signing_program import Way, as_found, sign

ROOT = Path(__file__).resolve().parents[3]
OPERATOR = "system:operator"


@pytest.fixture(params=list(Profile))
def profile(request):
    return request.param


@pytest.fixture
def asked(approved, keys, profile):
    """A house whose officer signs with a program and has confirmed a copy; the copy, the program's key."""
    house, copy = approved
    key = at_workstation(house, keys, OFFICER, house.officer.account, profile)
    house = trusting(house, keys.authority)
    certifying.confirm_copy(house.office, house.officer, copy)
    return house, copy, Credentials(key, keys.authority.services())


def signed_by(credentials, data, profile):
    return sign(data, credentials, Way() if profile is Profile.ADDS else as_found(data))


def handed_file(house, copy, tmp_path):
    out = tmp_path / "handed.pdf"
    out.unlink(missing_ok=True)
    return handing.fetch_handed(house.office, house.officer, copy, out).read_bytes()


def returned(data, tmp_path):
    (tmp_path / "returned.pdf").write_bytes(data)
    return tmp_path / "returned.pdf"


def assert_issued(office, copy, work, profile):
    """One number, two signatures, our own check; what the weaker profile guarantees less is told."""
    row = copy_row(office, copy)
    assert (row.state, row.number, row.fault) == (CopyState.ISSUED, 1, None)
    roles = [file.role for file in files_of(office, row)]
    assert len(roles) == len(set(roles))
    with reading(office.engine) as connection:
        kept = keeping.find(connection, keeping.Place(row.paper, FileRole.COPY, copy))
        assert ledger.verify(connection).first_break is None
    issued = keeping.fetch(office, kept.sha256, work / "issued.pdf")
    assert signers_of(issued) == [OFFICER, WARD]
    verdict = checking.verify_file(office, issued)
    assert verdict.indication is Indication.TOTAL_PASSED
    weaker = FindingCode.APPROVED_ONLY in {one.code for one in verdict.findings}
    assert weaker == (profile is Profile.ADDS)
    return issued


def test_a_program_comes_for_the_file_and_brings_it_back_after_a_restart(asked, keys, profile, tmp_path):
    house, copy, credentials = asked
    with keys_open(house.office, ("ward",)) as office:
        run_until_idle(office)
        run_until_idle(later(office))
        row = copy_row(office, copy)
        assert (row.state, row.number, row.fault, row.attempts) == (CopyState.OFFICER_ASKED, 1, None, 0)
    again = trusting(open_real_house(house.office.settings.data, keys.authority), keys.authority)
    with ExitStack() as held:
        url = held.enter_context(served(again.office))
        officer = held.enter_context(Visitor(url))
        officer.log_in("lanhdao", PASSWORD)
        page = officer.get("/workstation")
        assert PROGRAM in page.headers["content-security-policy"]
        told = officer.send(f"/workstation/{copy}/address", page="/workstation").json()
        assert told["program"] == f"{PROGRAM}/SignApproved"
        address = told["message"]["FileUploadHandler"]
        got = httpx.get(told["message"]["FileName"]).content  # no session, as programs have none
        back = signed_by(credentials, got, profile)
        answer = httpx.post(address, files={"uploadfile": ("ky.pdf", back, "application/pdf")}, timeout=60)
        assert answer.json()["Status"] is True, answer.text
        once = httpx.post(address, files={"uploadfile": ("ky.pdf", back, "application/pdf")})
        assert once.status_code == 303
        assert "không có bản sao nào" in officer.get("/workstation").text.lower()
    with keys_open(again.office, ("ward",)) as office:
        run_until_idle(office)
        assert_issued(office, copy, tmp_path, profile)
    again.office.engine.dispose()


def test_the_agency_fills_the_field_that_locks_with_a_program_too(asked, keys, profile, tmp_path):
    house, copy, credentials = asked
    agencys = Credentials(at_workstation(house, keys, WARD, AGENCY, Profile.FILLS), keys.authority.services())
    house = trusting(house, keys.authority)
    office = house.office
    run_until_idle(office)
    back = signed_by(credentials, handed_file(house, copy, tmp_path), profile)
    handing.take_back(office, house.officer, copy, returned(back, tmp_path))
    run_until_idle(office)
    assert copy_row(office, copy).state is CopyState.OFFICER_SIGNED
    certifying.seal_copy(office, house.records_officer, copy)
    run_until_idle(office)
    with pytest.raises(DeskFault) as told:
        handing.fetch_handed(office, house.officer, copy, tmp_path / "never.pdf")
    assert told.value.code is DeskCode.NOT_ALLOWED
    data = handing.fetch_handed(office, house.records_officer, copy, tmp_path / "for-agency.pdf").read_bytes()
    sealed = sign(data, agencys, as_found(data))
    handing.take_back(office, house.records_officer, copy, returned(sealed, tmp_path))
    run_until_idle(office)
    assert_issued(office, copy, tmp_path, profile)


def test_by_hand_a_person_takes_the_file_along_and_sends_it_back(asked, profile, tmp_path):
    house, copy, credentials = asked
    with keys_open(house.office, ("ward",)) as office, served(office) as url, Visitor(url) as officer:
        run_until_idle(office)
        officer.log_in("lanhdao", PASSWORD)
        assert "/workstation" in officer.get(f"/papers/{copy_row(office, copy).paper}").text
        got = officer.get(f"/workstation/{copy}/file").content
        empty = officer.send(f"/workstation/{copy}/return", page="/workstation", files={"file": ("", b"")})
        assert "Chưa chọn tệp" in empty.text
        unsigned = officer.send(
            f"/workstation/{copy}/return", page="/workstation", files={"file": ("a.pdf", got)}
        )
        assert "chưa có chữ ký" in unsigned.text
        back = signed_by(credentials, got, profile)
        done = officer.send(
            f"/workstation/{copy}/return", page="/workstation", files={"file": ("a.pdf", back)}
        )
        assert done.headers["location"] == "/workstation?done=returned"
        run_until_idle(office)
        assert_issued(office, copy, tmp_path, profile)


def test_an_address_is_open_to_nobody_else_for_a_few_minutes_and_for_one_file(asked, tmp_path):
    house, copy, _ = asked
    office = house.office
    run_until_idle(office)
    for stranger in (house.clerk, house.records_officer):
        with pytest.raises(DeskFault) as told:
            handing.open_address(office, stranger, copy)
        assert told.value.code is DeskCode.NOT_ALLOWED
    first, _ = handing.open_address(office, house.officer, copy)
    second, _ = handing.open_address(office, house.officer, copy)
    assert not handing.is_open(office, first)
    assert handing.is_open(office, second)
    assert not handing.is_open(at(office, office.clock() + timedelta(minutes=11)), second)
    with reading(office.engine) as connection:
        row = connection.execute(sa.select(signings)).one()
    assert second not in str(row)
    with pytest.raises(CertifyFault):
        handing.take_back_at(office, second, returned(b"%PDF-1.7\n", tmp_path))
    assert not handing.is_open(office, second)
    with pytest.raises(DeskFault):
        handing.fetch_at(office, second, tmp_path / "never.pdf")


def test_a_page_of_another_house_cannot_send_to_an_open_address(asked):
    house, copy, _ = asked
    run_until_idle(house.office)
    code, _ = handing.open_address(house.office, house.officer, copy)
    with served(house.office) as url:
        told = {
            "files": {"uploadfile": ("a.pdf", b"%PDF-1.7")},
            "headers": {"Origin": "https://evil.example"},
        }
        assert httpx.post(f"{url}/handed/{code}", **told).status_code == 403
        assert httpx.post(f"{url}/handed/{code}", data={"a": "b"}).status_code == 400
        assert httpx.get(f"{url}/handed/{code}x").status_code == 303
    assert handing.is_open(house.office, code)


WRONG = {
    "another certificate": (FaultCode.RETURNED_STRANGER, lambda told: told.other),
    "of another copy": (FaultCode.RETURNED_OTHER, lambda told: told.signed[:2000] + told.signed[2001:]),
    "unsigned": (FaultCode.RETURNED_UNSIGNED, lambda told: told.data),
    "no document": (FaultCode.RETURNED_OTHER, lambda _: b"no document"),
    "cut off": (FaultCode.RETURNED_CHANGED, lambda told: told.signed[:-30]),
}


class Told:
    def __init__(self, data, signed, other):
        self.data, self.signed, self.other = data, signed, other


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("profile", [Profile.ADDS], indirect=True)
def test_what_is_not_right_is_refused_in_words_and_the_copy_waits_on(asked, keys, profile, tmp_path, kind):
    house, copy, credentials = asked
    run_until_idle(house.office)
    data = handed_file(house, copy, tmp_path)
    code, make = WRONG[kind]
    another = at_workstation(house, keys, WARD, AGENCY, Profile.FILLS)
    other = signed_by(Credentials(another, credentials.services), data, profile)
    wrong = make(Told(data, signed_by(credentials, data, profile), other))
    with pytest.raises(CertifyFault) as told:
        handing.take_back(house.office, house.officer, copy, returned(wrong, tmp_path))
    assert told.value.code is code
    assert not explain(told.value).unexpected
    row = copy_row(house.office, copy)
    assert (row.state, row.number, row.fault) == (CopyState.OFFICER_ASKED, 1, None)
    assert FileRole.OFFICER_SIGNED not in {file.role for file in files_of(house.office, row)}


def test_a_certificate_revoked_meanwhile_is_refused_when_the_file_returns(asked, keys, profile, tmp_path):
    house, copy, credentials = asked
    run_until_idle(house.office)
    back = signed_by(credentials, handed_file(house, copy, tmp_path), profile)
    (mine,) = [one for one in list_certificates(house.office) if one.kept is KeyPlace.WORKSTATION]
    keys.authority.revoke(next(one for one in keys.authority.issued() if der_of(one) == mine.der))
    with pytest.raises(CertifyFault) as told:
        handing.take_back(house.office, house.officer, copy, returned(back, tmp_path))
    assert told.value.code is FaultCode.CERTIFICATE_REVOKED
    assert copy_row(house.office, copy).state is CopyState.OFFICER_ASKED


def test_the_first_good_file_counts_and_no_other(asked, profile, tmp_path):
    house, copy, credentials = asked
    run_until_idle(house.office)
    data = handed_file(house, copy, tmp_path)
    first, second = (signed_by(credentials, data, profile) for _ in range(2))
    handing.take_back(house.office, house.officer, copy, returned(first, tmp_path))
    with pytest.raises(DeskFault) as told:
        handing.take_back(house.office, house.officer, copy, returned(second, tmp_path))
    assert told.value.code is DeskCode.WRONG_STATE
    with keys_open(house.office, ("ward",)) as office:
        run_until_idle(office)
        issued = assert_issued(office, copy, tmp_path, profile)
    assert issued.read_bytes().startswith(first)


SIGNER = (
    "import runpy, sys; sys.path.insert(0, '')\n"
    "from bench import tests_at_hand\n"
    "runpy.run_module('tests.office.keys.killed_program', run_name='__main__', alter_sys=True)\n"
)
MOMENTS = (
    *("ask:1:before", "ask:1:after", "store:1:after", "judge:1:before", "judge:1:after"),
    *("store:2:before", "store:2:after", "take:1:after", "collect:1:before", "keep:1:before", "keep:1:after"),
)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("profile", [Profile.ADDS], indirect=True)
def test_killed_at_any_moment_the_copy_is_whole_or_visibly_unfinished(asked, keys, tmp_path, moment):
    house, copy, _ = asked
    data, key = house.office.settings.data, keys.authority.folder / f"program-{house.officer.account}"
    killed = subprocess.run(
        [sys.executable, "-c", SIGNER, data, keys.authority.folder, key, moment],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=keys.tokens.environment,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    left = copy_row(house.office, copy)
    assert left.state in (CopyState.RESERVED, CopyState.OFFICER_ASKED, CopyState.OFFICER_SIGNED)
    assert left.number == 1
    again = trusting(open_real_house(data, keys.authority), keys.authority)
    go_on(again, key)
    with keys_open(again.office, ("ward",)) as office:
        run_until_idle(office)
        assert_issued(office, copy, tmp_path, Profile.ADDS)
    again.office.engine.dispose()


REFUSED = {
    "not on this computer": ("wss://10.0.0.9:8987", Profile.FILLS, False, KeysCode.PROGRAM_ELSEWHERE),
    "without TLS": ("ws://127.0.0.1:8987", Profile.FILLS, False, KeysCode.PROGRAM_ELSEWHERE),
    "locks nothing": (PROGRAM, Profile.ADDS, False, KeysCode.PROGRAM_LOCKS_NOTHING),
    "by itself": (PROGRAM, Profile.FILLS, True, KeysCode.PROGRAM_UNATTENDED),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_program_that_cannot_do_what_the_agency_needs_is_not_taken(house, keys, kind):
    address, profile, unattended, code = REFUSED[kind]
    place = {"address": address, "act": "SignIssued", "profile": profile}
    new = NewCertificate(AGENCY, KeyPlace.WORKSTATION, place, der_of(keys.certificates[WARD]))
    with pytest.raises(KeysFault) as told:
        add_certificate(house.office, OPERATOR, NewCertificate(**{**vars(new), "is_unattended": unattended}))
    assert told.value.code is code
    assert not explain(told.value).unexpected


def test_a_clerks_program_signs_no_scan(house, keys):
    at_workstation(house, keys, "Nguyễn Thị Hoa", house.clerk.account, Profile.FILLS)
    fault = house.office.keyring.refusal(house.clerk.account, Purpose.DIGITIZE)
    assert fault.code is KeysCode.WORKSTATION_SCAN


def test_by_command_a_program_is_added_listed_and_taken_away(approved, keys, tmp_path, capsys):
    house, _ = approved
    data = ["--data", str(house.office.settings.data)]
    for one in list_certificates(house.office):
        if one.subject == OFFICER:
            assert main(["keys", "remove", one.sha256[:16], *data]) == 0
    (tmp_path / "officer.pem").write_bytes(pem_of(keys.certificates[OFFICER]))
    added = ["keys", "add", "--account", "lanhdao", "--plug-in", "--profile", "adds", *data]
    assert main(added) == 1
    assert main([*added, "--pem", str(tmp_path / "officer.pem")]) == 0
    capsys.readouterr()
    assert main(["keys", "list", *data]) == 0
    assert re.search(f"{OFFICER}.*chương trình ký trên máy", capsys.readouterr().out)
    (mine,) = [one for one in list_certificates(house.office) if one.subject == OFFICER]
    assert mine.place == {"address": PROGRAM, "act": "SignApproved", "profile": "adds"}
    assert main(["keys", "test", mine.sha256[:16], *data]) == 0


def pem_of(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize("profile", [Profile.ADDS], indirect=True)
def test_a_signer_who_gets_a_token_meanwhile_is_asked_anew_with_it(asked, keys, tmp_path):
    house, copy, _ = asked
    run_until_idle(house.office)
    for one in list_certificates(house.office):
        if one.subject == OFFICER:
            remove_certificate(house.office, OPERATOR, one.id)
    (token,) = [
        one for one in look_at_tokens(keys.tokens.module, keys.tokens.environment) if one.label == "officer"
    ]
    place = {"module": keys.tokens.module, "serial": token.serial, "label": token.label}
    new = NewCertificate(house.officer.account, KeyPlace.TOKEN, place, der_of(keys.certificates[OFFICER]))
    add_certificate(house.office, OPERATOR, new)
    assert handing.files_to_sign(house.office, house.officer) == ()
    with keys_open(house.office) as office:
        run_until_idle(later(office))
        row = copy_row(office, copy)
        assert (row.needs_a_look, row.fault) == (True, f"CertifyFault.{FaultCode.KEY_MOVED}")
        retrying.try_copy_again(office, house.clerk, copy)
        run_until_idle(later(office, 2))
        assert_issued(office, copy, tmp_path, Profile.FILLS)


def test_a_void_copy_waits_for_no_file_any_more(asked):
    house, copy, _ = asked
    run_until_idle(house.office)
    code, _ = handing.open_address(house.office, house.officer, copy)
    certifying.void_copy(house.office, house.records_officer, copy, "người yêu cầu rút")
    assert not handing.is_open(house.office, code)
    assert handing.files_to_sign(house.office, house.officer) == ()
    assert due_work(house.office) == ()
