"""Finding machines: what mDNS tells and the addresses known from before, all asked at the same time.

Rules:
1. A dead machine delays nobody: whoever has not answered by the deadline is left out.
2. A machine is its id, never its address; the first way to it that answers is taken, TLS before none.
3. Its address is that of the host its announcement names, never where the packet came from.
4. Where a list says who may be scanned from, a machine announced with another id is not even asked.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from scanner_adapters.escl.opening import DEFAULT_ROOT, SCHEME, open_escl
from scanner_adapters.known import KnownMachines
from scanner_adapters.model import Capabilities, ScanFault

SECURE, PLAIN = "_uscans._tcp.local.", "_uscan._tcp.local."
RESOLVE_MS = 2000


@dataclass(frozen=True)
class Found:
    """A machine that answered, and where."""

    address: str
    capabilities: Capabilities


@dataclass(frozen=True)
class Search:
    """How to search: how long at most, who tells of addresses, and how one is asked; None: mDNS and eSCL.

    `announced` yields addresses until its argument says that it is over.
    """

    seconds: float
    announced: Callable[[Callable[[], bool]], Iterator[str]] | None = None
    ask: Callable[[str, KnownMachines], Found] | None = None


def discover(known: KnownMachines, search: Search) -> Iterator[Found]:
    """The machines that answer before the time is over, each once, as they answer."""
    told: set[str] = set()
    for found in _Race(known, search).answers():
        if found.capabilities.id not in told:
            told.add(found.capabilities.id)
            yield found


def find(machine: str, known: KnownMachines, search: Search) -> Found | None:
    """The machine of this id: its stored address and mDNS are raced; None when neither leads to it."""
    return next((found for found in discover(known, search) if found.capabilities.id == machine), None)


class _Race:
    """Asks every address once, each in a thread of its own that nobody waits for."""

    def __init__(self, known: KnownMachines, search: Search) -> None:
        self._known = known
        self._search = search
        self._answered: queue.Queue[Found] = queue.Queue()
        self._asked: set[str] = set()
        self._over = threading.Event()
        self._heard = partial(listen, is_wanted=known.allows)

    def answers(self) -> Iterator[Found]:
        """Who answers before the time is over, as they do."""
        until = time.monotonic() + self._search.seconds
        for machine in self._known.all():
            self._start(machine.address)
        threading.Thread(target=self._hear, daemon=True).start()
        try:
            while (left := until - time.monotonic()) > 0:
                yield self._answered.get(timeout=left)
        except queue.Empty:
            return
        finally:
            self._over.set()

    def _hear(self) -> None:
        with contextlib.suppress(OSError):  # no network, no announcements
            for address in (self._search.announced or self._heard)(self._over.is_set):
                self._start(address)

    def _start(self, address: str) -> None:
        if address not in self._asked:
            self._asked.add(address)
            threading.Thread(target=self._ask, args=(address,), daemon=True).start()

    def _ask(self, address: str) -> None:
        with contextlib.suppress(ScanFault, OSError):
            self._answered.put((self._search.ask or _ask)(address, self._known))


def _ask(address: str, known: KnownMachines) -> Found:
    return Found(address, open_escl(address, known).capabilities())


def anyone(_machine: str) -> bool:
    """Every id is wanted."""
    return True


def listen(is_over: Callable[[], bool], is_wanted: Callable[[str], bool] = anyone) -> Iterator[str]:
    """Addresses of the scanners that mDNS tells of with a wanted id, or none, until it is over."""
    heard: queue.Queue[str] = queue.Queue()

    def changed(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Removed:
            return
        info = ServiceInfo(service_type, name)

        def resolve() -> None:
            machine = _texts(info).get("uuid", "") if info.request(zeroconf, RESOLVE_MS) else ""
            if (address := address_of(info)) and (not machine or is_wanted(machine)):
                heard.put(address)

        resolving.append(threading.Thread(target=resolve, daemon=True))
        resolving[-1].start()

    resolving: list[threading.Thread] = []
    network = Zeroconf()
    browser = ServiceBrowser(network, [SECURE, PLAIN], handlers=[changed])
    try:
        while not is_over():
            try:
                yield heard.get(timeout=0.1)
            except queue.Empty:
                continue
    finally:
        browser.cancel()
        for thread in resolving:  # they ask the network: it may close only after them
            thread.join()
        network.close()


def address_of(info: ServiceInfo) -> str:
    """The address an announcement leads to; empty when it names none. IPv4 where there is a choice."""
    hosts = info.parsed_scoped_addresses(IPVersion.V4Only) or [
        f"[{host.replace('%', '%25')}]" for host in info.parsed_scoped_addresses(IPVersion.V6Only)
    ]
    if not hosts or not info.port:
        return ""
    root = _texts(info).get("rs", DEFAULT_ROOT).strip("/") or DEFAULT_ROOT.strip("/")
    scheme = "https" if info.type == SECURE else "http"
    return f"{SCHEME}{scheme}://{hosts[0]}:{info.port}/{root}"


def _texts(info: ServiceInfo) -> dict[str, str]:
    return {
        name.decode().lower(): (value or b"").decode(errors="replace")
        for name, value in info.properties.items()
    }
