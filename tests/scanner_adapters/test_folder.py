"""Files a device saves become pages when quiet, unwritten and whole; others wait or are moved aside."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner_adapters.folder import watched
from scanner_adapters.folder.naming import page_order
from scanner_adapters.folder.watched import ORIGINALS, PATIENCE, QUARANTINE, Manners, Refused, WatchedFolder
from scanner_adapters.folder.writers import Writers, lease, writers_of
from scanner_adapters.model import FaultCode, JobState, ScanFault, ScanSettings
from scanner_adapters.queue.spool import STEPS_OF_ACCEPT, Spool, no_hook
from tests.scanner_adapters.scan_files import Clock, dies_in_child, growing_pdf, jpeg, pdf, put

WHOLE, CUT = jpeg(1), jpeg(1)[:-200]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox(tmp_path, clock):
    return WatchedFolder(tmp_path / "inbox", clock)


@pytest.fixture
def place(tmp_path, inbox):
    return tmp_path / "inbox"


@pytest.fixture
def job(tmp_path, clock):
    return opened(tmp_path, clock)


def opened(tmp_path, clock, after=no_hook, **options):
    return Spool(tmp_path / "spool", clock, after, **options).open_job(
        "job-1", "folder", "lan", ScanSettings()
    )


def sources(taken) -> list[str]:
    return [page.source_name for page in taken.pages]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def set_aside(place: Path) -> dict[str, str]:
    """Files moved aside by what their names were, with the reasons kept beside them."""
    files = [path for path in (place / QUARANTINE).iterdir() if path.suffix != ".reason"]
    return {path.name.split("-", 1)[1]: Path(f"{path}.reason").read_text().split("\n")[0] for path in files}


def test_files_are_taken_in_the_order_people_count_in(inbox, place, job, clock):
    names = ["Scan 10.jpg", "scan 2.jpg", "Scan 1.JPG", "2.jpg", "10.jpg", "scan 02.jpg", "²③.jpg", "tờ.jpg"]
    for seed, name in enumerate(names):
        put(place, name, jpeg(seed), clock)
    expected = [
        "2.jpg",
        "10.jpg",
        "Scan 1.JPG",
        "scan 02.jpg",
        "scan 2.jpg",
        "Scan 10.jpg",
        "tờ.jpg",
        "²③.jpg",
    ]
    taken = inbox.take(job)
    assert sources(taken) == expected
    assert [page.sequence for page in taken.pages] == list(range(1, 9))
    assert (taken.waiting, taken.refused, names_in(place)) == ((), (), [])


@given(st.lists(st.text(max_size=12), max_size=8))
def test_every_name_has_its_place(names):
    backwards = list(reversed(names))
    assert sorted(names, key=page_order) == sorted(backwards, key=page_order)


@pytest.mark.parametrize(("age", "ready"), [(0.0, False), (1.9, False), (2.0, True), (3600.0, True)])
def test_a_file_must_have_been_quiet(inbox, place, job, clock, age, ready):
    put(place, "1.jpg", WHOLE, clock, age)
    taken = inbox.take(job)
    assert (len(taken.pages), taken.waiting) == ((1, ()) if ready else (0, ("1.jpg",)))


def test_a_device_whose_clock_runs_ahead_is_not_waited_for_for_years(tmp_path, job):
    clock = Clock(datetime.now(UTC))
    place = tmp_path / "ahead"
    inbox = WatchedFolder(place, clock)
    put(place, "1.jpg", WHOLE, clock, age=-9e7)
    assert inbox.take(job).waiting == ("1.jpg",)
    clock.wait(seconds=3)
    assert len(inbox.take(job).pages) == 1


def test_who_has_the_file_open_for_writing_holds_it_back(inbox, place, job, clock):
    path = put(place, "1.jpg", WHOLE, clock)
    put(place, "2.jpg", jpeg(2), clock)
    with path.open("ab"):
        assert writers_of(path) is Writers.SOME
        assert inbox.take(job).waiting == ("1.jpg", "2.jpg")
    with path.open("rb"):
        assert writers_of(path) is Writers.NONE
        assert sources(inbox.take(job)) == ["1.jpg", "2.jpg"]


def test_a_writer_in_another_process_holds_it_back_too(inbox, place, job, clock):
    path = put(place, "1.jpg", WHOLE, clock)
    script = "import sys; f = open(sys.argv[1], 'ab'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert inbox.take(job).waiting == ("1.jpg",)
        writer.communicate()
    assert len(inbox.take(job).pages) == 1


def test_a_writer_that_comes_while_we_ask_does_not_end_us(place, clock):
    path = put(place, "1.jpg", WHOLE, clock)
    told = []
    before = signal.signal(signal.SIGURG, lambda *_: told.append("writer"))
    try:
        with path.open("rb") as file:
            assert lease(file.fileno()) is Writers.NONE
            writer = threading.Thread(target=lambda: path.open("ab").close())
            writer.start()
            while not told:
                signal.sigtimedwait([], 0.01)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        writer.join()
    finally:
        signal.signal(signal.SIGURG, before)
    assert told == ["writer"]


def test_of_another_accounts_file_nobody_can_say_who_writes_it():
    child = os.fork()
    if child == 0:
        if os.getuid() == 0:
            os.setuid(65534)
        os._exit(writers_of(Path("/etc/passwd")) is not Writers.UNKNOWN)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_where_nobody_can_say_who_writes_the_file_must_be_quiet_for_longer(
    inbox, place, job, clock, monkeypatch
):
    monkeypatch.setattr(watched, "writers_of", lambda _path: Writers.UNKNOWN)
    put(place, "1.jpg", WHOLE, clock, age=5.9)
    assert inbox.take(job).waiting == ("1.jpg",)
    clock.wait(seconds=0.1)
    assert sources(inbox.take(job)) == ["1.jpg"]


def test_a_device_that_pauses_within_a_file_is_given_more_time(inbox, place, job, clock):
    put(place, "1.pdf", pdf()[:-200], clock, age=0)
    assert inbox.take(job).waiting == ("1.pdf",)
    clock.wait(seconds=5)
    put(place, "1.pdf", pdf(2), clock, age=0)
    inbox.take(job)
    clock.wait(seconds=14)
    assert inbox.take(job).waiting == ("1.pdf",)
    clock.wait(seconds=1.1)
    assert sources(inbox.take(job)) == ["1.pdf"]


FIRST, GROWN = growing_pdf(2)


def test_a_file_that_grew_after_it_was_taken_is_its_next_revision_and_no_second_page(
    inbox, place, job, clock
):
    put(place, "1.pdf", FIRST, clock, age=60)
    put(place, "2.pdf", pdf(1), clock, age=55)
    inbox.take(job)
    put(place, "1.pdf", GROWN, clock, age=50)
    (page,) = inbox.take(job).pages
    assert (page.flags, page.frames) == (("revision_of_1",), 2)
    assert [one.sequence for one in job.current_pages()] == [2, 3]
    assert len(job.pages()) == 3


def test_a_file_that_only_shares_its_name_is_another_page(inbox, place, job, clock):
    for age, content in ((60, pdf(1)), (50, pdf(3)), (40, jpeg(1)), (30, jpeg(1) + b"\0")):
        put(place, "1.pdf", content, clock, age)
        inbox.take(job)
    assert len(job.current_pages()) == 4


def test_a_device_that_lets_one_pdf_grow_is_waited_for_until_its_next_file(tmp_path, place, job, clock):
    inbox = WatchedFolder(place, clock, Manners(append_seconds=30))
    put(place, "1.pdf", pdf(1), clock, age=20)
    assert inbox.take(job).waiting == ("1.pdf",)
    put(place, "2.jpg", jpeg(2), clock, age=10)
    assert sources(inbox.take(job)) == ["1.pdf", "2.jpg"]
    put(place, "1.pdf", pdf(2), clock, age=29)
    assert inbox.take(job).waiting == ("1.pdf",)
    clock.wait(seconds=1)
    assert [page.flags for page in inbox.take(job).pages] == [("revision_of_1",)]


SECRET = "mật khẩu của ông Ba"


@pytest.mark.parametrize("told", [SECRET, "sai", None])
def test_a_password_is_asked_for_once_and_written_nowhere(tmp_path, place, job, clock, told):
    asked = []

    def password_of(name: str) -> str | None:
        asked.append(name)
        return told

    inbox = WatchedFolder(place, clock, Manners(password_of=password_of))
    locked = pdf(encryption=pikepdf.Encryption(owner="chủ", user=SECRET))
    put(place, "1.pdf", locked, clock)
    taken = inbox.take(job)
    inbox.take(job)
    assert asked == ["1.pdf"]
    if told == SECRET:
        assert [page.flags for page in taken.pages] == [("password_removed",)]
        (kept,) = (place / ORIGINALS).iterdir()
    else:
        assert taken.refused == (Refused("1.pdf", FaultCode.ENCRYPTED),)
        kept = next(path for path in (place / QUARANTINE).iterdir() if path.suffix != ".reason")
    assert kept.read_bytes() == locked
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert all(word not in written for word in (SECRET.encode(), b"sai\n"))


@pytest.mark.parametrize(
    "name", [".hidden.jpg", "~lock.jpg", "1.jpg.part", "1.TMP", "a.filepart", "b.crdownload", "c.Partial"]
)
def test_a_name_that_says_unfinished_is_left_alone(inbox, place, job, clock, name):
    put(place, name, WHOLE, clock)
    assert inbox.take(job) == watched.Taken()
    assert names_in(place) == [name]


def test_half_a_file_holds_back_those_behind_it_until_it_is_whole(inbox, place, job, clock):
    put(place, "1.jpg", jpeg(0), clock)
    half = put(place, "2.jpg", CUT, clock)
    put(place, "3.jpg", jpeg(3), clock)
    taken = inbox.take(job)
    assert (sources(taken), taken.waiting) == (["1.jpg"], ("2.jpg", "3.jpg"))
    put(place, half.name, WHOLE, clock)
    assert sources(inbox.take(job)) == ["2.jpg", "3.jpg"]


@pytest.mark.parametrize("content", [b"", CUT, pdf()[:-100], b"\xff\xd8"])
def test_half_a_file_is_moved_aside_when_patience_ends(inbox, place, job, clock, content):
    put(place, "1.jpg", content, clock, age=0)
    put(place, "2.jpg", jpeg(2), clock, age=0)
    clock.wait(seconds=PATIENCE.total_seconds() - 1)
    assert inbox.take(job).waiting == ("1.jpg", "2.jpg")
    clock.wait(seconds=1)
    taken = inbox.take(job)
    assert taken.refused == (Refused("1.jpg", FaultCode.INCOMPLETE_FILE),)
    assert sources(taken) == ["2.jpg"]
    assert set_aside(place)["1.jpg"].startswith("INCOMPLETE_FILE ")
    kept = next(path for path in (place / QUARANTINE).iterdir() if path.suffix != ".reason")
    assert kept.read_bytes() == content


def test_what_is_no_page_is_moved_aside_at_once_and_stops_nobody(inbox, place, job, clock):
    put(place, "1.docx", b"PK\x03\x04 word", clock)
    put(place, "2.pdf", pdf(encryption=pikepdf.Encryption(owner="a", user="b")), clock)
    put(place, "3.jpg", WHOLE, clock)
    taken = inbox.take(job)
    assert [(one.name, one.code) for one in taken.refused] == [
        ("1.docx", FaultCode.NOT_A_PAGE),
        ("2.pdf", FaultCode.ENCRYPTED),
    ]
    assert sources(taken) == ["3.jpg"]
    assert {name: told.split()[0] for name, told in set_aside(place).items()} == {
        "1.docx": "NOT_A_PAGE",
        "2.pdf": "ENCRYPTED",
    }
    assert names_in(place) == [QUARANTINE]


def test_two_files_of_one_name_lie_side_by_side_in_quarantine(inbox, place, job, clock):
    for content in (b"one", b"two"):
        put(place, "a.txt", content, clock)
        inbox.take(job)
    files = [path for path in (place / QUARANTINE).iterdir() if path.suffix != ".reason"]
    assert sorted(path.read_bytes() for path in files) == [b"one", b"two"]


def test_a_copy_under_another_name_is_kept_and_flagged(inbox, place, job, clock):
    put(place, "1.jpg", WHOLE, clock)
    put(place, "2.jpg", WHOLE, clock)
    assert [page.flags for page in inbox.take(job).pages] == [(), ("duplicate_bytes",)]


def test_the_same_name_again_with_another_time_is_another_page(inbox, place, job, clock):
    for age in (60, 50):
        put(place, "1.jpg", WHOLE, clock, age)
        assert len(inbox.take(job).pages) == 1
    assert len(job.pages()) == 2


@pytest.mark.parametrize("step", STEPS_OF_ACCEPT)
def test_killed_anywhere_a_file_is_neither_lost_nor_doubled(tmp_path, inbox, place, clock, step):
    for seed in range(3):
        put(place, f"{seed}.jpg", jpeg(seed), clock, age=60 + seed)
    assert dies_in_child(lambda after: inbox.take(opened(tmp_path, clock, after)), step)
    assert len(names_in(place)) == 3  # the first is removed only after the journal's line
    job = opened(tmp_path, clock)
    inbox.take(job)
    assert [page.source_name for page in job.pages()] == ["0.jpg", "1.jpg", "2.jpg"]
    assert [page.flags for page in job.pages()] == [()] * 3
    assert names_in(place) == []


def test_a_source_is_removed_only_when_the_journal_holds_it(tmp_path, inbox, place, clock):
    path = put(place, "1.jpg", WHOLE, clock)
    there = []
    job = opened(tmp_path, clock, after=lambda step: there.append((step, path.exists())))
    inbox.take(job)
    assert there == [(step, True) for step in STEPS_OF_ACCEPT]
    assert not path.exists()


def test_a_next_page_saved_under_the_same_name_meanwhile_is_not_removed(tmp_path, inbox, place, clock):
    put(place, "1.jpg", WHOLE, clock, age=60)

    def save_again(step: str) -> None:
        if step == "journalled":
            put(place, "1.jpg", jpeg(2), clock, age=5)

    assert len(inbox.take(opened(tmp_path, clock, save_again)).pages) == 1
    job = opened(tmp_path, clock)
    assert len(inbox.take(job).pages) == 1
    assert len({page.sha256 for page in job.pages()}) == 2


def test_a_file_that_the_device_takes_back_is_passed_over(tmp_path, inbox, place, clock):
    put(place, "1.jpg", WHOLE, clock)
    second = put(place, "2.jpg", jpeg(2), clock)
    put(place, "3.jpg", jpeg(3), clock)
    job = opened(tmp_path, clock, after=lambda _step: second.unlink(missing_ok=True))
    assert sources(inbox.take(job)) == ["1.jpg", "3.jpg"]


def test_links_folders_and_pipes_are_left_alone_and_never_followed(tmp_path, inbox, place, job, clock):
    secret = put(tmp_path, "secret.jpg", WHOLE, clock)
    (place / "1.jpg").symlink_to(secret)
    (place / "2.jpg").symlink_to(place / "nothing")
    (place / "3.jpg").mkdir()
    os.mkfifo(place / "4.jpg")
    assert inbox.take(job) == watched.Taken()
    assert names_in(place) == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]
    assert secret.exists()


def test_a_file_swapped_for_a_link_at_the_last_moment_is_not_followed(tmp_path, inbox, place, clock):
    secret = put(tmp_path, "secret.jpg", jpeg(8), clock)
    put(place, "1.jpg", WHOLE, clock)
    second = put(place, "2.jpg", jpeg(2), clock)

    def swap(_step: str) -> None:
        second.unlink()
        second.symlink_to(secret)

    job = opened(tmp_path, clock, swap)
    taken = inbox.take(job)
    assert sources(taken) == ["1.jpg"]
    assert taken.refused == (Refused("2.jpg", FaultCode.NOT_A_PAGE),)
    assert secret.read_bytes() == jpeg(8)


ODD = [
    "a b.jpg",
    "' ; $(x).jpg",
    "new\nline.jpg",
    "-rf.jpg",
    "Đơn xin.jpg",
    b"\xff\xfe\x80.jpg",
    b"tab\t.jpg",
    "\u202ecod.jpg",
    "9" * 240,
]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_no_obstacle(tmp_path, inbox, place, clock, job, name):
    put(place, name, WHOLE, clock)
    assert len(inbox.take(job).pages) == 1
    assert len(opened(tmp_path, clock).pages()) == 1
    put(place, name, b"no page", clock)
    assert [one.code for one in inbox.take(job).refused] == [FaultCode.NOT_A_PAGE]
    put(place, name, WHOLE, clock, age=0)
    assert len(inbox.take(job).waiting) == 1


def test_the_longest_name_can_be_moved_aside(inbox, place, job, clock):
    put(place, "đ" * 125 + ".txt", b"no page", clock)
    assert len(inbox.take(job).refused) == 1
    assert len(names_in(place / QUARANTINE)) == 2


def test_a_full_spool_takes_nothing_more_and_touches_no_source(tmp_path, inbox, place, clock):
    for number in (1, 2):
        put(place, f"{number}.jpg", jpeg(number), clock)
    room = iter([10**12, 0])
    job = opened(tmp_path, clock, free=lambda _folder: next(room))
    with pytest.raises(ScanFault) as full:
        inbox.take(job)
    assert (full.value.code, full.value.pages) == (FaultCode.NO_SPACE, 1)
    assert names_in(place) == ["2.jpg"]


def test_a_closed_job_leaves_the_folder_as_it_is(inbox, place, job, clock):
    put(place, "1.jpg", WHOLE, clock)
    job.close(JobState.CANCELLED)
    with pytest.raises(ScanFault) as closed:
        inbox.take(job)
    assert closed.value.code is FaultCode.JOB_CLOSED
    assert names_in(place) == ["1.jpg"]


JUNK = {
    "00 notes.txt": b"a log that grows",
    "0.db": b"SQLite format 3\x00",
    "0 table.xlsx": b"PK\x03\x04 table",
    "0.lnk": b"L\x00\x00\x00",
    "0.log": b"",
    "0.mp4": b"\x00\x00\x00\x18ftyp",
    "0.gif": b"GIF89a",
    "0.exe": b"MZ",
    "0.xml": b"<?xml",
    "0 no ending": b"text",
    "0.jpg.txt": b"",
    "0.ini": b"\xef\xbb\xbf[x]",
}


@pytest.mark.parametrize("name", JUNK)
def test_what_cannot_be_a_page_holds_nobody_back_while_somebody_holds_it_open(inbox, place, job, clock, name):
    junk = put(place, name, JUNK[name], clock)
    put(place, "1.jpg", jpeg(1), clock)
    put(place, "2.jpg", jpeg(2), clock)
    with junk.open("ab"):
        taken = inbox.take(job)
        assert (sources(taken), taken.waiting, taken.refused) == (["1.jpg", "2.jpg"], (), ())
        assert inbox.waiting() == ()
    assert names_in(place) == [name]


@pytest.mark.parametrize("head", [b"", b"\xff", b"\xff\xd8\xff", b"%P", b"II*\0", b"MM\0*", b"\x89PN"])
def test_what_may_become_a_page_does_hold_back(inbox, place, job, clock, head):
    begun = put(place, "1.pdf", head, clock)
    put(place, "2.jpg", jpeg(2), clock)
    with begun.open("ab"):
        assert inbox.take(job).waiting == ("1.pdf", "2.jpg")


def test_junk_behind_a_pdf_that_grows_is_not_its_next_file(tmp_path, place, job, clock):
    lets_grow = WatchedFolder(tmp_path / "inbox", clock, Manners(append_seconds=60))
    put(place, "a.pdf", pdf(), clock, age=9)
    put(place, "b.txt", b"junk", clock, age=0)
    assert sources(lets_grow.take(job)) == []
    put(place, "c.jpg", jpeg(3), clock)
    assert sources(lets_grow.take(job)) == ["a.pdf", "c.jpg"]


def test_a_counter_that_turned_over_is_taken_in_the_order_of_making_and_told(inbox, place, job, clock):
    for at, name in enumerate(("IMG_9998.jpg", "IMG_9999.jpg", "IMG_0001.jpg")):
        put(place, name, jpeg(at), clock, age=30 - at)
    taken = inbox.take(job)
    assert sources(taken) == ["IMG_9998.jpg", "IMG_9999.jpg", "IMG_0001.jpg"]
    assert [page.flags for page in taken.pages] == [(), (), ("COUNTER_WRAPPED",)]
