"""Fetching a job's pages one by one until its end is proved: the heart of the eSCL client.

Every answer that is no page leads to the machine's status first: end, jam and a busy moment come with the
same codes. Time and transport are passed in.
"""

from dataclasses import dataclass, replace

from scanner_adapters.escl.device import UNAVAILABLE, Device, pause_of, refuse_strangers, told
from scanner_adapters.escl.height import restored_height
from scanner_adapters.escl.judging import Seen, Tally, lost, reason_of_end, trouble, verdict
from scanner_adapters.escl.orders import Order
from scanner_adapters.escl.pages import TELL_NOT_A_PAGE, StoppableSink, Stopped, origin_of
from scanner_adapters.escl.starting import Started
from scanner_adapters.escl.status import DeviceStatus, JobInfo, Standing
from scanner_adapters.escl.wire import Answer, Break, Broken
from scanner_adapters.model import FaultCode, ScanFault
from scanner_adapters.parts import Part
from scanner_adapters.queue.spool import SpoolJob
from scanner_adapters.scanner import ScanEvent, Watch

OK = 200
MOST_TRIES = 3  # of one page that fails on its way
MOST_SILENCES = 1  # of one page: each costs the whole patience
TRY_PAUSE = 0.5  # seconds
MOST_REPEATS = 5  # duplicates in a row
STILL_SECONDS = 60.0  # a job that runs and gives nothing for so long has stopped
QUIET_END_SECONDS = 10.0  # feeder empty, all counted pages here, job still "running"
CLOSING_SECONDS = 2.0  # the same, for machines known to wait for our DELETE
LATE_TRIES = 3  # a completed job may still have to hand over a page
ROOM_PAUSE = 0.2  # seconds
NO_PAGE = (404, 409, 410)


@dataclass(frozen=True)
class Reading:
    """What belongs together while one job is read."""

    device: Device
    started: Started
    job: SpoolJob
    watch: Watch

    @property
    def order(self) -> Order:
        """What the machine was told."""
        return self.started.order


