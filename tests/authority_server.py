"""A certificate authority with ordinary names, and its TSA, OCSP and lists over real HTTP on loopback.

Signers' certificates lead to one root, the time-stamp authority's to another. `misbehave` replaces what an
address answers, for one request or for all.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from certify.demo_authority.answers import Responder, Stamper, revocation_list
from certify.demo_authority.certificates import Issued
from certify.signing.keys import FileKey

HERE = "127.0.0.1"
YEAR = timedelta(days=365)
Reply = tuple[int, str, bytes]  # status, media type, body


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Authority:
    """Everything that issues, stamps and answers; `url` is where it is asked."""

    url: str
    clock: Callable[[], datetime] = now
    revoked: dict[int, datetime] = field(default_factory=dict)
    unknown: set[int] = field(default_factory=set)
    issued: dict[int, Issued] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self._make("Gốc chứng thực Thử Nghiệm", None, _authority(1))
        self.intermediate = self._make(
            "CA phục vụ cơ quan Thử Nghiệm", self.root, [*_authority(0), *self._lists("root.crl")]
        )
        self.stamp_root = self._make("Gốc dấu thời gian Thử Nghiệm", None, _authority(1))
        self.tsa = self.issue_tsa()
        self.responder = self._make(
            "OCSP Thử Nghiệm",
            self.intermediate,
            [
                *_usage(digital_signature=True),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
                (x509.OCSPNoCheck(), False),
            ],
        )

    def issue(
        self, name: str, organization: str = "", life: tuple[timedelta, timedelta] = (timedelta(), YEAR)
    ) -> Issued:
        """A signer's certificate; `life`: from when until when, counted from now."""
        extensions = [*_usage(digital_signature=True, content_commitment=True), self._asked_at("ocsp")]
        return self._make(name, self.intermediate, extensions, organization, life)

    def issue_tsa(self, *purposes: x509.ObjectIdentifier, life=(timedelta(), YEAR), issuer=None) -> Issued:
        """A certificate for time-stamps; with further purposes one that must not be believed."""
        wanted = [ExtendedKeyUsageOID.TIME_STAMPING, *purposes]
        extensions = [*_usage(digital_signature=True), (x509.ExtendedKeyUsage(wanted), True)]
        return self._make(
            "TSA Thử Nghiệm", issuer or self.stamp_root, [*extensions, *self._lists("stamps.crl")], life=life
        )

    def revoke(self, issued: Issued) -> None:
        self.revoked[issued.certificate.serial_number] = self.clock() - timedelta(hours=1)

    def key(self, issued: Issued, folder: Path) -> FileKey:
        """The key as files, the way the demo keeps them."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = folder / f"{issued.certificate.serial_number:x}"
        above = folder / "intermediate.pem"
        above.write_bytes(pem_of(self.intermediate))
        stem.with_suffix(".pem").write_bytes(pem_of(issued))
        private = issued.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        stem.with_suffix(".key").write_bytes(private)
        return FileKey(stem.with_suffix(".key"), stem.with_suffix(".pem"), (above,))

    # What it answers

    def stamp(self, body: bytes, tsa: Issued | None = None, at: datetime | None = None) -> Reply:
        request = tsp.TimeStampReq.load(body)
        answer = Stamper(tsa or self.tsa, ()).answer(request, x509.random_serial_number(), at or self.clock())
        return 200, "application/timestamp-reply", answer.dump()

    def status(self, body: bytes) -> Reply:
        request = asn1_ocsp.OCSPRequest.load(body)["tbs_request"]["request_list"][0]
        serial = request["req_cert"]["serial_number"].native
        if serial in self.unknown or serial not in self.issued:
            return (
                200,
                "application/ocsp-response",
                asn1_ocsp.OCSPResponse({"response_status": "unauthorized"}).dump(),
            )
        responder = Responder(self.responder, self.intermediate.certificate)
        answer = responder.answer(self.issued[serial].certificate, self.revoked.get(serial), self.clock())
        return 200, "application/ocsp-response", answer.dump()

    def list_of(self, issuer: Issued) -> Reply:
        own = {
            serial: at
            for serial, at in self.revoked.items()
            if self._issuer(serial) == issuer.certificate.subject
        }
        return 200, "application/pkix-crl", revocation_list(issuer, own, self.clock()).dump()

    def answer(self, path: str, body: bytes) -> Reply:
        replies: dict[str, Callable[[], Reply]] = {
            "/tsa": lambda: self.stamp(body),
            "/tsa-2": lambda: self.stamp(body),
            "/ocsp": lambda: self.status(body),
            "/root.crl": lambda: self.list_of(self.root),
            "/stamps.crl": lambda: self.list_of(self.stamp_root),
        }
        return replies[path]() if path in replies else (404, "text/plain", b"")

    def _issuer(self, serial: int) -> x509.Name:
        return self.issued[serial].certificate.issuer

    def _lists(self, name: str) -> list[tuple[x509.ExtensionType, bool]]:
        point = x509.DistributionPoint(
            [x509.UniformResourceIdentifier(f"{self.url}/{name}")], None, None, None
        )
        return [(x509.CRLDistributionPoints([point]), False)]

    def _asked_at(self, name: str) -> tuple[x509.ExtensionType, bool]:
        place = x509.UniformResourceIdentifier(f"{self.url}/{name}")
        described = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        return x509.AuthorityInformationAccess([described]), False

    def _make(self, name, issuer, extensions, organization="", life=(timedelta(), 10 * YEAR)) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        signer = issuer.key if issuer else key
        begins, ends = life
        moment = self.clock().replace(microsecond=0)
        subject = _name(name, organization or "Tổ chức Thử Nghiệm")
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment + begins - timedelta(hours=2))
            .not_valid_after(moment + ends)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        made = Issued(key, builder.sign(signer, hashes.SHA256()))
        self.issued[made.certificate.serial_number] = made
        return made


@dataclass
class AuthorityServer:
    """An authority behind HTTP; `asked` are the paths that were asked for, in order.

    `most_at_once` are the time-stamps that were ever asked for at the same time.
    """

    authority: Authority
    asked: list[str] = field(default_factory=list)
    at_once: dict[str, int] = field(default_factory=dict)
    most_at_once: int = 0
    faults: dict[str, list[Callable[[bytes], Reply]]] = field(default_factory=dict)
    lasting: dict[str, Callable[[bytes], Reply]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.authority.url

    @property
    def tsa(self) -> str:
        return f"{self.url}/tsa"

    def misbehave(self, path: str, reply: Callable[[bytes], Reply], *, times: int | None = None) -> None:
        if times is None:
            self.lasting[path] = reply
        else:
            self.faults.setdefault(path, []).extend([reply] * times)

    def behave(self) -> None:
        """Answer properly from now on; whoever asked before and gave up waiting is answered first."""
        while any(self.at_once.values()):
            time.sleep(0.01)
        self.faults.clear()
        self.lasting.clear()
        self.asked.clear()
        self.most_at_once = 0

    def reply(self, path: str, body: bytes) -> Reply:
        waiting = self.faults.get(path)
        if waiting:
            return waiting.pop(0)(body)
        if path in self.lasting:
            return self.lasting[path](body)
        return self.authority.answer(path, body)


def slowly(seconds: float, reply: Callable[[bytes], Reply]) -> Callable[[bytes], Reply]:
    def later(body: bytes) -> Reply:
        time.sleep(seconds)
        return reply(body)

    return later


@contextmanager
def authority_server(clock: Callable[[], datetime] = now) -> Iterator[AuthorityServer]:
    server = ThreadingHTTPServer((HERE, 0), _Handler)
    server.daemon_threads = True
    serving = AuthorityServer(Authority(f"http://{HERE}:{server.server_port}", clock))
    server.serving = serving  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield serving
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    lock = threading.Lock()

    def do_GET(self) -> None:
        self._do()

    def do_POST(self) -> None:
        self._do()

    def _do(self) -> None:
        serving: AuthorityServer = self.server.serving  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with self.lock:
            serving.asked.append(self.path)
            serving.at_once[self.path] = serving.at_once.get(self.path, 0) + 1
            stamps = sum(number for path, number in serving.at_once.items() if path.startswith("/tsa"))
            serving.most_at_once = max(serving.most_at_once, stamps)
        try:
            status, media, content = serving.reply(self.path, body)
        finally:
            with self.lock:
                serving.at_once[self.path] -= 1
        self.send_response(status)
        self.send_header("Content-Type", media)
        if status in (301, 302, 307):
            self.send_header("Location", content.decode())
            content = b""
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(OSError):  # who gave up waiting is gone
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        return


def pem_of(issued: Issued) -> bytes:
    return issued.certificate.public_bytes(serialization.Encoding.PEM)


def fingerprint_of(issued: Issued) -> str:
    return issued.certificate.fingerprint(hashes.SHA256()).hex()


def _name(common: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _authority(path_length: int) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        *_usage(key_cert_sign=True, crl_sign=True),
    ]


def _usage(**wanted: bool) -> list[tuple[x509.ExtensionType, bool]]:
    every = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return [(x509.KeyUsage(**{name: wanted.get(name, False) for name in every}), True)]
