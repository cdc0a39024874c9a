"""From an address to a Scanner: escl:http://HOST:PORT/eSCL."""

import time
from urllib.parse import urlsplit

from scanner_adapters.escl.connection import HttpTransport
from scanner_adapters.escl.device import Clockwork, Device
from scanner_adapters.escl.scanner import EsclScanner
from scanner_adapters.known import KnownMachines
from scanner_adapters.model import Capabilities, FaultCode, ScanFault

SCHEME = "escl:"
DEFAULT_ROOT = "/eSCL"


def open_escl(address: str, known: KnownMachines) -> EsclScanner:
    """The machine at this address, which must keep the key that `known` has of it.

    Raises: ScanFault OFFLINE for what is no such address.
    """
    base, root = split_address(address)
    transport = HttpTransport(base, pin=lambda: known.pin_of(address))
    device = Device(transport, Clockwork(time.monotonic, time.sleep), root, urlsplit(base).netloc)

    def met(capabilities: Capabilities) -> None:
        known.met(address, capabilities, transport.key_sha256)

    return EsclScanner(address, device, met=met)


def split_address(address: str) -> tuple[str, str]:
    """Scheme, host and port; and the root of the resources. Raises: ScanFault OFFLINE."""
    try:
        parts = urlsplit(address.removeprefix(SCHEME))
        port = parts.port
    except ValueError as wrong:
        raise ScanFault(FaultCode.OFFLINE, address) from wrong
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ScanFault(FaultCode.OFFLINE, address)
    netloc = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{netloc}", "/" + (parts.path.strip("/") or DEFAULT_ROOT.strip("/"))
