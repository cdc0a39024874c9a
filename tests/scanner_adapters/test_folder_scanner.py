"""A watched folder scanned like a machine: what lies there comes, in order, and doubts are faults."""

from scanner_adapters.folder.scanner import FolderScanner
from scanner_adapters.known import KnownMachines
from scanner_adapters.model import FaultCode, JobState, ScanSettings
from scanner_adapters.opening import open_scanner
from scanner_adapters.queue.device_lock import DeviceLock, system_lock_folder
from scanner_adapters.queue.spool import Caps, Spool
from scanner_adapters.sane.scanner import SaneScanner
from scanner_adapters.scanner import Presence, ScanEvent, Watch
from tests.scanner_adapters.scan_files import Clock, jpeg, put


def scanned(tmp_path, watch=None, **options):
    clock = Clock()
    place = tmp_path / "inbox"
    place.mkdir(exist_ok=True)
    held = Spool(tmp_path / "spool", clock, **options).open_job("job", "folder", "lan", ScanSettings())
    scanner = FolderScanner(place, clock=clock, wait=lambda seconds: clock.wait(seconds=seconds))
    return scanner, held, clock, place, watch or Watch()


def test_what_lies_there_is_scanned_in_order(tmp_path):
    scanner, held, clock, place, _ = scanned(tmp_path)
    events = []
    for number in (10, 2, 1):
        put(place, f"{number}.jpg", jpeg(number), clock, age=0)
    outcome = scanner.scan(ScanSettings(), held, Watch(tell=lambda event, _: events.append(event)))
    assert (outcome.state, outcome.fault) == (JobState.COMPLETED, None)
    assert [page.source_name for page in outcome.pages] == ["1.jpg", "2.jpg", "10.jpg"]
    assert events == [ScanEvent.PAGE] * 3


def test_an_empty_folder_holds_no_paper(tmp_path):
    scanner, held, *_ = scanned(tmp_path)
    outcome = scanner.scan(ScanSettings(), held, Watch())
    assert (outcome.state, outcome.fault.code) == (JobState.FAILED, FaultCode.NO_DOCS)


def test_a_file_refused_makes_the_stack_partial(tmp_path):
    scanner, held, clock, place, _ = scanned(tmp_path)
    put(place, "1.jpg", jpeg(1), clock)
    put(place, "2.jpg", jpeg(2)[:-90], clock, age=0)
    outcome = scanner.scan(ScanSettings(), held, Watch())
    assert (outcome.state, outcome.fault.code, outcome.fault.pages) == (
        JobState.PARTIAL,
        FaultCode.INCOMPLETE_FILE,
        1,
    )


def test_a_stop_ends_it_and_keeps_the_pages(tmp_path):
    scanner, held, clock, place, _ = scanned(tmp_path)
    put(place, "1.jpg", jpeg(1), clock)
    outcome = scanner.scan(ScanSettings(), held, Watch(is_stopped=lambda: len(held.pages()) == 1))
    assert (outcome.state, outcome.fault.code) == (JobState.CANCELLED, FaultCode.CANCELLED)


def test_a_full_spool_leaves_the_files_where_they_are_until_there_is_room(tmp_path):
    scanner, held, clock, place, _ = scanned(tmp_path, caps=Caps(1))
    put(place, "1.jpg", jpeg(1), clock)
    outcome = scanner.scan(ScanSettings(), held, Watch())
    assert outcome.fault.code is FaultCode.NO_SPACE
    assert (place / "1.jpg").exists()


def test_one_scan_at_a_time_takes_from_a_folder(tmp_path):
    scanner, held, *_ = scanned(tmp_path)
    with DeviceLock(system_lock_folder(), f"folder:{tmp_path / 'inbox'}").held():
        assert scanner.scan(ScanSettings(), held, Watch()).fault.code is FaultCode.BUSY


def test_a_folder_that_is_not_there_is_offline(tmp_path):
    scanner = open_scanner(f"folder:{tmp_path / 'none'}", KnownMachines(None))
    assert isinstance(scanner, FolderScanner)
    assert scanner.probe() is Presence.OFFLINE
    _, held, *_ = scanned(tmp_path)
    assert scanner.scan(ScanSettings(), held, Watch()).fault.code is FaultCode.OFFLINE
    scanner.release(held)


def test_addresses_open_the_machine_they_name(tmp_path):
    folder = open_scanner(f"folder:{tmp_path}", KnownMachines(None))
    assert (folder.id, folder.probe(), folder.capabilities().sources) == (
        f"folder:{tmp_path}",
        Presence.READY,
        (),
    )
    sane = open_scanner("sane:test:0", KnownMachines(None))
    assert isinstance(sane, SaneScanner)
    assert sane.id == "sane:test:0"
