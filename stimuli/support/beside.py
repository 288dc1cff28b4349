"""One process beside this one that works on tasks in their order.

For work that holds Python itself, as drawing does, so that threads would only wait for each other.
Tasks are functions of modules with arguments that can be pickled. Where the computer has one
processor, or no further process can be started, this process works on them itself.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from stimuli.support.threads import processors

Asked = ParamSpec("Asked")
Result = TypeVar("Result")

_ENDED = (
    "the process beside this one was ended from outside, as a computer does that runs out of memory"
)


class ProcessBeside:
    """Works on tasks in another process until the block ends; tasks that wait then are dropped.

    Parameters
    ----------
    prepare
        What the process does first, such as imports, while this one is busy.
    alone
        Whether no process is started: every task is done when it is submitted.
    """

    def __init__(self, prepare: Callable[[], object], *, alone: bool = False) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._process: multiprocessing.process.BaseProcess | None = None
        if alone or processors() < 2:
            return
        others = set(multiprocessing.active_children())
        try:
            spawning = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, spawning, initializer=_follow_parent)
            with _sheltered():
                self._prepared: Future[object] = self._pool.submit(prepare)
            self._process = next(iter({*multiprocessing.active_children()} - others), None)
        except (OSError, ImportError, NotImplementedError):  # no process, or no semaphores
            self._give_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        if error is not None and self._pool is not None and self._process is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._process.terminate()  # what it works on is of no use any more
        self._give_up()

    def submit(
        self, work: Callable[Asked, Result], *args: Asked.args, **kwargs: Asked.kwargs
    ) -> Callable[[], Result]:
        """Give a task; return a function that waits for its result, and raises its error.

        The function raises `ChildProcessError` if something ended the process.
        """
        if self._pool is None:
            done = work(*args, **kwargs)
            return lambda: done
        try:
            future = self._pool.submit(work, *args, **kwargs)
        except BrokenProcessPool:
            self._never_started_or_raise()
            return self.submit(work, *args, **kwargs)

        def result() -> Result:
            try:
                return future.result()
            except BrokenProcessPool:
                self._never_started_or_raise()
                return work(*args, **kwargs)

        return result

    def _never_started_or_raise(self) -> None:
        """Go on alone if the process never worked; else it was ended."""
        if self._prepared.exception() is None:
            raise ChildProcessError(_ENDED)
        self._give_up()

    def _give_up(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _sheltered() -> Iterator[None]:
    """Start a process that Ctrl-C does not reach, and whose first imports are no files here."""
    before = os.environ.get("PYTHONSAFEPATH")
    with ExitStack() as stack:
        os.environ["PYTHONSAFEPATH"] = "1"
        stack.callback(_restore_safe_path, before)
        if threading.current_thread() is threading.main_thread():
            stack.callback(
                signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.SIG_IGN)
            )
        yield


def _restore_safe_path(before: str | None) -> None:
    if before is None:
        del os.environ["PYTHONSAFEPATH"]
    else:
        os.environ["PYTHONSAFEPATH"] = before


def _follow_parent() -> None:
    """Leave Ctrl-C to the process that started this one, and end when that one ends.

    A task that is ended from there is interrupted, so that it removes its temporary file.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: "multiprocessing.process.BaseProcess") -> None:
    parent.join()
    os._exit(1)
