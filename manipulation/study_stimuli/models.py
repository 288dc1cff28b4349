"""The saliency models of a study: those that guide the changes, and the one that judges them."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from manipulation.images.photographs import resized, to_image
from manipulation.saliency import load_saliency_model
from manipulation.saliency.models.files import saliency_model_sha256
from manipulation.saliency.models.protocol import LogSaliencyModel
from manipulation.study_stimuli.likeness import FeatureDistance
from manipulation.study_stimuli.predicted_effect import ImagePredictions
from stimuli.contract.settings import ManipulationSettings
from stimuli.support.errors import InputError

NO_SECOND_OPINION = "none"


class StudyModels:
    """Loads the models that settings name, and checks that the second opinion is another's.

    Parameters
    ----------
    settings
        Names of the models.
    where
        File of the settings; errors name it.

    Attributes
    ----------
    guiding, guiding_sha256
        Models that guide the changes and their hashes; the first one's predictions are kept.
    second, second_sha256
        The model that took no part, or None.

    Raises
    ------
    InputError
        If a model cannot be loaded, or the second opinion is that of a guiding model.
    """

    def __init__(self, settings: ManipulationSettings, where: str = "study.toml") -> None:
        names = (settings.saliency, *settings.also)
        loaded = [load_saliency_model(name) for name in names]
        self.guiding: list[LogSaliencyModel] = list(loaded)
        self.guiding_sha256 = [
            saliency_model_sha256(name, model) for name, model in zip(names, loaded, strict=True)
        ]
        self.second: LogSaliencyModel | None = None
        self.second_sha256: str | None = None
        if settings.second_opinion == NO_SECOND_OPINION:
            return
        second = load_saliency_model(settings.second_opinion)
        self.second = second
        self.second_sha256 = saliency_model_sha256(settings.second_opinion, second)
        if self.second_sha256 in self.guiding_sha256:
            raise InputError(
                f"{where}: manipulation.second_opinion is {settings.second_opinion!r}, the same "
                f"weights as {names[self.guiding_sha256.index(self.second_sha256)]!r}, which "
                f"guides the changes; expected a model that takes no part in them, or none"
            )

    def log_saliency(self, image: Tensor) -> Tensor:
        """Return the prediction ``(H, W)`` of the first guiding model for ``(3, H, W)``."""
        return self.guiding[0].log_saliency(image[None])[0]

    @torch.no_grad()
    def second_log_saliency(self, image: Tensor) -> Tensor:
        """Return the prediction ``(H, W)`` of the model that took no part.

        Raises
        ------
        ValueError
            If the study has none.
        """
        if self.second is None:
            raise ValueError("the study has no second opinion")
        return self.second.log_saliency(image[None])[0]

    def predictions(self, pixels: np.ndarray, size_px: int | None = None) -> ImagePredictions:
        """Return an image with what the models predict of it.

        Parameters
        ----------
        pixels : ndarray (H, H, 3), uint8
            The image as the networks see it.
        size_px
            Side of the image as shown, which the guiding model's prediction is brought to; by
            default that of `pixels`.
        """
        image = to_image(pixels)
        second = None if self.second is None else self.second_log_saliency(image)
        log_saliency = resized(self.log_saliency(image), size_px or len(pixels))
        return ImagePredictions(pixels, log_saliency, second)

    @cached_property
    def feature_distance(self) -> FeatureDistance:
        """How far two images are apart in features."""
        return FeatureDistance()
