"""The stimuli of a study while they are made: one source after the other, then the catalogue.

Every file is written whole under its final name; the catalogue comes last, so a study without
``stimuli.tsv`` is one whose stimuli are not finished.
"""

import io
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from manipulation.design.blocks import block_orders, version_blocks
from manipulation.design.contact_sheet import Panel, contact_sheet
from manipulation.design.proposals import check_size
from manipulation.photographs import (
    resized,
    squared,
    squared_mask,
    to_image,
    to_pixels,
    upscaled,
)
from manipulation.prediction import entropy_bits, p_obj, salient_region
from manipulation.saliency import SaliencyModel
from manipulation.saliency.centre_bias import log_normalised
from manipulation.saliency.files import saliency_model_sha256
from manipulation.training.targets import blurred_masks, global_scale, local_shift
from manipulation.transforms.edits import develop, feathered, prepare, search_edits
from stimuli.catalogue import write_blocks, write_catalogue
from stimuli.errors import InputError
from stimuli.files import read_image, sha256, write_bytes, write_image, write_log_saliency
from stimuli.masks import Annotations, read_annotations
from stimuli.provenance import write_sidecar
from stimuli.settings import SourceSettings, VersionSettings
from stimuli.study import Study
from stimuli.vocabulary import Block, Condition, Direction, Stimulus, Target

_SHEET_PX = 256
_SOFT_BORDER = 0.05  # of the salient surroundings, as a share of the side


