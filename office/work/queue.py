"""The queue on PostgreSQL: procrastinate's tables, in a schema of their own, beside the rows, which decide.

Rules of this queue:
1. A job is ids alone: table, id and act, and the fence with which the work was found. It takes no lock.
2. A job says nothing that its row does not say. Whoever takes it up claims the row; one that is lost is
   deferred again, one that is late finds the row's fence risen and does nothing.
3. Work that only one process can do (its key is open there, its index lies there) waits in that process's own
   queue, and not for long.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import sqlalchemy as sa
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.jobs import Job
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.engine import Connection, Engine

from office.value import Office
from office.work.bell import address_of
from office.work.due import Due, due_work
from storage.database import writing

SCHEMA = "procrastinate"
ANYBODYS = "anybody"  # the queue that every process takes work from
TASK = "carry_out"
PRUNING = "prune"
EVERY_TEN_SECONDS = "* * * * * */10"  # the sixth field counts seconds
AHEAD = 32  # jobs that wait for whoever comes first: more than hands, so that none of them waits for a sweep
ENOUGH = (
    16  # with so many ahead nobody looks at the rows, which costs ten times what the look at the queue does
)
HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = (
    20.0  # without a heart-beat a worker counts as gone after so long; its claims have their lease
)
BOUND_SECONDS = 15.0  # after which a job of one process is thrown away: it may be gone, others may do it too
SWEEP_LOCK = 0x6D6F74637561  # "motcua": the advisory lock of whoever defers
MOST_CONNECTIONS = 3  # of a process, besides the one that listens
CONNECT_SECONDS = 3.0  # to a database that is there; longer, and one that came back is found late

_QUEUED = f"""
SELECT queue_name, status = 'todo', args FROM {SCHEMA}.procrastinate_jobs
WHERE status IN ('todo', 'doing') AND task_name = :task
"""  # noqa: S608 the schema's name is ours
_PRUNE = f"""
DELETE FROM {SCHEMA}.procrastinate_jobs job WHERE
    job.status NOT IN ('todo', 'doing')
    OR (job.status = 'doing' AND NOT EXISTS (
        SELECT 1 FROM {SCHEMA}.procrastinate_workers worker WHERE worker.id = job.worker_id))
    OR (job.status = 'todo' AND job.queue_name <> :anybodys AND EXISTS (
        SELECT 1 FROM {SCHEMA}.procrastinate_events event
        WHERE event.job_id = job.id AND event.at < now() - make_interval(secs => :bound)))
"""  # noqa: S608
_PRUNE_WORKERS = f"""
DELETE FROM {SCHEMA}.procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => :stalled)
"""  # noqa: S608


def lay_schema(connection: Connection) -> None:
    """Make the queue's schema as the installed procrastinate wants it, in place of one that may be there.

    Jobs are disposable, so a newer schema replaces an older one whole, in one transaction.
    """
    cursor = connection.connection.cursor()
    cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    before = _search_first(connection)
    cursor.execute(installed_schema())
    connection.execute(sa.select(sa.func.set_config("search_path", before, True)))  # noqa: FBT003
    cursor.close()


def installed_schema() -> str:
    """The schema of the procrastinate that is installed, as its SQL."""
    return (resources.files("procrastinate.sql") / "schema.sql").read_text(encoding="utf-8")


def own_queue(office: Office) -> str:
    """The queue of this process alone; short, because it is part of a channel's name."""
    return f"at-{hashlib.sha256(office.owner.encode()).hexdigest()[:24]}"


def fill(office: Office, *, always: bool = True) -> int:
    """Defer what is due here and stands in no job, the oldest first; the number of jobs made.

    One process at a time does it, and nothing is deferred twice with one fence. Unless `always`, nothing is
    looked for while enough waits in the queue.
    """
    with writing(office.engine) as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SWEEP_LOCK)))
        queued = _queued(connection)
        ahead = sum(one.is_waiting and one.queue == ANYBODYS for one in queued)
        if ahead >= ENOUGH and not always:
            return 0
        found = due_work(office, len(queued) + AHEAD)
        there = {one.work for one in queued}
        new = [due for due in found if (due.table, due.id, due.fence) not in there]
        bound, anybodys = ([due for due in new if due.is_bound is kind] for kind in (True, False))
        chosen = [(own_queue(office), due) for due in bound]
        chosen += [(ANYBODYS, due) for due in anybodys[: max(AHEAD - ahead, 0)]]
        _defer(connection, chosen)
    return len(chosen)


def prune(office: Office) -> None:
    """Throw away jobs that are over, of workers that are gone, or too long in the queue of one process."""
    with writing(office.engine) as connection:
        _search_first(connection)
        connection.execute(sa.text(_PRUNE_WORKERS), {"stalled": STALLED_SECONDS})
        connection.execute(sa.text(_PRUNE), {"anybodys": ANYBODYS, "bound": BOUND_SECONDS})


def new_app(engine: Engine) -> App:
    """A procrastinate app on the house's database, for one event loop."""
    address = address_of(engine)
    options = f"{address.pop('options', '')} -c search_path={SCHEMA}".strip()
    return App(
        connector=PsycopgConnector(
            kwargs={**address, "options": options},
            pool_factory=_pool,
            configure=_configure,
            min_size=1,
            max_size=MOST_CONNECTIONS,
            timeout=CONNECT_SECONDS,
        )
    )


def _pool(**given: Any) -> AsyncConnectionPool:
    """A pool that does not try a connection before each use: a worker that finds one dead begins anew."""
    return AsyncConnectionPool(**(given | {"check": None}))


async def _configure(connection: AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)  # procrastinate's statements stand alone; one way instead of three


@dataclass(frozen=True)
class _Queued:
    queue: str
    is_waiting: bool
    work: tuple[str, str, int]


def _queued(connection: Connection) -> tuple[_Queued, ...]:
    return tuple(
        _Queued(queue, is_waiting, (args["table"], args["id"], args["fence"]))
        for queue, is_waiting, args in connection.execute(sa.text(_QUEUED), {"task": TASK})
    )


def _defer(connection: Connection, chosen: Iterable[tuple[str, Due]]) -> None:
    jobs = [_job(queue, due) for queue, due in chosen]
    if not jobs:
        return
    _search_first(connection)
    raw = connection.connection.driver_connection
    App(connector=SyncPsycopgConnector()).job_manager.batch_defer_jobs(jobs, connection=raw)


def _job(queue: str, due: Due) -> Job:
    ids: dict[str, Any] = {"table": due.table, "id": due.id, "act": due.act, "fence": due.fence}
    return Job(
        id=None,
        queue=queue,
        lock=None,
        queueing_lock=None,
        task_name=TASK,
        task_kwargs=ids,
        priority=-due.minute,  # the oldest first, whoever deferred it when
    )


def _search_first(connection: Connection) -> str:
    """Let procrastinate's functions find their tables in this transaction; returns the path before."""
    before: str = connection.execute(sa.select(sa.func.current_setting("search_path"))).scalar_one()
    ours = f"{SCHEMA},{before}"
    connection.execute(sa.select(sa.func.set_config("search_path", ours, True)))  # noqa: FBT003
    return before
