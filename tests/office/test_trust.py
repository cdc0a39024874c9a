"""What is trusted stands in rows, by a fingerprint that a person confirmed, each root for one purpose."""

import json
import sys
from io import StringIO

import pytest

from certify.question import Pin, SignerRole
from certify.services.certificate_card import read_card
from office.bootstrap import open_office
from office.cli.main import USAGE_ERROR, main
from office.founding.trust import (
    Confirmed,
    TrustCode,
    TrustFault,
    TrustList,
    VouchesFor,
    add_anchor,
    list_anchors,
    list_pins,
    pin_certificate,
    remove_trusted,
)
from office.settings import Settings
from storage import ledger
from storage.database import reading
from tests.authority_server import Authority, fingerprint_of, pem_of

BY = "system:operator"
GOVERNMENT = (TrustList.GOVERNMENT, "")
OTHER = "ỦY BAN NHÂN DÂN PHƯỜNG KHÁC"


@pytest.fixture(scope="module")
def authority():
    return Authority("http://127.0.0.1:9")


@pytest.fixture
def office(tmp_path, database_url):
    opened = open_office(Settings(data=tmp_path / "house").having("database", url=database_url))
    yield opened
    opened.engine.dispose()


def confirmed(issued, fingerprint=None):
    return Confirmed(read_card(pem_of(issued)), fingerprint or fingerprint_of(issued))


def refused(code, act, *given):
    with pytest.raises(TrustFault) as told:
        act(*given)
    assert told.value.code is code


def events(office):
    with reading(office.engine) as connection:
        assert ledger.verify(connection).first_break is None
        return [(entry.what, entry.actor) for entry in ledger.entries(connection, "trust")]


def test_a_root_is_trusted_for_its_purpose_alone_and_the_ledger_knows(office, authority):
    assert add_anchor(office, BY, confirmed(authority.root), VouchesFor.SIGNERS, GOVERNMENT)
    assert [path.read_bytes() for path in office.trust.roots] == [pem_of(authority.root)]
    assert office.trust.stamp_roots == ()
    assert add_anchor(
        office, BY, confirmed(authority.stamp_root), VouchesFor.STAMPS, (TrustList.NATIONAL, "")
    )
    assert [path.stem for path in office.trust.stamp_roots] == [fingerprint_of(authority.stamp_root)]
    assert [path.stem for path in office.trust.roots] == [fingerprint_of(authority.root)]
    with reading(office.engine) as connection:
        told = {(one.list, one.vouches_for, one.subject) for one in list_anchors(connection)}
    assert told == {
        (TrustList.GOVERNMENT, VouchesFor.SIGNERS, "Gốc chứng thực Thử Nghiệm"),
        (TrustList.NATIONAL, VouchesFor.STAMPS, "Gốc dấu thời gian Thử Nghiệm"),
    }
    assert events(office) == [("anchor_trusted", BY)] * 2


def test_trusting_twice_changes_nothing(office, authority):
    assert add_anchor(office, BY, confirmed(authority.root), VouchesFor.SIGNERS, GOVERNMENT)
    assert not add_anchor(office, BY, confirmed(authority.root), VouchesFor.SIGNERS, GOVERNMENT)
    assert len(events(office)) == 1


@pytest.mark.parametrize(
    "spelt", [str.upper, lambda told: ":".join(told[at : at + 2] for at in range(0, 64, 2))]
)
def test_a_fingerprint_may_be_spelt_as_authorities_print_it(office, authority, spelt):
    told = confirmed(authority.root, spelt(fingerprint_of(authority.root)))
    assert add_anchor(office, BY, told, VouchesFor.SIGNERS, GOVERNMENT)


@pytest.mark.parametrize("wrong", ["", "00" * 32, "half"])
def test_another_fingerprint_trusts_nothing(office, authority, wrong):
    told = fingerprint_of(authority.root)[:32] if wrong == "half" else wrong
    card = read_card(pem_of(authority.root))
    refused(
        TrustCode.FINGERPRINT_DIFFERS,
        add_anchor,
        office,
        BY,
        Confirmed(card, told),
        VouchesFor.SIGNERS,
        GOVERNMENT,
    )
    assert office.trust.roots == ()
    assert events(office) == []


def test_only_an_authority_is_an_anchor_and_only_a_signer_is_pinned(office, authority):
    person = authority.issue("Trần Văn Lãnh")
    refused(
        TrustCode.NOT_AN_AUTHORITY, add_anchor, office, BY, confirmed(person), VouchesFor.SIGNERS, GOVERNMENT
    )
    refused(
        TrustCode.NOT_A_SIGNER,
        pin_certificate,
        office,
        BY,
        confirmed(authority.root),
        SignerRole.OFFICER,
        OTHER,
    )


def test_another_offices_root_names_that_office(office, authority):
    told = confirmed(authority.root)
    refused(
        TrustCode.AGENCY_MISSING, add_anchor, office, BY, told, VouchesFor.SIGNERS, (TrustList.OFFICE, " ")
    )
    assert add_anchor(office, BY, told, VouchesFor.SIGNERS, (TrustList.OFFICE, OTHER))


