"""Work in processes of its own: killed at a moment, kept waiting, or with a disk that is full."""

import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stimuli.support import commands, unfinished


def command(main: Callable, *arguments: object) -> Callable[[], None]:
    """Return work that runs a command as its process would, and leaves it with its exit status."""
    return lambda: commands.run(main, [str(one) for one in arguments])


def start(work: Callable[[], object], said: Path | None = None) -> int:
    """Do work in a process of its own and return its number; `said` gets what it says."""
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    status = 70
    try:
        to = os.open(said or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(to, 1)
        os.dup2(to, 2)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        unfinished._looked_through.clear()  # as of a process that has written nothing yet
        work()
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                status = 71
        os._exit(status)


def ended(process: int) -> int | None:
    """Wait for a process and return its exit status, None if it was killed."""
    _, status = os.waitpid(process, 0)
    return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def killed_after(seconds: float, work: Callable[[], object]) -> bool:
    """Do work in a process that is killed after some time; return whether it was still at it."""
    process = start(work)
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    return ended(process) is None


def said_by(work: Callable[[], object]) -> tuple[int | None, str]:
    """Do work in a process of its own; return its exit status and what it said."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        status = ended(start(work, said))
        return status, said.read_text()


def with_full_disk(size_bytes: int, work: Callable[[], object]) -> Callable[[], object]:
    """Return work for which no file can grow beyond a size, as if the disk were full."""

    def limited() -> object:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))
        return work()

    return limited


class Halt:
    """A point in the work of another process at which it waits until it may go on."""

    def __init__(self) -> None:
        self._reached, self._go_on = os.pipe(), os.pipe()

    def __call__(self, *_: object, **__: object) -> None:
        """Say that the point is reached, and wait."""
        os.write(self._reached[1], b".")
        os.read(self._go_on[0], 1)

    def await_it(self) -> None:
        """Wait until the other process is there."""
        os.close(self._reached[1])  # so that a process that ends before it is noticed
        assert os.read(self._reached[0], 1) == b".", "the process ended before"

    def go_on(self) -> None:
        """Let it go on."""
        os.write(self._go_on[1], b".")


@contextmanager
def halted(work: Callable[[Callable], object]) -> Iterator[int]:
    """Do work, which calls what it is given, in a process that waits there; yield its number.

    Afterwards it goes on, and must end well.
    """
    halt = Halt()
    process = start(lambda: work(halt))
    halt.await_it()
    try:
        yield process
    finally:
        halt.go_on()
        assert ended(process) == 0


def leftovers(folder: Path) -> list[str]:
    """Return the temporary files, folders and locks in a folder and below it."""
    signs = (".writing-", ".new-study-", ".fetching-")
    return sorted(
        one.relative_to(folder).as_posix()
        for one in folder.rglob(".*")
        if one.name.startswith(signs) or one.name.endswith(".lock")
    )
