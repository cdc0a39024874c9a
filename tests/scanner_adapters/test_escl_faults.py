"""Every fault is called by its name, whatever code it hides behind; no page is lost unsaid or doubled."""

import contextlib
from dataclasses import replace

import pytest

from scanner_adapters.escl.judging import Tally, reason_of_end, verdict
from scanner_adapters.escl.scanner import EsclScanner
from scanner_adapters.escl.status import DeviceStatus, JobInfo, Standing
from scanner_adapters.escl.wire import Break, Broken
from scanner_adapters.model import FaultCode, JobState, ScanFault, ScanSettings, ScanSource
from scanner_adapters.queue.spool import SpoolJob
from scanner_adapters.scanner import Presence, ScanEvent, Watch
from scanner_adapters.simulator.direct import DirectTransport
from scanner_adapters.simulator.machine import Reply
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.script import CODES, Act, Fault
from tests.scanner_adapters.escl_rig import (
    ADF,
    DUPLEX,
    GLASS,
    LEAVES,
    code_of,
    delivered,
    leaf,
    rig,
    stack_of,
)
from tests.scanner_adapters.scan_files import jpeg

NAMES = {
    Act.JAM: FaultCode.JAM,
    Act.COVER: FaultCode.COVER_OPEN,
    Act.MULTIFEED: FaultCode.MULTIFEED,
    Act.LENGTH: FaultCode.FEED_LENGTH,
    Act.DISCONNECT: FaultCode.DISCONNECTED,
    Act.LOST: FaultCode.PAGE_LOST,
}
EMPTY_HANDED = {Act.EMPTY: FaultCode.NO_DOCS, Act.BUSY: FaultCode.BUSY}
NAMELESS = Profile(names_pages=False)
FOREVER = 10_000


def test_a_stack_comes_whole_and_in_order(tmp_path):
    done = rig(tmp_path).scan()
    assert (done.state, done.fault) == (JobState.COMPLETED, None)
    assert delivered(done) == stack_of(4)
    assert [page.path.name for page in done.pages] == ["0001.jpg", "0002.jpg", "0003.jpg", "0004.jpg"]


def test_from_the_glass_comes_one_page(tmp_path):
    done = rig(tmp_path).scan(GLASS)
    assert (done.state, delivered(done)) == (JobState.COMPLETED, stack_of(1))


def test_of_both_sides_every_second_is_a_back(tmp_path):
    done = rig(tmp_path).scan(DUPLEX)
    assert [page.side for page in done.pages] == ["front", "back", "front", "back"]
    assert done.state is JobState.COMPLETED


@pytest.mark.parametrize("answer", CODES)
@pytest.mark.parametrize("act", NAMES, ids=str)
@pytest.mark.parametrize("page", [1, 3])
@pytest.mark.parametrize("profile", [Profile(), NAMELESS], ids=["named", "nameless"])
def test_a_fault_in_the_stack_is_named_behind_any_code(tmp_path, act, answer, page, profile):
    done = rig(tmp_path, Fault(act, page, answer, seconds=FOREVER), profile=profile).scan()
    assert code_of(done) == NAMES[act]
    expected = stack_of(4)[: page - 1]
    if act is Act.LOST:
        expected += stack_of(4)[page:]
        assert done.fault.page == page
    assert delivered(done) == expected
    assert done.state is (JobState.PARTIAL if expected else JobState.FAILED)
    assert done.fault.pages == len(expected)


@pytest.mark.parametrize("answer", CODES)
@pytest.mark.parametrize("act", EMPTY_HANDED, ids=str)
def test_a_job_that_cannot_begin_says_why_behind_any_code(tmp_path, act, answer):
    done = rig(tmp_path, Fault(act, 0, answer, times=99, seconds=FOREVER)).scan()
    assert (code_of(done), done.state, done.pages) == (EMPTY_HANDED[act], JobState.FAILED, ())


