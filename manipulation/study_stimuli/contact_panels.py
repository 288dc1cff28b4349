"""What the contact sheet of a study shows of every stimulus."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

import numpy as np
import torch

from manipulation.images.contact_sheet import Outlined, Panel, Role
from manipulation.images.log_density import log_normalised
from manipulation.images.photographs import resized, to_image, to_pixels
from manipulation.study_stimuli.source_material import Ids, SourceMaterial
from stimuli.contract.region_names import union_name, unusual_by_name
from stimuli.contract.vocabulary import Direction, PredictedEffect, Stimulus
from stimuli.support.files import read_image, read_log_saliency

_SHEET_PX = 256
_LETTERS = 34  # that have room above a density
_TITLE = 38  # characters that have room above a picture


def contact_panels(
    root: Path, material: SourceMaterial, stimuli: Sequence[Stimulus]
) -> list[Panel]:
    """Return the pictures of a source's stimuli, from the files of the study.

    Each version has its own aim outlined and measured, its partners outlined otherwise, and of a
    control what was changed in the aim's place; the original has the aims of all versions.
    """
    return [_panel(root, material, one, stimuli) for one in stimuli]


def _panel(
    root: Path, material: SourceMaterial, stimulus: Stimulus, stimuli: Sequence[Stimulus]
) -> Panel:
    log_saliency = torch.from_numpy(read_log_saliency(root / stimulus.prediction))
    shown = to_image(material.framing.cut(read_image(root / stimulus.image)))
    longest = max(shown.shape)
    height, width = (round(_SHEET_PX * side / longest) for side in shown.shape[-2:])
    size = (height, width)
    is_original = stimulus.direction == Direction.NONE
    aims = _aims(stimuli) if is_original else [one.annotation_ids for one in stimulus.targets[:1]]
    partners = [one.annotation_ids for one in stimulus.targets[1:]]
    names = material.names

    def outlined(ids: Ids, role: Role) -> Outlined:
        mask = resized(material.mask(ids), size).numpy() > 0.5
        return Outlined(mask, role, union_name(names, ids))

    regions = [outlined(ids, Role.AIM) for ids in aims]
    regions += [outlined(ids, Role.PARTNER) for ids in partners]
    changed = _changed_region(root, material, stimulus, size)
    if changed is not None:
        regions.append(Outlined(changed, Role.CHANGED, "changed"))
    aim = f": {regions[0].name}" if regions and not is_original else ""
    return Panel(
        title=_short(f"{stimulus.source_id}: original" if is_original
                     else f"{stimulus.direction}{aim}"),
        figures="\n".join(_originals_figures(stimuli, names)) if is_original
        else _figures(stimulus, "p_obj" if stimulus.targets else "bits", names),
        image=to_pixels(resized(shown, size)),
        density=log_normalised(resized(log_saliency, size)).exp().numpy(),
        outlined=tuple(regions),
        notes=_costs(stimulus.effect),
    )  # fmt: skip


def _short(title: str) -> str:
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 3]}..."


def _aims(stimuli: Sequence[Stimulus]) -> list[Ids]:
    """Return the aims of the versions of a source, each once."""
    aims = [one.targets[0].annotation_ids for one in stimuli if one.targets]
    return list(dict.fromkeys(aims))


def _originals_figures(stimuli: Sequence[Stimulus], names: dict[int, str]) -> list[str]:
    """Return what is measured in the original: p_obj of each version's aim, or the entropy."""
    measured: dict[str, float] = {}
    several = len(_aims(stimuli)) > 1
    for one in stimuli:
        effect = one.effect
        if one.direction == Direction.NONE or effect is None or effect.predicted_change is None:
            continue
        ids = one.targets[0].annotation_ids if one.targets else ()
        name = f"p_obj {union_name(names, ids)}" if several else "p_obj" if ids else "bits"
        measured.setdefault(name, effect.predicted - effect.predicted_change)
    lines = [f"{name} {value:.3f}" for name, value in measured.items()]
    return [part for one in lines for part in wrap(one, _LETTERS, subsequent_indent="  ")]


def _changed_region(
    root: Path, material: SourceMaterial, stimulus: Stimulus, size: tuple[int, int]
) -> np.ndarray | None:
    if stimulus.control is None:
        return None
    mask = material.framing.cut(read_image(root / stimulus.control.mask)[..., 0])
    return resized(torch.from_numpy(mask > 127).float(), size).numpy() > 0.5


def _costs(effect: PredictedEffect | None) -> str:
    """Return what a version costs in naturalness, in four lines; none of an original."""
    if effect is None or effect.ssim is None:
        return ""

    def number(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    features = f"{number(effect.feature_distance, '.3f')}, {number(effect.local_distance, '.2f')}"
    colours, tones, known = (
        number(one, ".1f")
        for one in (
            effect.colour_difference, effect.tone_difference, effect.memory_colour_difference
        )
    )  # fmt: skip
    clipped, seam = number(effect.clipped, ".1%"), number(effect.seam_octaves, "+.1f")
    return (
        f"distance {features}, {number(effect.psnr_db, '.1f')} dB\n"
        f"colours {colours}, tones {tones}, SSIM {effect.ssim:.2f}\n"
        f"clipped {clipped}, contours {seam}\n"
        f"skin, plants, sky {known}"
    )


def _figures(stimulus: Stimulus, unit: str, names: dict[int, str]) -> str:
    effect = stimulus.effect
    if effect is None:
        return ""
    if effect.predicted_change is None:
        return f"{unit} {effect.predicted:.3f}"
    lines = [f"{unit} {effect.predicted:.3f} ({effect.predicted_change:+.3f})"]
    control = stimulus.control
    for name, change in effect.second_changes.items():
        transfer = None if control else effect.transfer_to(name)
        share = "" if transfer is None else f" ({transfer:z.0%})"
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
    for one in unusual_by_name(effect.unusual, names):
        lines += wrap(f"unusual: {one}", _LETTERS, subsequent_indent="  ")
    return "\n".join(lines)
