"""The sources of a study as its settings name them: photographs, regions, intents."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from manipulation.design.proposals import check_size
from manipulation.photographs import squared, squared_mask
from manipulation.transforms.intent import Intent
from stimuli.errors import InputError, nearest
from stimuli.files import read_image
from stimuli.masks import Annotations, read_annotations
from stimuli.settings import SourceSettings, TargetSettings, VersionSettings
from stimuli.study import Study

Ids = tuple[int, ...]


class Sources:
    """Reads what the settings of a study name, and checks it.

    Parameters
    ----------
    study
        Its settings name photographs and annotations.
    """

    def __init__(self, study: Study) -> None:
        self.study, self.settings = study, study.settings
        self._annotations: dict[Path, Annotations] = {}

    def check(self) -> None:
        """Read everything once.

        Raises
        ------
        InputError
            If there are no sources, or anything about one is wrong.
        """
        if not self.settings.sources:
            raise InputError(
                f"{self.study.settings_file}: names no sources; expected [[sources]], which --demo "
                f"or --coco propose for a new study"
            )
        for source in self.settings.sources:
            self._pixels(source)
            self.masks(source)

    @property
    def annotation_files(self) -> list[Path]:
        """Those that were read."""
        return list(self._annotations)

    def annotations(self, source: SourceSettings) -> Annotations:
        """Return the annotations of a source, or raise InputError if it has none."""
        if not source.annotations:
            raise InputError(
                f"{self.study.settings_file}: source {source.source_id} has targets but no "
                f"annotations; expected a COCO annotation file"
            )
        path = self.study.root / source.annotations
        if path not in self._annotations:
            self._annotations[path] = read_annotations(path)
        return self._annotations[path]

    def photograph(self, source: SourceSettings) -> Tensor:
        """Return a photograph ``(3, side, side)`` as the networks see it, RGB in [0, 1]."""
        images = self.settings.images
        return squared(self._pixels(source), images.model_px, images.fit)

    def licence(self, source: SourceSettings) -> str:
        """Return the terms of a photograph, ``unknown`` where nothing states them."""
        if not source.annotations:
            return "unknown"
        return self.annotations(source).licence(source.image_id)

    def ids(self, source: SourceSettings, target: TargetSettings) -> Ids:
        """Return the annotations that a target means.

        Raises
        ------
        InputError
            If it names a category of which the photograph has no object.
        """
        if target.annotation_ids:
            return target.annotation_ids
        annotations = self.annotations(source)
        by_category: dict[str, list[int]] = {}
        for entry in annotations.of_image(source.image_id):
            name = annotations.categories.get(entry.get("category_id"), "")
            by_category.setdefault(name, []).append(entry["id"])
        if target.category not in by_category:
            raise InputError(
                f"{self.study.settings_file}: source {source.source_id} has no object of category "
                f"{target.category!r}; expected one of {sorted(by_category)}"
                f"{nearest(target.category, by_category)}"
            )
        return tuple(by_category[target.category])

    def mask(self, source: SourceSettings, ids: Ids) -> Tensor:
        """Return the region of annotations ``(size, size)`` at the size as shown, 1 inside.

        Raises
        ------
        InputError
            If it is empty, or is so once the photograph is cut to a square.
        """
        images = self.settings.images
        mask = self.annotations(source).mask(source.image_id, ids)
        mask = squared_mask(mask, images.size_px, images.fit)
        if not mask.any():
            raise InputError(
                f"{self.study.settings_file}: source {source.source_id}, annotations "
                f"{list(ids)}: nothing is left inside the square image; "
                f'expected a target near the middle, or images.fit = "stretch"'
            )
        return mask

    def masks(self, source: SourceSettings) -> dict[Ids, Tensor]:
        """Return the regions of all targets of a source, by their annotations."""
        targets = [target for version in source.versions for target in version.targets]
        found = {self.ids(source, target) for target in targets}
        return {ids: self.mask(source, ids) for ids in sorted(found)}

    def aim(self, source: SourceSettings, version: VersionSettings) -> Ids | None:
        """Return the annotations of the region a version is judged by; None for the entropy."""
        return self.ids(source, version.targets[0]) if version.targets else None

    def intent(self, source: SourceSettings, version: VersionSettings) -> Intent:
        """Return what a version should do, with masks at the size as shown."""
        side = self.settings.images.size_px
        masks = [self.mask(source, self.ids(source, target)) for target in version.targets]
        return Intent(
            masks=torch.stack(masks) if masks else torch.zeros(0, side, side),
            k_shift=tuple(target.k_shift for target in version.targets),
            k_scale=version.k_scale,
            blur=self.settings.manipulation.mask_blur_px / self.settings.images.model_px,
        )

    def _pixels(self, source: SourceSettings) -> np.ndarray:
        pixels = read_image(self.study.root / source.photograph)
        if source.annotations:
            check_size(source.photograph, pixels, self.annotations(source), source.image_id)
        return pixels
