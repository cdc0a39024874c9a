"""`keys`: whose certificates sign here, by the command line alone; `doctor` tells ends that come near."""

import json
import os
import sys
from contextlib import ExitStack

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from certify.signing.keyring import AGENCY, KeyPlace, Purpose
from office.cli import serving
from office.cli.console import Console
from office.cli.main import USAGE_ERROR, main
from office.keys.certificates import (
    NewCertificate,
    add_certificate,
    list_certificates,
    remove_certificate,
)
from storage import ledger
from storage.database import reading
from tests.office.keys.real_houses import OFFICER, WARD, open_real_house
from tests.office.keys.real_keys import PINS, der_of, in_days
from tests.real_authority import RealAuthority

PASSWORD = "mat-khau-cua-tep"


@pytest.fixture
def bare(keys, tmp_path):
    """A house with people and no key; tokens are plugged in."""
    house = open_real_house(tmp_path / "bare", keys.authority)
    yield house
    house.office.engine.dispose()


@pytest.fixture
def typed(monkeypatch):
    """What stands on standard input from now on."""

    opened = ExitStack()

    def type_in(*lines):
        reading_end, writing_end = os.pipe()
        os.write(writing_end, "".join(f"{line}\n" for line in lines).encode())
        os.close(writing_end)
        monkeypatch.setattr(sys, "stdin", opened.enter_context(os.fdopen(reading_end)))

    with opened:
        yield type_in


def run(house, *words):
    return main(["keys", *words, "--data", str(house.office.settings.data)])


def told(house, capsys, *words):
    code = main(["keys", *words, "--json", "--data", str(house.office.settings.data)])
    return code, json.loads(capsys.readouterr().out)


def test_from_no_key_to_an_officer_who_may_certify(bare, keys, capsys, typed):
    module = ["--module", keys.tokens.module]
    assert run(bare, "add", "--account", "lanhdao", *module) == 0
    assert OFFICER in capsys.readouterr().out
    code, listed = told(bare, capsys, "list")
    assert code == 0
    (one,) = listed["certificates"]
    assert (one["holder"], one["kept"], one["unattended"]) == ("lanhdao", KeyPlace.TOKEN, False)
    assert "ủy quyền" in one["hindrance"]
    assert run(bare, "delegate", "lanhdao", "--capacity", "KT", "--since", "01/01/2026") == 0
    capsys.readouterr()
    code, listed = told(bare, capsys, "list")
    assert listed["certificates"][0]["hindrance"] is None
    assert listed["delegations"] == [
        {"account": "lanhdao", "capacity": "KT", "since": "2026-01-01", "until": None}
    ]
    typed(PINS["officer"])
    code, tried = told(bare, capsys, "test", one["sha256"][:12])
    assert (code, tried["hindrance"]) == (0, None)
    assert run(bare, "undelegate", "lanhdao") == 0
    assert run(bare, "remove", one["sha256"][:12]) == 0
    assert list_certificates(bare.office) == ()


def test_the_agencys_key_is_found_among_others_by_the_name_it_carries(bare, keys, capsys):
    assert run(bare, "add", "--agency", "--module", keys.tokens.module, "--unattended") == 0
    (one,) = list_certificates(bare.office)
    assert (one.subject, one.holder, one.is_unattended) == (WARD, AGENCY, True)
    assert run(bare, "list") == 0
    assert WARD in capsys.readouterr().out


