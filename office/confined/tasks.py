"""What a confined child can do: one task per kind of foreign bytes. Run by office.confined.confine alone.

`python -m office.confined.tasks TASK MEMORY_MB WALL_SECONDS FILE_MB PARENT NICENESS` takes one JSON argument,
writes JSON lines `["answer", …]`, at the end `["end", null]` or `["fault", {family, code, page, detail}]`.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

PR_SET_PDEATHSIG = 1  # prctl(2)
MEGABYTE = 1 << 20
DISK_MEGABYTE = 1_000_000
SEARCH_SECONDS = 2.0  # for machines on the network; who answers later is found the next time


def main(arguments: list[str]) -> int:
    """Limit this process, then carry out the task it was started for."""
    task, memory_mb, wall_seconds, file_mb, parent, niceness = arguments
    os.nice(int(niceness))
    _limit(int(memory_mb), int(wall_seconds), int(file_mb))
    _die_with(int(parent))
    argument = json.loads(sys.stdin.read())
    try:
        for answer in TASKS[task](argument):
            _tell("answer", answer)
    except Exception as fault:
        described = _described(fault)
        if described is None:
            raise
        _tell("fault", described)
        return 1
    _tell("end", None)
    return 0


def _digitize(argument: Mapping[str, Any]) -> Iterator[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415 each child loads only its own task's libraries

    from digitize.model import Event, Order  # noqa: PLC0415
    from digitize.pipeline import digitize  # noqa: PLC0415

    events: TypeAdapter[Event] = TypeAdapter(Event)
    for event in digitize(TypeAdapter(Order).validate_python(argument)):
        yield {"event": type(event).__name__, "value": events.dump_python(event, mode="json")}


def _verify(argument: Mapping[str, Any]) -> Iterator[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415

    from certify.question import Question  # noqa: PLC0415
    from certify.verdict import Verdict  # noqa: PLC0415
    from certify.verification.steps import verify  # noqa: PLC0415

    verdict = verify(TypeAdapter(Question).validate_python(argument))
    yield TypeAdapter(Verdict).dump_python(verdict, mode="json")


def _take(argument: Mapping[str, Any]) -> Iterator[Any]:
    from datetime import UTC, datetime  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from scanner_adapters.folder.watched import WatchedFolder  # noqa: PLC0415
    from scanner_adapters.model import ScanSettings  # noqa: PLC0415
    from scanner_adapters.queue.spool import Origin, Spool  # noqa: PLC0415

    def clock() -> datetime:
        return datetime.now(UTC)

    spool = Spool(Path(argument["spool"]), clock, caps=_caps(argument))
    job = spool.open_job(argument["job"], argument["device"], argument["operator"], ScanSettings())
    if "inbox" in argument:
        taken = WatchedFolder(Path(argument["inbox"]), clock).take(job)
        yield {"refused": [refused.name for refused in taken.refused], "waiting": list(taken.waiting)}
    already = {page.device_page_ref for page in job.pages()}
    for number, path in enumerate(argument.get("files", ()), start=1):
        if str(number) not in already:  # an upload sent again after a crash goes on where it was
            job.accept(Path(path), Origin(Path(path).name, device_page_ref=str(number)))
    for page in job.current_pages():
        yield {**page.to_json(), "path": str(page.path)}


def _scan(argument: Mapping[str, Any]) -> Iterator[Any]:
    from scanner_adapters.scanner import Watch  # noqa: PLC0415

    def tell(event: str, detail: str) -> None:
        _tell("answer", {"event": event, "detail": detail})

    scanner, settings, job = _machine_and_job(argument)
    outcome = scanner.scan(settings, job, Watch(tell))
    yield _outcome(outcome.state, outcome.fault, outcome.pages)


def _release(argument: Mapping[str, Any]) -> Iterator[Any]:
    from scanner_adapters.scanner import ended  # noqa: PLC0415

    scanner, _, job = _machine_and_job(argument)
    scanner.release(job)
    outcome = ended(job, None)
    yield _outcome(outcome.state, outcome.fault, outcome.pages)


def _probe(argument: Mapping[str, Any]) -> Iterator[Any]:
    from scanner_adapters.opening import open_scanner  # noqa: PLC0415

    yield open_scanner(argument["device"], _known(argument)).probe()


def _machine_and_job(argument: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    from datetime import UTC, datetime  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from scanner_adapters.model import settings_from  # noqa: PLC0415
    from scanner_adapters.opening import open_scanner  # noqa: PLC0415
    from scanner_adapters.queue.spool import Spool  # noqa: PLC0415

    settings = settings_from(argument["settings"])
    scanner = open_scanner(argument["device"], _known(argument))
    spool = Spool(Path(argument["spool"]), lambda: datetime.now(UTC), caps=_caps(argument))
    job = spool.open_job(argument["job"], argument["device"], argument["operator"], settings)
    return scanner, settings, job


def _known(argument: Mapping[str, Any]) -> Any:
    from pathlib import Path  # noqa: PLC0415

    from scanner_adapters.known import KnownMachines  # noqa: PLC0415

    path = Path(argument["machines"]) if argument["machines"] else None
    return KnownMachines(path, argument["allowed"])


def _caps(argument: Mapping[str, Any]) -> Any:
    from scanner_adapters.queue.spool import Caps  # noqa: PLC0415

    return Caps(together=int(argument["spool_mb"]) * DISK_MEGABYTE)


def _outcome(state: str, fault: Any, pages: tuple[Any, ...]) -> Mapping[str, Any]:
    told = fault and {"code": fault.code, "detail": fault.detail, "pages": fault.pages, "page": fault.page}
    return {"state": state, "fault": told, "pages": [{**p.to_json(), "path": str(p.path)} for p in pages]}


def _devices(argument: Mapping[str, Any]) -> Iterator[Any]:
    from scanner_adapters.discovery import Search  # noqa: PLC0415
    from scanner_adapters.opening import list_scanners  # noqa: PLC0415

    yield from list_scanners(_known(argument), Search(SEARCH_SECONDS))


def _ask(argument: Mapping[str, Any]) -> Iterator[Any]:
    from scanner_adapters.asking.asking import as_json, ask_machine, way_to  # noqa: PLC0415

    spoken = ask_machine(argument["address"])
    yield {"way": way_to(spoken), "speaks": [as_json(one) for one in spoken]}


def _picture(argument: Mapping[str, Any]) -> Iterator[Any]:
    from pathlib import Path  # noqa: PLC0415

    from digitize.picture import draw_page  # noqa: PLC0415

    draw_page(Path(argument["pdf"]), argument["page"], argument["width"], Path(argument["out"]))
    yield True


def _sleep(argument: Mapping[str, Any]) -> Iterator[Any]:
    if argument.get("tell"):
        yield os.getpid()
    time.sleep(argument["seconds"])


def _fill(argument: Mapping[str, Any]) -> Iterator[Any]:
    yield len(bytearray(argument["megabytes"] * MEGABYTE))


TASKS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Any]]] = {
    "digitize": _digitize,
    "verify": _verify,
    "take": _take,
    "scan": _scan,
    "release": _release,
    "probe": _probe,
    "devices": _devices,
    "ask": _ask,
    "picture": _picture,
    "sleep": _sleep,  # these two let the limits themselves be tried
    "fill": _fill,
}


def _described(fault: Exception) -> dict[str, Any] | None:
    code = getattr(fault, "code", None)
    if code is None and type(fault).__name__ != "NotADocument":
        return None
    page = getattr(fault, "page", None)
    return {
        "family": type(fault).__name__,
        "code": str(code or "NOT_A_DOCUMENT"),
        "page": page if isinstance(page, int) else None,
        "source": str(getattr(fault, "source", "") or ""),
        "detail": str(getattr(fault, "detail", "") or ""),
    }


def _tell(kind: str, value: object) -> None:
    sys.stdout.write(json.dumps([kind, value], ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _limit(memory_mb: int, wall_seconds: int, file_mb: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * MEGABYTE,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (wall_seconds, wall_seconds + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_mb * MEGABYTE,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with(parent: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died before the line above
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
