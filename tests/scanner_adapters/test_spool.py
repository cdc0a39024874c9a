"""The spool's four rules, with crashes at every step and two processes at once."""

import json
import os
import resource
import socket
from pathlib import Path

import pytest

from scanner_adapters.model import DpiSource, FaultCode, JobState, ScanFault, ScanSettings, ScanSource, Side
from scanner_adapters.plain_files import digest_of, told_name
from scanner_adapters.queue.spool import (
    ENDED,
    JOURNAL,
    LEAST_FREE_BYTES,
    STEPS_OF_ACCEPT,
    Caps,
    Origin,
    Spool,
    no_hook,
)
from tests.scanner_adapters.scan_files import NOON, Clock, dies_in_child, jpeg, pdf, tiff

ASKED = ScanSettings(ScanSource.FLATBED, dpi=200)
JOB = "job-1"


@pytest.fixture
def root(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def file_of(tmp_path):
    given = tmp_path / "given"
    given.mkdir()

    def make(content: bytes, name: str = "scan.jpg") -> Path:
        path = given / name
        path.write_bytes(content)
        return path

    return make


def opened(root: Path, after=no_hook, **options):
    return Spool(root, Clock(), after, **options).open_job(JOB, "folder", "lan", ASKED)


def names_in(root: Path) -> set[str]:
    return {path.name for path in (root / JOB).iterdir()}


def digests(job) -> list[str]:
    return [page.sha256 for page in job.pages()]


def test_a_page_is_announced_with_its_whole_evidence(root, file_of):
    source = file_of(jpeg())
    page = opened(root).accept(source, Origin("Quét 1.JPG", 77, "ref-9"))
    assert page.path.read_bytes() == source.read_bytes()
    assert page.sha256 == digest_of(source)
    assert (page.job, page.sequence, page.path.name) == (JOB, 1, "0001.jpg")
    assert (page.source_name, page.source_time_ns, page.device_page_ref) == ("Quét 1.JPG", 77, "ref-9")
    assert (page.width, page.height, page.dpi, page.frames) == (64, 48, (300, 300), 1)
    assert (page.scanned_at, page.device, page.operator, page.asked) == (NOON, "folder", "lan", ASKED)
    assert page.size_bytes == source.stat().st_size


def test_pages_keep_the_order_in_which_they_came_and_each_names_the_one_before(root, file_of):
    job = opened(root)
    kinds = [jpeg(1), pdf(2), tiff(2), jpeg(2)]
    accepted = [job.accept(file_of(content)) for content in kinds]
    assert job.pages() == tuple(accepted)
    assert [page.path.name for page in accepted] == ["0001.jpg", "0002.pdf", "0003.tif", "0004.jpg"]
    assert [page.previous_sha256 for page in accepted] == ["", *digests(job)[:-1]]
    assert [page.frames for page in accepted] == [1, 2, 2, 1]


def test_the_same_bytes_again_are_kept_and_flagged(root, file_of):
    job = opened(root)
    assert [job.accept(file_of(jpeg(seed))).flags for seed in (1, 2, 1)] == [(), (), ("duplicate_bytes",)]
    assert len(job.pages()) == 3


def test_opening_a_job_again_changes_nothing(root, file_of):
    first = opened(root)
    first.accept(file_of(jpeg()))
    again = Spool(root, Clock()).open_job(JOB, "another", "somebody else", ScanSettings())
    assert again.pages() == first.pages()
    assert again.accept(file_of(jpeg(1))).operator == "lan"
    assert len(first.pages()) == 2


def test_a_spool_tells_its_jobs(root):
    spool = Spool(root, Clock())
    for job in ("b", "a"):
        spool.open_job(job, "folder", "lan", ASKED)
    (root / "no job").mkdir()
    assert spool.jobs() == ("a", "b")


@pytest.mark.parametrize("job", ["", ".", "..", "../a", "a/b", "/a"])
def test_a_job_lies_inside_the_spool_or_nowhere(root, job):
    with pytest.raises(ValueError, match="cannot name a folder"):
        Spool(root, Clock()).open_job(job, "folder", "lan", ASKED)


def test_a_source_stays_where_it_is_and_a_refused_one_leaves_nothing(root, file_of):
    job, source = opened(root), file_of(jpeg()[:-40])
    with pytest.raises(ScanFault) as refused:
        job.accept(source)
    assert refused.value.code is FaultCode.INCOMPLETE_FILE
    assert source.exists()
    assert job.pages() == ()
    assert names_in(root) == {"job.json", ".lock"}


def test_a_journal_line_cut_by_a_crash_was_never_announced(root, file_of):
    job = opened(root)
    job.accept(file_of(jpeg(1)))
    journal = root / JOB / JOURNAL
    whole = journal.read_bytes()
    for cut in range(1, len(whole), 40):
        journal.write_bytes(whole + whole[:cut])
        assert len(job.pages()) == 1
        assert len(opened(root).pages()) == 1
        assert journal.read_bytes() == whole
    assert job.accept(file_of(jpeg(2))).sequence == 2


def test_a_line_left_cut_by_a_failed_write_does_not_spoil_the_next(root, file_of):
    job = opened(root)
    job.accept(file_of(jpeg(1)))
    with (root / JOB / JOURNAL).open("ab") as journal:
        journal.write(b'{"sequence": 2, "sha')
    job.accept(file_of(jpeg(2)))
    assert [page.sequence for page in opened(root).pages()] == [1, 2]


def test_leftovers_without_a_line_are_removed(root, file_of):
    opened(root).accept(file_of(jpeg()))
    for name in (".part-x", "0002.jpg", ".job.json.part"):
        (root / JOB / name).write_bytes(b"half")
    assert len(opened(root).pages()) == 1
    assert names_in(root) == {"0001.jpg", JOURNAL, "job.json", ".lock"}


@pytest.mark.parametrize(
    "harm",
    [
        lambda lines: lines[1:],
        lambda lines: [lines[1], lines[0]],
        lambda lines: [*lines, lines[1]],
        lambda lines: [lines[0], b"{}\n"],
        lambda lines: [lines[0], bytes(9) + b"\n"],
        lambda lines: [lines[0], lines[1].replace(b"0002.jpg", b"../x.jpg")],
        lambda lines: [lines[0].replace(b'"lan"', b'"binh"'), lines[1]],
        lambda lines: [lines[0].replace(b'"dpi":200', b'"dpi":300'), lines[1]],
        lambda lines: [*lines[:-1], lines[1].replace(b'"seal":"', b'"seal":"00')],
    ],
)
def test_a_journal_that_was_tampered_with_is_damaged_not_shorter(root, file_of, harm):
    job = opened(root)
    for seed in range(2):
        job.accept(file_of(jpeg(seed)))
    journal = root / JOB / JOURNAL
    journal.write_bytes(b"".join(harm(journal.read_bytes().splitlines(keepends=True))))
    for act in (job.pages, lambda: opened(root), lambda: job.accept(file_of(jpeg(5)))):
        with pytest.raises(ScanFault) as damaged:
            act()
        assert damaged.value.code is FaultCode.SPOOL_DAMAGED
    assert {"0001.jpg", "0002.jpg"} <= names_in(root)


def test_a_page_gone_from_the_folder_is_damage(root, file_of):
    opened(root).accept(file_of(jpeg())).path.unlink()
    with pytest.raises(ScanFault) as damaged:
        opened(root)
    assert damaged.value.code is FaultCode.SPOOL_DAMAGED


@pytest.mark.parametrize("card", ["", "{", "{}", "[]", '{"state": "SCANNING"}'])
def test_a_job_that_lost_its_card_is_damaged(root, file_of, card):
    job = opened(root)
    (root / JOB / "job.json").write_text(card)
    with pytest.raises(ScanFault) as damaged:
        job.accept(file_of(jpeg()))
    assert damaged.value.code is FaultCode.SPOOL_DAMAGED


def test_a_full_disk_is_told_before_anything_is_written(root, file_of):
    source = file_of(jpeg(1))
    free = [LEAST_FREE_BYTES + source.stat().st_size]
    job = opened(root, free=lambda _folder: free[0])
    job.accept(source)
    free[0] -= 1
    with pytest.raises(ScanFault) as full:
        job.accept(source)
    assert (full.value.code, full.value.pages) == (FaultCode.NO_SPACE, 1)
    assert len(job.pages()) == 1


def test_a_disk_that_fills_up_midway_is_the_same_fault(root):
    def write_where_every_write_finds_the_disk_full():
        with opened(root).receive() as part, Path("/dev/full").open("wb") as full:
            os.dup2(full.fileno(), part._file.fileno())
            part.write(jpeg())

    with pytest.raises(ScanFault) as full:
        write_where_every_write_finds_the_disk_full()
    assert full.value.code is FaultCode.NO_SPACE
    assert names_in(root) == {"job.json", ".lock"}


def test_a_file_over_the_process_limit_is_too_large(root, file_of):
    job, source = opened(root), file_of(jpeg())
    child = os.fork()
    if child == 0:
        code = None
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
            job.accept(source)
        except ScanFault as fault:
            code = fault.code
        finally:
            os._exit(code is FaultCode.TOO_LARGE)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert job.pages() == ()


def test_another_failure_of_the_disk_is_not_hidden(root, file_of):
    with pytest.raises(FileNotFoundError):
        opened(root).accept(file_of(jpeg()).with_name("none"))


def test_a_closed_job_takes_nothing_in_not_even_through_a_door_opened_before(root, file_of):
    job, other = opened(root), opened(root)
    job.accept(file_of(jpeg()))
    for _ in range(2):
        job.close(JobState.COMPLETED)
    assert (job.state, other.state, opened(root).state) == (JobState.COMPLETED,) * 3
    for door in (job, other):
        with pytest.raises(ScanFault) as closed:
            door.accept(file_of(jpeg(1)))
        assert closed.value.code is FaultCode.JOB_CLOSED
    assert len(job.pages()) == 1


def test_links_pipes_and_folders_are_no_pages(root, file_of, tmp_path):
    link, pipe, door = tmp_path / "link.jpg", tmp_path / "pipe.jpg", tmp_path / "door.jpg"
    link.symlink_to(file_of(jpeg()))
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(door))
        for path in (link, pipe, door, tmp_path):
            with pytest.raises(ScanFault) as refused:
                opened(root).accept(path)
            assert refused.value.code is FaultCode.NOT_A_PAGE


