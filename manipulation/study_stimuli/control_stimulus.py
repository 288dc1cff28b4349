"""The matched control of a source: the increase's change, made to another region of the photograph.

What the increase did to its aim is done to the region of `control_region`, and to nothing else, so
that attention to the target can be told from attention to a changed picture. It is judged by p_obj
of the target, which nobody has changed.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from manipulation.images.photographs import squared_mask, to_image, to_pixels
from manipulation.study_stimuli.build_record import BuildRecord, array_sha256
from manipulation.study_stimuli.recorded_effect import RECIPE, ShownImage
from manipulation.study_stimuli.source_material import SourceMaterial
from manipulation.targets.control_region import (
    SALIENCY_NATS,
    SIZE_FACTOR,
    free_places,
    matched_region,
)
from manipulation.transforms.edits import BOUNDS
from manipulation.transforms.makers import Amounts
from stimuli.contract.settings import VersionSettings
from stimuli.contract.vocabulary import ControlRegion, Direction, Stimulus
from stimuli.support.errors import InputError
from stimuli.support.files import read_image, read_log_saliency, write_image

if TYPE_CHECKING:
    from manipulation.study_stimuli.source_stimuli import SourceStimuli


@dataclass(frozen=True)
class MadeVersion:
    """A stimulus that was made, the share of its change, and what its aim got (`Maker.control`)."""

    stimulus: Stimulus
    share: float = 1.0
    amounts: Amounts | None = None


def increase_of(material: SourceMaterial) -> VersionSettings:
    """Return the version of a source whose change the control makes elsewhere."""
    (version,) = (v for v in material.source.versions if v.direction == Direction.INCREASE)
    return version


def check_room(materials: Iterable[SourceMaterial]) -> None:
    """Raise InputError unless a control of each source has room beside its targets."""
    full = [one for one in materials if not _has_room(one)]
    if full:
        raise InputError(
            f"{full[0].where}: the targets of {', '.join(one.source.source_id for one in full)} "
            f"leave no room for a matched control, a copy of the first one's outline inside the "
            f"image and apart from all; expected smaller or fewer targets, or control = false in "
            f"these sources"
        )


def _has_room(material: SourceMaterial) -> bool:
    aim = material.aim(increase_of(material))
    return aim is None or bool(free_places(aim, _taken(material)).any())


def make_control(
    steps: "SourceStimuli",
    material: SourceMaterial,
    increase: MadeVersion,
    original: ShownImage,
) -> Stimulus:
    """Make the control of a source, and write its files.

    Parameters
    ----------
    steps
        Makes the stimuli of the source.
    increase
        The version to increase, made already.
    original
        The original as shown.
    """
    record = steps.record(f"{material.source.source_id}_{Direction.CONTROL}")
    version, photograph = increase_of(material), material.photograph
    intent, maker = material.intent(version), steps.makers.maker(version)
    region, found = _region(steps, record, material, version, original)
    mask = f"stimuli/masks/{record.stim_id}.png"
    pixels = material.framing.mask((region * 255).byte().numpy())
    mask_sha256 = record.file_if_stale(
        mask, array_sha256(pixels), lambda path: write_image(path, pixels)
    )

    def control() -> Tensor:
        return maker.control(photograph, region, intent, increase.amounts, increase.share)

    changed = f"stimuli/versions/{record.stim_id}.png"
    changed_sha256 = record.file_if_stale(
        changed,
        [
            RECIPE, array_sha256(photograph), array_sha256(region), increase.amounts,
            increase.share, intent.identity, maker.identity,
            steps.models.guides_sha256(steps.makers.transform(version)),
        ],
        lambda path: write_image(path, to_pixels(control())),
    )  # fmt: skip
    changed_path = steps.study.root / changed
    shown = steps.shown(
        record, lambda: to_image(read_image(changed_path)), changed_sha256, material.framing
    )
    effects = steps.effects(record, material.framing, material.aim(version))
    effect = effects.of_version(original, shown, None, {"control": region})
    effect = effect.judged_without(steps.models.took_part(maker.parts))
    change_in_region = effects.change_in(region, original, shown)
    record.finish()
    row = steps.row(material, version, record.stim_id, shown, effect)
    return replace(
        row,
        direction=Direction.CONTROL,
        block=steps.blocks[row.source_id, Direction.CONTROL],
        targets=(replace(row.targets[0], k_shift=0.0),),
        edits={"control": aim} if (aim := next(iter(increase.stimulus.edits.values()), {})) else {},
        k_scale=1.0,
        target=None,
        target_sha256=None,
        control=ControlRegion(
            mask=mask,
            mask_sha256=mask_sha256,
            change=_in_words(increase.amounts, intent.k_shift[0]),
            p_obj_change=change_in_region,
            **{name: found[name] for name in _FOUND},
        ),
    )


_FOUND = ("annotation_id", "x_px", "y_px", "size_ratio", "saliency_difference")


def _region(
    steps: "SourceStimuli",
    record: BuildRecord,
    material: SourceMaterial,
    version: VersionSettings,
    original: ShownImage,
) -> tuple[Tensor, dict[str, Any]]:
    """Return the region ``(H, W)`` of the control, and how well it matches."""
    aim, taken = material.aim(version), _taken(material)
    assert aim is not None  # a source with a control has targets

    def search() -> dict[str, Any]:
        log_saliency = read_log_saliency(steps.study.root / original.prediction.path)
        objects = _other_objects(material)
        found = matched_region(torch.from_numpy(log_saliency), aim, taken, objects)
        assert found is not None  # `check_room` has seen that a place is free
        return {name: getattr(found, name) for name in _FOUND}

    entries = _entries(material)
    found = record.value_if_stale(
        "control region",
        [
            RECIPE, original.prediction.sha256, array_sha256(aim), array_sha256(taken), entries,
            SIZE_FACTOR, SALIENCY_NATS,
        ],
        search,
    )  # fmt: skip
    if found["annotation_id"] is not None:
        return _cut(material, found["annotation_id"]), found
    shift = (round(found["y_px"]), round(found["x_px"]))
    return torch.roll(aim, shift, dims=(0, 1)), found


def _taken(material: SourceMaterial) -> Tensor:
    """Return the union of all targets of a source ``(H, W)``."""
    return torch.stack([material.mask(ids) for ids in material.target_ids]).amax(dim=0)


def _entries(material: SourceMaterial) -> list[dict[str, Any]]:
    """Return the annotations of the photograph's objects that are no target."""
    if material.objects is None:
        return []
    aimed_at = {one for ids in material.target_ids for one in ids}
    entries = material.objects.annotations.of_image(material.source.image_id)
    return [one for one in entries if one["id"] not in aimed_at and not one.get("iscrowd")]


