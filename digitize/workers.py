"""Pages worked on in parallel, in processes that can die without taking the document's maker along.

A worker starts when there is work and none is free: a document of one page has one. At most `jobs` + 2 pages
are on their way at once; results come back in order. A worker that exceeds a page's time, or falls over on
hostile bytes, ends the whole with PAGE_FAILED. Only pipes join the processes: there is no place where a
confined process could make a semaphore.
"""

import ctypes
import os
import resource
import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import cv2

from digitize.model import DigitizeFault, FaultCode
from digitize.words.tesseract import forget_pages

PAGE_SECONDS = 240  # wall time of one page, in a busy house; Tesseract has its own, shorter time
END_SECONDS = 5  # for a worker without work to leave by itself
AHEAD = 2
PR_SET_PDEATHSIG = 1  # prctl(2)

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Place(Generic[Task]):
    """A task on its way: done or failed, once its worker has answered."""

    task: Task
    is_answered: bool = False
    answer: Any = None
    fault: BaseException | None = None


@dataclass(eq=False)
class _Worker:
    """A process, the pipes to and from it, and what it works on."""

    process: BaseProcess
    tasks: "Connection[Any, Any]"
    answers: "Connection[Any, Any]"
    place: _Place[Any] | None = None


@dataclass
class Workers:
    """Up to `jobs` worker processes; leaving the context ends them."""

    jobs: int
    _workers: list[_Worker] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            with suppress(OSError):  # it is dead
                worker.tasks.send(None)
        for worker in self._workers:
            worker.process.join(0 if fault else END_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.tasks.close()
            worker.answers.close()
        self._workers.clear()
        forget_pages()

    def map(
        self,
        work: Callable[[Task], Result],
        tasks: Iterator[Task],
        name: Callable[[Task], tuple[str, int | None]],
    ) -> Iterator[Result]:
        """Results in the order of `tasks`, which are taken only as places fall free.

        `name` tells which source and page a task is, for the fault when its worker dies.
        """
        line: deque[_Place[Task]] = deque()
        unsent: deque[_Place[Task]] = deque()
        for task in tasks:
            line.append(_Place(task))
            unsent.append(line[-1])
            self._hand_out(work, unsent)
            if len(line) >= max(1, self.jobs) + AHEAD:
                yield self._result_of(line.popleft(), work, unsent, name)
        while line:
            yield self._result_of(line.popleft(), work, unsent, name)

    def _result_of(
        self,
        place: _Place[Task],
        work: Callable[[Task], Result],
        unsent: deque[_Place[Task]],
        name: Callable[[Task], tuple[str, int | None]],
    ) -> Result:
        while not place.is_answered:
            busy = [worker for worker in self._workers if worker.place]
            for ready in wait([worker.answers for worker in busy]):
                _hear(next(worker for worker in busy if worker.answers is ready), name)
            self._hand_out(work, unsent)
        if place.fault:
            raise place.fault
        result: Result = place.answer
        return result

    def _hand_out(self, work: Callable[[Any], Any], unsent: deque[_Place[Any]]) -> None:
        while unsent and (worker := self._free()):
            worker.place = unsent.popleft()
            with suppress(OSError):  # that it is dead is heard when its answer is waited for
                worker.tasks.send((work, worker.place.task))

    def _free(self) -> _Worker | None:
        free = next((worker for worker in self._workers if worker.place is None), None)
        if free is None and len(self._workers) < max(1, self.jobs):
            free = _start([end for worker in self._workers for end in (worker.tasks, worker.answers)])
            self._workers.append(free)
        return free


def _hear(worker: _Worker, name: Callable[[Any], tuple[str, int | None]]) -> None:
    """Take the answer of a worker, or its death as the fault of what it worked on."""
    place = worker.place
    if place is None:
        return
    try:
        place.answer, place.fault = worker.answers.recv()
    except EOFError:
        source, page = name(place.task)
        place.fault = DigitizeFault(FaultCode.PAGE_FAILED, source, page, "a worker process died")
    place.is_answered = True
    worker.place = None


def _start(others: "list[Connection[Any, Any]]") -> _Worker:
    tasks_out, tasks_in = Pipe(duplex=False)
    answers_out, answers_in = Pipe(duplex=False)
    with _opencv_threads_at_rest():
        process = get_context("fork").Process(
            target=_serve, args=(os.getpid(), tasks_out, answers_in, [*others, tasks_in, answers_out])
        )
        process.start()
    tasks_out.close()
    answers_in.close()
    return _Worker(process, tasks_in, answers_out)


def _serve(
    parent: int,
    tasks: "Connection[Any, Any]",
    answers: "Connection[Any, Any]",
    others: "list[Connection[Any, Any]]",
) -> None:
    """Work until there is no more: what a worker process does."""
    _prepare(parent)
    for end in others:
        end.close()
    while told := tasks.recv():
        work, task = told
        try:
            answer: tuple[Any, Exception | None] = (_within_time(work, task), None)
        except Exception as fault:  # noqa: BLE001 it is raised where the result is asked for
            answer = (None, fault)
        answers.send(answer)


@contextmanager
def _opencv_threads_at_rest() -> Iterator[None]:
    """A fork copies OpenCV's locks but not its threads; a child would wait for those for ever."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _prepare(parent: int) -> None:
    """Make this process a worker: one thread, dies with its parent, no core files."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process even inside a decoder's loop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["OMP_THREAD_LIMIT"] = "1"
    cv2.setNumThreads(1)


def _within_time(work: Callable[[Task], Result], task: Task) -> Result:
    signal.setitimer(signal.ITIMER_REAL, PAGE_SECONDS)
    try:
        return work(task)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