def test_a_name_that_is_no_text_can_be_told(root, file_of):
    page = opened(root).accept(file_of(jpeg(), os.fsdecode(b"qu\xe9t\n\xff.jpg")))
    assert page.source_name == "qu\\xe9t\n\\xff.jpg" == told_name(Path(os.fsdecode(b"qu\xe9t\n\xff.jpg")))
    assert opened(root).pages() == (page,)


@pytest.mark.parametrize("already", [0, 2])
@pytest.mark.parametrize("step", STEPS_OF_ACCEPT)
def test_killed_at_any_step_a_page_is_announced_once_or_not_at_all(root, file_of, step, already):
    for seed in range(already):
        opened(root).accept(file_of(jpeg(seed)))
    source = file_of(jpeg(9))
    assert dies_in_child(lambda after: opened(root, after).accept(source), step)
    announced = already + (step == "journalled")
    job = opened(root)
    assert len(job.pages()) == announced
    assert source.exists()
    assert len(names_in(root) - {JOURNAL, "job.json", ".lock"}) == announced
    if step != "journalled":
        job.accept(source)
    assert len(set(digests(job))) == already + 1 == len(job.pages())


@pytest.mark.parametrize("first", STEPS_OF_ACCEPT)
def test_who_had_the_job_open_goes_on_after_anothers_crash(root, file_of, first):
    job = opened(root)
    assert dies_in_child(lambda after: opened(root, after).accept(file_of(pdf(), "a.pdf")), first)
    job.accept(file_of(jpeg(1)))
    assert len(job.pages()) == 1 + (first == "journalled")
    assert names_in(root) == {"job.json", ".lock", JOURNAL, *(page.path.name for page in job.pages())}


