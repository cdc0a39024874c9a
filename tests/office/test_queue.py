"""On PostgreSQL the acts are carried by a queue of all machines; the rows alone say what is to be done."""

import hashlib
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from office.procedure import CopyState, PaperState
from office.rows import claims
from office.tables import chores, copies, papers
from office.work import queue
from office.work.bell import DatabaseBell
from office.work.dispatcher import SWEEP_SECONDS, Dispatcher
from office.work.due import ACTS, due_work
from office.work.engaging import engage
from office.work.queue_worker import QueueWorker
from storage.database import open_engine, reading, writing
from storage.faults import StorageCode, StorageFault
from tests.conftest import PostgresServer, skip_for_want_of
from tests.office.conftest import open_house
from tests.office.test_jobs import PATIENCE_SECONDS, new_copy, new_paper, row_of, wait_for

# The digest of the schema that the newest migration was written for
LAID = "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"
IN_QUEUE = "SET LOCAL search_path TO procrastinate"
JOBS = "SELECT queue_name, status::text, args, lock, queueing_lock FROM procrastinate.procrastinate_jobs"


@pytest.fixture(scope="module")
def only_house(tmp_path_factory, postgres_or_reason):
    """One house for all tests of this module: to open one costs more than most of them."""
    if isinstance(postgres_or_reason, Exception):
        skip_for_want_of("PostgreSQL", postgres_or_reason)
    name = postgres_or_reason.new_database()
    opened = open_house(tmp_path_factory.mktemp("queue") / "house", postgres_or_reason.url(name))
    yield opened
    opened.office.engine.dispose()
    postgres_or_reason.drop_database(name)


@pytest.fixture
def house(only_house):
    """The house with nothing to do."""
    with writing(only_house.office.engine) as connection:
        for table in (copies, papers, chores):
            connection.execute(sa.delete(table))
        connection.execute(sa.text(IN_QUEUE))
        connection.execute(sa.text("DELETE FROM procrastinate_jobs"))
        connection.execute(sa.text("DELETE FROM procrastinate_workers"))
    return only_house


@pytest.fixture
def working():
    """Starts workers for an office; they are stopped at the end."""
    begun = []

    def start(office):
        worker = QueueWorker(office)
        worker.start()
        begun.append(worker)
        return worker

    yield start
    for worker in begun:
        worker.stop()


def jobs_of(office):
    with reading(office.engine) as connection:
        return connection.execute(sa.text(JOBS)).all()


def papers_in(jobs):
    return sorted(job.args["id"] for job in jobs if job.args["table"] == "papers")


def change(office, statement):
    with writing(office.engine) as connection:
        connection.execute(sa.text(IN_QUEUE))
        connection.execute(sa.text(statement))


def elsewhere(office, name="elsewhere:1:1"):
    """The same house as another process sees it, on another machine."""
    return replace(office, owner=name)


@pytest.fixture
def reading_papers(monkeypatch):
    """Papers are read in no time; what was done, in order."""
    done = []

    def act(office, claim):
        done.append(claim.id)
        with writing(office.engine) as connection:
            claims.write(connection, claim, {"state": PaperState.READ})

    monkeypatch.setitem(ACTS, "read_paper", act)
    return done


def test_postgresql_has_the_queue_and_sqlite_has_the_threads_of_each_process(house, tmp_path):
    assert isinstance(engage(house.office), QueueWorker)
    small = open_house(tmp_path / "small")
    assert isinstance(engage(small.office), Dispatcher)
    with reading(small.office.engine) as connection:
        assert not [name for name in sa.inspect(connection).get_table_names() if "procrastinate" in name]
    small.office.engine.dispose()


def test_the_queue_stands_in_a_schema_of_its_own(house):
    with reading(house.office.engine) as connection:
        told = sa.inspect(connection)
        assert "procrastinate_jobs" in told.get_table_names(schema="procrastinate")
        assert not [name for name in told.get_table_names() if "procrastinate" in name]


def test_a_newer_schema_of_the_queue_comes_with_a_migration_of_its_own():
    """Whoever lets a newer procrastinate in writes a step that lays its schema, and its digest here."""
    assert hashlib.sha256(queue.installed_schema().encode()).hexdigest() == LAID


def test_a_schema_is_laid_in_place_of_an_older_one_and_the_work_is_found_again(house):
    paper = new_paper(house)
    queue.fill(house.office)
    with writing(house.office.engine) as connection:
        queue.lay_schema(connection)
        assert connection.execute(sa.select(sa.func.count()).select_from(papers)).scalar() == 1
    assert jobs_of(house.office) == []
    queue.fill(house.office)
    assert papers_in(jobs_of(house.office)) == [paper]


def test_a_job_is_ids_alone_and_takes_no_lock(house):
    paper = new_paper(house)
    queue.fill(house.office)
    (job,) = [job for job in jobs_of(house.office) if job.args["id"] == paper]
    assert job.args == {"table": "papers", "id": paper, "act": "read_paper", "fence": 0}
    assert (job.queue_name, job.status, job.lock, job.queueing_lock) == ("anybody", "todo", None, None)


