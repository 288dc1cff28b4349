"""The studio's page: what happens at a click. What stands where, and what is shown, is not here.

A move of a slider calls `_tune` for what can be had at once, and then `_finish` for the version in
full; whatever is newer makes the older give up (`turns`).
"""

import threading
from collections.abc import Callable
from typing import Any

from manipulation.studio_page.controls import lay_out
from manipulation.studio_page.display import Display, Values, some
from manipulation.studio_page.html import message_html
from manipulation.studio_page.long_work import export_figure, reach_change
from manipulation.studio_page.regions import key_of
from manipulation.studio_page.reported_work import ReportedWork, failure_html
from manipulation.studio_page.session import Session, ShownElsewhere
from manipulation.studio_page.turns import Superseded
from manipulation.study_stimuli.stimulus_set import Report
from stimuli.support.errors import InputError


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

        self.session, self._choosing = session, threading.Lock()
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
        at_any_time = {"concurrency_limit": None, **quiet}
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
        on([one.input for one in place], change(self._show), place, everything)
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
        reported = ReportedWork(controls, self.display)
        for button, work, values in works:
            button.click(reported.handler(work), values, everything, **at_any_time).then(
                finish, place, finished, **behind
            )

    def _show(self, source: str, direction: str) -> None:
        with self._choosing:
            self.session.show(source, direction)

    def _here(self, act: Callable) -> Callable:
        """Return what acts only where the page shows what is on the table."""

        def acting(source: str, direction: str, *values: Any) -> Any:
            with self._choosing:
                self.session.check_shown(source, direction)
                return act(*values)

        return acting

    def _set(self, source: str, direction: str, keys: list[str] | None, *tuned: Any) -> None:
        """Take what the controls of a page show, where it shows what is on the table."""
        *shifts, scale, transform = tuned
        with self._choosing:  # what is discarded meanwhile is not tuned
            self.session.check_shown(source, direction, keys or [])
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
            said = message_html(done) if isinstance(done, str) else ""
        except ShownElsewhere:
            raise
        except InputError as error:
            said = message_html(str(error), "wrong")
        self.display.note = said
        return self.display.everything(said)

    def _guarded(self, act: Callable[..., Values], outputs: list) -> Callable[..., Values]:
        """Return the handler of an event that shows errors in the page and changes nothing else."""

        def guarded(*values: Any) -> Values:
            try:
                return act(*values)
            except Superseded:
                return _unchanged(outputs)
            except Exception as error:
                return some(outputs, {self.controls.message: failure_html(error)})

        return guarded


def _unchanged(outputs: list) -> Values:
    return some(outputs, {})
