"""The only addresses that may be asked, whatever a certificate names.

Rules of this module:
1. An address is asked when the list names it, or a folder above it on the same host and port; nothing else.
2. A host whose name leads to a private, link-local, loopback or otherwise special address is asked only where
   that address itself, or a network around it, is on the list: a certificate's author may own a name.
3. An entry is an `http://` or `https://` address, or a network such as `10.0.0.0/8`.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

PORTS: Mapping[str, int] = {"http": 80, "https": 443}
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotAnAddress(ValueError):
    """An entry of the list that is neither an address nor a network."""


@dataclass(frozen=True)
class AllowedAddresses:
    """Addresses (scheme, host, port, path that ends with /) and networks that may be asked."""

    addresses: frozenset[tuple[str, str, int, str]]
    networks: tuple[Network, ...]

    @classmethod
    def of(cls, entries: Iterable[str]) -> "AllowedAddresses":
        """The list of these entries. Raises: NotAnAddress."""
        told = [entry.strip() for entry in entries]
        networks = tuple(found for entry in told if (found := _network(entry)) is not None)
        addresses = frozenset(_place(entry) for entry in told if _network(entry) is None)
        return cls(addresses, networks)

    def names(self, url: str) -> bool:
        """Is this address on the list (rule 1)?"""
        try:
            scheme, host, port, path = _place(url)
        except NotAnAddress:
            return False
        return any(
            (scheme, host, port) == (listed_scheme, listed_host, listed_port) and path.startswith(below)
            for listed_scheme, listed_host, listed_port, below in self.addresses
        )

    def reaches(self, number: str) -> bool:
        """May a connection go to this IP address (rule 2)?"""
        try:
            address = ipaddress.ip_address(number.partition("%")[0])
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        asked = mapped or address
        literal = any(host == str(asked) for _, host, _, _ in self.addresses)
        listed = any(asked.version == network.version and asked in network for network in self.networks)
        return literal or listed or (asked.is_global and not asked.is_multicast)


def _network(entry: str) -> Network | None:
    try:
        return ipaddress.ip_network(entry)
    except ValueError:
        return None


def _place(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path with a slash at its end. Raises: NotAnAddress."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as broken:
        raise NotAnAddress(url) from broken
    if parts.scheme not in PORTS or not parts.hostname or parts.username or parts.password:
        raise NotAnAddress(url)
    if not url.isprintable() or "\\" in url or any(step in (".", "..") for step in _steps(parts)):
        raise NotAnAddress(url)
    place = PORTS[parts.scheme] if port is None else port
    return parts.scheme, _host(parts.hostname.rstrip("."), url), place, f"{parts.path.rstrip('/')}/"


def _host(name: str, url: str) -> str:
    """A host in the one spelling that is compared: an address, or a name in its ASCII form."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError as broken:
        raise NotAnAddress(url) from broken


def _steps(parts: SplitResult) -> list[str]:
    return unquote(parts.path).split("/")