def test_what_is_due_is_deferred_once_by_whomever(house):
    made = sorted(new_paper(house) for _ in range(5))
    ready = threading.Barrier(3)

    def fill():
        ready.wait()
        queue.fill(house.office)

    fillers = [threading.Thread(target=fill) for _ in range(3)]
    for filler in fillers:
        filler.start()
    for filler in fillers:
        filler.join()
    assert papers_in(jobs_of(house.office)) == made


def test_no_more_wait_in_the_queue_than_are_soon_done(house, monkeypatch):
    monkeypatch.setattr(queue, "AHEAD", 3)
    made = [new_paper(house, age_minutes=minutes) for minutes in range(9, 0, -1)]
    for _ in range(2):
        queue.fill(house.office)
    assert papers_in(jobs_of(house.office)) == sorted(made[:3])


def test_work_that_is_rung_for_is_done_at_once_and_its_next_step_too(house, working, monkeypatch):
    """The bell and the end of an act both fill the queue: nothing waits for a sweep."""
    done = []

    def step(state):
        def act(office, claim):
            done.append(state)
            with writing(office.engine) as connection:
                claims.write(connection, claim, {"state": state})

        return act

    monkeypatch.setitem(ACTS, "read_paper", step(PaperState.SIGNED))
    monkeypatch.setitem(ACTS, "extract_fields", step(PaperState.EXTRACTED))
    worker = working(house.office)
    time.sleep(1)
    begun = time.monotonic()
    new_paper(house)
    worker.announce()
    wait_for(lambda: len(done) == 2)
    assert time.monotonic() - begun < SWEEP_SECONDS / 2


def test_the_oldest_work_is_done_first_whoever_deferred_it_when(house, working, reading_papers):
    office = replace(house.office, settings=house.office.settings.having("limits", workers=1))
    young = [new_paper(house, age_minutes=minutes) for minutes in (3, 2)]
    queue.fill(office)
    old = new_paper(house, age_minutes=60)
    queue.fill(office)
    working(office)
    wait_for(lambda: len(reading_papers) == 3)
    assert reading_papers == [old, *young]


def test_workers_of_several_processes_do_each_act_once(house, working, reading_papers):
    made = sorted(new_paper(house) for _ in range(20))
    for number in range(3):
        working(elsewhere(house.office, f"elsewhere:{number}:1"))
    wait_for(lambda: len(reading_papers) == len(made))
    time.sleep(0.5)
    assert sorted(reading_papers) == made
    assert {row_of(house.office, paper).fence for paper in made} == {1}


def test_a_late_job_does_nothing(house, working, reading_papers):
    """Somebody had the row since the job was deferred; it was found again with its new fence."""
    paper = new_paper(house)
    queue.fill(house.office)
    with claims.held(house.office, papers, paper) as claim, writing(house.office.engine) as connection:
        claims.write(connection, claim, {"state": PaperState.READ})
    working(house.office)
    wait_for(lambda: not papers_in(jobs_of(house.office)))
    assert reading_papers == []
    assert row_of(house.office, paper).fault is None


def test_a_lost_job_is_deferred_again(house, working, reading_papers):
    paper = new_paper(house)
    queue.fill(house.office)
    change(house.office, "DELETE FROM procrastinate.procrastinate_jobs")
    working(house.office)
    wait_for(lambda: reading_papers == [paper])


def test_a_job_whose_worker_died_is_thrown_away_and_its_work_done_by_another(house, working, reading_papers):
    """Killed between taking the job and claiming the row; without heart-beats it counts as gone."""
    paper = new_paper(house)
    queue.fill(house.office)
    change(
        house.office,
        "WITH dead AS (INSERT INTO procrastinate.procrastinate_workers (last_heartbeat)"
        " VALUES (now() - interval '1 hour') RETURNING id)"
        " UPDATE procrastinate.procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM dead)",
    )
    assert queue.fill(house.office) == 0
    working(house.office)
    wait_for(lambda: reading_papers == [paper])


def test_jobs_that_are_over_and_workers_that_are_gone_leave_no_rows(house, working, reading_papers):
    made = [new_paper(house) for _ in range(4)]
    queue.fill(house.office)
    change(house.office, "UPDATE procrastinate.procrastinate_jobs SET status = 'failed' WHERE id % 2 = 0")
    working(house.office)
    wait_for(lambda: sorted(reading_papers) == sorted(made))
    wait_for(lambda: jobs_of(house.office) == [])
    with reading(house.office.engine) as connection:
        events = connection.execute(sa.text("SELECT count(*) FROM procrastinate.procrastinate_events"))
        assert events.scalar() == 0


