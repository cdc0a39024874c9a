"""Figures for Prometheus: what the house tells of itself, and how requests were answered.

Each site has a registry of its own; nothing is counted in a global. A house whose database does not answer
tells that (`motcua_up 0`) and what needs no database.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client import Counter as Answers
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from office.value import Office
from office.views.figures import Figures, figures, free_bytes
from office.work.due import due_work
from storage.faults import StorageFault

SECONDS = (0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10, 60)
NOTHING = 0


class Measures:
    """The registry of one site."""

    def __init__(self, office: Office) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(House(office))
        self._answers = Answers(
            "motcua_http_answers", "Requests answered", ["method", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "motcua_http_seconds", "Until an answer began", buckets=SECONDS, registry=self._registry
        )

    def note(self, method: str, status: int, seconds: float) -> None:
        """One more request was answered."""
        known = method if method in ("GET", "HEAD", "POST") else "other"
        self._answers.labels(known, f"{status // 100}xx").inc()
        self._seconds.observe(seconds)

    def text(self) -> bytes:
        """Everything in Prometheus' text form."""
        return generate_latest(self._registry)


class House(Collector):
    """What the rows say when they are asked for."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def describe(self) -> Iterable[Metric]:
        """Nothing before it is asked for: the library would read the rows to learn the names."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The figures of now (the library's hook)."""
        yield GaugeMetricFamily("motcua_free_bytes", "Room where the data are", free_bytes(self._office))
        try:
            told, waiting = figures(self._office), Counter(due.act for due in due_work(self._office))
        except StorageFault:
            yield GaugeMetricFamily("motcua_up", "Does the database answer", NOTHING)
            return
        yield GaugeMetricFamily("motcua_up", "Does the database answer", 1)
        yield from _families(told, waiting)


class Measured:
    """Notes how every request was answered."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app, self._measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        started = time.monotonic()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._measures.note(scope["method"], message["status"], time.monotonic() - started)
            await send(message)

        await self._app(scope, receive, noted if scope["type"] == "http" else send)


def _families(told: Figures, waiting: Mapping[str, int]) -> Iterable[Metric]:
    yield GaugeMetricFamily("motcua_ledger_entries", "Entries of the ledger", told.ledger_entries)
    yield GaugeMetricFamily("motcua_damaged_files", "Damaged and not repaired", told.damaged_files)
    labelled = (
        ("motcua_papers", "Papers that are not archived", "state", told.papers),
        ("motcua_copies", "Copies under way", "state", told.copies),
        ("motcua_waiting", "What a machine can do now, 100 at most", "act", waiting),
        ("motcua_stuck", "Rows that a person has to look at", "table", told.stuck),
        ("motcua_seconds_since", "Since it was done last", "what", told.since),
    )
    for name, help_text, label, values in labelled:
        family = GaugeMetricFamily(name, help_text, labels=[label])
        for value, count in values.items():
            family.add_metric([value], count)
        yield family
