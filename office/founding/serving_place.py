"""Where the pages may be served: over TLS to the network, behind a named proxy, or on this machine alone.

Rules of this module:
1. With a certificate and its key the pages are served over TLS (1.2 or newer) at the address that is set.
2. Without, a proxy on another machine may be named in `web.proxies`: then connections are taken from there
   and from this machine, and from nowhere else.
3. Without either, nobody but this machine is served, whatever address is set; that is said aloud.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from office.settings import Settings, SettingsCode, SettingsFault

HERE = "127.0.0.1"
LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class ServingPlace:
    """Address and port; the TLS context, if any; who may connect (None: everybody)."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    only: frozenset[str] | None
    is_narrowed: bool = False  # another address was set, and is not served for want of TLS

    @property
    def url(self) -> str:
        """The address of the first page."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}/"


def serving_place(settings: Settings) -> ServingPlace:
    """Where and how the pages are served.

    Raises: SettingsFault BAD_SETTING for a certificate or key that is missing, unreadable or not the other's.
    """
    web = settings.web
    if web.certificate or web.key:
        return ServingPlace(web.host, web.port, _context(settings), None)
    distant = frozenset(web.trusted_proxies) - LOCAL
    if distant:
        return ServingPlace(web.host, web.port, None, distant | LOCAL)
    if is_local(web.host):
        return ServingPlace(web.host, web.port, None, None)
    return ServingPlace(HERE, web.port, None, None, is_narrowed=True)


def certificate_ends(settings: Settings) -> datetime | None:
    """When the pages' own certificate expires; None without one. Raises: SettingsFault BAD_SETTING."""
    if not settings.web.certificate:
        return None
    try:
        read = x509.load_pem_x509_certificate(_place(settings, settings.web.certificate).read_bytes())
    except (OSError, ValueError) as wrong:
        raise _bad("web.certificate", wrong) from wrong
    return read.not_valid_after_utc


def is_local(host: str) -> bool:
    """Does this address lead to this machine alone?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOCAL


def _context(settings: Settings) -> ssl.SSLContext:
    certificate, key = settings.web.certificate, settings.web.key
    if not (certificate and key):
        raise SettingsFault(SettingsCode.BAD_VALUE, "web.certificate, web.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(_place(settings, certificate), _place(settings, key))
    except (OSError, ssl.SSLError) as wrong:
        raise _bad("web.certificate, web.key", wrong) from wrong
    return context


def _place(settings: Settings, told: str) -> Path:
    """A path of the settings; a relative one lies in the data directory."""
    return settings.data / told


def _bad(name: str, wrong: Exception) -> SettingsFault:
    return SettingsFault(SettingsCode.BAD_VALUE, f"{name}: {type(wrong).__name__}")
