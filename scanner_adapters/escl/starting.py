"""Getting a job from a machine: who is told busy, who is told empty, and what is tried once more."""

from collections.abc import Callable
from dataclasses import dataclass

from scanner_adapters.escl.device import (
    CREATED,
    MOVED,
    OK,
    UNAVAILABLE,
    Device,
    pause_of,
    refuse_strangers,
    told,
)
from scanner_adapters.escl.orders import Offer, Order, fallback
from scanner_adapters.escl.status import DeviceStatus, JobInfo, Standing, job_path
from scanner_adapters.escl.wire import Answer, Break, Broken
from scanner_adapters.model import FaultCode, ScanFault
from scanner_adapters.scanner import ScanEvent, Watch

TRIES = 10  # of a machine that is busy
BUSY_SECONDS = 20.0  # longer waiting is for the queue
REFUSALS = (400, 409, 415, 422)
WORKING = ("Processing", "Testing")
ASKED = "asked at "  # seconds of a clock that all processes of this machine share
SETTLING_SECONDS = 3.0  # between our asking and the beginning of the job


def no_note(_words: str) -> None:
    """Note nothing."""


@dataclass(frozen=True)
class Started:
    """A job that runs on the machine: its path, and the order it was given."""

    path: str
    order: Order


def start(
    device: Device, order: Order, offer: Offer, watch: Watch, note: Callable[[str], None] = no_note
) -> Started:
    """Ask for a job until there is one or it is clear why not.

    `note` is told before each asking, in words that `left_by` understands should we die meanwhile.
    Raises: ScanFault with the reason.
    """
    if device.quirks.check_feeder_first and order.from_feeder:
        require_paper(device.status(), order)
    until = device.clock.now() + BUSY_SECONDS
    for _ in range(TRIES):
        if device.clock.now() > until:
            break
        if watch.is_stopped():
            raise ScanFault(FaultCode.CANCELLED)
        before, began = _running(device), device.clock.now()
        note(f"{ASKED}{began}")
        try:
            answer = device.create_job(order)
        except Broken as broken:
            return Started(_adopted(device, broken, before, device.clock.now() - began), order)
        location = answer.headers.get("location", "")
        if answer.status in (OK, CREATED) and location:
            return Started(job_path(location), order)
        other = _instead(device, order, offer, answer)
        if other is None:
            watch.tell(ScanEvent.WAITING, "busy")
            device.clock.sleep(pause_of(answer))
        else:
            watch.tell(ScanEvent.ADJUSTED, other.adjusted[-1])
            order = other
    raise ScanFault(FaultCode.BUSY)


def left_by(device: Device, note: str) -> str:
    """The path of the job that `note` tells of: named there, or the one that began when it was asked for.

    Empty when there is none, or it cannot be told from another's.
    """
    if not note.startswith(ASKED):
        return note
    elapsed = device.clock.now() - float(note.removeprefix(ASKED))
    running = [job for job in device.status().jobs if job.standing is Standing.RUNNING]
    ages = [job.age_seconds for job in running]
    if len(ages) != 1 or ages[0] is None or not elapsed - SETTLING_SECONDS <= ages[0] <= elapsed + 1:
        return ""
    return running[0].path


def require_paper(status: DeviceStatus, order: Order) -> None:
    """Raises: ScanFault with what the feeder says against a job."""
    if not order.from_feeder:
        return
    if status.feeder_fault:
        raise ScanFault(status.feeder_fault)
    if status.is_empty:
        raise ScanFault(FaultCode.NO_DOCS)


def _instead(device: Device, order: Order, offer: Offer, answer: Answer) -> Order | None:
    """Why was the job refused? The next order to try, or None for: wait, then the same again."""
    refuse_strangers(answer)
    if answer.status in MOVED:
        raise ScanFault(FaultCode.PROTOCOL, f"moved to {answer.headers.get('location', '')}")
    status = device.status()
    if status.is_serving_another():
        return None
    require_paper(status, order)
    if answer.status == UNAVAILABLE or status.state in WORKING:
        return None
    if answer.status in REFUSALS:
        return _fitting(order, offer)
    raise ScanFault(FaultCode.DEVICE_ERROR, f"{status.state}, {answer.status}")


def _fitting(order: Order, offer: Offer) -> Order:
    source = offer.capabilities.of(order.settings.source)
    was_tried = any(word.startswith("refused") for word in order.adjusted)
    other = None if was_tried or source is None else fallback(order, source)
    if other is None:
        asked = order.settings
        raise ScanFault(FaultCode.BAD_SETTINGS, f"{asked.source}, {asked.color}, {asked.dpi} dpi")
    return other


def _running(device: Device) -> frozenset[str] | None:
    """The jobs that run before ours is asked for; None when the machine does not tell."""
    try:
        return frozenset(job.path for job in device.status().jobs if job.standing is Standing.RUNNING)
    except ScanFault as fault:
        if fault.code is FaultCode.PROTOCOL:
            return None
        raise


def _adopted(device: Device, broken: Broken, before: frozenset[str] | None, elapsed: float) -> str:
    """The job that was made although its answer was lost: ours only if nobody else's can be mistaken for it.

    Raises: ScanFault when there is no such job.
    """
    if broken.how in (Break.UNREACHABLE, Break.UNTRUSTED) or before is None:
        raise told(broken)
    new = [job for job in device.status().jobs if job.standing is Standing.RUNNING and job.path not in before]
    if before or len(new) != 1 or not _is_fresh(new[0], elapsed):
        raise told(broken)
    return new[0].path


def _is_fresh(job: JobInfo, elapsed: float) -> bool:
    return job.age_seconds is not None and job.age_seconds <= elapsed + 1