def test_what_is_trusted_no_more_is_gone_at_once_and_told(office, authority):
    for whom in VouchesFor:
        add_anchor(office, BY, confirmed(authority.root), whom, GOVERNMENT)
    told = fingerprint_of(authority.root)
    refused(TrustCode.NOT_TRUSTED, remove_trusted, office, BY, told[:15])
    refused(TrustCode.NOT_TRUSTED, remove_trusted, office, BY, "%" * 20)
    assert remove_trusted(office, BY, told[:16], [VouchesFor.STAMPS]) == (told,)
    assert (len(office.trust.roots), office.trust.stamp_roots) == (1, ())
    assert remove_trusted(office, BY, told) == (told,)
    assert office.trust.roots == ()
    refused(TrustCode.NOT_TRUSTED, remove_trusted, office, BY, told)
    assert events(office)[2:] == [("anchor_distrusted", BY)] * 2


def test_a_file_that_somebody_changed_is_made_anew_from_its_row(office, authority):
    add_anchor(office, BY, confirmed(authority.root), VouchesFor.SIGNERS, GOVERNMENT)
    (path,) = office.trust.roots
    path.write_bytes(pem_of(authority.stamp_root))
    assert [one.read_bytes() for one in office.trust.roots] == [pem_of(authority.root)]


def test_another_offices_certificate_is_known_by_its_role_until_it_is_forgotten(office, authority):
    theirs = authority.issue("Lê Văn Khác")
    assert pin_certificate(office, BY, confirmed(theirs), SignerRole.OFFICER, OTHER)
    assert not pin_certificate(office, BY, confirmed(theirs), SignerRole.OFFICER, OTHER)
    assert office.trust.pins == (Pin(fingerprint_of(theirs), SignerRole.OFFICER, OTHER, own=False),)
    assert remove_trusted(office, BY, fingerprint_of(theirs)) == (fingerprint_of(theirs),)
    assert office.trust.pins == ()
    assert events(office) == [("certificate_pinned", BY), ("certificate_unpinned", BY)]


# The command


@pytest.fixture
def house(tmp_path):
    open_office(Settings(data=tmp_path / "house")).engine.dispose()
    return tmp_path / "house"


@pytest.fixture
def root_file(authority, tmp_path):
    path = tmp_path / "root.crt"
    path.write_bytes(pem_of(authority.root))
    return path


def trust(house, *words):
    return main(["trust", *map(str, words), "--data", str(house)])


def test_a_person_types_the_fingerprint_that_the_authority_tells(
    house, root_file, authority, monkeypatch, capsys
):
    monkeypatch.setattr(sys, "stdin", StringIO("không\n"))
    assert trust(house, "add", root_file, "--for", "signers") == 1
    assert "Dấu vân tay không khớp" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", StringIO(fingerprint_of(authority.root) + "\n"))
    assert trust(house, "add", root_file, "--for", "signers", "--for", "stamps") == 0
    shown = capsys.readouterr()
    assert "Gốc chứng thực Thử Nghiệm" in shown.err
    assert "Đã tin" in shown.out
    assert trust(house, "list", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["list"], one["vouches_for"]) for one in told["anchors"]] == [
        ("government", "signers"),
        ("government", "stamps"),
    ]


def test_the_command_shows_adds_and_removes(house, root_file, authority, capsys):
    told = fingerprint_of(authority.root)
    assert trust(house, "show", root_file, "--json") == 0
    assert json.loads(capsys.readouterr().out)["sha256"] == told
    added = ("add", root_file, "--for", "signers", "--list", "national", "--fingerprint", told)
    assert trust(house, *added) == 0
    assert trust(house, *added) == 0
    assert "từ trước" in capsys.readouterr().out
    assert trust(house, "show", told[:20]) == 0
    assert "Gốc chứng thực" in capsys.readouterr().out
    assert trust(house, "remove", told[:20]) == 0
    assert trust(house, "remove", told[:20]) == 1
    assert "Không có gì được tin" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", [b"", b"words", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_file_that_is_no_certificate_is_told(house, tmp_path, content, capsys):
    (tmp_path / "file").write_bytes(content)
    assert trust(house, "add", tmp_path / "file", "--for", "signers", "--fingerprint", "00") == 1
    assert "đúng một chứng thư" in capsys.readouterr().err


def test_a_bundle_of_certificates_is_no_single_anchor(house, authority, tmp_path, capsys):
    (tmp_path / "two").write_bytes(pem_of(authority.root) + pem_of(authority.stamp_root))
    assert trust(house, "add", tmp_path / "two", "--for", "signers", "--fingerprint", "00") == 1
    assert "đúng một chứng thư" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("add",), ("add", "file"), ("show",), ("remove",)])
def test_what_is_missing_on_the_command_line_is_a_usage_error(house, words):
    with pytest.raises(SystemExit) as left:
        trust(house, *words)
    assert left.value.code == USAGE_ERROR


def test_looking_makes_no_house(tmp_path, capsys):
    assert trust(tmp_path / "nowhere", "list") == 1
    assert not (tmp_path / "nowhere").exists()


def test_pins_of_others_are_listed_with_their_agency(house, authority, tmp_path, capsys):
    theirs = authority.issue("Lê Văn Khác")
    (tmp_path / "theirs.pem").write_bytes(pem_of(theirs))
    words = ("add", tmp_path / "theirs.pem", "--for", "officer", "--agency", OTHER)
    assert trust(house, *words, "--fingerprint", fingerprint_of(theirs)) == 0
    capsys.readouterr()
    assert trust(house, "list") == 0
    assert OTHER in capsys.readouterr().out
    opened = open_office(Settings(data=house))
    with reading(opened.engine) as connection:
        assert [pin.agency for pin, _ in list_pins(connection)] == [OTHER]
    opened.engine.dispose()
