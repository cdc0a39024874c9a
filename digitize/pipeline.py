"""The main path: an order's sources become one searchable PDF/A-2u, told page by page."""

import resource
import time
from collections.abc import Iterator

from digitize.document import Making
from digitize.judging.twins import Twins
from digitize.model import Digitized, Event, Order, PageDone, PageReport
from digitize.outputs import Outputs, digest
from digitize.page import PageTask, finish_page
from digitize.sources.sources import survey_source
from digitize.workers import Workers


def digitize(order: Order) -> Iterator[Event]:
    """Make `order.out` from `order.sources`: PageDone for each page in order, Digitized last.

    A signed PDF alone is kept byte for byte and only read. Born-digital pages that are not PDF/A-2u yet are
    drawn, and their source is kept beside the output as `<stem>.source.pdf`.
    Raises: DigitizeFault; then nothing is left at any output path.
    """
    began, cpu_before = time.monotonic(), _cpu_seconds()
    reports: list[PageReport] = []
    twins = Twins()
    with Outputs(order) as outputs, Workers(order.jobs) as workers:
        surveys = tuple(workers.map(survey_source, iter(order.sources), lambda path: (path.name, None)))
        making = Making(order, surveys, outputs)
        for result in workers.map(finish_page, making.tasks(), _name):
            making.take(result)
            reports.append(twins.told(result.report, result.likeness))
            yield PageDone(reports[-1], result.text)
        making.finish()
        sha256, size = digest(outputs.beside(order.out))
        outputs.publish()
    yield Digitized(
        path=order.out,
        sha256=sha256,
        pages=tuple(reports),
        pdf_bytes=size,
        conformance=making.conformance,
        cpu_seconds=round(_cpu_seconds() - cpu_before, 3),
        wall_seconds=round(time.monotonic() - began, 3),
        origins=making.origins,
    )


def _name(task: PageTask) -> tuple[str, int | None]:
    return task.source.path.name, task.source.index + 1


def _cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