REFUSED = {
    "a wrong PIN": (("test", "{sha}"), "00000000", "PIN"),
    "no such certificate": (("test", "ffffff"), "", "keys list"),
    "no such account": (("add", "--account", "khong-co", "--module", "{module}"), "", "tài khoản"),
    "nobody's certificate": (("add", "--account", "vanthu", "--module", "{module}"), "", "khác với người ký"),
    "no such module": (("add", "--account", "lanhdao", "--module", "/no/module.so"), "", "thiết bị"),
    "a file that is not allowed": (("add", "--agency", "--pkcs12", "/no/file.p12"), "", "docs/keys.md"),
    "a person's file": (("add", "--account", "lanhdao", "--pkcs12", "/no/file.p12"), "", "cá nhân"),
    "an end before its beginning": (
        ("delegate", "lanhdao", "--since", "2026-02-01", "--until", "2026-01-01"), "", "ngày đầu"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_done_is_told_with_the_next_step(house, keys, capsys, typed, kind):
    words, line, expected = REFUSED[kind]
    (officers,) = [one for one in list_certificates(house.office) if one.subject == OFFICER]
    blanks = {"sha": officers.sha256[:16], "module": keys.tokens.module}
    before = list_certificates(house.office)
    typed(line)
    assert run(house, *(word.format(**blanks) for word in words)) == 1
    said = capsys.readouterr().err
    assert expected in said
    assert PINS["officer"] not in said
    assert list_certificates(house.office) == before


def test_several_certificates_that_could_be_meant_are_listed_by_their_fingerprints(bare, keys, capsys):
    for number, token in (("0a", "officer"), ("0b", "officer")):
        key = ec.generate_private_key(ec.SECP256R1())
        issued = keys.authority.issue(OFFICER, key.public_key())
        keys.tokens.put((token, PINS[token]), number, key, issued)
    assert run(bare, "add", "--account", "lanhdao", "--module", keys.tokens.module) == 1
    said = capsys.readouterr().err
    assert "--certificate" in said
    wanted = keys.certificates[OFFICER].fingerprint(keys.certificates[OFFICER].signature_hash_algorithm).hex()
    assert wanted[:16] in said
    added = ["add", "--account", "lanhdao", "--module", keys.tokens.module, "--certificate", wanted[:16]]
    assert run(bare, *added) == 0


@pytest.fixture
def key_file(keys, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    issued = keys.authority.issue(WARD, key.public_key())
    encryption = serialization.BestAvailableEncryption(PASSWORD.encode())
    packed = pkcs12.serialize_key_and_certificates(b"ward", key, issued, None, encryption)
    (tmp_path / "ward.p12").write_bytes(packed)
    return tmp_path / "ward.p12"


def test_a_key_file_is_taken_in_only_where_it_is_allowed_and_never_forgotten(
    bare, key_file, capsys, typed, monkeypatch
):
    monkeypatch.setenv("MOTCUA_SOFTWARE_KEYS", "true")
    typed(PASSWORD)
    assert run(bare, "add", "--agency", "--pkcs12", str(key_file)) == 0
    (one,) = list_certificates(bare.office)
    with reading(bare.office.engine) as connection:
        events = [entry.what for entry in ledger.entries(connection, one.id)]
    assert events == ["certificate_added", "software_key_allowed"]
    capsys.readouterr()
    assert main(["doctor", "--json", "--data", str(bare.office.settings.data)]) == 1
    ailments = json.loads(capsys.readouterr().out)["ailments"]
    assert any("nằm trong tệp" in ailment["what"] for ailment in ailments)
    printed = ["register", "print", "--json", "--data", str(bare.office.settings.data)]
    assert main(printed) == 0
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert one.sha256[:16] in note
    assert (
        main(["register", "print", "--json", "--year", "2001", "--data", str(bare.office.settings.data)]) == 0
    )
    assert json.loads(capsys.readouterr().out)["notes"] == []
    authority = RealAuthority(bare.office.trust.roots[0].parent)
    allowed = open_real_house(bare.office.settings.data, authority, software_keys=True)
    typed(PASSWORD)
    with serving.keys_open(allowed.office, Console(wants_json=False, lang="vi"), wanted=True) as office:
        assert office.keyring.is_here(AGENCY)
        assert office.keyring.refusal(AGENCY, Purpose.SEAL) is None
    allowed.office.engine.dispose()
    forbidden = bare.office.keyring.refusal(AGENCY, Purpose.SEAL)
    assert str(forbidden.code) == "SOFTWARE_KEYS_OFF"


@pytest.mark.parametrize(
    ("days", "said"), [(89, "Lên lịch"), (29, "ngay tuần này"), (6, "hôm nay"), (-1, "hết hạn")]
)
def test_the_doctor_tells_an_end_ninety_thirty_and_seven_days_ahead(house, keys, capsys, days, said):
    for one in list_certificates(house.office):
        remove_certificate(house.office, "system:operator", one.id)
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    issued = keys.authority.issue(WARD, public, since=in_days(-100), until=in_days(days + 0.5))
    new = NewCertificate(AGENCY, KeyPlace.TOKEN, {"module": "m", "serial": "s"}, der_of(issued))
    add_certificate(house.office, "system:operator", new)
    assert main(["doctor", "--json", "--data", str(house.office.settings.data)]) == 1
    ailments = json.loads(capsys.readouterr().out)["ailments"]
    (ending,) = [one for one in ailments if WARD in one["what"]]
    assert said in ending["what"] + ending["cure"]


def test_the_doctor_is_content_with_keys_in_order(house, capsys):
    main(["doctor", "--json", "--data", str(house.office.settings.data)])
    ailments = json.loads(capsys.readouterr().out)["ailments"]
    assert not [one for one in ailments if "Chứng thư" in one["what"] or OFFICER in one["what"]]


def test_serve_and_work_open_what_they_get_a_pin_for_and_leave_the_rest(house, capsys, typed):
    typed(PINS["ward"], "")
    with serving.keys_open(house.office, Console(wants_json=False, lang="vi"), wanted=True) as office:
        assert office.keyring.is_here(AGENCY)
        assert not office.keyring.is_here(house.officer.account)
    said = capsys.readouterr().err
    assert f"{WARD}: đã mở khóa ký" in said
    assert PINS["ward"] not in said


def test_without_being_asked_nothing_is_opened(house):
    with serving.keys_open(house.office, Console(wants_json=False, lang="vi"), wanted=False) as office:
        assert office is house.office


def test_a_delegation_needs_its_first_day(house, capsys):
    with pytest.raises(SystemExit) as left:
        run(house, "delegate", "lanhdao")
    assert left.value.code == USAGE_ERROR
