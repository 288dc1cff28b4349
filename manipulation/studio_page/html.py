"""What the page says, as HTML: figures, the state of the version, messages.

The texts stand in ``templates/``. Every value is escaped, so a name from a study stays a name.
"""

import functools
import math
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from manipulation.studio_page.outcome import Change, Outcome, Stage
from manipulation.studio_page.session import Session
from stimuli.contract.region_names import unusual_by_name
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import left_range

_MUCH = 0.5  # of a change, that a judge must see for it to count as seen
_STAGES = {
    Stage.PREVIEW: (
        "Preview",
        "The search has made one step; the full version follows in seconds.",
    ),
    Stage.FULL: ("Full version", "As saving would make it."),
    Stage.SAVED: ("In the study", "From the study's files."),
}


def head_html(settings: Settings) -> str:
    """Return the head of the page: which study this is."""
    return _render(
        "head",
        name=settings.study.name,
        sources=len(settings.sources),
        saliency=settings.manipulation.saliency,
    )


def figures_html(outcome: Outcome, shares: Mapping[str, str], names: Mapping[int, str]) -> str:
    """Return the figures of a version as tables.

    Parameters
    ----------
    shares
        What each model that took no part shares with those that guide, by its name.
    names
        Of the photograph's objects, by their annotations.
    """
    psnr = outcome.effect.psnr_db
    return _render(
        "figures",
        outcome=outcome,
        effect=outcome.effect,
        shares=shares,
        unusual=unusual_by_name(outcome.effect.unusual, names),
        same_image=psnr is not None and math.isinf(psnr),
    )


def state_html(session: Session, outcome: Outcome) -> str:
    """Return what the version is: a preview, in full, or saved; and what to mind."""
    name, meaning = _STAGES[outcome.stage]
    here = (session.source_id, session.direction)
    return _render(
        "state",
        stage=outcome.stage,
        name=name,
        meaning=meaning,
        unsaved=session.unsaved and outcome.stage != Stage.SAVED,
        outcome=outcome,
        others=[place for place in session.unsaved_places if place != here],
    )


def nothing_html() -> str:
    """Return the state of a version that cannot be made."""
    return _render("nothing")


def message_html(text: str, kind: str = "done") -> str:
    """Return a message; `kind` is ``done``, ``wrong`` or ``working``."""
    return _render("message", text=text, kind=kind) if text else ""


def progress_html(done: int, total: int, what: str) -> str:
    """Return how far a save is."""
    return _render("progress", done=done, total=total, what=what)


def agreement(change: Change, digits: int) -> str:
    """Return whether a change goes ``with`` what is asked, ``against`` it, or is too small."""
    moved, asked = change.predicted_change, change.asked_change
    if abs(moved) < 0.5 * 10**-digits or asked == 0:
        return "still"
    return "with" if moved * asked > 0 else "against"


def seen(transfer: float) -> str:
    """Return how a judge sees a change: ``with`` at half of it or more, ``weak``, ``against``."""
    if transfer <= 0:
        return "against"
    return "with" if transfer >= _MUCH else "weak"


def _render(template: str, **values: object) -> str:
    return _environment().get_template(f"{template}.html").render(values)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("manipulation.studio_page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "fixed": lambda value, digits: f"{value:.{digits}f}",
        "signed": lambda value, digits: f"{value:+.{digits}f}",
        "percent": lambda value, digits: f"{value:.{digits}%}",
        "agreement": agreement,
        "seen": seen,
    }
    environment.tests["left_range"] = left_range
    return environment
