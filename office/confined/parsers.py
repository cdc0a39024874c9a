"""What a child does with bytes that strangers wrote, where no room's own function is the task."""

from collections.abc import Iterator
from pathlib import Path

from digitize.picture import draw_page
from office.confined.orders import Drawing, Leftover, Taken, Taking
from office.confined.spooling import now, open_job
from scanner_adapters.folder.watched import WatchedFolder
from scanner_adapters.model import ScanSettings
from scanner_adapters.queue.spool import Origin


def draw(drawing: Drawing) -> None:
    """Draw the page. Raises: DigitizeFault UNREADABLE, NO_PAGES."""
    draw_page(drawing.source, drawing.page, drawing.width, drawing.out)


def take(taking: Taking) -> Iterator[Taken]:
    """Take files into the spool; every page that the job holds afterwards.

    Raises: ScanFault for a file that is no page or not whole; those before it stay taken.
    """
    job = open_job(taking.place, ScanSettings())
    if taking.inbox is not None:
        taken = WatchedFolder(taking.inbox, now).take(job)
        yield Leftover(tuple(refused.name for refused in taken.refused), tuple(taken.waiting))
    already = {page.device_page_ref for page in job.pages()}
    for number, path in enumerate(taking.files, start=1):
        if str(number) not in already:  # an upload sent again after a crash goes on where it was
            job.accept(path, Origin(Path(path).name, device_page_ref=str(number)))
    yield from job.current_pages()