def _other_objects(material: SourceMaterial) -> Iterator[tuple[int, Tensor]]:
    """Yield annotation and region ``(H, W)`` of the objects that are no target.

    One whose outline cannot be read has no part in the study, and is left out.
    """
    for entry in _entries(material):
        with suppress(InputError):
            yield entry["id"], _cut(material, entry["id"])


def _cut(material: SourceMaterial, annotation_id: int) -> Tensor:
    """Return the region of an object, of which the cut to a square may leave nothing."""
    assert material.objects is not None
    whole: np.ndarray = material.objects.union([annotation_id])
    return squared_mask(whole, material.shown_size, material.settings.images.fit)


def _in_words(amounts: Amounts | None, k_shift: float) -> str:
    if amounts is None:
        return f"k_shift {k_shift:+g}"
    return ", ".join(f"{name} {one:+.4f}" for name, one in zip(BOUNDS, amounts, strict=True))


def controls_in_words(controls: Sequence[Stimulus]) -> list[str]:
    """Return how well the regions of controls match their targets, and what is predicted."""
    known = {one.stim_id: one.control for one in controls if one.control}
    if not known:
        return []
    sizes = [one.size_ratio for one in known.values()]
    saliency = [one.saliency_difference for one in known.values()]
    objects = sum(one.annotation_id is not None for one in known.values())
    effects = {one.stim_id: one.effect for one in controls if one.effect}
    changes = [one.predicted_change or 0.0 for one in effects.values()]
    lines = [
        f"{len(known)} matched controls, {objects} on annotated objects, the others on copies of "
        f"the target's outline: size {min(sizes):.2f} to {max(sizes):.2f} times the target's, mean "
        f"log saliency {min(saliency):+.2f} to {max(saliency):+.2f} nat from it; predicted change "
        f"of p_obj of the target {min(changes):+.3f} to {max(changes):+.3f}."
    ]
    if off := [n for n, one in known.items() if abs(one.saliency_difference) > SALIENCY_NATS]:
        lines.append(
            f"The saliency of {', '.join(off)} is over {SALIENCY_NATS:g} nat from the target's: "
            f"nothing more like it is free; think of control = false in these sources."
        )
    if over := [
        one.stim_id for one in controls if one.effect and one.effect.within_budget is False
    ]:
        lines.append(
            f"Over the budget of naturalness, with what their increases got: {', '.join(over)}; "
            f"think of control = false in these sources."
        )
    return lines
