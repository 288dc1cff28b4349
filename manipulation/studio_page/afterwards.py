"""Work that follows an answer, so that nobody waits for it: the contact sheets after a save."""

import threading
import traceback
from collections.abc import Callable

from rich.markup import escape

from stimuli.support.console import messages
from stimuli.support.errors import InputError


class Afterwards:
    """Does one thing after the other, beside what else goes on; only the newest that waits."""

    def __init__(self) -> None:
        self._changed = threading.Lock()
        self._waiting: Callable[[], None] | None = None
        self._thread: threading.Thread | None = None

    def do(self, work: Callable[[], None]) -> None:
        """Do something soon, in place of what has not begun; what goes wrong is said."""
        with self._changed:
            self._waiting = work
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether something is being done, or waits."""
        return self._thread is not None

    def finish(self) -> None:
        """Wait until all is done."""
        while (thread := self._thread) is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                work, self._waiting = self._waiting, None
                if work is None:
                    self._thread = None
                    return
            try:
                work()
            except (InputError, OSError) as error:
                messages().print(f"[yellow]contact sheets: {escape(str(error))}[/]")
            except Exception as error:
                traceback.print_exception(error)