@pytest.mark.parametrize("answer", CODES)
@pytest.mark.parametrize("act", [Act.JAM, Act.COVER, Act.MULTIFEED, Act.EMPTY], ids=str)
def test_what_is_wrong_before_the_first_page_is_named_too(tmp_path, act, answer):
    names = {**NAMES, **EMPTY_HANDED}
    at_the_job = rig(tmp_path / "a", Fault(act, 0, answer, seconds=FOREVER)).scan()
    at_page_one = rig(tmp_path / "b", Fault(act, 1, answer, seconds=FOREVER)).scan()
    assert (code_of(at_the_job), code_of(at_page_one)) == (names[act], names[act])


@pytest.mark.parametrize("profile", [Profile(), NAMELESS], ids=["named", "nameless"])
@pytest.mark.parametrize("act", [Act.CUT, Act.TLS_CLOSE, Act.STALL], ids=str)
def test_a_page_cut_on_its_way_is_asked_again(tmp_path, act, profile):
    tried = rig(tmp_path, Fault(act, 3), profile=profile)
    done = tried.scan()
    assert (done.state, delivered(done)) == (JobState.COMPLETED, stack_of(4))
    assert done.pages[2].retries == 1
    assert (ScanEvent.RETRY) in [event for event, _ in tried.events]


@pytest.mark.parametrize("profile", [Profile(), NAMELESS], ids=["named", "nameless"])
@pytest.mark.parametrize("page", [1, 3, 4])
@pytest.mark.parametrize(
    "fault",
    [Fault(Act.CUT, goes_on=True), Fault(Act.STALL, goes_on=True), Fault(Act.HALF)],
    ids=lambda f: f.act,
)
def test_a_spoilt_page_that_the_machine_left_behind_is_named(tmp_path, fault, page, profile):
    done = rig(tmp_path, replace(fault, page=page), profile=profile).scan()
    assert (code_of(done), done.fault.page) == (FaultCode.PAGE_LOST, page)
    assert delivered(done) == stack_of(4)[: page - 1] + stack_of(4)[page:]


@pytest.mark.parametrize("profile", [Profile(), NAMELESS], ids=["named", "nameless"])
@pytest.mark.parametrize("page", [1, 2, 4])
def test_a_page_that_comes_twice_is_taken_once(tmp_path, page, profile):
    tried = rig(tmp_path, Fault(Act.DUPLICATE, page), profile=profile)
    done = tried.scan()
    assert (done.state, delivered(done)) == (JobState.COMPLETED, stack_of(4))
    assert (ScanEvent.DUPLICATE_DROPPED, "") in tried.events


@pytest.mark.parametrize("names_pages", [True, False])
def test_two_sheets_that_look_the_same_are_two_pages(tmp_path, names_pages):
    tried = rig(tmp_path, profile=Profile(names_pages=names_pages))
    tried.machine._leaves = (leaf(1), leaf(1), leaf(2))
    done = tried.scan()
    assert (done.state, delivered(done)) == (JobState.COMPLETED, [LEAVES[1], LEAVES[1], LEAVES[2]])
    assert done.pages[1].flags[-1] == "duplicate_bytes"


@pytest.mark.parametrize("code", [404, 409, 410, 500, 503, 200])
def test_a_passing_refusal_is_waited_out(tmp_path, code):
    done = rig(tmp_path, Fault(Act.STATUS, 2, code, times=3), Fault(Act.STATUS, 5, code)).scan()
    assert (done.state, delivered(done)) == (JobState.COMPLETED, stack_of(4))


def test_a_machine_that_never_goes_on_is_left_in_bounded_time(tmp_path):
    tried = rig(tmp_path, Fault(Act.STATUS, 2, 404, times=10_000))
    began = tried.hands.now
    done = tried.scan()
    assert (code_of(done), len(done.pages)) == (FaultCode.TIMEOUT, 1)
    assert tried.hands.now - began < 180
    assert tried.machine.running_jobs == 0