def test_processes_that_accept_at_once_lose_and_double_nothing(root, file_of):
    sources = [file_of(jpeg(seed), f"{seed}.jpg") for seed in range(18)]
    children = []
    for worker in range(3):
        child = os.fork()
        if child == 0:
            failed = 1
            try:
                for source in sources[worker::3]:
                    opened(root).accept(source)
                failed = 0
            finally:
                os._exit(failed)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    pages = opened(root).pages()
    assert [page.sequence for page in pages] == list(range(1, 19))
    assert sorted(page.sha256 for page in pages) == sorted(map(digest_of, sources))
    assert all(digest_of(page.path) == page.sha256 for page in pages)


def test_the_journal_is_plain_json_one_page_a_line(root, file_of):
    job = opened(root)
    job.accept(file_of(jpeg(), "Tờ khai.jpg"))
    line = (root / JOB / JOURNAL).read_text(encoding="utf-8")
    assert json.loads(line)["source_name"] == "Tờ khai.jpg"
    assert "Tờ khai.jpg" in line


def test_a_page_may_come_as_a_stream_and_is_written_once(root):
    job, content = opened(root), jpeg(3)
    with job.receive() as part:
        for start in range(0, len(content), 1000):
            part.write(content[start : start + 1000])
        inode = part.path.stat().st_ino
        page = job.take_in(part, Origin("page 1"))
    assert (page.path.read_bytes(), page.path.stat().st_ino) == (content, inode)
    assert (page.sha256, page.size_bytes) == (digest_of(page.path), len(content))
    assert job.pages() == (page,)


