"""What is known of a source before a version of it is made: photograph, regions, intents.

In go the settings of a study; out comes the material of each of its sources, read and checked once,
from which `generate`, the studio and `transfer` make versions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from manipulation.images.framing import Framing, framing
from manipulation.images.photographs import (
    LEAST_PX,
    resized,
    squared,
    squared_mask,
    to_image,
    to_pixels,
)
from manipulation.targets.intent import Intent
from stimuli.contract.coco_file import ORIGINAL_NAME
from stimuli.contract.masks import Annotations, ObjectMasks, check_size, read_annotations
from stimuli.contract.region_names import object_names
from stimuli.contract.settings import Settings, SourceSettings, TargetSettings, VersionSettings
from stimuli.contract.study import Study
from stimuli.support.errors import InputError, nearest
from stimuli.support.files import read_image

Ids = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SourceMaterial:
    """The material of a source. Each annotation is decoded once, for all regions that it is in.

    Attributes
    ----------
    source
        Settings of the source.
    settings
        Settings of the study.
    pixels : ndarray (h, w, 3), uint8
        The photograph as the networks see it: a square of model_px, or where it is shown whole
        what it fills of that.
    objects
        Annotated objects of the photograph; None where the source has no annotations.
    where
        File of the settings; errors name it.
    """

    source: SourceSettings
    settings: Settings
    pixels: np.ndarray
    objects: ObjectMasks | None
    where: str
    _cut: dict[Ids, Tensor] = field(default_factory=dict, repr=False)

    @property
    def photograph(self) -> Tensor:
        """The photograph ``(3, h, w)`` as the networks see it, RGB in [0, 1]."""
        return to_image(self.pixels)

    @property
    def framing(self) -> Framing:
        """Where the photograph stands in the square as shown."""
        images, (height, width) = self.settings.images, self.pixels.shape[:2]
        grey = self.settings.screen.grey_level
        return framing((height, width), images.model_px, images.size_px, grey)

    @property
    def shown_size(self) -> tuple[int, int]:
        """Height and width ``(H, W)`` of the photograph as shown."""
        return self.framing.shown_size

    @property
    def licence(self) -> str:
        """Terms of the photograph, ``unknown`` where nothing states them."""
        if self.objects is None:
            return "unknown"
        return self.objects.annotations.licence(self.source.image_id)

    @property
    def file_name(self) -> str:
        """What the photograph's file was called before it became a source."""
        image = {} if self.objects is None else self.objects.annotations.image(self.source.image_id)
        return str(image.get(ORIGINAL_NAME) or Path(self.source.photograph).name)

    @property
    def names(self) -> dict[int, str]:
        """Names of its annotated objects, by their annotations (`object_names`)."""
        if self.objects is None:
            return {}
        return object_names(self.objects.annotations, self.source.image_id)

    def ids(self, target: TargetSettings) -> Ids:
        """Return the annotations that a target means.

        Of a category, those whose outline can be read.

        Raises
        ------
        InputError
            If it names a category of which the photograph has no object.
        """
        if target.annotation_ids:
            return target.annotation_ids
        objects = self._objects()
        annotations = objects.annotations
        by_category: dict[str, list[int]] = {}
        for entry in annotations.of_image(self.source.image_id):
            name = annotations.categories.get(entry.get("category_id", -1), "")
            if name == target.category and objects.fault(entry["id"]):
                continue  # an outline that cannot be read
            by_category.setdefault(name, []).append(entry["id"])
        if target.category not in by_category:
            raise InputError(
                f"{self.where}: source {self.source.source_id} has no object of category "
                f"{target.category!r}; expected one of {sorted(by_category)}"
                f"{nearest(target.category, by_category)}"
            )
        return tuple(by_category[target.category])

    def mask(self, ids: Ids) -> Tensor:
        """Return the region of annotations ``(H, W)`` as shown, 1 inside, 0 outside.

        Raises
        ------
        InputError
            If an annotation is wrong, or nothing is left of the region once the photograph is cut
            to a square.
        """
        if ids not in self._cut:
            fit = self.settings.images.fit
            cut = squared_mask(self._objects().union(ids), self.shown_size, fit)
            if not cut.any():
                raise InputError(
                    f"{self.where}: source {self.source.source_id}, annotations {list(ids)}: "
                    f"nothing is left inside the square image; "
                    f'expected a target near the middle, or images.fit = "stretch" or "whole"'
                )
            self._cut[ids] = cut > 0.5  # a quarter of the memory
        return self._cut[ids].float()

    @property
    def target_ids(self) -> list[Ids]:
        """The annotations of every target of both versions, each once."""
        targets = [target for version in self.source.versions for target in version.targets]
        return sorted({self.ids(target) for target in targets})

    def aim_ids(self, version: VersionSettings) -> Ids | None:
        """Return the annotations of what a version is judged by; None for the entropy."""
        return self.ids(version.targets[0]) if version.targets else None

    def aim(self, version: VersionSettings) -> Tensor | None:
        """Return the region ``(H, W)`` of what a version is judged by, or None."""
        ids = self.aim_ids(version)
        return None if ids is None else self.mask(ids)

    def regions(self, version: VersionSettings) -> dict[str, Tensor]:
        """Return the regions of a version's targets ``(H, W)`` by their annotations."""
        ids = [self.ids(target) for target in version.targets]
        return {"+".join(map(str, one)): self.mask(one) for one in ids}

    def intent(self, version: VersionSettings) -> Intent:
        """Return what a version should do, with masks at the size as shown."""
        masks = [self.mask(self.ids(target)) for target in version.targets]
        return Intent(
            masks=torch.stack(masks) if masks else torch.zeros(0, *self.shown_size),
            k_shift=tuple(target.k_shift for target in version.targets),
            k_scale=version.k_scale,
            blur=self.settings.manipulation.mask_blur_px / self.settings.images.model_px,
        )

    def without_decoded(self) -> "SourceMaterial":
        """Return the same without the masks at the photograph's size; regions that are cut stay."""
        if self.objects is None:
            return self
        masks = self.objects
        return replace(
            self, objects=ObjectMasks(masks.annotations, masks.image_id, masks.enough_px)
        )

    def _objects(self) -> ObjectMasks:
        if self.objects is None:
            raise InputError(
                f"{self.where}: source {self.source.source_id} has targets but no "
                f"annotations; expected a COCO annotation file"
            )
        return self.objects


