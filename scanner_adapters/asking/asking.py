"""Asking one machine what it speaks: eSCL, which we scan by, and LEDM, IPP and WSD, which only tell of it.

All are asked at the same time with short patience. Nothing is scanned, stored or changed on the machine.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from scanner_adapters.asking import ipp, ledm, tree, wsd
from scanner_adapters.escl.capabilities import parse_capabilities
from scanner_adapters.escl.connection import HttpTransport
from scanner_adapters.escl.opening import DEFAULT_ROOT, SCHEME, split_address
from scanner_adapters.escl.wire import Broken, Request
from scanner_adapters.model import Capabilities, FaultCode, ScanFault

PATIENCE = 4.0  # seconds without a byte
OK = 200
IPP_PATH = "/ipp/print"
SOAP_TYPE, IPP_TYPE = "application/soap+xml; charset=utf-8", "application/ipp"


class Way(StrEnum):
    """How a machine can be scanned from, best first."""

    ESCL = "ESCL"
    WSD = "WSD"
    LEDM = "LEDM"
    NONE = "NONE"


@dataclass(frozen=True)
class Spoken:
    """One protocol that a machine answers in: where, its name, its scanner (None: it tells of none)."""

    protocol: str
    address: str
    name: str
    capabilities: Capabilities | None = None


@dataclass(frozen=True)
class Place:
    """Where one protocol is usually spoken: scheme, port, path on the machine."""

    protocol: str
    scheme: str
    port: int
    path: str


# WSD's paths are each maker's own; these two are Kyocera's (sane-airscan(5)) and Brother's.
PLACES = (
    Place("eSCL", "http", 80, DEFAULT_ROOT),
    Place("eSCL", "https", 443, DEFAULT_ROOT),
    Place("WSD", "http", 5358, "/WSDScanner"),
    Place("WSD", "http", 80, "/WebServices/ScannerService"),
    Place("LEDM", "http", 80, tree.PLACE),
    Place("LEDM", "http", 8080, tree.PLACE),
    Place("IPP", "http", 631, IPP_PATH),
)


def ask_machine(address: str) -> tuple[Spoken, ...]:
    """What the machine at HOST or HOST:PORT answers in, each protocol once; a port is asked alone.

    Raises: ScanFault OFFLINE when nothing answers, or the address is none.
    """
    base, _ = split_address(address if "://" in address else f"http://{address}")
    parts = urlsplit(base)
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    asked = dict.fromkeys(
        (place.protocol, f"{place.scheme}://{host}:{parts.port or place.port}", place.path)
        for place in PLACES
        if not parts.port or place.scheme == parts.scheme
    )
    with ThreadPoolExecutor(len(PLACES)) as pool:
        answers = list(pool.map(lambda one: _ask(*one), asked))
    found: dict[str, Spoken] = {}
    for answer in answers:
        if answer:
            found.setdefault(answer.protocol, answer)
    if not found:
        raise ScanFault(FaultCode.OFFLINE, address)
    return tuple(found.values())


def way_to(spoken: Iterable[Spoken]) -> Way:
    """The best way to scan from a machine that speaks so."""
    protocols = {one.protocol.upper() for one in spoken if one.capabilities and one.capabilities.sources}
    return next((way for way in Way if way in protocols), Way.NONE)


def as_json(one: Spoken) -> Mapping[str, Any]:
    """Plain JSON values; sizes in mm."""
    sources = one.capabilities.sources if one.capabilities else ()
    rows = [
        {
            "source": source.source,
            "colors": list(source.colors),
            "resolutions": list(source.resolutions or source.resolution_range or ()),
            "largest_mm": [round(side, 1) for side in source.largest_mm or ()],
        }
        for source in sources
    ]
    return {"protocol": one.protocol, "address": one.address, "name": one.name, "sources": rows}


def _ask(protocol: str, base: str, path: str) -> Spoken | None:
    transport = HttpTransport(base)
    try:
        return ASKERS[protocol](transport, base, path)
    except (Broken, ScanFault):
        return None  # it does not speak that here
    finally:
        transport.rest()


def _fetch(transport: HttpTransport, path: str, body: bytes = b"", media_type: str = "") -> bytes:
    headers = {"Content-Type": media_type} if body else {}
    answer = transport.ask(Request("POST" if body else "GET", path, body, headers, PATIENCE))
    if answer.status != OK:
        raise ScanFault(FaultCode.PROTOCOL, f"{path}: {answer.status}")
    return answer.body


def _ask_escl(transport: HttpTransport, base: str, root: str) -> Spoken:
    found = parse_capabilities(_fetch(transport, f"{root}/ScannerCapabilities"))
    return Spoken("eSCL", f"{SCHEME}{base}{root}", found.make_model, found)


def _ask_wsd(transport: HttpTransport, base: str, path: str) -> Spoken:
    order = wsd.elements_request(base + path, uuid4())
    found = wsd.parse_elements(_fetch(transport, path, order, SOAP_TYPE))
    return Spoken("WSD", base + path, found.make_model, found)


def _ask_ledm(transport: HttpTransport, base: str, path: str) -> Spoken:
    place = tree.path_of(tree.parse_tree(_fetch(transport, path)), tree.SCAN)
    if not place:
        return Spoken("LEDM", base, "")
    resources = tree.parse_manifest(_fetch(transport, place)).resources
    caps = next((one.path for one in resources if one.type == "ScanCaps"), "")
    found = ledm.parse_scan_caps(_fetch(transport, caps))
    return Spoken("LEDM", base, found.make_model, found)


def _ask_ipp(transport: HttpTransport, base: str, path: str) -> Spoken:
    uri = "ipp://" + base.partition("://")[2] + path
    found = ipp.parse_printer(_fetch(transport, path, ipp.attributes_request(uri), IPP_TYPE))
    return Spoken("IPP", uri, found.make_model)


ASKERS: Mapping[str, Callable[[HttpTransport, str, str], Spoken]] = {
    "eSCL": _ask_escl,
    "WSD": _ask_wsd,
    "LEDM": _ask_ledm,
    "IPP": _ask_ipp,
}