def test_a_part_not_taken_in_leaves_nothing(root):
    job = opened(root)
    with job.receive() as part:
        part.write(jpeg()[:100])
    with job.receive() as part:
        part.write(jpeg()[:-40])
        with pytest.raises(ScanFault) as cut:
            job.take_in(part, Origin("page 1"))
    assert cut.value.code is FaultCode.INCOMPLETE_FILE
    assert names_in(root) == {"job.json", ".lock"}


def test_a_living_writers_part_is_left_alone_and_a_dead_ones_is_removed(root, file_of):
    job = opened(root)
    with job.receive() as part:
        part.write(jpeg(1))
        opened(root).accept(file_of(jpeg(2)))
        assert part.path.exists()
        job.take_in(part, Origin("page 2"))
    child = os.fork()
    if child == 0:
        with opened(root).receive() as part:
            part.write(b"half")
            os._exit(0)
    os.waitpid(child, 0)
    assert sum(name.startswith(".part-") for name in names_in(root)) == 1
    assert len(opened(root).pages()) == 2
    assert names_in(root) == {"0001.jpg", "0002.jpg", JOURNAL, "job.json", ".lock"}


def test_what_the_machine_and_its_adapter_say_goes_into_the_evidence(root, file_of):
    effective = ScanSettings(ScanSource.FLATBED, dpi=150)
    origin = Origin(
        "p", side=Side.BACK, effective=effective, dpi=(150.2, 149.9), retries=2, flags=("dpi_differs",)
    )
    page = opened(root).accept(file_of(jpeg()), origin)
    assert (page.side, page.effective, page.retries, page.flags) == (
        Side.BACK,
        effective,
        2,
        ("dpi_differs",),
    )
    assert (page.dpi, page.dpi_source) == ((150.2, 149.9), DpiSource.PIXELS)


def test_each_page_is_sealed_with_all_before_it_and_with_what_the_job_was_opened_with(root, file_of):
    def seals(operator: str, session: str) -> list[str]:
        job = Spool(root / operator / session, Clock()).open_job(JOB, "d", operator, ASKED, session=session)
        return [job.accept(file_of(jpeg(seed))).seal for seed in range(2)]

    lan, visit = seals("lan", "visit-1"), seals("lan", "visit-2")
    assert len({*lan, *visit, *seals("binh", "visit-1")}) == 6
    assert [page.session for page in Spool(root / "lan" / "visit-1", Clock()).find_job(JOB).pages()] == [
        "visit-1"
    ] * 2


def test_a_card_that_was_changed_shows(root, file_of):
    opened(root).accept(file_of(jpeg()))
    card = root / JOB / "job.json"
    card.write_text(card.read_text().replace('"lan"', '"binh"'))
    with pytest.raises(ScanFault) as damaged:
        opened(root)
    assert damaged.value.code is FaultCode.SPOOL_DAMAGED


def test_a_job_holds_so_many_bytes_until_pages_are_released(root, file_of):
    source = file_of(jpeg(1))
    job = opened(root, caps=Caps(2 * source.stat().st_size))
    job.accept(source)
    assert job.has_room()
    job.accept(source)
    assert not job.has_room()
    with pytest.raises(ScanFault) as full:
        job.accept(source)
    assert (full.value.code, full.value.pages) == (FaultCode.NO_SPACE, 2)
    job.release(1)
    assert job.has_room()
    job.accept(source)
    again = opened(root, caps=Caps(1))
    assert (again.released, [page.path.exists() for page in again.pages()]) == (1, [False, True, True])
    again.release(99)
    again.release(1)
    assert (again.released, names_in(root)) == (3, {JOURNAL, "job.json", ".lock"})
    assert len(opened(root).pages()) == 3