class StackReader:
    """Reads one device job to its end."""

    def __init__(self, reading: Reading) -> None:
        """Nothing is asked before `read`."""
        self._reading = reading
        self._device = reading.device
        self._tally = Tally()
        self._silences = 0
        self._waits = 0
        self._still_since: float | None = None
        self._end: ScanFault | None = None

    def read(self) -> ScanFault | None:
        """Take every page into the spool; the fault that ended it, None when all are proved to be there.

        Raises: ScanFault of the spool (NO_SPACE, JOB_CLOSED, SPOOL_DAMAGED); Stopped when told to stop.
        """
        while True:
            self._wait_for_room()
            try:
                if self._next_is_end():
                    return self._end
            except ScanFault as fault:
                fault.pages = self._tally.received
                raise

    def _next_is_end(self) -> bool:
        """Ask for one page; True when this was the end, told by `_end`."""
        with self._reading.job.receive() as part:
            sink = StoppableSink(part, self._reading.watch.is_stopped)
            try:
                answer = self._device.next_document(self._reading.started.path, sink)
            except Broken as broken:
                self._broke(broken)
                return False
            if answer.status == OK and part.size_bytes:
                self._received(part, answer)
                return False
        refuse_strangers(answer)
        return self._nothing_came(answer)

    def _received(self, part: Part, answer: Answer) -> None:
        """Put right what can be put right before the page is judged."""
        restored = restored_height(part.path)
        if restored is None:
            self._arrived(part, answer)
            return
        with self._reading.job.receive(len(restored)) as whole:
            whole.write(restored)
            self._arrived(whole, answer, ("height_restored",))

    def _arrived(self, part: Part, answer: Answer, flags: tuple[str, ...] = ()) -> None:
        seen = Seen(answer.headers.get("content-location", ""), part.sha256)
        try:
            contents = part.inspected()
        except ScanFault as fault:
            if fault.code not in TELL_NOT_A_PAGE:
                raise
            self._spoilt(seen.place, fault)
            return
        if self._tally.looks_again(seen) and self._tally.is_again(seen, self._count()):
            self._drop()
            return
        origin = origin_of(self._reading.order, contents, self._tally, seen, self._device.quirks)
        origin = replace(origin, flags=(*origin.flags, *flags))
        page = self._reading.job.take_in(part, origin)
        self._tally = self._tally.took(seen, contents.frames)
        self._silences, self._waits, self._still_since = 0, 0, None
        self._reading.watch.tell(ScanEvent.PAGE, str(page.path))

    def _drop(self) -> None:
        self._tally = self._tally.repeated()
        self._reading.watch.tell(ScanEvent.DUPLICATE_DROPPED, "")
        if self._tally.repeats > MOST_REPEATS:
            raise ScanFault(FaultCode.PROTOCOL, "the same page again and again")

    def _broke(self, broken: Broken) -> None:
        if broken.how is Break.UNTRUSTED:
            raise told(broken)
        self._silences += broken.how is Break.SILENT
        fault = told(broken)
        if self._silences > MOST_SILENCES:
            raise fault
        self._spoilt(broken.place, fault)

    def _spoilt(self, place: str, fault: ScanFault) -> None:
        """A page failed on its way: look at the machine, then ask for it again, at most three times."""
        self._tally = self._tally.spoilt(place)
        status = self._device.status()
        self._refuse_feeder_faults(status)
        info = status.job(self._reading.started.path)
        if info and info.standing in (Standing.ABORTED, Standing.CANCELED):
            raise reason_of_end(self._tally, status, info, from_feeder=self._reading.order.from_feeder)
        if self._tally.tries > MOST_TRIES:
            if fault.code in TELL_NOT_A_PAGE:
                raise lost(self._tally.received + 1, self._tally.received)
            raise fault
        self._reading.watch.tell(ScanEvent.RETRY, str(fault))
        self._device.clock.sleep(TRY_PAUSE)

    def _nothing_came(self, answer: Answer) -> bool:
        status = self._device.status()
        self._refuse_feeder_faults(status)
        info = status.job(self._reading.started.path)
        if info is None:
            return self._without_account(answer, status)
        if info.standing is Standing.COMPLETED:
            return self._completed(info)
        if info.standing in (Standing.ABORTED, Standing.CANCELED):
            raise reason_of_end(self._tally, status, info, from_feeder=self._reading.order.from_feeder)
        return self._running(answer, status, info)

    def _completed(self, info: JobInfo) -> bool:
        owed = (info.images_completed or 0) > self._tally.received and (info.images_to_transfer or 0) > 0
        if owed and self._waits < LATE_TRIES:
            self._pause(TRY_PAUSE)
            return False
        if not self._tally.received and not self._reading.order.from_feeder:
            raise ScanFault(FaultCode.DEVICE_ERROR, "no page from the glass")
        self._end = verdict(self._tally, info)
        return True

    def _running(self, answer: Answer, status: DeviceStatus, info: JobInfo) -> bool:
        """The job goes on: wait, unless everything says that it only forgot to end."""
        self._tally = self._tally.waited()
        received, quirks = self._tally.received, self._device.quirks
        is_glass = not self._reading.order.from_feeder
        if is_glass and received and answer.status != UNAVAILABLE:
            self._end = verdict(self._tally, info)
            return True
        is_through = bool(received) and status.is_empty and info.images_completed == received
        known = quirks.close_after_end or (quirks.empty_is_end and answer.status == OK)
        if is_through and self._stood_still() > (CLOSING_SECONDS if known else QUIET_END_SECONDS):
            unknown = ScanFault(FaultCode.COUNT_UNKNOWN, pages=received)
            self._end = verdict(self._tally, info) if known else unknown
            return True
        if answer.status == UNAVAILABLE and self._waits >= quirks.busy_tries:
            raise ScanFault(FaultCode.BUSY, pages=received)
        if self._stood_still() > STILL_SECONDS and answer.status != UNAVAILABLE:
            raise ScanFault(FaultCode.TIMEOUT, f"{answer.status}", pages=received)
        self._pause(pause_of(answer) if answer.status == UNAVAILABLE else TRY_PAUSE)
        return False

    def _without_account(self, answer: Answer, status: DeviceStatus) -> bool:
        """The machine does not list our job: what can still be concluded?"""
        received, quirks = self._tally.received, self._device.quirks
        is_temporary = answer.status in quirks.retry_codes or (quirks.load_pause and received)
        if is_temporary and self._waits < MOST_TRIES:
            self._pause(quirks.load_pause or 1.0)
            return False
        if answer.status == UNAVAILABLE and self._waits < min(quirks.busy_tries, 10):
            self._pause(pause_of(answer))
            return False
        if self._tally.failed is not None:
            self._end = lost(received + 1, received)
            return True
        if received:
            self._end = ScanFault(FaultCode.COUNT_UNKNOWN, pages=received)
            return True
        if self._reading.order.from_feeder and (status.is_empty or answer.status in NO_PAGE):
            raise ScanFault(FaultCode.NO_DOCS)
        raise ScanFault(FaultCode.DEVICE_ERROR, f"{answer.status}")

    def _refuse_feeder_faults(self, status: DeviceStatus) -> None:
        if self._reading.order.from_feeder and status.feeder_fault:
            info = status.job(self._reading.started.path)
            raise trouble(self._tally, status.feeder_fault, info)

    def _count(self) -> int | None:
        info = self._device.status().job(self._reading.started.path)
        return info.images_completed if info else None

    def _stood_still(self) -> float:
        now = self._device.clock.now()
        if self._still_since is None:
            self._still_since = now
        return now - self._still_since

    def _pause(self, seconds: float) -> None:
        if self._reading.watch.is_stopped():
            raise Stopped
        self._waits += 1
        self._reading.watch.tell(ScanEvent.WAITING, "")
        self._device.clock.sleep(seconds)

    def _wait_for_room(self) -> None:
        """Back-pressure: no page is asked for that could not be kept."""
        if self._reading.watch.is_stopped():
            raise Stopped
        while not self._reading.job.has_room():
            self._pause(ROOM_PAUSE)
