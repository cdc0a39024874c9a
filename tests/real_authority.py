"""A certificate authority of the tests' own, for certificates of people and agencies with any names and days.

It lies in a folder, so that several processes share it; its OCSP, CRL and time-stamps answer inside the
process, as the demo's do.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from certify.demo_authority.answers import Responder, Stamper, revocation_list
from certify.demo_authority.certificates import Issued
from certify.demo_authority.inside import InsideFetchers, InsideTimeStamper
from certify.signing.timestamp import FallbackTimeStamper
from certify.signing.trust import Services

YEAR = timedelta(days=365)
USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
USAGES += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")


class RealAuthority:
    """The authority in this folder, made when it is not there yet."""

    def __init__(self, folder: Path, clock=lambda: datetime.now(UTC)) -> None:
        self.folder = folder
        self.clock = clock
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder / "revoked.json").write_text("{}")
            root = self._make("root", None, [(x509.BasicConstraints(ca=True, path_length=0), True)])
            stamps = [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)]
            self._make("tsa", root, stamps)
            answers = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
            self._make("ocsp", root, [(answers, False), (x509.OCSPNoCheck(), False)])
        self.root, self.tsa, self.ocsp = (self._load(name) for name in ("root", "tsa", "ocsp"))
        self.trust_pem = folder / "root.pem"

    def services(self) -> Services:
        return Services(
            roots=(_asn1(self.root.certificate),),
            intermediates=(),
            fetchers=InsideFetchers(self),
            timestamps=FallbackTimeStamper([InsideTimeStamper(self)]),
            clock=self.clock,
        )

    def issue(
        self, name, public_key, *, since=None, until=None, usage=("digital_signature", "content_commitment")
    ) -> x509.Certificate:
        """A certificate for this name and key; told by OCSP from now on."""
        begins = since or self.clock() - timedelta(hours=1)
        issued = self._build(name, public_key, (begins, until or begins + YEAR), usage).sign(
            self.root.key, hashes.SHA256()
        )
        (self.folder / f"issued-{issued.serial_number}.pem").write_bytes(_pem(issued))
        return issued

    def revoke(self, certificate: x509.Certificate) -> None:
        revoked = {**self._revoked(), certificate.serial_number: self.clock()}
        told = {str(serial): at.isoformat() for serial, at in revoked.items()}
        (self.folder / "revoked.json").write_text(json.dumps(told))

    def ocsp_answer(self, serial):
        asked = self._known().get(serial)
        if asked is None:
            return None
        responder = Responder(self.ocsp, self.root.certificate)
        return responder.answer(asked, self._revoked().get(serial), self.clock())

    def root_list(self):
        return revocation_list(self.root, self._revoked(), self.clock())

    def stamp(self, request):
        return Stamper(self.tsa, ()).answer(request, secrets.randbits(63), self.clock())

    def issued(self) -> list[x509.Certificate]:
        return [x509.load_pem_x509_certificate(one.read_bytes()) for one in self.folder.glob("issued-*.pem")]

    def is_own(self, certificate: asn1_x509.Certificate) -> bool:
        return certificate.serial_number in self._known()

    def _known(self):
        paths = [
            *self.folder.glob("issued-*.pem"),
            *(self.folder / f"{name}.pem" for name in ("tsa", "ocsp")),
        ]
        found = [x509.load_pem_x509_certificate(path.read_bytes()) for path in paths]
        return {certificate.serial_number: certificate for certificate in found}

    def _revoked(self):
        told = json.loads((self.folder / "revoked.json").read_text())
        return {int(serial): datetime.fromisoformat(at) for serial, at in told.items()}

    def _make(self, role, root, extensions) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        self.root = root or Issued(key, None)
        begins = self.clock() - timedelta(days=400)  # certificates that are over need a root of their time
        usage = ("digital_signature",) if root else ("key_cert_sign", "crl_sign")
        builder = self._build(f"Thử nghiệm {role}", key.public_key(), (begins, begins + 20 * YEAR), usage)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        certificate = builder.sign(self.root.key, hashes.SHA256())
        kinds = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
        (self.folder / f"{role}.key").write_bytes(key.private_bytes(*kinds, serialization.NoEncryption()))
        (self.folder / f"{role}.pem").write_bytes(_pem(certificate))
        return Issued(key, certificate)

    def _build(self, name, public_key, days, usage) -> x509.CertificateBuilder:
        subject = _name(name)
        above = self.root.certificate
        access = x509.UniformResourceIdentifier("http://pki.test.invalid/ocsp")
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(above.subject if above else subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(days[0])
            .not_valid_after(days[1])
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root.key.public_key()), critical=False
            )
            .add_extension(x509.KeyUsage(**{one: one in usage for one in USAGES}), critical=True)
        )
        if above is None:
            return builder
        described = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, access)
        return builder.add_extension(x509.AuthorityInformationAccess([described]), critical=False)

    def _load(self, role) -> Issued:
        key = serialization.load_pem_private_key((self.folder / f"{role}.key").read_bytes(), password=None)
        return Issued(key, x509.load_pem_x509_certificate((self.folder / f"{role}.pem").read_bytes()))


def _name(common_name) -> x509.Name:
    told = [(NameOID.COUNTRY_NAME, "VN"), (NameOID.COMMON_NAME, common_name)]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in told])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
