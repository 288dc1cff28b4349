"""What the contact sheet of a study shows of every stimulus."""

from pathlib import Path

import numpy as np
import torch

from manipulation.images.contact_sheet import Panel
from manipulation.images.log_density import log_normalised
from manipulation.images.photographs import resized, to_image, to_pixels
from manipulation.study_stimuli.source_material import SourceMaterial
from stimuli.contract.vocabulary import Direction, Stimulus
from stimuli.support.files import read_image, read_log_saliency

_SHEET_PX = 256


def contact_panel(root: Path, material: SourceMaterial, stimulus: Stimulus) -> Panel:
    """Return the picture of a stimulus, its density and its figures, from the files of the study.

    The region that is outlined is the aim of the source's first version; of a control what was
    changed in its place, too.
    """
    aim = material.aim(material.source.versions[0])
    log_saliency = torch.from_numpy(read_log_saliency(root / stimulus.prediction))
    shown = to_image(material.framing.cut(read_image(root / stimulus.image)))
    longest = max(shown.shape)
    height, width = (round(_SHEET_PX * side / longest) for side in shown.shape[-2:])
    size = (height, width)
    is_original = stimulus.direction == Direction.NONE
    return Panel(
        title=f"{stimulus.source_id}: {stimulus.condition if is_original else stimulus.direction}",
        figures=_figures(stimulus, "bits" if aim is None else "p_obj"),
        image=to_pixels(resized(shown, size)),
        density=log_normalised(resized(log_saliency, size)).exp().numpy(),
        mask=None if aim is None else resized(aim, size).numpy() > 0.5,
        changed=_changed_region(root, material, stimulus, size),
    )


def _changed_region(
    root: Path, material: SourceMaterial, stimulus: Stimulus, size: tuple[int, int]
) -> np.ndarray | None:
    if stimulus.control is None:
        return None
    mask = material.framing.cut(read_image(root / stimulus.control.mask)[..., 0])
    return resized(torch.from_numpy(mask > 127).float(), size).numpy() > 0.5


def _figures(stimulus: Stimulus, unit: str) -> str:
    effect = stimulus.effect
    if effect is None:
        return ""
    if effect.predicted_change is None:
        return f"{unit} {effect.predicted:.3f}"
    lines = [f"{unit} {effect.predicted:.3f} ({effect.predicted_change:+.3f})"]
    control = stimulus.control
    for name, change in effect.second_changes.items():
        transfer = None if control else effect.transfer_to(name)
        share = "" if transfer is None else f" ({transfer:.0%})"
        is_least = not control and len(effect.second_changes) > 1 and name == effect.least
        lines.append(f"{name} {change:+.3f}{share}{', least' if is_least else ''}")
    if effect.realism is not None:
        over = ", OVER BUDGET" if effect.within_budget is False else ""
        lines.append(f"realism {effect.realism:.2f}, {effect.second_realism:.2f}{over}")
    if effect.aim_reached is False:
        lines.append("aim not reached")
    if control:
        lines += [
            f"changed region {control.p_obj_change:+.3f}",
            f"size {control.size_ratio:.2f}, saliency {control.saliency_difference:+.2f} nat",
        ]
    if effect.unusual:
        lines += [f"unusual: {one}" for one in effect.unusual.split(", ")]
    return "\n".join(lines)
