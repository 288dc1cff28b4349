"""Predicted effects of stimuli in a study, from their files; figures that are known are kept."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from manipulation.images.framing import Framing
from manipulation.images.photographs import resized, to_image
from manipulation.naturalness.measures import Naturalness
from manipulation.study_stimuli.build_record import BuildRecord, array_sha256
from manipulation.study_stimuli.models import StudyModels
from manipulation.study_stimuli.predicted_effect import (
    DensityMap,
    ImageMeasures,
    effect_of_measures,
)
from manipulation.study_stimuli.second_opinions import SecondOpinion
from stimuli.contract.vocabulary import PredictedEffect
from stimuli.support.files import read_image, read_log_saliency

RECIPE = 6  # counts up when the same settings come to make other files or figures


@dataclass(frozen=True)
class HashedFile:
    """A file by its path in the study, and the SHA-256 of what it holds."""

    path: str
    sha256: str


@dataclass(frozen=True)
class ShownImage:
    """An image as shown (PNG), and the log saliency that is predicted for it (npz)."""

    image: HashedFile
    prediction: HashedFile


def seen_by_networks(shown: np.ndarray, framing: Framing) -> Tensor:
    """Return the photograph of an image as shown ``(H, H, 3)`` uint8 at the networks' size."""
    return resized(to_image(framing.cut(shown)), framing.model_size)


class RecordedEffect:
    """The predicted effect of one stimulus; every figure of it has an entry in its record.

    Parameters
    ----------
    root
        Study folder.
    models
        Saliency models of the study.
    framing
        Where the photograph stands in the image as shown, and its size for the networks.
    record
        Record of the stimulus.
    aim : Tensor (H, W) or None
        Region whose p_obj is measured; None for the entropy.
    """

    def __init__(
        self,
        root: Path,
        models: StudyModels,
        framing: Framing,
        record: BuildRecord,
        aim: Tensor | None,
    ) -> None:
        self.root, self.models, self.framing = root, models, framing
        self._seen_at = [max(framing.model_size), *framing.identity]
        self.record, self.aim = record, aim

    def of_original(self, shown: ShownImage) -> PredictedEffect:
        """Return the measure of an original and the entropy of its density."""
        predicted = self._density("predicted", shown.prediction, self.aim)
        return PredictedEffect(
            predicted, entropy_bits=self._density("entropy", shown.prediction, None)
        )

    def of_version(
        self,
        original: ShownImage,
        version: ShownImage,
        target: HashedFile | None,
        regions: Mapping[str, Tensor],
    ) -> PredictedEffect:
        """Return what the models expect of a version, and how natural it is.

        Parameters
        ----------
        target
            Log saliency that was asked for; None for a control, of which nothing is.
        regions
            Masks ``(H, W)`` of the version's targets, or of what a control changed, by name.
        """
        before = self._density("original", original.prediction, self.aim)
        after = self._density("predicted", version.prediction, self.aim)
        asked = None if target is None else self._density("asked", target, self.aim)
        second_before = self._second("second original", original.image)
        second_after = self._second("second", version.image)
        entropy = self._density("entropy", version.prediction, None)
        shown = (self._pixels(original.image), self._pixels(version.image))
        naturalness = self.record.value_if_stale(
            "naturalness",
            [
                RECIPE, original.image.sha256, version.image.sha256, original.prediction.sha256,
                *self._seen_at,
                {name: array_sha256(region) for name, region in regions.items()},
                self.models.naturalness_identity,
            ],
            lambda: asdict(self._naturalness(*shown, regions, original.prediction)),
        )  # fmt: skip
        return effect_of_measures(
            ImageMeasures(before, second_before),
            ImageMeasures(after, second_after),
            asked,
            shown,
            entropy=entropy,
            naturalness=Naturalness(**naturalness),
        )

    def change_in(self, region: Tensor, original: ShownImage, version: ShownImage) -> float:
        """Return the predicted change of p_obj of a region that is not the aim."""
        before = self._density("region original", original.prediction, region)
        return self._density("region predicted", version.prediction, region) - before

    def _density(self, name: str, density: HashedFile, aim: Tensor | None) -> float:
        """Return the measure of the density in a file."""
        return self.record.value_if_stale(
            name,
            [RECIPE, density.sha256, _sha256(aim)],
            lambda: self._map(density).measure(aim),
        )

    def _second(self, name: str, image: HashedFile) -> dict[str, float]:
        """Return the measures of an image as shown under the models that took no part."""
        return {
            judge.name: self.record.value_if_stale(
                f"{name} {judge.name}",
                [RECIPE, image.sha256, _sha256(self.aim), judge.sha256, *self._seen_at],
                partial(self._second_measure, judge, image),
            )
            for judge in self.models.second_opinions
        }

    def _map(self, density: HashedFile) -> DensityMap:
        return DensityMap(torch.from_numpy(read_log_saliency(self.root / density.path)))

    def _second_measure(self, judge: SecondOpinion, image: HashedFile) -> float:
        seen = seen_by_networks(read_image(self.root / image.path), self.framing)
        return DensityMap(judge.log_saliency(seen)).measure(self.aim)

    def _naturalness(
        self,
        original: np.ndarray,
        version: np.ndarray,
        regions: Mapping[str, Tensor],
        prediction: HashedFile,
    ) -> Naturalness:
        size = self.framing.model_size
        before, after = (resized(to_image(one), size) for one in (original, version))
        log_saliency = torch.from_numpy(read_log_saliency(self.root / prediction.path))
        return self.models.naturalness(before, after, regions, log_saliency)

    def _pixels(self, image: HashedFile) -> np.ndarray:
        """Return the photograph of an image as shown."""
        return self.framing.cut(read_image(self.root / image.path))


def _sha256(aim: Tensor | None) -> str | None:
    return None if aim is None else array_sha256(aim)
