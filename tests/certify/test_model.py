"""The stages of a copy exist only when valid; products are not mixed; keys of both kinds sign."""

import sys
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from subprocess import run

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from certify.model import (
    Approval,
    Book,
    CertifyFault,
    CopyDecision,
    FaultCode,
    Kind,
    Medium,
    Number,
    OriginalSeen,
    Signer,
    Statement,
)
from certify.signing.keys import FileKey, check_signature, signature_size
from tests.certify.certify_specimens import WORDING

ROOT = Path(__file__).parents[2]
NEW_YEAR = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
OFFICER = Signer("Trần Văn Mẫu", "PHÓ CHỦ TỊCH", "UBND")
SEEN = OriginalSeen(2, "Nguyễn Thị Mẫu", NEW_YEAR)
APPROVAL = Approval("r1", SEEN, Path("scan.pdf"), OFFICER)
NUMBER = Number(1, Book("SCT/BS", Medium.ELECTRONIC, 2027, 1))
STATEMENT = Statement(APPROVAL, NUMBER, NEW_YEAR, WORDING, OFFICER)


def test_a_statement_is_dated_by_the_clock_on_the_wall():
    assert STATEMENT.signed_on == date(2027, 1, 1)
    with pytest.raises(ValueError, match="year of its day"):
        replace(STATEMENT, at=NEW_YEAR - timedelta(seconds=1))


def test_a_wording_not_yet_in_force_cannot_be_used():
    with pytest.raises(ValueError, match="in force"):
        replace(STATEMENT, wording=replace(WORDING, effective_from=date(2027, 1, 2)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: OriginalSeen(0, "somebody", NEW_YEAR),
        lambda: OriginalSeen(1, "", NEW_YEAR),
        lambda: OriginalSeen(1, "somebody", datetime(2026, 1, 1)),  # noqa: DTZ001 - naive on purpose
        lambda: Number(0, NUMBER.book),
        lambda: Book("SCT/BS", Medium.PAPER, 2026, 0),
        lambda: Book("", Medium.PAPER, 2026, 1),
    ],
)
def test_what_is_not_valid_cannot_be_built(make):
    with pytest.raises(ValueError, match=r"."):
        make()


def test_certified_copies_and_an_agencys_own_copies_are_never_mixed():
    with pytest.raises(ValueError, match="CopyDecision"):
        replace(APPROVAL, kind=Kind.SAO_Y)
    with pytest.raises(ValueError, match="Approval"):
        CopyDecision("r1", Kind.CERTIFIED, Path("scan.pdf"), OFFICER, NEW_YEAR)


def test_stages_cannot_be_changed_afterwards():
    with pytest.raises(FrozenInstanceError):
        STATEMENT.number = NUMBER


def test_a_fault_tells_its_code_and_keeps_the_detail_apart():
    fault = CertifyFault(FaultCode.KEY_REFUSED, "PIN")
    assert (fault.code, fault.detail, str(fault)) == (FaultCode.KEY_REFUSED, "PIN", "key-refused: PIN")
    assert str(CertifyFault(FaultCode.KEY_PENDING)) == "key-pending"


def test_the_nouns_load_without_any_foreign_library():
    code = "import sys, certify.model; print({'pyhanko', 'pikepdf', 'sqlalchemy'} & {*sys.modules})"
    done = run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.fixture(scope="module")
def rsa_key(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rsa")
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "RSA (BẢN MẪU)")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(NEW_YEAR)
        .not_valid_after(NEW_YEAR + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (folder / "k.key").write_bytes(private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    (folder / "k.pem").write_bytes(certificate.public_bytes(encoding))
    return FileKey(folder / "k.key", folder / "k.pem", ())


def test_an_rsa_key_signs_as_well(rsa_key):
    signature = rsa_key.finish(rsa_key.begin(b"words"))
    assert len(signature) == signature_size(rsa_key.certificate) == 256
    check_signature(rsa_key.certificate, signature, b"words")
    with pytest.raises(CertifyFault, match=str(FaultCode.KEY_REFUSED)):
        check_signature(rsa_key.certificate, bytes(256), b"words")
