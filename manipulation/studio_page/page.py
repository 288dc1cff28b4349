"""The studio's page: what happens at a click. What stands where, and what is shown, is not here.

A move of a slider calls `_tune` for what can be had at once, and then `_finish` for the version in
full; whatever is newer makes the older give up (`turns`).
"""

import queue
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from manipulation.studio_page.controls import lay_out
from manipulation.studio_page.display import Display
from manipulation.studio_page.html import message_html, progress_html
from manipulation.studio_page.long_work import export_figure, reach_change
from manipulation.studio_page.regions import key_of
from manipulation.studio_page.session import Session, ShownElsewhere
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
        place, finished = [controls.source, controls.direction], [*shown, controls.trail]
        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        newest = {"trigger_mode": "always_last", "concurrency_id": "look", **quiet}
        behind = {"trigger_mode": "multiple", "concurrency_limit": None, **quiet}
        finish = self._guarded(self._finish, finished)

        def on(triggers: list, act: Callable, inputs: list, outputs: list) -> None:
            """Act, show what can be had at once, and then the version in full."""
            at_once = gradio.on(triggers, act, inputs, outputs, **newest)
            at_once.then(finish, place, finished, **behind)

        def change(by: Callable) -> Callable:
            return self._guarded(lambda *values: self._changed(by, *values), everything)

        def told(by: Callable[..., Values]) -> Callable[..., Values]:
            """Pass on what a part with a script tells, after where it was told."""

            def act(source: str, direction: str, event: gradio.EventData) -> Values:
                return by(source, direction, event._data)

            return act

        here = self._here
        on([self.blocks.load], change(session.refresh), [], everything)
        on([one.input for one in place], change(session.show), place, everything)
        inputs = [*place, controls.objects]
        on([controls.objects.input], change(here(self._choose)), inputs, everything)
        on([controls.aim.input], change(here(session.aim_at)), [*place, controls.aim], everything)
        on([controls.discard.click], change(here(session.discard)), place, everything)
        on([controls.stage.select], told(change(here(self._pick))), place, everything)
        on([controls.trail.select], told(change(here(self._take))), place, everything)
        drawn = [controls.drawing, controls.message]
        controls.drawing.select(
            told(self._guarded(here(self._draw), drawn)), place, drawn, trigger_mode="multiple",
            concurrency_id="draw", **quiet,
        )  # fmt: skip
        on([controls.drawing.submit], told(change(here(self._keep))), place, everything)
        outputs, inputs = [*shown, *controls.buttons], [*inputs, *controls.tuned]
        tune = self._guarded(self._tune, outputs)
        on([one.input for one in controls.tuned], tune, inputs, outputs)
        works: list[tuple[Any, Callable[..., str], list]] = [
            (controls.save, self._save, inputs),
            (controls.undo, session.undo, []),
            (controls.find, self._find, [*inputs, controls.wanted]),
            (controls.export, self._export, inputs),
        ]
        for button, work, values in works:
            button.click(
                self._reporting(work), values, everything, concurrency_id="save", **quiet
            ).then(finish, place, finished, **behind)

    def _here(self, act: Callable) -> Callable:
        """Return what acts only where the page shows what is on the table."""

        def acting(source: str, direction: str, *values: Any) -> Any:
            self.session.check_shown(source, direction)
            return act(*values)

        return acting

    def _set(self, source: str, direction: str, keys: list[str] | None, *tuned: Any) -> None:
        """Take what the controls of a page show, where it shows what is on the table."""
        self.session.check_shown(source, direction, keys or [])
        *shifts, scale, transform = tuned
        self.session.tune(shifts, scale, transform)

    def _save(self, report: Report, *shown: Any) -> str:
        self._set(*shown)
        return self.session.save(report)

    def _find(self, report: Report, *shown: Any) -> str:
        *controls, wanted = shown
        self._set(*controls)
        return reach_change(self.session, wanted, report)

    def _export(self, report: Report, *shown: Any) -> str:
        self._set(*shown)
        return export_figure(self.session, report)

    def _take(self, asked: dict[str, Any]) -> None:
        self.session.take(int(asked["number"]))

    def _pick(self, asked: dict[str, Any]) -> None:
        """Choose what was clicked on, or leave it out, or put it in the place of another."""
        if old := asked.get("instead"):
            self.session.exchange(old, asked["key"])
        else:
            self.session.toggle(asked["key"])
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
        self._set(*values)
        return [*self.display.at_once(), *self.display.buttons()]

    def _finish(self, source: str, direction: str) -> Values:
        """Return the version in full, where what is shown is a preview."""
        session, controls = self.session, self.controls
        is_here = (source, direction) == (session.source_id, session.direction)
        outcome = session.finish() if self.display.is_preview and is_here else None
        if outcome is None:
            return _unchanged([*controls.shown, controls.trail])
        return [*self.display.outcome(outcome), self.display.trail()]

    def _changed(self, change: Callable, *values: Any) -> Values:
        """Change something and show all of it; where it is refused, show why and change nothing.

        A page that shows something else than what is on the table is told so, and stays as it is.
        """
        said = self.display.note = ""
        try:
            done = change(*values)
            self.display.note = said = message_html(done) if isinstance(done, str) else ""
        except ShownElsewhere:
            raise
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

    def _reporting(self, work: Callable[..., str]) -> Callable[..., Iterator[Values]]:
        """Return the handler of long work that shows its progress, and then its result.

        It is given what reports, and the values of its components; it shows all components.
        """
        import gradio

        controls, outputs = self.controls, self.controls.everything

        def reporting(*values: Any) -> Iterator[Values]:
            reports: queue.Queue = queue.Queue()
            result: list[str | Exception] = []

            def run() -> None:
                try:
                    result.append(work(lambda *report: reports.put(report), *values))
                except Exception as error:
                    result.append(error)
                reports.put(None)

            threading.Thread(target=run, daemon=True).start()
            waiting = dict.fromkeys(controls.buttons, gradio.Button(interactive=False))
            yield _some(outputs, {**waiting, controls.message: progress_html(0, 1, "checking")})
            while (report := reports.get()) is not None:
                yield _some(outputs, {controls.message: progress_html(*report)})
            yield self._after(*result)

        return reporting

    def _after(self, done: str | Exception) -> Values:
        """Return values for all components after long work, be it done or not.

        The work may have made a handler give up that had changed something and would have shown it.
        """
        failed = isinstance(done, Exception)
        said = _failure_html(done) if isinstance(done, Exception) else message_html(done)
        self.display.note = "" if failed else said
        if not isinstance(done, ShownElsewhere):
            with suppress(Superseded):  # by what will show everything
                return self._everything_and(said)
        buttons = dict(zip(self.controls.buttons, self.display.buttons(), strict=True))
        return _some(self.controls.everything, {**buttons, self.controls.message: said})


def _failure_html(error: Exception) -> str:
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


def _some(outputs: list, values: dict) -> Values:
    """Return values for some components and leave the others as they are."""
    import gradio

    return [values.get(one, gradio.skip()) for one in outputs]


def _unchanged(outputs: list) -> Values:
    return _some(outputs, {})
