"""The simulated machine tells the network about itself by mDNS, as scanners do."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from zeroconf import InterfaceChoice, ServiceInfo, Zeroconf

from scanner_adapters.simulator.profile import Profile


@contextmanager
def announced(url: str, profile: Profile) -> Iterator[None]:
    """Announce the machine at this address for as long as the block lasts; on loopback only there."""
    parts = urlsplit(url)
    host = parts.hostname or "127.0.0.1"
    kind = "_uscans._tcp.local." if parts.scheme == "https" else "_uscan._tcp.local."
    told = {
        "txtvers": "1",
        "vers": "2.63",
        "ty": profile.make_model,
        "rs": parts.path.strip("/"),
        "uuid": profile.uuid,
        "pdl": "image/jpeg,image/png,application/pdf",
        "cs": "binary,grayscale,color",
        "is": ",".join(["platen"] * profile.has_platen + ["adf"] * profile.has_feeder),
        "duplex": "T" if profile.has_duplex else "F",
    }
    info = ServiceInfo(
        kind,
        f"{profile.make_model} {parts.port}.{kind}",
        addresses=[socket.inet_aton(host)],
        port=parts.port,
        properties=told,
        server=f"motcua-simulator-{parts.port}.local.",
    )
    network = Zeroconf(interfaces=[host] if host.startswith("127.") else InterfaceChoice.All)
    try:
        network.register_service(info)
        yield
    finally:
        network.unregister_service(info)
        network.close()
