"""The studio's page: what happens at a click. What stands where, and what is shown, is not here.

A move of a slider calls `_tune` for what can be had at once, and then `_finish` for the version in
full; whatever is newer makes the older give up (`turns`).
"""

import queue
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from manipulation.studio_page.controls import lay_out
from manipulation.studio_page.display import Display
from manipulation.studio_page.html import message_html, progress_html
from manipulation.studio_page.regions import key_of
from manipulation.studio_page.session import Session
from manipulation.studio_page.turns import Superseded
from manipulation.study_stimuli.stimulus_set import Report
from stimuli.support.errors import InputError
from stimuli.support.system_errors import told

Values = list[Any]  # for components, in their order


class Page:
    """The page of a session.

    Parameters
    ----------
    session
        What the page shows and changes.

    Attributes
    ----------
    blocks
        The gradio application.
    """

    def __init__(self, session: Session) -> None:
        import gradio

        self.session = session
        title = f"Studio: {session.workbench.settings.study.name}"
        with gradio.Blocks(title=title, analytics_enabled=False, fill_width=True) as self.blocks:
            self.controls = lay_out(session)
            self.display = Display(session, self.controls)
            self._events()

    def _events(self) -> None:
        import gradio

        controls, session = self.controls, self.session
        everything, shown = controls.everything, controls.shown
        quiet = {"show_progress": "hidden", "api_visibility": "private"}

        def on(triggers: list, act: Callable, inputs: list, outputs: list) -> None:
            """Act, show what can be had at once, and then the version in full."""
            gradio.on(
                triggers, act, inputs, outputs,
                trigger_mode="always_last", concurrency_id="look", **quiet,
            ).then(
                self._guarded(self._finish, shown), None, shown, trigger_mode="multiple",
                concurrency_limit=None, **quiet,
            )  # fmt: skip

        def change(by: Callable) -> Callable:
            return self._guarded(lambda *values: self._changed(by, *values), everything)

        on([self.blocks.load], change(session.refresh), [], everything)
        place = [controls.source, controls.direction]
        on([one.input for one in place], change(session.show), place, everything)
        on([controls.objects.input], change(self._choose), [controls.objects], everything)
        on([controls.aim.input], change(session.aim_at), [controls.aim], everything)
        on([controls.discard.click], change(session.discard), [], everything)
        picked = change(self._pick)

        def pick(event: gradio.EventData) -> Values:
            return picked(event._data["key"])

        on([controls.stage.select], pick, [], everything)
        drawn, kept = [controls.drawing, controls.message], change(self._keep)
        drawing = self._guarded(self._draw, drawn)

        def draw(event: gradio.EventData) -> Values:
            return drawing(event._data)

        def keep(event: gradio.EventData) -> Values:
            return kept(event._data)

        controls.drawing.select(
            draw, [], drawn, trigger_mode="multiple", concurrency_id="draw", **quiet
        )
        on([controls.drawing.submit], keep, [], everything)
        outputs = [*shown, *controls.buttons]
        tuned = controls.tuned
        on([one.input for one in tuned], self._guarded(self._tune, outputs), tuned, outputs)
        for button, work in ((controls.save, session.save), (controls.undo, session.undo)):
            button.click(
                self._reporting(work, everything), None, everything, concurrency_id="save", **quiet
            )

    def _pick(self, key: str) -> None:
        self.session.toggle(key)
        self._check_number()

    def _choose(self, keys: list[str]) -> None:
        self.session.choose(keys)
        self._check_number()

    def _check_number(self) -> None:
        targets, most = self.session.version.targets, len(self.controls.shifts)
        if len(targets) > most:
            self.session.choose([key_of(one) for one in targets[:most]])
            raise InputError(
                f"more than {most} objects are chosen; the page has sliders for {most}, "
                f"study.toml takes more"
            )

    def _keep(self, asked: dict[str, Any]) -> str:
        """Keep what is drawn, or remove what was kept, or bring it back; return what was done."""
        board = self.display.board
        if asked["act"] == "remove":
            return board.remove(asked["region"])
        return board.restore() if asked["act"] == "restore" else board.keep(asked["name"])

    def _draw(self, stroke: dict[str, Any]) -> Values:
        """Carry out a stroke, or undo some; a message says what cannot be done."""
        board, said = self.display.board, ""
        acts: dict[str, Callable[[], None]] = {
            "click": lambda: board.click(stroke["at"], stroke["away"]),
            "loop": lambda: board.loop(stroke["corners"], stroke["away"]),
            "smaller": lambda: board.resize(-1),
            "larger": lambda: board.resize(1),
            "undo": board.undo,
            "clear": board.clear,
        }
        try:
            acts[stroke["act"]]()
        except InputError as error:
            said = message_html(str(error), "wrong")
        return [board.shown(), said]

    def _tune(self, *values: Any) -> Values:
        self.display.note = ""
        *shifts, scale, transform = values
        self.session.tune(shifts, scale, transform)
        return [*self.display.at_once(), *self.display.buttons()]

    def _finish(self) -> Values:
        """Return the version in full, where what is shown is a preview."""
        outcome = self.session.finish() if self.display.is_preview else None
        if outcome is None:
            return _unchanged(self.controls.shown)
        return self.display.outcome(outcome)

    def _changed(self, change: Callable, *values: Any) -> Values:
        """Change something and show all of it; where it is refused, show why and change nothing."""
        said = self.display.note = ""
        try:
            done = change(*values)
            self.display.note = said = message_html(done) if isinstance(done, str) else ""
        except InputError as error:
            said = message_html(str(error), "wrong")
        return self._everything_and(said)

    def _everything_and(self, said: str) -> Values:
        """Return values for all components; a message is in place of what they would say."""
        values = self.display.everything()
        if said:
            values[self.controls.everything.index(self.controls.message)] = said
        return values

    def _guarded(self, act: Callable[..., Values], outputs: list) -> Callable[..., Values]:
        """Return the handler of an event that shows errors in the page and changes nothing else."""

        def guarded(*values: Any) -> Values:
            try:
                return act(*values)
            except Superseded:
                return _unchanged(outputs)
            except Exception as error:
                return _some(outputs, {self.controls.message: _failure_html(error)})

        return guarded

    def _reporting(
        self, work: Callable[[Report], str], outputs: list
    ) -> Callable[[], Iterator[Values]]:
        """Return the handler of long work that shows its progress, and then its result."""
        import gradio

        controls = self.controls

        def reporting() -> Iterator[Values]:
            reports: queue.Queue = queue.Queue()
            result: list[str | Exception] = []

            def run() -> None:
                try:
                    result.append(work(lambda *report: reports.put(report)))
                except Exception as error:
                    result.append(error)
                reports.put(None)

            threading.Thread(target=run, daemon=True).start()
            waiting = dict.fromkeys(controls.buttons, gradio.Button(interactive=False))
            yield _some(outputs, {**waiting, controls.message: progress_html(0, 1, "checking")})
            while (report := reports.get()) is not None:
                yield _some(outputs, {controls.message: progress_html(*report)})
            (done,) = result
            if isinstance(done, Exception):
                buttons = dict(zip(controls.buttons, self.display.buttons(), strict=True))
                yield _some(outputs, {**buttons, controls.message: _failure_html(done)})
            else:
                yield self._everything_and(message_html(done))

        return reporting


def _failure_html(error: Exception) -> str:
    """Return what went wrong as a message; a fault of ours leaves its traceback on the terminal."""
    if isinstance(error, InputError):
        text = str(error)
    elif isinstance(error, OSError):
        text = told(error)
    else:
        traceback.print_exception(error)
        text = f"Internal error ({error}); the terminal says more."
    return message_html(text, "wrong")


def _some(outputs: list, values: dict) -> Values:
    """Return values for some components and leave the others as they are."""
    import gradio

    return [values.get(one, gradio.skip()) for one in outputs]


def _unchanged(outputs: list) -> Values:
    return _some(outputs, {})
