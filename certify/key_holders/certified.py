"""What every key has that another process or service signs with: its certificate and those above it."""

from collections.abc import Sequence

from asn1crypto import x509


class CertifiedKey:
    """A key by its certificate (DER) and the certificates between it and the root, the nearest first."""

    def __init__(self, certificate: bytes, chain: Sequence[bytes]) -> None:
        self._certificate = certificate
        self._chain = tuple(chain)

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate, freshly loaded: asn1crypto writes one that nobody has looked into much faster."""
        return x509.Certificate.load(self._certificate)

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificates between it and the root, freshly loaded."""
        return tuple(x509.Certificate.load(above) for above in self._chain)