def test_a_full_spool_opens_no_new_job_until_pages_are_released(root, file_of):
    source = file_of(jpeg(1), "a.jpg")
    spool = Spool(root, Clock(), caps=Caps(together=2 * source.stat().st_size))
    first = spool.open_job("one", "scanner", "lan", ScanSettings())
    second = spool.open_job("two", "scanner", "lan", ScanSettings())
    first.accept(source)
    second.accept(source)
    with pytest.raises(ScanFault) as full:
        spool.open_job("three", "scanner", "lan", ScanSettings())
    assert full.value.code is FaultCode.SPOOL_FULL
    assert spool.jobs() == ("one", "two")
    assert spool.open_job("two", "scanner", "lan", ScanSettings()).accept(source).sequence == 2
    second.release(2)
    assert spool.open_job("three", "scanner", "lan", ScanSettings()).accept(source).sequence == 1


def test_a_nearly_full_disk_is_no_room_either(root):
    assert not opened(root, free=lambda _folder: LEAST_FREE_BYTES - 1).has_room()


def test_a_page_beyond_all_measure_is_too_large(root, monkeypatch):
    monkeypatch.setattr("scanner_adapters.parts.MOST_BYTES", 1000)
    with pytest.raises(ScanFault) as large, opened(root).receive() as part:
        part.write(bytes(1001))
    assert large.value.code is FaultCode.TOO_LARGE


def test_after_a_restart_the_unfinished_jobs_and_what_their_machines_call_them_are_known(root):
    spool = Spool(root, Clock())
    for name in ("a", "b", "c"):
        spool.open_job(name, f"scanner-{name}", "lan", ASKED).note_device_job(f"/eSCL/ScanJobs/{name}")
    spool.find_job("b").close(JobState.COMPLETED)
    left = Spool(root, Clock()).unfinished()
    assert [(job.id, job.device, job.device_job) for job in left] == [
        ("a", "scanner-a", "/eSCL/ScanJobs/a"),
        ("c", "scanner-c", "/eSCL/ScanJobs/c"),
    ]
    left[0].note_device_job("")
    assert spool.find_job("a").device_job == ""
    with pytest.raises(KeyError):
        spool.find_job("d")


def test_pages_are_given_up_only_once_they_were_taken_over_and_a_job_that_is_over_stands_apart(root, file_of):
    spool, kept = Spool(root, Clock()), []
    job = spool.open_job(JOB, "folder", "lan", ASKED)
    job.accept(file_of(jpeg()))
    assert spool.holding() == (JOB,)
    with pytest.raises(OSError, match="no room"):
        job.hand_over(fails)
    assert spool.holding() == (JOB,)
    job.hand_over(lambda pages: kept.extend(page.path.read_bytes() for page in pages))
    assert kept == [jpeg()]
    assert spool.holding() == ()
    spool.put_away(JOB)  # it still scans
    assert spool.jobs() == (JOB,)
    job.accept(file_of(jpeg(1)))
    job.close(JobState.COMPLETED)
    spool.put_away(JOB)  # a page of it is still here
    job.hand_over(lambda pages: kept.extend(page.path.read_bytes() for page in pages))
    job.hand_over(fails)  # nothing is left to hand over
    spool.put_away(JOB)
    spool.put_away(JOB)
    assert kept == [jpeg(), jpeg(1)]
    assert (spool.jobs(), spool.unfinished()) == ((), ())
    assert [page.sequence for page in spool.find_job(JOB).pages()] == [1, 2]
    again = spool.open_job(JOB, "folder", "lan", ASKED)
    assert again.state is JobState.COMPLETED
    assert (root / ENDED / JOB).is_dir()


def fails(_pages):
    raise OSError("no room")


@pytest.mark.parametrize("job", ["", "..", "a/b", ENDED])
def test_nothing_but_a_job_is_found_by_a_name(root, job):
    Spool(root, Clock()).open_job("a", "folder", "lan", ASKED)
    with pytest.raises(KeyError):
        Spool(root, Clock()).find_job(job)
    with pytest.raises(ValueError, match="cannot name a folder"):
        Spool(root, Clock()).open_job(job, "folder", "lan", ASKED)
