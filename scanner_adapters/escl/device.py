"""One machine, asked politely: its resources by name, and broken connections told as faults."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from scanner_adapters.escl.capabilities import intents_of, parse_capabilities, version_of
from scanner_adapters.escl.orders import Offer, Order, to_xml
from scanner_adapters.escl.quirks import Quirks
from scanner_adapters.escl.status import DeviceStatus, parse_status
from scanner_adapters.escl.wire import Answer, Break, Broken, Request, Sink, Transport
from scanner_adapters.model import Capabilities, FaultCode, ScanFault, ScanSource

OK, CREATED, UNAUTHORIZED, FORBIDDEN, UNAVAILABLE = 200, 201, 401, 403, 503
MOVED = (301, 302, 307, 308)
STATUS_TRIES = 3
STATUS_PAUSE = 1.0  # seconds between tries: a machine that restarts its network needs a moment
POST_PATIENCE, PAGE_PATIENCE = 30.0, 120.0  # seconds
DEFAULT_PAUSE, LONGEST_PAUSE = 1.0, 5.0  # seconds, for 503
FAULTS = {
    Break.UNREACHABLE: FaultCode.OFFLINE,
    Break.CLOSED: FaultCode.DISCONNECTED,
    Break.SILENT: FaultCode.TIMEOUT,
    Break.UNTRUSTED: FaultCode.PIN_CHANGED,
    Break.TOO_LONG: FaultCode.PROTOCOL,
}


@dataclass(frozen=True)
class Clockwork:
    """Time as the decisions see it, in seconds from an arbitrary start, and the way to let it pass."""

    now: Callable[[], float]
    sleep: Callable[[float], None]


@dataclass(frozen=True)
class Device:
    """A machine at the end of a transport; `root` is the path of its eSCL resources, `host` its own Host."""

    transport: Transport
    clock: Clockwork
    root: str = "/eSCL"
    host: str = ""
    quirks: Quirks = field(default_factory=Quirks)

    def treated(self, quirks: Quirks) -> "Device":
        """The same machine, treated by these quirks."""
        return replace(self, quirks=quirks)

    def offer(self, source: ScanSource | None = None) -> Offer:
        """What it offers. Raises: ScanFault OFFLINE, DISCONNECTED, TIMEOUT, PIN_CHANGED, AUTH, PROTOCOL."""
        text = self._read("ScannerCapabilities")
        intents = intents_of(text, source) if source else ()
        return Offer(parse_capabilities(text), version_of(text), intents)

    def capabilities(self) -> Capabilities:
        """What it can do. Raises: as `offer`."""
        return self.offer().capabilities

    def status(self) -> DeviceStatus:
        """How it stands, asked up to three times.

        Raises: ScanFault DISCONNECTED when it answers no more, AUTH, PROTOCOL, PIN_CHANGED.
        """
        for attempt in range(STATUS_TRIES):
            try:
                return parse_status(self._read("ScannerStatus"))
            except ScanFault as fault:
                is_last = attempt == STATUS_TRIES - 1
                if is_last or fault.code in (FaultCode.AUTH, FaultCode.PIN_CHANGED):
                    raise _lost(fault) from fault
            self.clock.sleep(STATUS_PAUSE)
        raise AssertionError

    def create_job(self, order: Order) -> Answer:
        """Ask for a job; only the answer's head is read. Raises: Broken."""
        headers = {"Content-Type": "text/xml"}
        return self.transport.post(self._request("POST", f"{self.root}/ScanJobs", to_xml(order), headers))

    def next_document(self, job: str, sink: Sink) -> Answer:
        """The job's next page. Raises: Broken."""
        request = self._request("GET", f"{job}/NextDocument")
        return self.transport.fetch(replace(request, patience=PAGE_PATIENCE), sink)

    def delete(self, job: str) -> None:
        """End a job; one that is gone already is fine. Raises: Broken."""
        self.transport.ask(self._request("DELETE", job))

    def _read(self, resource: str) -> bytes:
        try:
            answer = self.transport.ask(self._request("GET", f"{self.root}/{resource}"))
        except Broken as broken:
            raise told(broken) from broken
        refuse_strangers(answer)
        if answer.status != OK:
            raise ScanFault(FaultCode.PROTOCOL, f"{resource}: {answer.status}")
        return answer.body

    def _request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Request:
        hosts = {"localhost": "localhost", "port": _with_port(self.host)}
        host = hosts.get(self.quirks.host)
        named = {"Host": host} if host else {}
        patience = POST_PATIENCE if method == "POST" else 10.0
        return Request(method, path, body, {**(headers or {}), **named}, patience)


def told(broken: Broken) -> ScanFault:
    """A broken connection as a fault."""
    return ScanFault(FAULTS[broken.how], broken.detail)


def refuse_strangers(answer: Answer) -> None:
    """Raises: ScanFault AUTH when the machine wants to know who we are."""
    if answer.status in (UNAUTHORIZED, FORBIDDEN):
        raise ScanFault(FaultCode.AUTH, str(answer.status))


def pause_of(answer: Answer) -> float:
    """How long a machine that is busy wants to be left alone, within reason, in seconds."""
    asked = answer.headers.get("retry-after", "")
    return min(float(asked), LONGEST_PAUSE) if asked.isdigit() else DEFAULT_PAUSE


def _lost(fault: ScanFault) -> ScanFault:
    gone = (FaultCode.OFFLINE, FaultCode.TIMEOUT)
    return ScanFault(FaultCode.DISCONNECTED, fault.detail) if fault.code in gone else fault


def _with_port(host: str) -> str:
    return host if ":" in host.rpartition("]")[2] else f"{host}:80"
