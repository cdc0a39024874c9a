"""The simulated scanner without any network: a request and the time go in, an answer or a fault comes out.

Rules of this machine:
1. A page's number moves on before its bytes are sent; a page that was cut is handed over again, unless the
   script says that the machine went on.
2. What happens to paper shows in the feeder's state until somebody asks for the next job.
3. Nothing here waits: an answer says how many seconds it takes, whoever carries it lets them pass.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID, uuid5

from scanner_adapters.escl.wire import Request
from scanner_adapters.model import ScanFault
from scanner_adapters.simulator.answers import capabilities_xml, image_info_xml, status_xml
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.script import FEEDER_WORDS, FOREVER, Act, Fault
from scanner_adapters.simulator.tickets import Ticket, is_acceptable, read_ticket

Leaf = Callable[[Ticket], bytes]  # one side of paper: what it looks like when scanned so
ROOT = "/eSCL"
OK = 200
SUFFIX = "/NextDocument"
KEPT_JOBS = 10
ABANDONED_SECONDS = 300.0  # a job that nobody asks about any more ends
BUSY_SECONDS = 20.0  # of another client, when the script tells nothing
PROCESSING, COMPLETED, ABORTED, CANCELED = "Processing", "Completed", "Aborted", "Canceled"
REASONS = {
    PROCESSING: "JobScanning",
    COMPLETED: "JobCompletedSuccessfully",
    ABORTED: "AbortedBySystem",
    CANCELED: "JobCanceledByUser",
}


class Carriage(StrEnum):
    """How an answer travels."""

    WHOLE = "whole"
    CUT = "cut"  # closed after half of the body
    RESET = "reset"  # the same, by force
    STALLED = "stalled"  # half of the body, then nothing, the line stays open
    REFUSED = "refused"  # nobody is there


CARRIAGES = {Act.CUT: Carriage.CUT, Act.TLS_CLOSE: Carriage.RESET, Act.STALL: Carriage.STALLED}


@dataclass(frozen=True)
class Reply:
    """One answer: `seconds` pass before its first byte."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    carriage: Carriage = Carriage.WHOLE


@dataclass
class Job:
    """One job as the machine keeps it."""

    path: str
    uuid: str
    ticket: Ticket
    leaves: Sequence[Leaf]
    began: float
    state: str = PROCESSING
    next: int = 0  # how many pages have been handed over
    counted: int = 0
    lie: int = 0
    again: int = 0  # a page to be handed over once more
    put_off: int = 0
    forgotten: int = 0
    hidden: bool = False
    size: tuple[int, int] = (0, 0)
    touched: float = 0.0  # when it was last asked about


@dataclass
class Due:
    """A fault of the script, and how often it is still to happen."""

    fault: Fault
    left: int = field(default=0)


