"""The predicted effect of a version: what models expect of it before anyone sees it.

The model that guided a change is the last to ask whether it will work: pixels that please it need
not move people. So models that took no part judge every version as well. The share of the predicted
change that they see, the transfer, is near one for changes that all understand, and near zero for
those that only the first one sees; a version is as good as the judge that sees least of it.

The measure is p_obj of a version's aim, or without one the entropy; p_obj is measured at the size
of the mask, which is that of the image as shown.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
from torch import Tensor

from manipulation.images.log_density import entropy_bits_of, log_normalised, probability_inside
from manipulation.images.photographs import Size, resized
from manipulation.naturalness.likeness import newly_clipped, psnr_db
from manipulation.naturalness.measures import Naturalness
from stimuli.contract.vocabulary import PredictedEffect
from stimuli.support.errors import InputError


class DensityMap:
    """A predicted density. It is normalised once, however many regions it is measured in.

    Parameters
    ----------
    log_saliency : Tensor (h, w)
        Un-normalised, in nats, without centre bias.
    """

    def __init__(self, log_saliency: Tensor) -> None:
        self.log_saliency = log_saliency
        self._at_size: dict[Size, tuple[Tensor, float]] = {}

    def measure(self, aim: Tensor | None) -> float:
        """Return p_obj of the aim ``(H, W)``, or without one the entropy in bits.

        A map of another size than the aim is brought to it first.
        """
        height, width = (self.log_saliency if aim is None else aim).shape[-2:]
        size = (height, width)
        if size not in self._at_size:
            log_density = log_normalised(resized(self.log_saliency, size).double())
            density = log_density.exp()
            self._at_size[size] = density, entropy_bits_of(density, log_density)
        density, entropy_bits = self._at_size[size]
        return entropy_bits if aim is None else probability_inside(density, aim)


@dataclass(frozen=True)
class ImageMeasures:
    """The measure of one image under the model of the study, and those that took no part."""

    guiding: float
    second: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ImagePredictions:
    """An image and what the models predict of it.

    Attributes
    ----------
    pixels : ndarray (H, W, 3), uint8
    log_saliency : Tensor (h, w)
        Prediction of the first guiding model, un-normalised, in nats, without centre bias.
    second : Tensors (h, w)
        Predictions of the models that took no part, by their names.
    """

    pixels: np.ndarray
    log_saliency: Tensor
    second: Mapping[str, Tensor] = field(default_factory=dict)

    @cached_property
    def density(self) -> DensityMap:
        """The density under the first guiding model."""
        return DensityMap(self.log_saliency)

    @cached_property
    def second_densities(self) -> dict[str, DensityMap]:
        """The densities under the models that took no part, by their names."""
        return {name: DensityMap(one) for name, one in self.second.items()}

    def measures(self, aim: Tensor | None) -> ImageMeasures:
        """Return the measure under all models."""
        second = {name: one.measure(aim) for name, one in self.second_densities.items()}
        return ImageMeasures(self.density.measure(aim), second)


def effect_of_measures(
    original: ImageMeasures,
    version: ImageMeasures,
    asked: float | None,
    pixels: tuple[np.ndarray, np.ndarray],
    *,
    entropy: float | None = None,
    naturalness: Naturalness | None = None,
) -> PredictedEffect:
    """Return the predicted effect of a version that was measured already.

    Parameters
    ----------
    asked
        Measure of the target; None where nothing is asked for.
    pixels : two ndarrays (H, W, 3), uint8
        Original and version.
    entropy, naturalness
        Entropy of the version's density in bits, and how natural the version is.
    """
    return PredictedEffect(
        predicted=version.guiding,
        asked_change=None if asked is None else asked - original.guiding,
        predicted_change=version.guiding - original.guiding,
        second_changes={
            name: after - original.second[name] for name, after in version.second.items()
        },
        entropy_bits=entropy,
        psnr_db=psnr_db(*pixels),
        clipped=newly_clipped(*pixels),
        **({} if naturalness is None else asdict(naturalness)),
    )


def predicted_effect(
    original: ImagePredictions,
    version: ImagePredictions,
    target: Tensor | DensityMap,
    aim: Tensor | None = None,
    *,
    naturalness: Naturalness | None = None,
) -> PredictedEffect:
    """Return what the models expect of a version, and how far it is from its original.

    Parameters
    ----------
    original, version
        Images and predictions (`StudyModels.predictions`).
    target : Tensor (h, w) or DensityMap
        Log saliency that was asked for (`local_shift`, `global_scale`).
    aim : Tensor (H, W), optional
        Region whose p_obj is measured, 1 inside and 0 outside, at the size as shown; without one
        the entropy is.
    naturalness
        How natural the version is, where that was measured (`StudyModels.naturalness`).

    Raises
    ------
    InputError
        If a map is no tensor of the image's shape, or the images are of different sizes or were
        judged by different models.

    Examples
    --------
    Half of an even density moves into a quarter of the image:

    >>> import numpy as np, torch
    >>> from manipulation import ImagePredictions, predicted_effect
    >>> even, left = torch.zeros(8, 8), torch.zeros(8, 8)
    >>> left[:4, :4] = 1
    >>> pixels = np.zeros((8, 8, 3), np.uint8)
    >>> shifted = ImagePredictions(pixels, even + np.log(3) * left)
    >>> effect = predicted_effect(ImagePredictions(pixels, even), shifted, even + left, left)
    >>> f"{effect.predicted:.2f}, {effect.predicted_change:+.2f}, {effect.asked_change:+.2f}"
    '0.50, +0.25, +0.23'
    """
    target = target if isinstance(target, DensityMap) else DensityMap(target)
    shape = original.pixels.shape
    _check_map("original.log_saliency", original.log_saliency, shape)
    _check_map("version.log_saliency", version.log_saliency, shape)
    _check_map("target", target.log_saliency, shape)
    for image, second in (("original", original.second), ("version", version.second)):
        for name, one in second.items():
            _check_map(f"{image}.second[{name!r}]", one, shape)
    if aim is not None:
        _check_map("aim", aim, shape)
    if original.second.keys() != version.second.keys():
        raise InputError(
            f"original.second has {sorted(original.second)} and version.second has "
            f"{sorted(version.second)}; expected predictions of the same models"
        )
    if original.pixels.shape != version.pixels.shape:
        raise InputError(
            f"original.pixels are {original.pixels.shape} and version.pixels are "
            f"{version.pixels.shape}; expected two images of one size"
        )
    return effect_of_measures(
        original.measures(aim),
        version.measures(aim),
        target.measure(aim),
        (original.pixels, version.pixels),
        entropy=version.density.measure(None),
        naturalness=naturalness,
    )


def _check_map(name: str, given: object, image: tuple[int, ...]) -> None:
    if not isinstance(given, Tensor):
        raise InputError(f"{name} is a {type(given).__name__}; expected a tensor (h, w)")
    height, width = image[:2]
    # Sides in whole pixels hold the shape of an image to a pixel.
    if given.ndim != 2 or abs(given.shape[0] * width - given.shape[1] * height) > max(
        height, width, *given.shape
    ):
        raise InputError(
            f"{name} is {tuple(given.shape)}; expected a map (h, w) of the shape of the image, "
            f"{height} x {width}"
        )
