"""Long work of the page, one at a time: saves, undoes, searches and figures, with their progress.

In goes what works and reports; out come values for the page's components, one set after the other.
"""

import queue
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from manipulation.studio_page.controls import Controls
from manipulation.studio_page.display import Display, Values, some
from manipulation.studio_page.html import message_html, progress_html
from manipulation.studio_page.session import ShownElsewhere
from manipulation.studio_page.turns import Superseded
from stimuli.support.errors import InputError
from stimuli.support.system_errors import told

_WAITING = "Waiting for what was begun before, here or in another page."
_NOT_BEGUN = (
    "Something else was being saved, undone, searched or drawn when this was pressed, so nothing "
    "was begun; this is what came of that. Press again, if it is still wanted."
)


class ReportedWork:
    """Runs long work and shows how far it is, and then what it came to.

    Parameters
    ----------
    controls, display
        What is shown, and where.
    """

    def __init__(self, controls: Controls, display: Display) -> None:
        self.controls, self.display = controls, display
        self._begun: tuple[Any, ...] = ()  # the work that was begun last, and its values

    def handler(self, work: Callable[..., str]) -> Callable[..., Iterator[Values]]:
        """Return the handler of a press that begins some work.

        The work is given what reports, and the values of its components; all components are shown.
        While other work goes on nothing is begun, and what comes of that is shown in the end; who
        asks for the same again is shown it anyway.
        """

        def handler(*values: Any) -> Iterator[Values]:
            asked = (work, *values)
            if self.display.working.acquire(blocking=False):
                self._begun = asked
                yield from self._working(work, values)
            elif asked == self._begun:  # a button that was pressed twice
                yield some(self.controls.everything, {})
            else:
                yield from self._waiting()

        return handler

    def _working(self, work: Callable[..., str], values: tuple[Any, ...]) -> Iterator[Values]:
        import gradio

        controls, outputs = self.controls, self.controls.everything
        reports: queue.Queue = queue.Queue()
        result: list[str | Exception] = []

        def run() -> None:
            try:
                result.append(work(lambda *report: reports.put(report), *values))
            except Exception as error:
                result.append(error)
            self.display.working.release()
            reports.put(None)

        threading.Thread(target=run, daemon=True).start()
        held = [one for one in controls.buttons if one is not controls.discard]  # which is quick
        waiting = dict.fromkeys(held, gradio.Button(interactive=False))
        yield some(outputs, {**waiting, controls.message: progress_html(0, 1, "checking")})
        while (report := reports.get()) is not None:
            yield some(outputs, {controls.message: progress_html(*report)})
        yield self._after(*result)

    def _waiting(self) -> Iterator[Values]:
        """Yield values for all components before and after work that goes on already."""
        outputs, message = self.controls.everything, self.controls.message
        yield some(outputs, {message: message_html(_WAITING, "working")})
        with self.display.working:
            pass
        with suppress(Superseded):  # by what will show everything
            yield self.display.everything(message_html(_NOT_BEGUN, "wrong"))

    def _after(self, done: str | Exception) -> Values:
        """Return values for all components after work, be it done or not.

        The work may have made a handler give up that had changed something and would have shown it.
        """
        said = failure_html(done) if isinstance(done, Exception) else message_html(done)
        self.display.note = said
        if not isinstance(done, ShownElsewhere):
            with suppress(Superseded):  # by what will show everything
                return self.display.everything(said)
        buttons = dict(zip(self.controls.buttons, self.display.buttons(), strict=True))
        return some(self.controls.everything, {**buttons, self.controls.message: said})


def failure_html(error: Exception) -> str:
    """Return what went wrong as a message; a fault of ours leaves its traceback on the terminal."""
    if isinstance(error, InputError):
        text = str(error)
    elif isinstance(error, Superseded):
        text = "Stopped, because something else was chosen meanwhile."
    elif isinstance(error, OSError):
        text = told(error)
    else:
        traceback.print_exception(error)
        text = f"Internal error ({error}); the terminal says more."
    return message_html(text, "wrong")
