"""`serve` and `work`: the pages, and the workers behind the rows."""

import argparse
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

from office.bootstrap import open_office
from office.cli.console import Console
from office.cli.pins import read_pin
from office.confined.nursery import keep_warm
from office.confined.watch import Wall, walls_that_hold
from office.desk.queueing import free_left_machines
from office.explain import explain
from office.faults import DeskCode, DeskFault
from office.founding.serving_place import serving_place
from office.keys.unlocking import unlocked
from office.nouns import Certificate
from office.settings import Settings
from office.value import Office
from office.work.engaging import engage

OPEN = {Wall.NETWORK: DeskCode.NETWORK_OPEN, Wall.FILES: DeskCode.FILES_OPEN}
SWITCH_SECONDS = (
    0.001  # a page, or a job, waits no longer for a thread that computes (Python's default: 5 ms)
)


def serve(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """The web pages with their own workers, until interrupted."""
    given = {"host": chosen.host, "port": chosen.port}
    settings = settings.having("web", **{name: value for name, value in given.items() if value is not None})
    with keys_open(open_office(settings), console, wanted=chosen.unlock) as office:
        return serve_office(office, console)


@contextlib.contextmanager
def keys_open(office: Office, console: Console, *, wanted: bool) -> Iterator[Office]:
    """The office with the keys open that are at hand here, if that is wanted; asks for each PIN once."""
    if not wanted:
        yield office
        return

    def ask(certificate: Certificate) -> bytearray | None:
        return read_pin(console, f"Mã PIN ({certificate.subject}), để trống nếu không ký ở máy này: ")

    def tell(certificate: Certificate, fault: Exception | None) -> None:
        said = explain(fault, console.lang).sentence if fault else "đã mở khóa ký"
        console.say(f"{certificate.subject}: {said}")

    with unlocked(office, ask, tell) as opened:
        yield opened


def serve_office(office: Office, console: Console) -> int:
    """Serve an office that is already open."""
    import uvicorn  # noqa: PLC0415 `work` needs no web server

    keep_warm()
    from office.web.app import create_app  # noqa: PLC0415
    from office.web.connections import server_config  # noqa: PLC0415

    require_walls(office.settings, console)
    sys.setswitchinterval(SWITCH_SECONDS)
    dispatcher = engage(office)
    dispatcher.start()
    threading.Thread(target=free_left_machines, args=(office,), daemon=True).start()
    _tell_place(office, console)
    try:
        app = create_app(office, announce=dispatcher.announce)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(server_config(app, office.settings)).run()
    finally:
        dispatcher.stop()
    return 0


def _tell_place(office: Office, console: Console) -> None:
    """Say where the pages are; and aloud when that is this machine alone, though another address is set."""
    place = serving_place(office.settings)
    console.say(place.url)
    if place.is_narrowed:
        console.say(f"!!! {explain(DeskFault(DeskCode.NO_TLS), office.settings.lang).sentence}")


def work(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """One more worker for the same rows, until interrupted."""
    with keys_open(open_office(settings), console, wanted=chosen.unlock) as office:
        return _work_for(office, console)


def _work_for(office: Office, console: Console) -> int:
    keep_warm()
    require_walls(office.settings, console)
    sys.setswitchinterval(SWITCH_SECONDS)
    dispatcher = engage(office)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    dispatcher.start()
    console.say(office.owner)
    done.wait()
    dispatcher.stop()
    return 0


def require_walls(settings: Settings, console: Console) -> None:
    """Say loudly which walls around foreign bytes are missing here.

    Raises: DeskFault ENVIRONMENT_OPEN when a child could read the addresses and passwords of this process.
    """
    holding = walls_that_hold()
    if Wall.ENVIRONMENT not in holding:
        raise DeskFault(DeskCode.ENVIRONMENT_OPEN)
    for wall, code in OPEN.items():
        if wall not in holding:
            console.say(f"!!! {explain(DeskFault(code), settings.lang).sentence}")
