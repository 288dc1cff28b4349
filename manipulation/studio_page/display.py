"""What the page shows of a session: values for its components, in their order."""

import threading
from typing import Any

from manipulation.studio_page.choosing import keys_of
from manipulation.studio_page.controls import Controls, wanted_label
from manipulation.studio_page.drawing_board import DrawingBoard
from manipulation.studio_page.html import (
    figures_html,
    message_html,
    nothing_html,
    state_html,
)
from manipulation.studio_page.outcome import Outcome, Stage
from manipulation.studio_page.pictures import pictures_of, pictures_of_none
from manipulation.studio_page.regions import Region
from manipulation.studio_page.session import Session
from stimuli.support.errors import InputError

Values = list[Any]  # for components, in their order
LONG_LIST = 12  # objects above which a field finds them (finder.js)


def some(outputs: list, values: dict) -> Values:
    """Return values for some components and leave the others as they are."""
    import gradio

    return [values.get(one, gradio.skip()) for one in outputs]


class Display:
    """Values of the components of a page.

    Parameters
    ----------
    session
        What is shown.
    controls
        Where it is shown.

    Attributes
    ----------
    is_preview
        Whether what was shown last is a preview, so that the full version is to follow.
    board
        The region that is being drawn.
    note
        Message of what was done last, shown until something else is done.
    working
        Held while a version is saved, searched or drawn; buttons stay as they are meanwhile.
    """

    def __init__(self, session: Session, controls: Controls) -> None:
        self.session, self.controls = session, controls
        self.is_preview = False
        self.board, self.note = DrawingBoard(session), ""
        self.working = threading.Lock()

    def everything(self, said: str = "") -> Values:
        """Return values for all components (`Controls.everything`).

        A message is in place of what they would say.
        """
        shown = self.at_once()  # first, since it waits for work that may change what is chosen
        values = [*self._chosen(), *shown, *self.buttons(), self.board.shown(), self.trail()]
        if said:
            values[self.controls.everything.index(self.controls.message)] = said
        return values

    def at_once(self) -> list[Any]:
        """Return what can be shown at once; what is wrong with the choice is a message."""
        self.is_preview = False
        try:
            outcome = self.session.look()
        except InputError as error:
            pictures = pictures_of_none(self.session.bench.original)
            stage = {"stage": "none", "regions": self._regions(), **pictures}
            return [stage, "", nothing_html(), message_html(str(error), "wrong")]
        self.is_preview = outcome.stage == Stage.PREVIEW
        return self.outcome(outcome)

    def outcome(self, outcome: Outcome) -> list[Any]:
        """Return values for what shows a version (`Controls.shown`)."""
        models = self.session.workbench.models
        return [
            {"stage": str(outcome.stage), "regions": self._regions(), **pictures_of(outcome)},
            figures_html(outcome, models.shares, self.session.bench.material.names),
            state_html(self.session, outcome),
            self.note,
        ]

    def buttons(self) -> list[Any]:
        """Return the state of the buttons (`Controls.buttons`)."""
        import gradio

        if self.working.locked():
            return [gradio.skip()] * len(self.controls.buttons)
        last = self.session.undoable
        return [
            gradio.Button(interactive=True),
            gradio.Button(
                f"Undo saving {last}" if last else "Nothing to undo", interactive=last is not None
            ),
            gradio.Button(interactive=self.session.unsaved),
            gradio.Button(interactive=True),
            gradio.Button(interactive=True),
        ]

    def trail(self) -> dict[str, Any]:
        """Return the versions that were looked at, and what was saved."""
        tried, now = self.session.tried, self.session.version
        return {
            "tried": [
                {"picture": one.picture, "asked": one.said[0], "comes_to": one.said[1],
                 "saved": one.version == self.session.stated, "now": one.version == now}
                for one in tried
            ],
            "saves": [{"what": what, "when": when} for what, when in self.session.saves],
        }  # fmt: skip

    def listed(self) -> list[Region]:
        """Return the regions of the list; in a long one those of the saved version come first.

        What is clicked on does not move until it is saved.
        """
        regions = list(self.session.bench.regions.values())
        if len(regions) <= LONG_LIST:
            return regions
        saved = set(keys_of(self.session.stated))
        return sorted(regions, key=lambda one: one.key not in saved)

    def _chosen(self) -> list[Any]:
        """Return values for what takes a choice."""
        import gradio

        session, shifts = self.session, self.controls.shifts
        version, chosen = session.version, session.chosen
        settings = session.workbench.settings
        names = [(one.name, one.key) for one in chosen]
        sliders = [
            gradio.Slider(value=target.k_shift, label=f"k_shift, {region.name}", visible=True)
            for target, region in zip(version.targets, chosen, strict=True)
        ]
        hidden = [gradio.Slider(visible=False)] * (len(shifts) - len(sliders))
        return [
            gradio.Dropdown(
                choices=[
                    (f"{one.source_id} ({one.condition})", one.source_id)
                    for one in settings.sources
                ],
                value=session.source_id,
            ),
            str(session.direction),
            str(session.workbench.makers.transform(version)),
            gradio.CheckboxGroup(
                choices=[(one.name, one.key) for one in self.listed()],
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
            gradio.Number(label=wanted_label("p_obj" if session.takes_objects else "bits")),
        ]

    def _regions(self) -> list[dict[str, Any]]:
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
