"""A small certificate authority of the office's own, for its pages on its network and for nothing else.

Rules of this module:
1. The authority may vouch for the names and addresses it was made for and for no other (RFC 5280 4.2.1.10):
   computers which trust it risk nothing beyond these pages. Other names need another authority.
2. Made again with the same names nothing changes, but a server's certificate that ends soon is made anew.
3. Private keys are readable by their owner alone; the authority's file is what the office's computers trust.
"""

import hashlib
import ipaddress
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from foundation.durable import write_whole

FOLDER = "tls"  # below the data directory
AUTHORITY, SERVER, NAMES = "motcua-ca", "server", "names.json"
ALWAYS = ("localhost", "127.0.0.1")
AUTHORITY_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=397)  # browsers take no longer ones from public authorities
RENEWED_BEFORE = timedelta(days=60)
BACKDATED = timedelta(hours=1)
OWNER_ONLY, OPEN = 0o600, 0o644
LONGEST_NAME = 64  # X.520's bound on a common name


@dataclass(frozen=True)
class ServerFiles:
    """What the office's own authority has made, and its fingerprint (64 hex digits)."""

    authority: Path
    certificate: Path
    key: Path
    fingerprint: str


def make_server_files(data: Path, agency: str, names: Sequence[str], now: datetime) -> ServerFiles:
    """Make the authority where it is missing or was made for other names, and the server's certificate.

    `names`: host names and IP addresses under which browsers ask for the pages.
    """
    folder = data / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = tuple(dict.fromkeys((*names, *ALWAYS)))
    if not _is_made_for(folder, wanted):
        _make_authority(folder, agency, wanted, now)
    if not _lasts(folder, now):
        _make_server(folder, wanted, now)
    return _files(folder)


def _is_made_for(folder: Path, names: Sequence[str]) -> bool:
    try:
        return sorted(json.loads((folder / NAMES).read_text())) == sorted(names)
    except (OSError, ValueError):
        return False


def _make_authority(folder: Path, agency: str, names: Sequence[str], now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(agency, f"Motcua {agency}")
    builder = _builder(subject, subject, key.public_key(), (now, AUTHORITY_LIFE))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(issues=True), critical=True)
    builder = builder.add_extension(x509.NameConstraints(list(_permitted(names)), None), critical=True)
    _write(folder, AUTHORITY, key, builder.sign(key, hashes.SHA256()))
    (folder / f"{SERVER}.pem").unlink(missing_ok=True)  # the one by the authority before
    write_whole(folder / NAMES, json.dumps(list(names)).encode())


def _make_server(folder: Path, names: Sequence[str], now: datetime) -> None:
    issuer = x509.load_pem_x509_certificate((folder / f"{AUTHORITY}.pem").read_bytes())
    signer = serialization.load_pem_private_key((folder / f"{AUTHORITY}.key").read_bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not the one that was made")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_subject("", names[0]), issuer.subject, key.public_key(), (now, SERVER_LIFE))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(issues=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(list(_alternatives(names))), critical=False)
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(issued_by, critical=False)
    _write(folder, SERVER, key, builder.sign(signer, hashes.SHA256()))


def _lasts(folder: Path, now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate((folder / f"{SERVER}.pem").read_bytes())
    except (OSError, ValueError):
        return False
    return certificate.not_valid_after_utc - now > RENEWED_BEFORE and (folder / f"{SERVER}.key").exists()


def _files(folder: Path) -> ServerFiles:
    authority = folder / f"{AUTHORITY}.pem"
    der = x509.load_pem_x509_certificate(authority.read_bytes()).public_bytes(serialization.Encoding.DER)
    own = (folder / f"{SERVER}.pem", folder / f"{SERVER}.key")
    return ServerFiles(authority, *own, hashlib.sha256(der).hexdigest())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    life: tuple[datetime, timedelta],
) -> x509.CertificateBuilder:
    begun, lasts = life
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun - BACKDATED)
        .not_valid_after(begun + lasts)
        .add_extension(identifier, critical=False)
    )


def _subject(agency: str, name: str) -> x509.Name:
    organization = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, agency[:LONGEST_NAME])] if agency else []
    return x509.Name([*organization, x509.NameAttribute(NameOID.COMMON_NAME, name[:LONGEST_NAME])])


def _usage(*, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issues,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Iterable[str]) -> Iterable[x509.GeneralName]:
    for name in names:
        try:
            yield x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            yield x509.DNSName(name)


def _permitted(names: Iterable[str]) -> Iterable[x509.GeneralName]:
    """Rule 1; ALWAYS sees to it that both kinds are named, because a kind that is not named is not bound."""
    for name in names:
        try:
            yield x509.IPAddress(ipaddress.ip_network(name))
        except ValueError:
            yield x509.DNSName(name)


def _write(folder: Path, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_whole(folder / f"{name}.key", private, OWNER_ONLY)
    write_whole(folder / f"{name}.pem", certificate.public_bytes(serialization.Encoding.PEM), OPEN)