def source_material(
    source: SourceSettings,
    pixels: np.ndarray,
    objects: ObjectMasks | None,
    settings: Settings,
    where: str,
) -> SourceMaterial:
    """Return the material of a source from its photograph as it was taken.

    Parameters
    ----------
    pixels : ndarray (height, width, 3), uint8
        The photograph.
    objects
        Its annotated objects.
    settings
        Settings of the study: the sizes, the cut and the blur of masks.
    where
        File of the settings; errors name it.

    Raises
    ------
    InputError
        If a target is wrong.
    """
    images = settings.images
    seen = to_pixels(squared(pixels, images.model_px, images.fit))
    material = SourceMaterial(source, settings, seen, objects, where)
    if min(seen.shape[:2]) < LEAST_PX:
        raise InputError(
            f"{where}: source {source.source_id} is {pixels.shape[1]} x {pixels.shape[0]} px, and "
            f"shown whole {seen.shape[1]} x {seen.shape[0]} px for the networks, which need "
            f'{LEAST_PX}; expected a less narrow photograph, or images.fit = "crop"'
        )
    for ids in material.target_ids:
        if not resized(material.mask(ids), (seen.shape[0], seen.shape[1])).gt(0.5).any():
            raise InputError(
                f"{where}: source {source.source_id}, annotations {list(ids)}: nothing is left of "
                f"the region at the size that networks see, {seen.shape[1]} x {seen.shape[0]} px; "
                f"expected a larger target, or a larger images.model_px"
            )
    return material


class Sources:
    """The sources that the settings of a study name; each is read once.

    Parameters
    ----------
    study
        Its settings name photographs and annotations.
    """

    def __init__(self, study: Study) -> None:
        self.study, self.settings = study, study.settings
        self._annotations: dict[Path, Annotations] = {}
        self._materials: dict[str, SourceMaterial] = {}

    def read(self) -> Sequence[SourceMaterial]:
        """Return the material of all sources, without masks at the size of the photographs.

        Raises
        ------
        InputError
            If there are no sources, or anything about one is wrong.
        """
        if not self.settings.sources:
            raise InputError(
                f"{self.study.settings_file}: names no sources; expected [[sources]], which "
                f"--demo, --coco or --photographs propose for a new study"
            )
        for source in self.settings.sources:
            self._materials[source.source_id] = self.material(source).without_decoded()
        return [self.material(source) for source in self.settings.sources]

    def material(self, source: SourceSettings) -> SourceMaterial:
        """Return the material of a source.

        Raises
        ------
        InputError
            If the photograph, its annotations or a target are wrong.
        """
        if source.source_id not in self._materials:
            pixels = read_image(self.study.root / source.photograph)
            objects = None
            if source.annotations:
                annotations = self._read_annotations(source)
                check_size(source.photograph, pixels, annotations, source.image_id)
                objects = ObjectMasks(
                    annotations, source.image_id, 2 * self.settings.images.size_px
                )
            where = str(self.study.settings_file)
            material = source_material(source, pixels, objects, self.settings, where)
            self._materials[source.source_id] = material
        return self._materials[source.source_id]

    @property
    def annotation_files(self) -> list[Path]:
        """The annotation files that were read."""
        return list(self._annotations)

    def _read_annotations(self, source: SourceSettings) -> Annotations:
        path = self.study.root / source.annotations
        if path not in self._annotations:
            self._annotations[path] = read_annotations(path)
        return self._annotations[path]