@pytest.mark.parametrize("by", [1, -1, 7])
def test_a_count_that_differs_is_told(tmp_path, by):
    done = rig(tmp_path, Fault(Act.LYING_COUNT, by=by)).scan()
    assert (done.state, code_of(done)) == (JobState.PARTIAL, FaultCode.COUNT_MISMATCH)
    assert delivered(done) == stack_of(4)


@pytest.mark.parametrize("end_code", [404, 409, 410, 500, 503, 200])
def test_the_end_is_the_end_behind_any_code(tmp_path, end_code):
    done = rig(tmp_path, profile=Profile(end_code=end_code)).scan()
    assert (done.state, delivered(done)) == (JobState.COMPLETED, stack_of(4))


def test_a_wrong_type_or_a_misplaced_job_does_no_harm(tmp_path):
    done = rig(tmp_path, Fault(Act.WRONG_TYPE, 2), Fault(Act.WRONG_LOCATION, 0)).scan()
    assert (done.state, delivered(done)) == (JobState.COMPLETED, stack_of(4))


def test_a_busy_machine_is_waited_for(tmp_path):
    tried = rig(tmp_path, Fault(Act.BUSY, 0, 503, seconds=5))
    assert tried.scan().state is JobState.COMPLETED
    assert (ScanEvent.WAITING, "busy") in tried.events


def test_a_jam_is_continued_in_the_same_document(tmp_path):
    tried = rig(tmp_path, Fault(Act.JAM, 3), profile=Profile(refills=False))
    first = tried.scan()
    assert (first.state, code_of(first), delivered(first)) == (JobState.PARTIAL, FaultCode.JAM, stack_of(2))
    second = tried.scan()
    assert (second.state, delivered(second)) == (JobState.COMPLETED, stack_of(4))


def test_a_fault_after_going_on_counts_the_pages_of_the_whole_document(tmp_path):
    tried = rig(
        tmp_path / "b", Fault(Act.JAM, 2), Fault(Act.LOST, 3), sheets=5, profile=Profile(refills=False)
    )
    assert code_of(tried.scan()) == FaultCode.JAM
    done = tried.scan()
    assert (code_of(done), done.fault.page, done.fault.pages) == (FaultCode.PAGE_LOST, 4, 4)


def test_a_jam_does_not_hide_a_page_lost_before(tmp_path):
    done = rig(tmp_path / "a", Fault(Act.LOST, 2), Fault(Act.JAM, 4), sheets=5).scan()
    assert (code_of(done), done.fault.page) == (FaultCode.PAGE_LOST, 2)
    done = rig(tmp_path / "b", Fault(Act.LOST, 2), Fault(Act.JAM, 3), sheets=5).scan()
    assert (code_of(done), done.fault.pages) == (FaultCode.JAM, 1)  # put back from page 2: nothing is missing


def test_stopping_frees_the_machine(tmp_path):
    tried = rig(tmp_path)
    done = tried.scan(is_stopped=lambda: len(tried.job().pages()) == 2)
    assert (done.state, code_of(done), delivered(done)) == (
        JobState.CANCELLED,
        FaultCode.CANCELLED,
        stack_of(2),
    )
    assert tried.machine.running_jobs == 0
    assert tried.scan(name="next").state is JobState.COMPLETED


def test_what_a_crash_left_running_is_closed_before_the_next(tmp_path):
    tried = rig(tmp_path)
    job = tried.job()
    left = tried.device.create_job(_order(tried)).headers["location"]
    job.note_device_job(left)
    assert tried.machine.running_jobs == 1
    tried.scanner.release(job)
    assert (tried.machine.running_jobs, job.device_job) == (0, "")


def _order(tried):
    from scanner_adapters.escl.orders import order_for
    from scanner_adapters.escl.quirks import Quirks

    return order_for(ADF, tried.device.offer(ScanSource.ADF), Quirks())


def test_a_completed_job_is_never_deleted(tmp_path):
    tried = rig(tmp_path)
    asked = []
    whole = tried.machine.handle
    tried.machine.handle = lambda request, now: asked.append(request.method) or whole(request, now)
    assert tried.scan().state is JobState.COMPLETED
    assert "DELETE" not in asked


