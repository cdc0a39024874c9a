"""The demo authority as services pyHanko can use, answered inside the process: no socket is opened.

Only certificates of the authority itself are answered for; anything else counts as unreachable.
"""

from collections.abc import AsyncGenerator, Iterable
from typing import Protocol

from asn1crypto import crl, ocsp, tsp, x509
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.authority import Authority
from pyhanko_certvalidator.errors import CRLFetchError, OCSPFetchError
from pyhanko_certvalidator.fetchers import (
    CertificateFetcher,
    CRLFetcher,
    FetcherBackend,
    Fetchers,
    OCSPFetcher,
)


class Answers(Protocol):
    """What the services ask the authority."""

    def ocsp_answer(self, serial: int) -> ocsp.OCSPResponse | None:
        """The status of a certificate of ours, None for a stranger's."""

    def root_list(self) -> crl.CertificateList:
        """The root's revocation list."""

    def stamp(self, request: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """A time-stamp response."""

    def is_own(self, certificate: x509.Certificate) -> bool:
        """Whether the authority issued `certificate`."""


class InsideFetchers(FetcherBackend):
    """Fetchers that ask the authority directly; every context gets its own, which remember what they got."""

    def __init__(self, authority: Answers) -> None:
        self._authority = authority

    def get_fetchers(self) -> Fetchers:
        """Fresh fetchers for one validation context."""
        return Fetchers(_Ocsp(self._authority), _Crl(self._authority), _Certificates())


class InsideTimeStamper(TimeStamper):
    """Time-stamps from the authority itself."""

    def __init__(self, authority: Answers) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._authority = authority

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Ask the authority."""
        return self._authority.stamp(req)


class _Ocsp(OCSPFetcher):
    def __init__(self, authority: Answers) -> None:
        self._authority = authority
        self._got: dict[bytes, ocsp.OCSPResponse] = {}

    async def fetch(self, cert: x509.Certificate, authority: Authority) -> ocsp.OCSPResponse:
        del authority
        key = cert.issuer_serial
        if key not in self._got:
            answer = self._authority.ocsp_answer(cert.serial_number) if self._authority.is_own(cert) else None
            if answer is None:
                raise OCSPFetchError("the demo authority does not know this certificate")
            self._got[key] = answer
        return self._got[key]

    def fetched_responses(self) -> Iterable[ocsp.OCSPResponse]:
        return self._got.values()

    def fetched_responses_for_cert(self, cert: x509.Certificate) -> Iterable[ocsp.OCSPResponse]:
        got = self._got.get(cert.issuer_serial)
        return () if got is None else (got,)


class _Crl(CRLFetcher):
    def __init__(self, authority: Answers) -> None:
        self._authority = authority
        self._got: crl.CertificateList | None = None

    async def fetch(
        self, cert: x509.Certificate, *, use_deltas: bool | None = None
    ) -> Iterable[crl.CertificateList]:
        del use_deltas
        if not self._authority.is_own(cert):
            raise CRLFetchError("the demo authority does not know this certificate")
        self._got = self._got or self._authority.root_list()
        return (self._got,)

    def fetched_crls(self) -> Iterable[crl.CertificateList]:
        return () if self._got is None else (self._got,)

    def fetched_crls_for_cert(self, cert: x509.Certificate) -> Iterable[crl.CertificateList]:
        if self._got is None or not self._authority.is_own(cert):
            raise KeyError
        return (self._got,)


class _Certificates(CertificateFetcher):
    """Issuers travel in every signature and in the context, so none is ever fetched."""

    def fetch_cert_issuers(self, cert: x509.Certificate) -> AsyncGenerator[x509.Certificate, None]:
        del cert
        return _nothing()

    def fetch_crl_issuers(
        self, certificate_list: crl.CertificateList
    ) -> AsyncGenerator[x509.Certificate, None]:
        del certificate_list
        return _nothing()

    def fetched_certs(self) -> Iterable[x509.Certificate]:
        return ()


async def _nothing() -> AsyncGenerator[x509.Certificate, None]:
    nothing: tuple[x509.Certificate, ...] = ()
    for certificate in nothing:
        yield certificate
