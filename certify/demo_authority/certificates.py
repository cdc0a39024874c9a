"""The certificates of the demo authority: who is in it, and how each certificate is made.

Every subject says BẢN MẪU (specimen), so that no copy signed here can pass for a real one. Keys are P-256.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from certify.model import Signer

HOST = "pki.motcua.invalid"  # reserved (RFC 2606): answered inside the process, never on a network
AGENCY_NAME = "ỦY BAN NHÂN DÂN PHƯỜNG MẪU"
SPECIMEN = "BẢN MẪU - không có giá trị pháp lý"
YEAR = timedelta(days=365)
BACKDATED = timedelta(hours=1)  # so that a clock running behind still finds the certificates valid


class Role(StrEnum):
    """The seven certificates of the authority."""

    ROOT = "root"
    INTERMEDIATE = "intermediate"
    CLERK = "clerk"
    OFFICER = "officer"
    AGENCY = "agency"
    TSA = "tsa"
    OCSP = "ocsp"


AUTHORITIES = (Role.ROOT, Role.INTERMEDIATE)
COMMON_NAMES = {
    Role.ROOT: "Gốc chứng thực thử nghiệm Motcua (BẢN MẪU)",
    Role.INTERMEDIATE: "Cơ quan chứng thực thử nghiệm Motcua (BẢN MẪU)",
    Role.CLERK: "Nguyễn Thị Mẫu (BẢN MẪU)",
    Role.OFFICER: "Trần Văn Mẫu (BẢN MẪU)",
    Role.AGENCY: "Ủy ban nhân dân phường Mẫu (BẢN MẪU)",
    Role.TSA: "Dấu thời gian thử nghiệm Motcua (BẢN MẪU)",
    Role.OCSP: "Trạng thái chứng thư thử nghiệm Motcua (BẢN MẪU)",
}
LIFETIMES = {Role.ROOT: 20 * YEAR, Role.INTERMEDIATE: 20 * YEAR, Role.TSA: 15 * YEAR, Role.OCSP: 15 * YEAR}
LEAF_LIFETIME = 5 * YEAR
SIGNERS = {
    Role.CLERK: Signer("Nguyễn Thị Mẫu (BẢN MẪU)", "Công chức tiếp nhận", AGENCY_NAME),
    Role.OFFICER: Signer("Trần Văn Mẫu (BẢN MẪU)", "KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH", AGENCY_NAME),
    Role.AGENCY: Signer("Ủy ban nhân dân phường Mẫu (BẢN MẪU)", "Văn thư", AGENCY_NAME),
}


@dataclass(frozen=True)
class Issued:
    """A private key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def issue_all(now: datetime) -> dict[Role, Issued]:
    """New keys and certificates for every role, valid from `now`."""
    root = _issue(Role.ROOT, None, now)
    intermediate = _issue(Role.INTERMEDIATE, root, now)
    leaves = {role: _issue(role, intermediate, now) for role in Role if role not in AUTHORITIES}
    return {Role.ROOT: root, Role.INTERMEDIATE: intermediate, **leaves}


def _issue(role: Role, issuer: Issued | None, now: datetime) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    signing_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(role))
        .issuer_name(issuer.certificate.subject if issuer else _subject(role))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFETIMES.get(role, LEAF_LIFETIME))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_issued_by(signing_key), critical=False)
        .add_extension(_usage(role), critical=True)
    )
    for extension, critical in [*_role_extensions(role), *_addresses(role)]:
        builder = builder.add_extension(extension, critical=critical)
    return Issued(key, builder.sign(signing_key, hashes.SHA256()))


def _subject(role: Role) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, AGENCY_NAME if role in SIGNERS else SPECIMEN),
            x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAMES[role]),
        ]
    )


def _issued_by(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _usage(role: Role) -> x509.KeyUsage:
    issues = role in AUTHORITIES
    return x509.KeyUsage(
        digital_signature=not issues,
        content_commitment=role in SIGNERS,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


def _role_extensions(role: Role) -> list[tuple[x509.ExtensionType, bool]]:
    match role:
        case Role.ROOT:
            return [(x509.BasicConstraints(ca=True, path_length=1), True)]
        case Role.INTERMEDIATE:
            return [(x509.BasicConstraints(ca=True, path_length=0), True)]
        case Role.TSA:
            return [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)]
        case Role.OCSP:
            return [
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
                (x509.OCSPNoCheck(), False),
            ]
        case _:
            return []


def _addresses(role: Role) -> list[tuple[x509.ExtensionType, bool]]:
    """Where to ask about a certificate: the root's list for the intermediate, OCSP for what it issued."""
    match role:
        case Role.ROOT | Role.OCSP:
            return []
        case Role.INTERMEDIATE:
            point = x509.DistributionPoint([_uri("root.crl")], None, None, None)
            return [(x509.CRLDistributionPoints([point]), False), (_access(root_file="root.crt"), False)]
        case _:
            return [(_access(root_file="intermediate.crt", ocsp="ocsp"), False)]


def _access(root_file: str, ocsp: str | None = None) -> x509.AuthorityInformationAccess:
    found_at = [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, _uri(root_file))]
    if ocsp:
        found_at.insert(0, x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _uri(ocsp)))
    return x509.AuthorityInformationAccess(found_at)


def _uri(path: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(f"http://{HOST}/{path}")
