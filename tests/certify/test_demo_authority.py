"""The specimen authority: made once, kept, whole after a kill, and answering for its own alone."""

import asyncio
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import tsp

from certify.demo_authority.authority import DemoAuthority
from certify.demo_authority.certificates import Role
from certify.model import CertifyFault, FaultCode
from certify.signing.keys import FileKey, check_signature, load_certificate
from certify.signing.trust import require_good
from tests.certify.certify_specimens import now

ROOT = Path(__file__).parents[2]


def refused(code):
    return pytest.raises(CertifyFault, match=str(code))


def kept(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_opening_again_gives_the_same_keys_and_certificates(tmp_path):
    folder = tmp_path / "authority"
    DemoAuthority.open(folder, now)
    before = kept(folder)
    again = DemoAuthority.open(folder, now)
    assert kept(folder) == before
    assert again.trust_pem.read_text().startswith("-----BEGIN CERTIFICATE-----")


def test_private_keys_are_their_owners_alone(authority, desk):
    keys = list((desk / "authority").glob("*.key"))
    assert len(keys) == 7
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}


def test_every_subject_says_specimen_and_no_address_resolves(authority):
    for role in Role:
        certificate = authority.certificate(role)
        assert "BẢN MẪU" in certificate.subject.native["common_name"]
    assert authority.certificate(Role.OFFICER).ocsp_urls == ["http://pki.motcua.invalid/ocsp"]


def test_signing_certificates_may_sign_documents_and_nothing_else(authority):
    for role in (Role.CLERK, Role.OFFICER, Role.AGENCY):
        certificate = authority.certificate(role)
        assert certificate.key_usage_value.native == {"digital_signature", "non_repudiation"}
        assert certificate.ca is not True


MAKE_AND_DIE = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from certify.demo_authority import authority
written, write = [], authority.write_new
def dying(path, content, mode):
    if len(written) == int(sys.argv[2]):
        os._exit(9)
    written.append(path)
    write(path, content, mode)
authority.write_new = dying
authority.DemoAuthority.open(Path(sys.argv[1]), lambda: datetime.now(UTC))
"""


@pytest.mark.parametrize("step", [0, 1, 7, 13])
def test_a_making_that_was_killed_starts_anew(tmp_path, step):
    folder = tmp_path / "authority"
    child = subprocess.run([sys.executable, "-c", MAKE_AND_DIE, folder, str(step)], cwd=ROOT, check=False)
    assert child.returncode == 9
    assert not folder.exists()
    assert DemoAuthority.open(folder, now).clerk.key.certificate is not None
    assert sorted(path.name for path in tmp_path.iterdir()) == [".authority.lock", "authority"]


@pytest.mark.parametrize("missing", ["officer.key", "root.pem", "tsa.pem"])
def test_a_damaged_authority_says_so_instead_of_making_another(tmp_path, missing):
    folder = tmp_path / "authority"
    DemoAuthority.open(folder, now)
    (folder / missing).unlink()
    with refused(FaultCode.AUTHORITY_DAMAGED):
        DemoAuthority.open(folder, now)


def test_a_key_of_another_is_damage_too(tmp_path):
    folder = tmp_path / "authority"
    DemoAuthority.open(folder, now)
    (folder / "officer.key").write_bytes((folder / "clerk.key").read_bytes())
    with refused(FaultCode.AUTHORITY_DAMAGED):
        DemoAuthority.open(folder, now)
    with refused(FaultCode.KEY_REFUSED):
        FileKey(folder / "clerk.key", folder / "officer.pem", ())


def good(authority, role, services=None):
    credentials = getattr(authority, role)
    key = credentials.key
    asyncio.run(require_good(key.certificate, key.chain, services or authority.services))


def test_its_own_certificates_are_good(authority):
    for role in ("clerk", "officer", "agency"):
        good(authority, role)


def test_revocation_is_kept_and_answered(tmp_path):
    authority = DemoAuthority.open(tmp_path / "authority", now)
    authority.revoke(Role.CLERK)
    reopened = DemoAuthority.open(tmp_path / "authority", now)
    with refused(FaultCode.CERTIFICATE_REVOKED):
        good(reopened, "clerk")
    good(reopened, "officer")


def test_a_revoked_intermediate_takes_all_down(tmp_path):
    authority = DemoAuthority.open(tmp_path / "authority", now)
    authority.revoke(Role.INTERMEDIATE)
    with refused(FaultCode.CERTIFICATE_REVOKED):
        good(authority, "officer")


@pytest.mark.parametrize(
    ("later", "code"),
    [
        (timedelta(days=6 * 365), FaultCode.CERTIFICATE_EXPIRED),
        (-timedelta(days=2), FaultCode.CERTIFICATE_NOT_YET_VALID),
    ],
)
def test_certificates_hold_for_their_time_only(tmp_path, later, code):
    start = datetime(2026, 11, 24, tzinfo=UTC)
    DemoAuthority.open(tmp_path / "authority", lambda: start)
    authority = DemoAuthority.open(tmp_path / "authority", lambda: start + later)
    with refused(code):
        good(authority, "officer")


def test_strangers_are_not_answered_for(tmp_path, authority):
    stranger = DemoAuthority.open(tmp_path / "authority", now)
    trusting = replace(
        authority.services, roots=stranger.services.roots, intermediates=stranger.services.intermediates
    )
    with refused(FaultCode.REVOCATION_UNAVAILABLE):
        good(stranger, "officer", trusting)


def test_a_time_stamp_answers_its_request_in_whole_seconds(authority):
    request = tsp.TimeStampReq(
        {
            "version": 1,
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": b"\x01" * 32},
            "nonce": 77,
        }
    )
    response = authority.stamp(request)
    assert response["status"]["status"].native == "granted"
    stamped = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert stamped["nonce"].native == 77
    assert stamped["message_imprint"]["hashed_message"].native == b"\x01" * 32
    assert stamped["gen_time"].native.microsecond == 0


def test_a_file_key_signs_what_its_certificate_bears_out(authority, desk):
    key = authority.officer.key
    signature = key.finish(key.begin(b"words"))
    check_signature(key.certificate, signature, b"words")
    with refused(FaultCode.KEY_REFUSED):
        check_signature(key.certificate, signature, b"other words")
    with refused(FaultCode.KEY_REFUSED):
        check_signature(authority.clerk.key.certificate, signature, b"words")


def test_what_is_no_certificate_or_key_is_refused(tmp_path, desk, authority):
    (tmp_path / "nothing.pem").write_text("nothing")
    with refused(FaultCode.KEY_REFUSED):
        load_certificate(tmp_path / "nothing.pem")
    with refused(FaultCode.KEY_REFUSED):
        FileKey(tmp_path / "nothing.pem", desk / "authority" / "clerk.pem", ())
