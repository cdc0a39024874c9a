"""Pages worked on in parallel, in processes that can die without taking the document's maker along.

At most `jobs` + 2 pages are on their way at once; results come back in order. A worker that exceeds a page's
time, or falls over on hostile bytes, ends the whole with PAGE_FAILED.
"""

import ctypes
import os
import resource
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from types import TracebackType
from typing import Self, TypeVar

import cv2

from digitize.model import DigitizeFault, FaultCode
from digitize.words.tesseract import forget_pages

PAGE_SECONDS = 240  # wall time of one page, in a busy house; Tesseract has its own, shorter time
AHEAD = 2
PR_SET_PDEATHSIG = 1  # prctl(2)

Task = TypeVar("Task")
Result = TypeVar("Result")


class Workers:
    """A pool of worker processes; leaving the context ends them."""

    def __init__(self, jobs: int) -> None:
        self._jobs = max(1, jobs)
        self._pool = ProcessPoolExecutor(self._jobs, get_context("fork"), _prepare, (os.getpid(),))
        with _opencv_threads_at_rest():
            self._pool.submit(os.getpid)  # the first task starts all processes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
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
        waiting: deque[tuple[Task, Future[Result]]] = deque()
        with _broken_pool(waiting, name):
            for task in tasks:
                waiting.append((task, self._pool.submit(_within_time, work, task)))
                if len(waiting) >= self._jobs + AHEAD:
                    yield waiting[0][1].result()
                    waiting.popleft()
            while waiting:
                yield waiting[0][1].result()
                waiting.popleft()


@contextmanager
def _opencv_threads_at_rest() -> Iterator[None]:
    """A fork copies OpenCV's locks but not its threads; a child would wait for those for ever."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


@contextmanager
def _broken_pool(
    waiting: "deque[tuple[Task, Future[Result]]]", name: Callable[[Task], tuple[str, int | None]]
) -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as dead:
        source, page = name(waiting[0][0]) if waiting else ("", None)
        raise DigitizeFault(FaultCode.PAGE_FAILED, source, page, "a worker process died") from dead


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
