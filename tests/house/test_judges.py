"""The judges really judge: each says yes to a good file and no to a bad one, and their absence is told."""

import io
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

XMP = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 pdfaid:part="2" pdfaid:conformance="U"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def write_blank_page(path, *, archival):
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    if archival:
        pdf.Root.Metadata = pdf.make_stream(XMP, Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
    pdf.save(path, static_id=True)
    return path


def make_signer(folder):
    """A self-signed signer, and the PEM file of its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bản mẫu")])
    now = datetime.now(UTC)
    barred = ["key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"]
    usage = dict.fromkeys([*barred, "encipher_only", "decipher_only"], False)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "root.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    unprotected = serialization.NoEncryption()
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(encoding, shape, unprotected))
    return signers.SimpleSigner.load(str(secret), str(pem)), pem


@pytest.fixture
def signed(tmp_path):
    """A signed page and the certificate it is signed with."""
    signer, pem = make_signer(tmp_path)
    writer = IncrementalPdfFileWriter(
        io.BytesIO(write_blank_page(tmp_path / "page.pdf", archival=True).read_bytes())
    )
    meta = signers.PdfSignatureMetadata(field_name="Ký", subfilter=fields.SigSeedSubFilter.PADES)
    path = tmp_path / "đã ký.pdf"
    path.write_bytes(signers.sign_pdf(writer, meta, signer).getbuffer())
    return path, pem


def test_verapdf_tells_an_archival_file_from_a_plain_one(verapdf, tmp_path):
    good = write_blank_page(tmp_path / "lưu trữ.pdf", archival=True)
    plain = write_blank_page(tmp_path / "thường.pdf", archival=False)
    assert verapdf([good, plain]) == {good: True, plain: False}


def test_verapdf_fails_what_is_no_pdf(verapdf, tmp_path):
    good = write_blank_page(tmp_path / "good.pdf", archival=True)
    (tmp_path / "text.pdf").write_text("not a PDF")
    assert verapdf([tmp_path / "text.pdf", good]) == {tmp_path / "text.pdf": False, good: True}


def test_eu_dss_passes_a_trusted_signature(eu_dss, signed):
    path, pem = signed
    (verdict,) = eu_dss([path], pem)[path]
    assert (verdict["field"], verdict["indication"], verdict["sub_indication"]) == ("Ký", "TOTAL_PASSED", "")
    assert verdict["level"] == "PAdES-BASELINE-B"


def test_eu_dss_trusts_only_whom_it_is_told_to_trust(eu_dss, signed, tmp_path):
    path, _ = signed
    (tmp_path / "other").mkdir()
    _, stranger = make_signer(tmp_path / "other")
    (verdict,) = eu_dss([path], stranger)[path]
    assert verdict["indication"] == "INDETERMINATE"
    assert verdict["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND"


def test_eu_dss_fails_a_changed_byte(eu_dss, signed):
    path, pem = signed
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"595", b"596", 1))
    assert path.read_bytes() != whole
    (verdict,) = eu_dss([path], pem)[path]
    assert (verdict["indication"], verdict["sub_indication"]) == ("TOTAL_FAILED", "HASH_FAILURE")


def test_a_missing_judge_is_named_in_the_last_lines(tmp_path, root):
    (tmp_path / "tests").mkdir()
    shutil.copy(root / "tests" / "conftest.py", tmp_path / "tests" / "conftest.py")
    (tmp_path / "tests" / "test_two.py").write_text(
        "def test_one(verapdf): pass\ndef test_two(verapdf): pass\ndef test_three(eu_dss): pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path,
        env=os.environ | {"MOTCUA_JUDGES": str(tmp_path / "nothing")},
        capture_output=True,
        text=True,
        check=False,
    )
    *_, first, second, closing = done.stdout.strip().splitlines()
    assert first.startswith("NOT SHOWN: 1 tests without EU DSS (")
    assert second.startswith("NOT SHOWN: 2 tests without veraPDF (")
    assert "3 skipped" in closing