class StimulusSet:
    """Makes the stimuli of a study.

    All photographs and annotations are read and checked at once, before anything is written.

    Parameters
    ----------
    study
        Its settings say everything that is made.
    model
        Guides the changes and predicts their effect.

    Attributes
    ----------
    predicted : dict
        By source id, the aim's measure (p_obj, or entropy in bits) in the original, the increase
        and the decrease.
    """

    def __init__(self, study: Study, model: SaliencyModel) -> None:
        if not study.settings.sources:
            raise InputError(
                f"{study.settings_file}: names no sources; expected [[sources]], which --demo or "
                f"--coco propose for a new study"
            )
        self.study = study
        self.settings = study.settings
        self.model = model
        self.model_sha256 = saliency_model_sha256(self.settings.manipulation.saliency, model)
        self.blocks = version_blocks(
            {one.source_id: Condition(one.condition) for one in self.settings.sources},
            self.settings.study.seed,
        )
        self.predicted: dict[str, tuple[float, float, float]] = {}
        self._stimuli: list[Stimulus] = []
        self._panels: list[list[Panel]] = []
        self._annotations: dict[Path, Annotations] = {}
        for source in self.settings.sources:
            self._pixels(source)
            self._masks(source)

    def add_source(self, source: SourceSettings) -> None:
        """Make the original and the two versions of a source, and write their files."""
        images = self.settings.images
        photograph = squared(self._pixels(source), images.model_px, images.fit)
        masks = self._masks(source)
        log_saliency = self.model.predict(photograph[None])[0]
        for ids, mask in masks.items():
            path = self.study.root / self._mask_file(source, ids)
            write_image(path, (mask * 255).byte().numpy())

        original = self._add(source, None, photograph, None)
        changed = self._changed(source, photograph, log_saliency)
        results = {}
        for version, image in zip(source.versions, changed, strict=True):
            target = self._target(version, resized(log_saliency, images.size_px), masks)
            results[version.direction] = self._add(source, version, image, target)
        order = [original, results[Direction.INCREASE], results[Direction.DECREASE]]
        self.predicted[source.source_id] = tuple(value for value, _ in order)
        self._panels.append([panel for _, panel in order])

    def finish(self) -> None:
        """Write blocks, contact sheet, provenance and, last, the catalogue."""
        study = self.study
        write_blocks(study.blocks, block_orders(self.settings.design.orders))
        sheet = study.stimuli / "contact_sheet.png"
        buffer = io.BytesIO()
        figure = contact_sheet(
            self._panels,
            f"{self.settings.study.name}: images and predicted densities without centre bias "
            f"({self.settings.manipulation.saliency}, {self.settings.manipulation.transform})",
        )
        figure.savefig(buffer, format="png", dpi=110)
        write_bytes(sheet, buffer.getvalue())
        photographs = [study.root / one.photograph for one in self.settings.sources]
        write_sidecar(
            study.stimuli / "generate.provenance.json",
            command="manipulation.generate",
            settings=self.settings.as_dict(),
            inputs=[study.settings_file, *photographs, *self._annotations],
            outputs=[study.root / one.image for one in self._stimuli] + [study.blocks],
            seeds={"study": self.settings.study.seed},
            root=study.root,
        )
        write_catalogue(study.catalogue, self._stimuli)

    def moved_as_asked(self) -> list[bool]:
        """Return for every version whether its prediction moved in the direction of its aim."""
        return [
            moved
            for original, increase, decrease in self.predicted.values()
            for moved in (increase > original, decrease < original)
        ]

    def _read_annotations(self, source: SourceSettings) -> Annotations:
        path = self.study.root / source.annotations
        if path not in self._annotations:
            self._annotations[path] = read_annotations(path)
        return self._annotations[path]

    def _pixels(self, source: SourceSettings) -> np.ndarray:
        pixels = read_image(self.study.root / source.photograph)
        if source.annotations:
            annotations = self._read_annotations(source)
            check_size(source.photograph, pixels, annotations, source.image_id)
        return pixels

    def _masks(self, source: SourceSettings) -> dict[tuple[int, ...], Tensor]:
        """Return the mask of every target at the size as shown, by annotation ids."""
        images = self.settings.images
        masks = {}
        for target in (target for version in source.versions for target in version.targets):
            if not source.annotations:
                raise InputError(
                    f"{self.study.settings_file}: source {source.source_id} has targets but no "
                    f"annotations; expected a COCO annotation file"
                )
            mask = self._read_annotations(source).mask(source.image_id, target.annotation_ids)
            mask = squared_mask(mask, images.size_px, images.fit)
            if not mask.any():
                raise InputError(
                    f"{self.study.settings_file}: source {source.source_id}, annotations "
                    f"{list(target.annotation_ids)}: nothing is left inside the square image; "
                    f'expected a target near the middle, or images.fit = "stretch"'
                )
            masks[target.annotation_ids] = mask
        return masks

    def _mask_file(self, source: SourceSettings, annotation_ids: tuple[int, ...]) -> str:
        return f"stimuli/masks/{source.source_id}_{'-'.join(map(str, annotation_ids))}.png"

    def _target(
        self,
        version: VersionSettings,
        log_saliency: Tensor,
        masks: dict[tuple[int, ...], Tensor],
    ) -> Tensor:
        """Return the target log saliency of a version: shift first, then scale."""
        side = log_saliency.shape[-1]
        if version.targets:
            regions = torch.stack([masks[target.annotation_ids] for target in version.targets])
            blur = self.settings.manipulation.mask_blur_px * side / self.settings.images.model_px
            regions = blurred_masks(resized(regions, side), blur)
            shifts = [target.k_shift for target in version.targets]
            log_saliency = local_shift(log_saliency, regions, shifts)
        return global_scale(log_saliency, version.k_scale)

    def _changed(
        self, source: SourceSettings, photograph: Tensor, log_saliency: Tensor
    ) -> list[Tensor]:
        """Return the changed images of a source, one for each version, at network size."""
        edits, masks = self.settings.edits, self._masks(source)
        regions = feathered(_regions(list(masks.values()), log_saliency), edits.feather)
        targets = [self._target(version, log_saliency, masks) for version in source.versions]
        negative = prepare(photograph, regions)
        return list(
            develop(negative, search_edits(self.model, negative, torch.stack(targets), edits))
        )

    def _add(
        self,
        source: SourceSettings,
        version: VersionSettings | None,
        image: Tensor,
        target: Tensor | None,
    ) -> tuple[float, Panel]:
        """Write one stimulus and return the measure of its source's aim, and its panel."""
        images, root = self.settings.images, self.study.root
        direction = Direction(version.direction) if version else Direction.NONE
        condition = Condition(source.condition) if version else Condition.ORIGINAL
        name = direction if version else condition
        stim_id = f"{source.source_id}_{name}"
        shown = to_pixels(upscaled(image, images.size_px))
        files = {
            "image": f"stimuli/images/{stim_id}.png",
            "target": f"stimuli/targets/{stim_id}.npz" if version else None,
            "prediction": f"stimuli/predictions/{stim_id}.npz",
        }
        write_image(root / files["image"], shown)
        # The prediction is for what is shown, rounding and both resizes included.
        seen = resized(to_image(shown), images.model_px)
        log_saliency = resized(self.model.predict(seen[None])[0], images.size_px)
        write_log_saliency(root / files["prediction"], log_saliency.numpy())
        if target is not None:
            write_log_saliency(root / files["target"], target.numpy())
        targets = version.targets if version else ()
        block = self.blocks[source.source_id, direction] if version else Block.ORIGINALS
        self._stimuli.append(
            Stimulus(
                stim_id=stim_id,
                source_id=source.source_id,
                condition=condition,
                direction=direction,
                block=block,
                targets=tuple(
                    Target(t.annotation_ids, t.k_shift, self._mask_file(source, t.annotation_ids))
                    for t in targets
                ),
                k_scale=version.k_scale if version else 1.0,
                image=files["image"],
                target=files["target"],
                prediction=files["prediction"],
                image_sha256=sha256(root / files["image"]),
                source_sha256=sha256(root / source.photograph),
                checkpoint_sha256=self.model_sha256,
                licence=self._licence(source),
            )
        )
        return self._measured(source, name, shown, log_saliency)

    def _licence(self, source: SourceSettings) -> str:
        if not source.annotations:
            return "unknown"
        return self._read_annotations(source).licence(source.image_id)

    def _measured(
        self, source: SourceSettings, name: str, shown: np.ndarray, log_saliency: Tensor
    ) -> tuple[float, Panel]:
        mask = None
        if source.condition == Condition.OBJECT:
            aim = self._masks(source)[source.versions[0].targets[0].annotation_ids]
            value = p_obj(log_saliency, aim)
            figures = f"p_obj {value:.3f}"
            mask = resized(aim, _SHEET_PX).numpy() > 0.5
        else:
            value = entropy_bits(log_saliency)
            figures = f"entropy {value:.2f} bits"
        small = to_pixels(resized(to_image(shown), _SHEET_PX))
        density = log_normalised(resized(log_saliency, _SHEET_PX)).exp().numpy()
        return value, Panel(f"{source.source_id}: {name}", figures, small, density, mask)


def _regions(masks: list[Tensor], log_saliency: Tensor) -> Tensor:
    """Return regions ``(n, H, W)`` that tile the image: targets, what else is salient, the rest.

    Where targets overlap, the first takes the pixel. The border between the last two follows no
    contour of the image, so it is wide.
    """
    side = log_saliency.shape[-1]
    taken = torch.zeros(side, side)
    regions = []
    for mask in masks:
        region = (resized(mask, side) > 0.5).float() * (1 - taken)
        taken = taken + region
        regions.append(region)
    salient = blurred_masks(salient_region(log_saliency, taken), _SOFT_BORDER * side) * (1 - taken)
    return torch.stack([*regions, salient, 1 - taken - salient])