def test_a_source_that_is_not_there_is_refused_and_a_refused_order_is_changed_once(tmp_path):
    tried = rig(tmp_path, profile=Profile(has_duplex=False))
    assert code_of(tried.scan(DUPLEX)) == FaultCode.BAD_SETTINGS
    refusing = rig(tmp_path / "b", Fault(Act.STATUS, 0, 409))
    done = refusing.scan(ScanSettings(ScanSource.ADF, dpi=300))
    assert done.state is JobState.COMPLETED
    assert done.pages[0].effective.dpi == 200
    refusing = rig(tmp_path / "c", Fault(Act.STATUS, 0, 409, times=9))
    assert code_of(refusing.scan()) == FaultCode.BAD_SETTINGS


def test_pixels_tell_what_was_really_delivered(tmp_path):
    tried = rig(tmp_path)
    tried.machine._leaves = (lambda ticket: jpeg(1, *(side // 2 for side in ticket.pixels)),)
    page = tried.scan(ScanSettings(ScanSource.ADF, dpi=75)).pages[0]
    assert (page.dpi, page.dpi_source) == ((37.5, 37.5), "pixels")
    assert "dpi_differs" in page.flags


def test_who_is_there_is_seen(tmp_path):
    tried = rig(tmp_path, Fault(Act.BUSY, 0, 503, seconds=1000), Fault(Act.DISCONNECT, 2, 503))
    assert tried.scanner.probe() is Presence.READY
    assert code_of(tried.scan()) == FaultCode.BUSY
    assert tried.scanner.probe() is Presence.BUSY
    tried.hands.sleep(2000)
    tried.scan()
    assert tried.scanner.probe() is Presence.OFFLINE
    with pytest.raises(ScanFault) as gone:
        tried.scanner.capabilities()
    assert gone.value.code is FaultCode.OFFLINE


class LosesAnswers:
    """A way to the machine on which the answer to the job's request gets lost after the machine has acted."""

    def __init__(self, way, how=Break.CLOSED):
        self.way, self.how = way, how
        self.ask, self.fetch, self.rest = way.ask, way.fetch, way.rest

    def post(self, request):
        self.way.post(request)
        raise Broken(self.how)


def scan_losing(tried, how=Break.CLOSED):
    device = replace(tried.device, transport=LosesAnswers(tried.device.transport, how))
    return EsclScanner("escl:lost", device).scan(ADF, tried.job(), Watch())


def test_a_job_whose_answer_was_lost_is_ours_when_it_can_be_nobody_elses(tmp_path):
    done = scan_losing(rig(tmp_path))
    assert (done.state, delivered(done)) == (JobState.COMPLETED, stack_of(4))


def test_a_job_that_may_be_somebody_elses_is_never_adopted(tmp_path):
    busy = rig(tmp_path / "busy", Fault(Act.BUSY, 0, 503, seconds=1000))
    assert busy.device.create_job(_order(busy)).status == 503  # now another client's job runs
    assert code_of(scan_losing(busy)) == FaultCode.DISCONNECTED
    gone = scan_losing(rig(tmp_path / "gone"), Break.UNREACHABLE)
    assert (code_of(gone), gone.pages) == (FaultCode.OFFLINE, ())
    refused = rig(tmp_path / "refused", Fault(Act.STATUS, 0, 500))
    assert code_of(scan_losing(refused)) == FaultCode.DISCONNECTED


@pytest.mark.parametrize("code", [401, 403])
def test_a_machine_that_wants_a_password_is_told(tmp_path, code):
    tried = rig(tmp_path)
    whole = tried.machine.handle
    for method in ("GET", "POST"):

        def guarded(request, now, method=method):
            return Reply(code) if request.method == method else whole(request, now)

        tried.machine.handle = guarded
        assert code_of(tried.scan()) == FaultCode.AUTH


def test_a_stop_before_the_first_page_asks_for_nothing(tmp_path):
    tried = rig(tmp_path)
    assert code_of(tried.scan(is_stopped=lambda: True)) == FaultCode.CANCELLED
    assert tried.machine._jobs == []


def test_a_machine_that_errs_is_told(tmp_path):
    assert code_of(rig(tmp_path / "a", Fault(Act.STATUS, 0, 500)).scan()) == FaultCode.DEVICE_ERROR
    tried = rig(tmp_path / "b")
    whole = tried.machine.handle
    tried.machine.handle = lambda request, now: (
        Reply(301, headers=(("Location", "https://x/"),)) if request.method == "POST" else whole(request, now)
    )
    assert code_of(tried.scan()) == FaultCode.PROTOCOL


def test_a_full_spool_is_waited_for(tmp_path, monkeypatch):
    tried = rig(tmp_path)
    rooms = iter([True, False, False])
    monkeypatch.setattr(SpoolJob, "has_room", lambda _job: next(rooms, True))
    assert tried.scan().state is JobState.COMPLETED
    assert (ScanEvent.WAITING, "") in tried.events


@pytest.mark.parametrize(
    ("standing", "reasons", "feeder", "received", "code"),
    [
        (Standing.ABORTED, ("ResourcesAreNotReady",), "loaded", 1, FaultCode.JAM),
        (Standing.CANCELED, ("JobCanceledAtDevice",), "loaded", 1, FaultCode.CANCELLED),
        (Standing.CANCELED, (), "loaded", 1, FaultCode.CANCELLED),
        (Standing.ABORTED, ("AbortedBySystem",), "loaded", 1, FaultCode.DEVICE_ERROR),
        (Standing.ABORTED, ("ResourcesAreNotReady",), "empty", 0, FaultCode.NO_DOCS),
    ],
)
def test_why_a_job_ended_is_read_from_its_reasons(standing, reasons, feeder, received, code):
    info = JobInfo("/a", standing, reasons)
    fault = reason_of_end(Tally(received), DeviceStatus("Idle", feeder, (info,)), info, from_feeder=True)
    assert fault.code is code


def test_a_job_that_is_not_counted_is_complete_only_when_nothing_spoke_against_it():
    silent = JobInfo("/a", Standing.COMPLETED)
    assert verdict(Tally(3), silent) is None
    assert verdict(Tally(3, waited_for=(2,)), silent).code is FaultCode.COUNT_UNKNOWN
    assert verdict(Tally(3, waited_for=(2,)), replace(silent, reasons=("JobCompletedSuccessfully",))) is None
    assert verdict(Tally(3, doubtful=(2,)), silent).code is FaultCode.PAGE_LOST


class KilledError(BaseException):
    """The process is gone before it hears the answer."""


def killed_while_asking(tried, job):
    """A scan that dies after the machine took its job and before it could write down what it is called."""
    device = tried.device

    def post(request):
        DirectTransport.post(device.transport, request)
        raise KilledError

    device.transport.post = post
    with contextlib.suppress(KilledError):
        EsclScanner(tried.scanner.address, device).scan(ADF, job, Watch())


def test_a_job_whose_name_was_never_heard_is_closed_after_a_crash(tmp_path):
    tried = rig(tmp_path)
    job = tried.job()
    killed_while_asking(tried, job)
    assert (tried.machine.running_jobs, job.device_job.startswith("asked at ")) == (1, True)
    tried.hands.sleep(20.0)
    tried.scanner.release(job)
    assert (tried.machine.running_jobs, job.device_job) == (0, "")


def test_a_job_that_began_at_another_moment_is_somebody_elses(tmp_path):
    tried = rig(tmp_path)
    job = tried.job()
    job.note_device_job(f"asked at {tried.hands.now}")
    tried.hands.sleep(20.0)
    killed_while_asking(tried, tried.job("another"))
    tried.scanner.release(job)
    assert (tried.machine.running_jobs, job.device_job) == (1, "")
