"""A progress bar for the patient: only on a terminal, and only if it takes longer than a moment."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

PATIENCE_S = 2.0


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[], None]]:
    """Yield a function to call after each of `total` steps.

    The bar goes to standard error and appears once `PATIENCE_S` have passed.
    """
    bar = Progress(console=Console(stderr=True), transient=True)
    if not bar.console.is_terminal:
        yield lambda: None
        return
    began_s = time.monotonic()
    task = bar.add_task(what, total=total)

    def advance() -> None:
        bar.advance(task)
        if not bar.live.is_started and time.monotonic() - began_s > PATIENCE_S:
            bar.start()

    try:
        yield advance
    finally:
        bar.stop()
