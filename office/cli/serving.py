"""`serve` and `work`: the pages, and the workers behind the rows."""

import argparse
import contextlib
import signal
import sys
import threading

from office.bootstrap import open_office
from office.cli.console import Console
from office.confined.nursery import keep_warm
from office.confined.watch import Wall, walls_that_hold
from office.desk.queueing import free_left_machines
from office.explain import explain
from office.faults import DeskCode, DeskFault
from office.settings import Settings
from office.value import Office
from office.work.dispatcher import Dispatcher

OPEN = {Wall.NETWORK: DeskCode.NETWORK_OPEN, Wall.FILES: DeskCode.FILES_OPEN}
SWITCH_SECONDS = 0.001  # a clerk's page waits no longer for a thread that computes (Python's default: 5 ms)


def serve(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """The web pages with their own workers, until interrupted."""
    given = {"host": chosen.host, "port": chosen.port}
    settings = settings.having("web", **{name: value for name, value in given.items() if value is not None})
    return serve_office(open_office(settings), console)


def serve_office(office: Office, console: Console) -> int:
    """Serve an office that is already open."""
    import uvicorn  # noqa: PLC0415 `work` needs no web server

    keep_warm()
    from office.web.app import create_app  # noqa: PLC0415
    from office.web.connections import server_config  # noqa: PLC0415

    require_walls(office.settings, console)
    sys.setswitchinterval(SWITCH_SECONDS)
    dispatcher = Dispatcher(office)
    dispatcher.start()
    threading.Thread(target=free_left_machines, args=(office,), daemon=True).start()
    console.say(f"http://{office.settings.web.host}:{office.settings.web.port}/")
    try:
        app = create_app(office, announce=dispatcher.announce)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(server_config(app, office.settings)).run()
    finally:
        dispatcher.stop()
    return 0


def work(_chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """One more worker for the same rows, until interrupted."""
    keep_warm()
    office = open_office(settings)
    require_walls(settings, console)
    dispatcher = Dispatcher(office)
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
