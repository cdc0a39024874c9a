"""A way to the simulated machine without any network: time is a number that waiting moves."""

from dataclasses import dataclass

from scanner_adapters.escl.wire import Answer, Break, Broken, Request, Sink
from scanner_adapters.simulator.machine import Carriage, Machine, Reply

LATENCY = 0.002  # seconds


@dataclass
class Hands:
    """A clock that stands until somebody waits."""

    now: float = 1000.0

    def read(self) -> float:
        """What time it is, in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class DirectTransport:
    """Carries requests to a machine in the same process, faults of the wire included."""

    def __init__(self, machine: Machine, hands: Hands, host: str = "scanner.example") -> None:
        """`host` stands in the Host header, as a client names the machine."""
        self._machine = machine
        self._hands = hands
        self._host = host

    def ask(self, request: Request) -> Answer:
        """Ask and read the whole small answer. Raises: Broken."""
        return self._carry(request, None)

    def post(self, request: Request) -> Answer:
        """Send, and read the answer's head. Raises: Broken."""
        return self._carry(request, None)

    def fetch(self, request: Request, sink: Sink) -> Answer:
        """Let the body of a 200 flow into `sink`. Raises: Broken."""
        return self._carry(request, sink)

    def rest(self) -> None:
        """There is no connection."""

    def _carry(self, request: Request, sink: Sink | None) -> Answer:
        self._hands.sleep(LATENCY)
        addressed = Request(
            request.method,
            request.path,
            request.body,
            {"Host": self._host, **request.headers},
            request.patience,
        )
        reply = self._machine.handle(addressed, self._hands.now)
        headers = {name.lower(): value for name, value in reply.headers}
        place = headers.get("content-location", "")
        self._wait(reply, request.patience)
        if reply.carriage is Carriage.REFUSED:
            raise Broken(Break.UNREACHABLE)
        if reply.carriage is not Carriage.WHOLE:
            if sink:
                sink.write(reply.body[: len(reply.body) // 2])
            if reply.carriage is Carriage.STALLED:
                self._hands.sleep(request.patience)
            raise Broken(Break.SILENT if reply.carriage is Carriage.STALLED else Break.CLOSED, place=place)
        if sink and reply.status == 200:  # noqa: PLR2004 RFC 9110
            sink.write(reply.body)
            return Answer(reply.status, headers)
        return Answer(reply.status, headers, reply.body)

    def _wait(self, reply: Reply, patience: float) -> None:
        self._hands.sleep(min(reply.seconds, patience))
        if reply.seconds > patience:
            raise Broken(Break.SILENT)
