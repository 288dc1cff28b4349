"""What commands say on the terminal: messages, results, and how far they are."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, track

Item = TypeVar("Item")

LOG_COLUMNS = 130  # width of tables where no terminal says how wide it is
PATIENCE_S = 2.0


def messages(*, quiet: bool = False) -> Console:
    """Return a console on standard error, so that results on standard output can be piped.

    Lines are wrapped by the terminal alone. In a log, tables are `LOG_COLUMNS` wide.
    """
    console = Console(stderr=True, soft_wrap=True, highlight=False, quiet=quiet)
    if not console.is_terminal:
        console.width = LOG_COLUMNS
    return console


def progress(items: Iterable[Item], description: str, total: int | None = None) -> Iterator[Item]:
    """Yield the items and show how many of `total` are done; silent where nobody watches."""
    console = messages()
    yield from track(
        items, description, total, console=console, transient=True, disable=not console.is_terminal
    )


@contextmanager
def patient_progress(total: int, description: str) -> Iterator[Callable[[], None]]:
    """Yield a function to call after each of `total` steps.

    The bar appears on a terminal alone, once `PATIENCE_S` have passed.
    """
    bar = Progress(console=messages(), transient=True)
    if not bar.console.is_terminal:
        yield lambda: None
        return
    began_s = time.monotonic()
    task = bar.add_task(description, total=total)

    def advance() -> None:
        bar.advance(task)
        if not bar.live.is_started and time.monotonic() - began_s > PATIENCE_S:
            bar.start()

    try:
        yield advance
    finally:
        bar.stop()