class Machine:
    """One scanner with paper in its feeder and a page on its glass."""

    def __init__(self, leaves: Sequence[Leaf], profile: Profile, faults: Iterable[Fault] = ()) -> None:
        """`leaves` are the sides in the feeder, front and back in turn; the first lies on the glass too."""
        self._leaves = tuple(leaves)
        self._profile = profile
        self._due = [Due(fault, fault.times) for fault in faults]
        self._jobs: list[Job] = []
        self._at = 0  # the first side still in the feeder
        self._trouble: Fault | None = None
        self._troubled_until = 0.0
        self._busy_until = 0.0
        self._gone_until = 0.0
        self._is_down = False
        self._misplaces_jobs = False

    @property
    def left_in_feeder(self) -> int:
        """How many sides have not been pulled in."""
        return len(self._leaves) - self._at

    @property
    def running_jobs(self) -> int:
        """How many jobs have not ended."""
        return sum(job.state == PROCESSING for job in self._jobs)

    def handle(self, request: Request, now: float) -> Reply:
        """Answer one request at this moment (seconds)."""
        if now < self._gone_until:
            return Reply(0, carriage=Carriage.REFUSED)
        self._end_abandoned(now)
        path = request.path.rstrip("/")
        if request.method == "GET" and path == f"{ROOT}/ScannerCapabilities":
            return _xml(capabilities_xml(self._profile))
        if request.method == "GET" and path == f"{ROOT}/ScannerStatus":
            return _xml(self._status(now))
        if request.method == "POST" and path == f"{ROOT}/ScanJobs":
            return self._create(request, now)
        return self._of_job(request.method, path, now)

    def _end_abandoned(self, now: float) -> None:
        for job in self._jobs:
            if now - job.touched > ABANDONED_SECONDS:
                self._finish(job, ABORTED)

    def _of_job(self, method: str, path: str, now: float) -> Reply:
        jobs = {job.path: job for job in self._jobs}
        if method == "DELETE" and path in jobs:
            return self._delete(jobs[path])
        if method == "GET" and path.removesuffix(SUFFIX) in jobs and path.endswith(SUFFIX):
            return self._next(jobs[path.removesuffix(SUFFIX)], now)
        info = path.removesuffix("/ScanImageInfo")
        if method == "GET" and info in jobs and info != path and jobs[info].next:
            return _xml(image_info_xml(info, jobs[info].uuid, jobs[info].size))
        return Reply(404)

    def _status(self, now: float) -> bytes:
        told: list[dict[str, object]] = [
            {
                "path": job.path,
                "uuid": job.uuid,
                "age": int(now - job.began),
                "completed": max(0, self._count(job, now) + job.lie),
                "waiting": 1 if job.state == PROCESSING else 0,
                "state": job.state,
                "reason": REASONS[job.state],
            }
            for job in reversed(self._jobs[-KEPT_JOBS:])
            if not job.hidden
        ]
        if now < self._busy_until:
            other = {"path": f"{ROOT}/ScanJobs/another", "uuid": "another", "age": 1, "completed": 1}
            told.append(other | {"waiting": 1, "state": PROCESSING, "reason": REASONS[PROCESSING]})
        state = "Processing" if any(job["state"] == PROCESSING for job in told) else "Idle"
        return status_xml("Down" if self._is_down else state, self._feeder(), told)

    def _feeder(self) -> str:
        if not self._profile.has_feeder:
            return ""
        if self._trouble:
            return FEEDER_WORDS[self._trouble.act]
        feeding = next(
            (job for job in self._jobs if job.state == PROCESSING and job.ticket.from_feeder), None
        )
        if feeding and feeding.next < len(feeding.leaves):
            return "ScannerAdfProcessing"
        return "ScannerAdfLoaded" if self.left_in_feeder and not feeding else "ScannerAdfEmpty"

    def _count(self, job: Job, now: float) -> int:
        if not self._profile.counts_ahead or job.state == ABORTED:
            return job.counted
        pace = self._profile.seconds_per_page
        ready = int((now - job.began) / pace) if pace else len(job.leaves)
        return max(job.counted, min(ready, len(job.leaves)))

    # Asking for a job

    def _create(self, request: Request, now: float) -> Reply:
        if not self._is_well_addressed(request):
            return Reply(400)
        if self._is_down or self.running_jobs:
            return Reply(503, headers=(("Retry-After", "2"),))
        refused = self._refused(now)
        if refused:
            return refused
        try:
            ticket = read_ticket(request.body)
        except ScanFault:
            return Reply(400)
        lacks_paper = ticket.from_feeder and not self.left_in_feeder and not self._profile.empty_is_jam
        if lacks_paper or not is_acceptable(ticket, self._profile):
            return Reply(409)
        return self._begin(ticket, now)

    def _refused(self, now: float) -> Reply | None:
        """The answer to a job that is asked for while something is wrong."""
        due = self._take_due(0)
        if due and due.act is Act.BUSY:
            self._busy_until = now + (due.seconds or BUSY_SECONDS)
        if now < self._busy_until:
            return _code(due.answer if due else 503)
        if self._trouble and now >= self._troubled_until:
            self._trouble = None
        if due and due.act in FEEDER_WORDS:
            self._trouble, self._troubled_until = due, now + due.seconds
        if due and due.act is Act.DISCONNECT:
            self._gone_until = now + (due.seconds or FOREVER)
        if due and due.act is Act.WRONG_LOCATION:
            self._misplaces_jobs = True
            return None
        if due or self._trouble:
            return _code(due.answer if due else 409)
        return None

    def _begin(self, ticket: Ticket, now: float) -> Reply:
        uuid = str(uuid5(UUID(self._profile.uuid), f"{len(self._jobs)} {now}"))
        path = f"{ROOT}/ScanJobs/{uuid}"
        sides = self._profile.capacity * (2 if ticket.duplex else 1)
        leaves = self._leaves[self._at :][:sides] if ticket.from_feeder else self._leaves[:1]
        job = Job(path, uuid, ticket, leaves, now + self._profile.warm_up_seconds, touched=now)
        job.lie = sum(due.fault.by for due in self._due if due.fault.act is Act.LYING_COUNT)
        self._jobs.append(job)
        place = f"http://[fe80::1%eth0:/{path[1:]}" if self._misplaces_jobs else path
        self._misplaces_jobs = False
        return Reply(201, headers=(("Location", place),))

    def _is_well_addressed(self, request: Request) -> bool:
        host = next((value for name, value in request.headers.items() if name.lower() == "host"), "")
        if self._profile.host == "localhost":
            return host.split(":")[0] == "localhost"
        return self._profile.host != "port" or ":" in host

    # Handing over pages

    def _next(self, job: Job, now: float) -> Reply:
        job.touched = now
        if job.again:
            number, job.again = job.again, 0
            return self._hand_over(job, number, now)
        due = self._take_due(job.next + 1) if job.state == PROCESSING else None
        if due and (job.next < len(job.leaves) or due.act is Act.STATUS):
            return self._go_wrong(job, due, now)
        if job.state != PROCESSING or job.next >= len(job.leaves):
            return self._no_more(job)
        if job.put_off < self._profile.puts_off:
            job.put_off += 1
            return _code(503)
        if job.next and job.forgotten < self._profile.forgets:
            job.forgotten, job.hidden = job.forgotten + 1, True
            return _code(self._profile.forget_code)
        job.put_off, job.forgotten, job.hidden = 0, 0, False
        return self._advance(job, now)

    def _no_more(self, job: Job) -> Reply:
        if self._profile.empty_is_jam and not job.leaves:
            self._trouble = Fault(Act.JAM)
            self._finish(job, ABORTED)
            return _code(410)
        if job.state == PROCESSING and self._profile.empty_end:
            return Reply(200, headers=(("Content-Type", job.ticket.media_type),))
        if job.state == PROCESSING and not self._profile.open_end:
            self._finish(job, COMPLETED)
        return _code(self._profile.end_code)

    def _advance(self, job: Job, now: float) -> Reply:
        job.next += 1
        job.counted += 1
        reply = self._hand_over(job, job.next, now)
        is_open = self._profile.open_end or self._profile.empty_end
        if job.next == len(job.leaves) and not is_open:
            self._finish(job, COMPLETED)
        return reply

    def _hand_over(self, job: Job, number: int, now: float) -> Reply:
        ticket = job.ticket
        if self._profile.delivers_dpi:
            ticket = replace(ticket, dpi=min(ticket.dpi, self._profile.delivers_dpi))
        is_back = ticket.duplex and number % 2 == 0
        ticket = replace(ticket, turned=is_back and self._profile.backs_turned)
        job.size = ticket.pixels
        place = (("Content-Location", f"{job.path}/{number}"),) if self._profile.names_pages else ()
        ready = job.began + number * self._profile.seconds_per_page
        headers = (("Content-Type", ticket.media_type), *place)
        return Reply(200, job.leaves[number - 1](ticket), headers, max(0.0, ready - now))

    def _go_wrong(self, job: Job, due: Fault, now: float) -> Reply:
        number = job.next + 1
        if due.act in FEEDER_WORDS:
            self._trouble, self._troubled_until = due, now + due.seconds
            self._finish(job, ABORTED)
        if due.act in FEEDER_WORDS or due.act is Act.STATUS:
            return _code(due.answer)
        if due.act is Act.DISCONNECT:
            dying = self._hand_over(job, number, now)
            self._gone_until = now + (due.seconds or FOREVER)
            self._finish(job, ABORTED)
            return replace(dying, carriage=Carriage.RESET) if due.answer == OK else _code(due.answer)
        if due.act is Act.LOST:
            self._advance(job, now)
            return _code(due.answer)
        if due.act in CARRIAGES:  # rule 1
            whole = self._advance(job, now) if due.goes_on else self._hand_over(job, number, now)
            return replace(whole, carriage=CARRIAGES[due.act])
        return self._oddly(job, due, self._advance(job, now))

    def _oddly(self, job: Job, due: Fault, whole: Reply) -> Reply:
        if due.act is Act.HALF:
            return replace(whole, body=whole.body[: len(whole.body) // 2])
        if due.act is Act.SLOW:
            return replace(whole, seconds=whole.seconds + due.seconds)
        if due.act is Act.WRONG_TYPE:
            return replace(whole, headers=(("Content-Type", "application/octet-stream"), *whole.headers[1:]))
        if due.act is Act.DUPLICATE:
            job.again = job.next
        return whole

    def _delete(self, job: Job) -> Reply:
        is_through = job.next >= len(job.leaves) and (self._profile.open_end or self._profile.empty_end)
        self._is_down = self._profile.delete_harms and job.state == PROCESSING
        self._finish(job, COMPLETED if is_through else CANCELED)
        return Reply(200)

    def _finish(self, job: Job, state: str) -> None:
        if (
            job.state != PROCESSING
        ):  # an ended job cannot be cancelled; some machines do, and clients must not ask
            return
        job.state, job.hidden = state, False
        if job.ticket.from_feeder:
            self._at = 0 if self._profile.refills else self._at + job.next

    def _take_due(self, page: int) -> Fault | None:
        kept = (Act.LYING_COUNT,)
        for due in self._due:
            if due.fault.page == page and due.left > 0 and due.fault.act not in kept:
                due.left -= 1
                return due.fault
        return None


def _xml(body: bytes) -> Reply:
    return Reply(200, body, (("Content-Type", "text/xml"),))


def _code(status: int) -> Reply:
    return Reply(status, headers=(("Retry-After", "1"),) if status == 503 else ())  # noqa: PLR2004 RFC 9110
