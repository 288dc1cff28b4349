"""How versions were made by each transform, in words for a paper."""

from collections.abc import Iterable, Sequence

from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import Stimulus, Transform
from stimuli.support.words import listed


def transform_methods(
    settings: Settings, changed: Sequence[Stimulus], used: Iterable[Transform]
) -> list[str]:
    """Return a paragraph on each transform that made any of the versions.

    Parameters
    ----------
    changed
        The versions that draw gaze or keep it away.
    used
        The transforms that made them.
    """
    paragraphs = {
        Transform.EDITS: lambda: _edits(settings) + _amounts(changed),
        Transform.NETWORK: lambda: _networks(settings),
        Transform.PIXELS: lambda: _pixels(settings),
    }
    return [paragraphs[kind]() for kind in used if kind in paragraphs]


def _edits(settings: Settings) -> str:
    edits = settings.edits
    restraint = (
        f" and {edits.restraint:g} times the excess over the budget below"
        if settings.manipulation.budget else ""
    )  # fmt: skip
    return (
        f"Edits are exposure, contrast, shadows, saturation, two of colour balance, sharpness and "
        f"clarity of each region and of its surround, each within bounds (factor "
        f"{edits.strength:g} on the toolkit's). {edits.steps} steps of Adam, of "
        f"{edits.step_size:g} in units of the bounds, minimised the loss of the predicted density "
        f"against the target plus {edits.naturalness:g} times a penalty on large edits{restraint}. "
        f"The border of a region could move to an edge of the photograph within {edits.feather:g} "
        f"of the image's side."
    )


def _amounts(changed: Sequence[Stimulus]) -> str:
    """Return how far the edits of the objects aimed at reach, where the catalogue states them."""
    first = [next(iter(one.edits.values())) for one in changed if one.edits and one.targets]
    if not first:
        return ""
    reach = listed(
        f"{name} {min(values):+.2g} to {max(values):+.2g}"
        for name in first[0]
        for values in [[one[name] for one in first]]
    )
    return (
        f" Objects aimed at got: {reach}, in the units that stimuli.json gives; stimuli.tsv has "
        f"the amounts of every region (edits)."
    )


def _networks(settings: Settings) -> str:
    chosen = settings.manipulation
    return (
        f"Trained networks made versions in one pass: {chosen.shift_network} those with shifts, "
        f"{chosen.scale_network} those with a factor."
    )


def _pixels(settings: Settings) -> str:
    pixels = settings.pixels
    chosen = settings.manipulation
    guides = ", ".join(pixels.guides or (chosen.saliency, *chosen.also))
    return (
        f"Pixels were changed one by one, guided by {guides}: {pixels.steps} steps of Adam, of "
        f"{pixels.step_size:g} in log odds of pixel values, minimised the loss of the predicted "
        f"density against the target plus {pixels.fidelity:g} times the mean squared change, in "
        f"units of the largest: no value could differ from the photograph's by more than "
        f"{pixels.largest_change:g} of 255 levels at the size that networks see."
    )
