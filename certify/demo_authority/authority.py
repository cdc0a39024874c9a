"""A throw-away certificate authority on disk, for demos, training and tests.

Rules of this module:
1. Opening a folder twice gives the same keys and certificates; a making that was killed leaves nothing behind
   but a hidden folder, which the next one removes.
2. Private keys are readable by their owner alone.
3. Its services answer inside the process; their host name is reserved and never resolves.
"""

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from asn1crypto import crl, ocsp, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certify.demo_authority.answers import Responder, Stamper, revocation_list
from certify.demo_authority.certificates import SIGNERS, Issued, Role, issue_all
from certify.demo_authority.inside import InsideFetchers, InsideTimeStamper
from certify.model import CertifyFault, FaultCode, Signer
from certify.signing.atomic import appearing
from certify.signing.keys import FileKey, load_certificate
from certify.signing.timestamp import FallbackTimeStamper
from certify.signing.trust import Credentials, Services
from foundation.durable import sync, write_new
from foundation.locks import alone

OWNER_ONLY = 0o600
REVOKED_FILE = "revoked.json"
SERIAL_BITS = 63


class DemoAuthority:
    """Root, intermediate, clerk, officer, agency, TSA and OCSP responder, all specimens (BẢN MẪU)."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        """Load what `open` made; use `open`."""
        self._folder = folder
        self._clock = clock
        self._issued = {role: _load(folder, role) for role in Role}
        self._certificates = {role: load_certificate(folder / f"{role}.pem") for role in Role}
        self._serials = {issued.certificate.serial_number: issued for issued in self._issued.values()}
        self.trust_pem = folder / f"{Role.ROOT}.pem"
        self.services = Services(
            roots=(self._certificates[Role.ROOT],),
            intermediates=(self._certificates[Role.INTERMEDIATE],),
            fetchers=InsideFetchers(self),
            timestamps=FallbackTimeStamper([InsideTimeStamper(self)]),
            clock=clock,
        )
        self.clerk = self._credentials(Role.CLERK)
        self.officer = self._credentials(Role.OFFICER)
        self.agency = self._credentials(Role.AGENCY)

    @classmethod
    def open(cls, folder: Path, clock: Callable[[], datetime]) -> "DemoAuthority":
        """The authority kept in `folder`, made there first when it is new.

        `clock` dates certificates, answers and time-stamps (aware UTC).
        Raises: CertifyFault AUTHORITY_DAMAGED when files are missing or do not fit together.
        """
        with _alone(folder):
            _remove_unfinished(folder)
            if not folder.exists():
                _make(folder, clock())
        try:
            return cls(folder, clock)
        except CertifyFault as fault:
            raise CertifyFault(FaultCode.AUTHORITY_DAMAGED, fault.detail) from fault

    def signer(self, role: Role) -> Signer:
        """Whom the certificate of `role` names."""
        return SIGNERS[role]

    def certificate(self, role: Role) -> asn1_x509.Certificate:
        """The certificate of `role`."""
        return self._certificates[role]

    def revoke(self, role: Role) -> None:
        """Revoke a certificate from now on."""
        revoked = {**self._revoked(), self._issued[role].certificate.serial_number: self._clock()}
        with appearing(self._folder / REVOKED_FILE) as staged:
            staged.write_text(json.dumps({str(serial): at.isoformat() for serial, at in revoked.items()}))

    def ocsp_answer(self, serial: int) -> ocsp.OCSPResponse | None:
        """The status of the certificate with this serial number, None for a stranger's."""
        asked = self._serials.get(serial)
        if asked is None:
            return None
        responder = Responder(self._issued[Role.OCSP], self._issued[Role.INTERMEDIATE].certificate)
        return responder.answer(asked.certificate, self._revoked().get(serial), self._clock())

    def root_list(self) -> crl.CertificateList:
        """The root's revocation list, which answers for the intermediate."""
        return revocation_list(self._issued[Role.ROOT], self._revoked(), self._clock())

    def stamp(self, request: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """A time-stamp by the authority's clock."""
        stamper = Stamper(
            self._issued[Role.TSA],
            (self._issued[Role.INTERMEDIATE].certificate,),
        )
        return stamper.answer(request, secrets.randbits(SERIAL_BITS), self._clock())

    def is_own(self, certificate: asn1_x509.Certificate) -> bool:
        """Whether this very certificate was issued here."""
        return certificate.dump() in {own.dump() for own in self._certificates.values()}

    def _credentials(self, role: Role) -> Credentials:
        above = (self._folder / f"{Role.INTERMEDIATE}.pem",)
        key = FileKey(self._folder / f"{role}.key", self._folder / f"{role}.pem", above)
        return Credentials(key, self.services)

    def _revoked(self) -> dict[int, datetime]:
        path = self._folder / REVOKED_FILE
        if not path.exists():
            return {}
        return {
            int(serial): datetime.fromisoformat(at) for serial, at in json.loads(path.read_text()).items()
        }


def _make(folder: Path, now: datetime) -> None:
    staged = folder.with_name(f".{folder.name}.making")
    staged.mkdir(parents=True)
    for role, issued in issue_all(now).items():
        pem = issued.certificate.public_bytes(serialization.Encoding.PEM)
        write_new(staged / f"{role}.pem", pem, 0o644)
        write_new(staged / f"{role}.key", _private_pem(issued.key), OWNER_ONLY)
    sync(staged)
    staged.rename(folder)
    sync(folder.parent)


def _remove_unfinished(folder: Path) -> None:
    shutil.rmtree(folder.with_name(f".{folder.name}.making"), ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time makes or looks."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with alone(folder.with_name(f".{folder.name}.lock")):
        yield


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _load(folder: Path, role: Role) -> Issued:
    try:
        key = serialization.load_pem_private_key((folder / f"{role}.key").read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate((folder / f"{role}.pem").read_bytes())
    except (OSError, ValueError) as wrong:
        raise CertifyFault(FaultCode.AUTHORITY_DAMAGED, f"{role}: {wrong}") from wrong
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise CertifyFault(FaultCode.AUTHORITY_DAMAGED, f"{role}: the key does not fit its certificate")
    return Issued(key, certificate)
