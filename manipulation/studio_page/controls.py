"""What stands where on the studio's page: controls at the left, pictures, then figures and buttons.

In go a session and its settings; out come gradio's components by their names.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manipulation.studio_page.html import head_html
from manipulation.studio_page.session import Session
from manipulation.studio_page.strength import limits
from stimuli.contract.settings import TargetSettings, VersionSettings
from stimuli.contract.vocabulary import TRANSFORMS, Direction

_HERE = Path(__file__).parent
_FEWEST_SLIDERS = 8


def css() -> str:
    """Return the style of the page."""
    return (_HERE / "page.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Controls:
    """The components of the page.

    Attributes
    ----------
    source, direction, transform, objects, aim, shifts, scale
        Take what is chosen.
    stage, figures, state, message
        Show what it comes to.
    save, undo, discard, find, export
        Buttons.
    wanted
        Change of the aim that `find` looks for.
    trail
        Versions that were looked at, and what was saved.
    drawing
        Takes strokes on the photograph, and shows the region that they come to.
    """

    source: Any
    direction: Any
    transform: Any
    objects: Any
    aim: Any
    shifts: tuple[Any, ...]
    scale: Any
    stage: Any
    figures: Any
    state: Any
    message: Any
    save: Any
    undo: Any
    discard: Any
    wanted: Any
    find: Any
    export: Any
    drawing: Any
    trail: Any

    @property
    def shown(self) -> list:
        """Components that show what a version comes to."""
        return [self.stage, self.figures, self.state, self.message]

    @property
    def buttons(self) -> list:
        """Buttons, in the order of their values."""
        return [self.save, self.undo, self.discard, self.find, self.export]

    @property
    def tuned(self) -> list:
        """Components that take numbers and the transform."""
        return [*self.shifts, self.scale, self.transform]

    @property
    def everything(self) -> list:
        """All components, in the order in which `Display.everything` gives their values."""
        chosen = [self.source, self.direction, self.transform, self.objects, self.aim]
        return [*chosen, *self.shifts, self.scale, self.wanted, *self.shown, *self.buttons,
                self.drawing, self.trail]  # fmt: skip


def lay_out(session: Session) -> Controls:
    """Lay out the page inside the gradio application that is being built."""
    import gradio

    settings = session.workbench.settings
    gradio.HTML(head_html(settings), elem_id="head")
    with gradio.Row():
        with gradio.Column(scale=3, min_width=290):
            chosen = _chosen(session)
        with gradio.Column(scale=7, min_width=520):
            drawing, stage = _scripted("drawing"), _scripted("stage")
            trail = _scripted("trail")
        with gradio.Column(scale=3, min_width=270):
            verdict = _verdict()
    return Controls(stage=stage, drawing=drawing, trail=trail, **chosen, **verdict)


def wanted_label(unit: str) -> str:
    """Return what the change to find is called; its unit is that of what the version is for."""
    return f"Wanted change of the aim ({unit})"


def _scripted(name: str) -> Any:
    """Lay out a part of the page that has HTML and a script of its own."""
    import gradio

    return gradio.HTML(
        None, elem_id=name, apply_default_css=False,
        html_template=(_HERE / f"{name}.html").read_text(encoding="utf-8"),
        js_on_load=(_HERE / f"{name}.js").read_text(encoding="utf-8"),
    )  # fmt: skip


def _chosen(session: Session) -> dict[str, Any]:
    """Lay out what is chosen, from top to bottom."""
    import gradio

    source = gradio.Dropdown(label="Source", elem_id="source")
    direction = gradio.Radio(
        [str(Direction.INCREASE), str(Direction.DECREASE)], label="Version to", elem_id="direction"
    )
    makers = session.workbench.makers
    reasons = {str(one): makers.unavailable_because(one) for one in TRANSFORMS}
    unavailable = [f"Unavailable: {reason}." for reason in reasons.values() if reason]
    transform = gradio.Radio(
        [one for one, reason in reasons.items() if not reason],
        label="Transform",
        info=" ".join(unavailable) or None,
        elem_id="transform",
    )
    _scripted("finder")
    objects = gradio.CheckboxGroup(label="Objects", elem_id="objects")
    aim = gradio.Radio(label="Aim: what the version is judged by", elem_id="aim")
    least, most = limits(TargetSettings, "k_shift")
    sources = session.workbench.settings.sources
    targets = [len(version.targets) for source in sources for version in source.versions]
    shifts = tuple(
        gradio.Slider(
            least, most, 0, step=0.1, visible=False, elem_id=f"shift-{number}", buttons=[]
        )
        for number in range(max(_FEWEST_SLIDERS, *targets))
    )
    scale = gradio.Slider(
        *limits(VersionSettings, "k_scale"), 1, step=0.05, label="k_scale, on the whole",
        elem_id="scale", buttons=[],
    )  # fmt: skip
    return {
        "source": source, "direction": direction, "transform": transform, "objects": objects,
        "aim": aim, "shifts": shifts, "scale": scale,
    }  # fmt: skip


def _verdict() -> dict[str, Any]:
    """Lay out what the models say, and what can be done."""
    import gradio

    state = gradio.HTML(elem_id="state", apply_default_css=False)
    message = gradio.HTML(elem_id="message", apply_default_css=False)
    save = gradio.Button("Save version", variant="primary", elem_id="save")
    with gradio.Row():
        discard = gradio.Button("Discard changes", size="sm", elem_id="discard", min_width=100)
        undo = gradio.Button("Nothing to undo", size="sm", elem_id="undo", min_width=100)
    figures = gradio.HTML(elem_id="figures", apply_default_css=False)
    with gradio.Row(elem_id="finding"):
        wanted = gradio.Number(0.1, label=wanted_label("p_obj"), minimum=0, step=0.01,
                               elem_id="wanted", min_width=100)  # fmt: skip
        find = gradio.Button("Find strength", size="sm", elem_id="find", min_width=100)
    return {
        "state": state, "message": message, "save": save, "discard": discard, "undo": undo,
        "figures": figures, "wanted": wanted, "find": find,
        "export": gradio.Button("Figure for a paper", size="sm", elem_id="export"),
    }  # fmt: skip
