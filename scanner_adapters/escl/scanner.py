"""An eSCL machine as a Scanner: look, ask, scan a stack into a spool job, leave the machine free."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scanner_adapters.escl.device import Device
from scanner_adapters.escl.orders import Offer, Order, order_for
from scanner_adapters.escl.pages import Stopped
from scanner_adapters.escl.quirks import Row, quirks_of
from scanner_adapters.escl.reading import Reading, StackReader
from scanner_adapters.escl.starting import Started, left_by, start
from scanner_adapters.escl.status import Standing
from scanner_adapters.escl.wire import Broken
from scanner_adapters.model import Capabilities, FaultCode, JobState, ScanFault, ScanSettings
from scanner_adapters.queue.spool import SpoolJob
from scanner_adapters.scanner import Presence, ScanEvent, ScanOutcome, Watch, ended

SETTLE_SECONDS = 2.0  # a job that still runs so long after its last page is deleted
CANCEL_SECONDS = 30.0  # until the machine must be idle again
POLL_SECONDS = 0.5
MOST_JOBS = 500  # of a machine that takes one sheet a job


def nothing_known(_met: Capabilities) -> None:
    """Remember nothing."""


@dataclass(frozen=True)
class EsclScanner:
    """A network scanner at one address.

    `table` replaces the quirks that the product knows; `met` is told who answered there, before anything is
    scanned, and may refuse.
    """

    address: str
    device: Device
    table: tuple[Row, ...] | None = None
    met: Callable[[Capabilities], None] = nothing_known

    @property
    def id(self) -> str:
        """Its address."""
        return self.address

    def probe(self) -> Presence:
        """Look whether it answers and serves nobody."""
        try:
            with self._resting():
                status = self.device.status()
        except ScanFault:
            return Presence.OFFLINE
        return Presence.BUSY if status.is_serving_another() else Presence.READY

    def capabilities(self) -> Capabilities:
        """What it can do. Raises: ScanFault OFFLINE, DISCONNECTED, TIMEOUT, PIN_CHANGED, AUTH, PROTOCOL."""
        with self._resting():
            found = self.device.capabilities()
            self.met(found)
            return found

    def scan(self, settings: ScanSettings, job: SpoolJob, watch: Watch) -> ScanOutcome:
        """Scan one stack, or one page from the glass; faults are part of the outcome."""
        before = len(job.pages())
        try:
            with self._resting():
                offer = self.device.offer(settings.source)
                self.met(offer.capabilities)
                device = self.device.treated(quirks_of(offer.capabilities.make_model, self.table))
                self._close_left(device, job)
                fault = self._scan(device, offer, settings, (job, watch))
        except ScanFault as ended_by:
            fault = ended_by
        return _outcome(job, fault, before)

    def release(self, job: SpoolJob) -> None:
        """Close the job that a crash left running on the machine."""
        with contextlib.suppress(ScanFault), self._resting():
            make_model = self.device.capabilities().make_model
            self._close_left(self.device.treated(quirks_of(make_model, self.table)), job)

    @contextlib.contextmanager
    def _resting(self) -> Iterator[None]:
        """Whatever happens, no connection stays open afterwards: some machines serve only one."""
        try:
            yield
        finally:
            self.device.transport.rest()

    def _scan(
        self, device: Device, offer: Offer, settings: ScanSettings, whose: tuple[SpoolJob, Watch]
    ) -> ScanFault | None:
        job, watch = whose
        order = order_for(settings, offer, device.quirks)
        for change in order.adjusted:
            watch.tell(ScanEvent.ADJUSTED, change)
        began = len(job.pages())
        for _ in range(MOST_JOBS):
            earlier = len(job.pages()) - began
            try:
                fault = self._one_job(device, order, offer, whose)
            except ScanFault as ended_by:
                fault = ended_by
            if fault is not None:
                return _of_stack(fault, earlier)
            if not _takes_one_sheet(offer, order) or not device.status().is_loaded:
                return None
        return ScanFault(FaultCode.PAPER_LEFT, pages=len(job.pages()) - began)

    def _one_job(
        self, device: Device, order: Order, offer: Offer, whose: tuple[SpoolJob, Watch]
    ) -> ScanFault | None:
        """Scan what the machine gives in one job of its own."""
        job, watch = whose
        try:
            started = start(device, order, offer, watch, job.note_device_job)
        except ScanFault:
            job.note_device_job("")
            raise
        job.note_device_job(started.path)
        watch.tell(ScanEvent.STARTED, started.path)
        try:
            fault = StackReader(Reading(device, started, job, watch)).read()
        except (Stopped, KeyboardInterrupt):
            _cancel(device, started)
            job.note_device_job("")
            return ScanFault(FaultCode.CANCELLED)
        except ScanFault:
            _close(device, started.path)
            job.note_device_job("")
            raise
        _close(device, started.path)
        job.note_device_job("")
        return fault

    def _close_left(self, device: Device, job: SpoolJob) -> None:
        if job.device_job:
            if path := left_by(device, job.device_job):
                _close(device, path, settle=0.0)
            job.note_device_job("")


def _takes_one_sheet(offer: Offer, order: Order) -> bool:
    """Does a stack have to be asked for sheet by sheet?

    A larger feeder that is loaded again after its job was loaded by somebody, for another document.
    """
    source = offer.capabilities.of(order.settings.source)
    return order.from_feeder and source is not None and source.feeder_capacity == 1


def _of_stack(fault: ScanFault, earlier: int) -> ScanFault:
    """A fault of one job, told of the stack in which `earlier` pages came before it."""
    if not earlier:
        return fault
    code = FaultCode.PAPER_LEFT if fault.code is FaultCode.NO_DOCS else fault.code
    page = fault.page + earlier if fault.page else 0
    return ScanFault(code, str(page) if page else fault.detail, pages=fault.pages + earlier, page=page)


def _close(device: Device, path: str, settle: float = SETTLE_SECONDS) -> None:
    """Leave the machine free: delete our job if it still runs, and only then: deleting ended jobs harms."""
    with contextlib.suppress(ScanFault, Broken):
        until = device.clock.now() + settle
        while _is_running(device, path):
            if device.clock.now() >= until or device.quirks.close_after_end:
                if not device.quirks.leave_job:
                    device.delete(path)
                return
            device.clock.sleep(POLL_SECONDS)


def _cancel(device: Device, started: Started) -> None:
    """End our job at once and wait until the machine has."""
    with contextlib.suppress(ScanFault, Broken):
        if not device.quirks.leave_job:
            device.delete(started.path)
        until = device.clock.now() + CANCEL_SECONDS
        while _is_running(device, started.path) and device.clock.now() < until:
            device.clock.sleep(POLL_SECONDS)


def _is_running(device: Device, path: str) -> bool:
    info = device.status().job(path)
    return info is not None and info.standing is Standing.RUNNING


def _outcome(job: SpoolJob, fault: ScanFault | None, before: int) -> ScanOutcome:
    """The outcome; what the fault says of one device job is told as pages of the whole document."""
    if fault is None:
        return ended(job, None)
    pages = len(job.pages())
    place = fault.page + before if fault.page else 0
    fault = ScanFault(fault.code, str(place) if place else fault.detail, pages, place)
    cancelled = JobState.CANCELLED if fault.code is FaultCode.CANCELLED else None
    return ended(job, fault, cancelled)
