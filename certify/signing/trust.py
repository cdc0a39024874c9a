"""Whom a signature rests on: roots, the services that answer about certificates, and the clock.

Every document gets a fresh validation context, because a context keeps what it fetched. Roots are always
named; the operating system's list is never asked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    CRLFetchError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    OCSPFetchError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.fetchers import FetcherBackend
from pyhanko_certvalidator.path import ValidationPath

from certify.algorithms import AgreedAlgorithms
from certify.model import CertifyFault, FaultCode
from certify.signing.keys import Key
from certify.signing.timestamp import FallbackTimeStamper

CLOCK_SKEW = timedelta(minutes=5)  # between our clock and those of OCSP and CRL issuers

FAULTS: tuple[tuple[type[Exception], FaultCode], ...] = (
    (RevokedError, FaultCode.CERTIFICATE_REVOKED),
    (ExpiredError, FaultCode.CERTIFICATE_EXPIRED),
    (NotYetValidError, FaultCode.CERTIFICATE_NOT_YET_VALID),
    (InsufficientRevinfoError, FaultCode.REVOCATION_UNAVAILABLE),
    (OCSPFetchError, FaultCode.REVOCATION_UNAVAILABLE),
    (CRLFetchError, FaultCode.REVOCATION_UNAVAILABLE),
)


@dataclass(frozen=True)
class Services:
    """What signing needs from outside: trust, revocation answers, time-stamps, time.

    `stamp_roots` are the roots of time-stamp authorities; None: those of signers serve for both.
    """

    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...]
    fetchers: FetcherBackend
    timestamps: FallbackTimeStamper
    clock: Callable[[], datetime]
    stamp_roots: tuple[x509.Certificate, ...] | None = None

    def context(self) -> ValidationContext:
        """A fresh context for a signer's certificate, that insists on revocation answers."""
        return self._context(self.roots)

    def sealing_context(self) -> ValidationContext:
        """A fresh context for all certificates in a signed file: its signers' and its time-stamps'.

        It says of nobody that he may sign: `context` said so before.
        """
        roots = {one.sha256: one for one in (*self.roots, *(self.stamp_roots or ()))}
        return self._context(tuple(roots.values()))

    def _context(self, roots: tuple[x509.Certificate, ...]) -> ValidationContext:
        return ValidationContext(
            trust_roots=list(roots),
            other_certs=list(self.intermediates),
            fetcher_backend=self.fetchers,
            allow_fetching=True,
            revocation_mode="require",
            moment=self.clock(),
            time_tolerance=CLOCK_SKEW,
            algorithm_usage_policy=AgreedAlgorithms(),
        )


@dataclass(frozen=True)
class Credentials:
    """A key and the services its signatures rest on."""

    key: Key
    services: Services


async def require_good(
    certificate: x509.Certificate, above: Iterable[x509.Certificate], services: Services
) -> None:
    """Refuse to sign with a certificate that is expired, revoked, untrusted or cannot be asked about.

    Raises: CertifyFault with the code of what is wrong.
    """
    await validated_path(certificate, above, services.context())


async def validated_path(
    certificate: x509.Certificate, above: Iterable[x509.Certificate], context: ValidationContext
) -> ValidationPath:
    """The path from a root of `context` to `certificate`; its revocation answers stay in the context."""
    validator: Any = CertificateValidator(certificate, list(above), validation_context=context)
    try:
        path: ValidationPath = await validator.async_validate_usage({"digital_signature", "non_repudiation"})
    except (PathBuildingError, PathValidationError, ValidationError, OCSPFetchError, CRLFetchError) as wrong:
        raise fault_of(wrong) from wrong
    return path


def fault_of(wrong: Exception) -> CertifyFault:
    """What a path error means to the person who wanted to sign."""
    for kind, code in FAULTS:
        if isinstance(wrong, kind):
            return CertifyFault(code, str(wrong))
    return CertifyFault(FaultCode.CERTIFICATE_UNTRUSTED, str(wrong))