def test_what_only_one_process_may_be_able_to_do_waits_in_its_own_queue_and_not_for_long(house):
    """A copy's next step needs a key, which may be open in one process alone."""
    here = house.office
    paper = new_paper(house, PaperState.ARCHIVED)
    copy = new_copy(house, paper, CopyState.APPROVED, confirmed_by=house.officer.account)
    assert [(due.id, due.is_bound) for due in due_work(here)] == [(copy, True)]
    queue.fill(here)
    (job,) = jobs_of(here)
    assert job.queue_name == queue.own_queue(here) != queue.own_queue(elsewhere(here))
    assert len(f"procrastinate_queue_v1#{job.queue_name}") < 64  # PostgreSQL's longest name of a channel
    queue.prune(here)
    assert jobs_of(here) == [job]
    change(here, "UPDATE procrastinate_events SET at = now() - interval '1 minute'")
    queue.prune(here)
    assert jobs_of(here) == []
    queue.fill(elsewhere(here))
    assert [job.queue_name for job in jobs_of(here)] == [queue.own_queue(elsewhere(here))]


def test_an_act_that_fails_is_put_aside_in_its_row_and_leaves_no_job(house, working, monkeypatch):
    def act(_office, _claim):
        raise StorageFault(StorageCode.DISK_FULL)

    monkeypatch.setitem(ACTS, "read_paper", act)
    paper = new_paper(house)
    working(house.office)
    wait_for(lambda: row_of(house.office, paper).fault == "StorageFault.DISK_FULL")
    wait_for(lambda: not papers_in(jobs_of(house.office)))
    assert row_of(house.office, paper).attempts == 1


def test_a_stopped_worker_finishes_what_it_has_and_begins_no_more(house, monkeypatch):
    began, done = threading.Event(), []

    def act(office, claim):
        began.set()
        time.sleep(0.5)
        done.append(claim.id)
        with writing(office.engine) as connection:
            claims.write(connection, claim, {"state": PaperState.READ})

    monkeypatch.setitem(ACTS, "read_paper", act)
    office = replace(house.office, settings=house.office.settings.having("limits", workers=1))
    first = new_paper(house, age_minutes=5)
    second = new_paper(house)
    worker = QueueWorker(office)
    worker.start()
    assert began.wait(PATIENCE_SECONDS)
    worker.stop()
    assert done == [first]
    assert row_of(office, first).owner is None
    assert row_of(office, second).fence == 0


def test_the_bell_is_heard_in_every_process(postgresql_url):
    engine = open_engine(postgresql_url)
    here, there = DatabaseBell(engine), DatabaseBell(engine)
    assert not here.wait(0)
    assert not there.wait(0)
    here.ring()
    assert here.wait(0)
    assert there.wait(5)
    assert not here.wait(0.1)
    assert not there.wait(0.1)
    for bell in (here, there):
        bell.close()
    engine.dispose()


@pytest.fixture
def server(postgres_or_reason):
    """A PostgreSQL of this test's own, which it may restart."""
    if isinstance(postgres_or_reason, Exception):
        skip_for_want_of("PostgreSQL", postgres_or_reason)
    own = PostgresServer()
    yield own
    own.stop()


def test_a_database_that_restarts_costs_no_work_and_no_lease(server, tmp_path, monkeypatch):
    """One act is under way when the database goes; its claim is given back as soon as it is there again."""
    house = open_house(tmp_path / "house", server.url(server.new_database()))
    limits = house.office.settings.having("limits", retry_seconds=1)
    office = replace(house.office, settings=limits)
    tries, gone, back = [], threading.Event(), threading.Event()

    def act(office, claim):
        tries.append(claim.id)
        if len(tries) == 1:
            gone.set()
            back.wait(PATIENCE_SECONDS)
            raise StorageFault(StorageCode.UNREACHABLE)
        with writing(office.engine) as connection:
            claims.write(connection, claim, {"state": PaperState.READ})

    monkeypatch.setitem(ACTS, "read_paper", act)
    worker = QueueWorker(office)
    worker.start()
    first = new_paper(house)
    worker.announce()
    assert gone.wait(PATIENCE_SECONDS)
    server.end()
    back.set()
    time.sleep(2)
    server.begin()
    wait_for(lambda: row_of(office, first).state == PaperState.READ)
    later = new_paper(house)
    worker.announce()
    wait_for(lambda: row_of(office, later).state == PaperState.READ)
    wait_for(lambda: row_of(office, first).owner is None)
    assert office.settings.limits.lease_seconds > PATIENCE_SECONDS
    worker.stop()
    office.engine.dispose()


def test_due_work_says_since_when_it_waits(house):
    new_paper(house, age_minutes=60)
    new_paper(house, age_minutes=0)
    minutes = [due.minute for due in due_work(house.office) if due.table == "papers"]
    now = house.office.clock()
    assert minutes[1] - minutes[0] in (59, 60, 61)
    assert abs(minutes[1] - now.timestamp() / 60) < timedelta(minutes=2).total_seconds() / 60
