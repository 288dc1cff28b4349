"""The saliency models of a study: those that guide the changes, and the one that judges them."""

from functools import cached_property

import torch
from torch import Tensor

from manipulation.prognosis import FeatureDistance
from manipulation.saliency import SaliencyModel, load_saliency_model
from manipulation.saliency.files import saliency_model_sha256
from stimuli.errors import InputError
from stimuli.settings import ManipulationSettings


class Judges:
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

    def __init__(self, settings: ManipulationSettings, where: str) -> None:
        names = (settings.saliency, *settings.also)
        self.guiding: list[SaliencyModel] = [load_saliency_model(name) for name in names]
        self.guiding_sha256 = [
            saliency_model_sha256(name, model)
            for name, model in zip(names, self.guiding, strict=True)
        ]
        self.second: SaliencyModel | None = None
        self.second_sha256: str | None = None
        if settings.second_opinion == "none":
            return
        self.second = load_saliency_model(settings.second_opinion)
        self.second_sha256 = saliency_model_sha256(settings.second_opinion, self.second)
        if self.second_sha256 in self.guiding_sha256:
            raise InputError(
                f"{where}: manipulation.second_opinion is {settings.second_opinion!r}, the same "
                f"weights as {names[self.guiding_sha256.index(self.second_sha256)]!r}, which "
                f"guides the changes; expected a model that takes no part in them, or none"
            )

    def log_saliency(self, image: Tensor) -> Tensor:
        """Return the prediction ``(H, W)`` of the first guiding model for ``(3, H, W)``."""
        return self.guiding[0].predict(image[None])[0]

    @torch.no_grad()
    def second_log_saliency(self, image: Tensor) -> Tensor:
        """Return the prediction ``(H, W)`` of the model that took no part."""
        return self.second.predict(image[None])[0]

    @cached_property
    def feature_distance(self) -> FeatureDistance:
        """How far two images are apart in features."""
        return FeatureDistance()
