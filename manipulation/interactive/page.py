"""The studio's page: what stands where, and what happens at a click. What is computed is not here.

A move of a slider calls `_tune` for what can be had at once, and then `_finish` for the version in
full; whatever is newer makes the older give up (`turns`).
"""

import queue
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from manipulation.interactive.outcome import PREVIEW, Outcome
from manipulation.interactive.pictures import pictures_of, pictures_of_none
from manipulation.interactive.regions import key_of
from manipulation.interactive.session import Session
from manipulation.interactive.texts import (
    figures_html,
    message_html,
    nothing_html,
    progress_html,
    state_html,
)
from manipulation.interactive.turns import Superseded
from stimuli.errors import InputError
from stimuli.settings import TRANSFORMS

_HERE = Path(__file__).parent
_SHIFT_LIMIT, _SCALE_LIMITS = 4.0, (0.25, 4.0)  # of study.toml
_FEWEST_SLIDERS = 8


def css() -> str:
    """Return the style of the page."""
    return (_HERE / "page.css").read_text(encoding="utf-8")


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

        self._gradio, self.session = gradio, session
        settings = session.workbench.settings
        targets = [len(v.targets) for source in settings.sources for v in source.versions]
        self._sliders_at_most = max(_FEWEST_SLIDERS, *targets)
        title = f"Studio: {settings.study.name}"
        with gradio.Blocks(title=title, analytics_enabled=False, fill_width=True) as self.blocks:
            gradio.HTML(
                f"<h1>{settings.study.name}</h1><p>{len(settings.sources)} sources, guided by "
                f"{settings.manipulation.saliency}</p>",
                elem_id="head",
            )
            with gradio.Row():
                with gradio.Column(scale=3, min_width=290):
                    self._controls()
                with gradio.Column(scale=7, min_width=520):
                    self.stage = gradio.HTML(
                        None, elem_id="stage", apply_default_css=False,
                        html_template=(_HERE / "stage.html").read_text(encoding="utf-8"),
                        js_on_load=(_HERE / "stage.js").read_text(encoding="utf-8"),
                    )  # fmt: skip
                with gradio.Column(scale=3, min_width=270):
                    self._verdict()
            self._events()

    def _controls(self) -> None:
        gradio, session = self._gradio, self.session
        self.source = gradio.Dropdown(label="Source", elem_id="source")
        self.direction = gradio.Radio(
            ["increase", "decrease"], label="Version to", elem_id="direction"
        )
        reasons = {one: session.workbench.why_not(one) for one in TRANSFORMS}
        not_to_be_had = [f"Not to be had: {reason}." for reason in reasons.values() if reason]
        self.transform = gradio.Radio(
            [one for one, reason in reasons.items() if not reason],
            label="Transform",
            info=" ".join(not_to_be_had) or None,
            elem_id="transform",
        )
        self.objects = gradio.CheckboxGroup(label="Objects", elem_id="objects")
        self.aim = gradio.Radio(label="Aim: what the version is judged by", elem_id="aim")
        self.shifts = [
            gradio.Slider(
                -_SHIFT_LIMIT, _SHIFT_LIMIT, 0, step=0.1, visible=False,
                elem_id=f"shift-{number}", buttons=[],
            )
            for number in range(self._sliders_at_most)
        ]  # fmt: skip
        self.scale = gradio.Slider(
            *_SCALE_LIMITS, 1, step=0.05, label="k_scale, on the whole", elem_id="scale", buttons=[]
        )

    def _verdict(self) -> None:
        gradio = self._gradio
        self.state = gradio.HTML(elem_id="state", apply_default_css=False)
        self.figures = gradio.HTML(elem_id="figures", apply_default_css=False)
        self.save = gradio.Button("Save version", variant="primary", elem_id="save")
        self.discard = gradio.Button("Discard changes", size="sm", elem_id="discard")
        self.undo = gradio.Button("Nothing to undo", size="sm", elem_id="undo")
        self.message = gradio.HTML(elem_id="message", apply_default_css=False)

    def _events(self) -> None:
        gradio = self._gradio
        shown = [self.stage, self.figures, self.state, self.message]
        buttons = [self.save, self.undo, self.discard]
        everything = [
            self.source, self.direction, self.transform, self.objects, self.aim, *self.shifts,
            self.scale, *shown, *buttons,
        ]  # fmt: skip
        quiet = {"show_progress": "hidden", "api_visibility": "private"}

        def on(triggers, act: Callable, inputs: list, outputs: list) -> None:
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

        session = self.session
        on([self.blocks.load], change(session.refresh), [], everything)
        on([self.source.input, self.direction.input], change(session.show),
           [self.source, self.direction], everything)  # fmt: skip
        on([self.objects.input], change(self._choose), [self.objects], everything)
        on([self.aim.input], change(session.aim_at), [self.aim], everything)
        on([self.discard.click], change(session.discard), [], everything)
        picked = change(self._pick)

        def pick(event: gradio.EventData):
            return picked(event._data["key"])

        on([self.stage.select], pick, [], everything)
        tuned = [*self.shifts, self.scale, self.transform]
        outputs = [*shown, *buttons]
        on([one.input for one in tuned], self._guarded(self._tune, outputs), tuned, outputs)
        for button, work in ((self.save, session.save), (self.undo, session.undo)):
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
        version = self.session.version
        if len(version.targets) > self._sliders_at_most:
            self.session.choose([key_of(one) for one in version.targets[: self._sliders_at_most]])
            raise InputError(
                f"more than {self._sliders_at_most} objects are chosen; the page has sliders for "
                f"{self._sliders_at_most}, study.toml takes more"
            )

    def _tune(self, *values) -> list:
        *shifts, scale, transform = values
        self.session.tune(shifts, scale, transform)
        return [*self._looked(), *self._buttons()]

    def _finish(self) -> list:
        """Return the version in full, where what is shown is a preview."""
        if not self._previewed:
            return [self._gradio.skip()] * 4
        outcome = self.session.finish()
        if outcome is None:
            return [self._gradio.skip()] * 4
        return self._shown(outcome)

    def _looked(self) -> list:
        """Return what can be shown at once; what is wrong with the choice is a message."""
        self._previewed = False
        try:
            outcome = self.session.look()
        except InputError as error:
            said = message_html(str(error), "wrong")
            pictures = pictures_of_none(self.session.bench.view)
            stage = {"stage": "none", "regions": self._regions(), **pictures}
            return [stage, "", nothing_html(), said]
        self._previewed = outcome.stage == PREVIEW
        return self._shown(outcome)

    def _shown(self, outcome: Outcome) -> list:
        second = self.session.workbench.settings.manipulation.second_opinion
        return [
            {"stage": outcome.stage, "regions": self._regions(), **pictures_of(outcome)},
            figures_html(outcome, second),
            state_html(self.session, outcome),
            "",
        ]

    def _regions(self) -> list[dict]:
        """Return the regions for the page, the largest first, so that all can be clicked on."""
        chosen = self.session.chosen
        covered = {one for region in chosen for one in region.ids}
        regions = sorted(self.session.bench.regions.values(), key=lambda one: -one.share)
        return [
            {
                "key": one.key, "name": one.name, "outline": one.outline, "single": one.single,
                "chosen": one in chosen, "aim": chosen[:1] == [one],
                "covered": covered >= set(one.ids), "x": one.label_at[0], "y": one.label_at[1],
            }
            for one in regions
        ]  # fmt: skip

    def _everything(self) -> list:
        """Return values for all controls and all that is shown."""
        gradio, session = self._gradio, self.session
        version, chosen = session.version, session.chosen
        names = [(one.name, one.key) for one in chosen]
        settings = session.workbench.settings
        sliders = [
            gradio.Slider(value=target.k_shift, label=f"k_shift, {region.name}", visible=True)
            for target, region in zip(version.targets, chosen, strict=True)
        ]
        hidden = [gradio.Slider(visible=False)] * (len(self.shifts) - len(sliders))
        return [
            gradio.Dropdown(
                choices=[
                    (f"{one.source_id} ({one.condition})", one.source_id)
                    for one in settings.sources
                ],
                value=session.source_id,
            ),
            session.direction,
            session.workbench.transform(version),
            gradio.CheckboxGroup(
                choices=[(one.name, one.key) for one in session.bench.regions.values()],
                value=[one.key for one in chosen],
                label="Objects" if session.takes_objects else "Objects: none, for entropy alone",
                interactive=session.takes_objects,
            ),
            gradio.Radio(
                choices=names, value=names[0][1] if names else None, visible=len(names) > 1
            ),
            *sliders,
            *hidden,
            version.k_scale,
            *self._looked(),
            *self._buttons(),
        ]

    def _buttons(self) -> list:
        gradio, session = self._gradio, self.session
        last = session.undoable
        return [
            gradio.Button(interactive=True),
            gradio.Button(
                f"Undo saving {last}" if last else "Nothing to undo", interactive=last is not None
            ),
            gradio.Button(interactive=session.unsaved),
        ]

    def _changed(self, change: Callable, *values) -> list:
        """Change something and show all of it; what cannot be is said, and nothing changes."""
        wrong = ""
        try:
            change(*values)
        except InputError as error:
            wrong = message_html(str(error), "wrong")
        found = self._everything()
        if wrong:
            found[-4] = wrong  # before the three buttons
        return found

    def _guarded(self, act: Callable, outputs: list) -> Callable:
        """Have what goes wrong in an event said in the page, and nothing else changed."""

        def guarded(*values):
            try:
                return act(*values)
            except Superseded:
                return [self._gradio.skip()] * len(outputs)
            except Exception as error:
                return self._wrong(error, outputs)

        return guarded

    def _wrong(self, error: Exception, outputs: list) -> list:
        if isinstance(error, InputError):
            text = str(error)
        elif isinstance(error, OSError) and error.filename is not None:
            text = f"{error.filename}: {error.strerror}"
        else:
            traceback.print_exception(error)
            text = f"The studio met a fault of its own ({error}); the terminal says more."
        return self._only(outputs, {self.message: message_html(text, "wrong")})

    def _only(self, outputs: list, values: dict) -> list:
        """Return values for some outputs and leave the others as they are."""
        return [values.get(one, self._gradio.skip()) for one in outputs]

    def _reporting(self, work: Callable, outputs: list) -> Callable:
        """Have long work say how far it is, and then what was done."""
        gradio = self._gradio

        def reporting() -> Iterator[list]:
            told: queue.Queue = queue.Queue()
            result: list = []

            def run() -> None:
                try:
                    result.append(work(lambda *progress: told.put(progress)))
                except Exception as error:
                    result.append(error)
                told.put(None)

            threading.Thread(target=run, daemon=True).start()
            waiting = dict.fromkeys(
                (self.save, self.undo, self.discard), gradio.Button(interactive=False)
            )
            yield self._only(outputs, {**waiting, self.message: progress_html(0, 1, "checking")})
            while (progress := told.get()) is not None:
                yield self._only(outputs, {self.message: progress_html(*progress)})
            (done,) = result
            if isinstance(done, Exception):
                failed = dict(zip((self.save, self.undo, self.discard), self._buttons(),
                                  strict=True))  # fmt: skip
                said = self._wrong(done, [self.message])[0]
                yield self._only(outputs, {**failed, self.message: said})
            else:
                found = self._everything()
                found[-4] = message_html(done)
                yield found

        return reporting
