"""A version of an image, made in memory: an image and a target in, the changed image out."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from manipulation.images.photographs import to_image, to_pixels
from manipulation.study_stimuli.chosen_strength import aim_reached, chosen_version
from manipulation.study_stimuli.models import StudyModels
from manipulation.study_stimuli.predicted_effect import predicted_effect
from manipulation.study_stimuli.version_makers import VersionMakers
from manipulation.targets.intent import Intent
from stimuli.contract.settings import Settings, TargetSettings, VersionSettings
from stimuli.contract.vocabulary import Direction, PredictedEffect, Transform
from stimuli.support.errors import InputError

_SMALLEST_PX = 128  # below which the saliency models see too little


def make_version(
    image: Tensor | np.ndarray,
    masks: Tensor | np.ndarray | None = None,
    k_shift: float | Sequence[float] = (),
    *,
    k_scale: float = 1.0,
    transform: str | None = None,
    settings: Settings | None = None,
    models: StudyModels | None = None,
) -> tuple[Tensor, PredictedEffect]:
    """Make a version of an image that moves the predicted density towards a target.

    The target is eq. (11), then eq. (12) of the paper: ``k_scale (S + sum_i k_shift,i M_i)`` with
    the log saliency ``S`` of the image. The version is what `generate_stimuli` would make of an
    image of this size.

    Parameters
    ----------
    image : Tensor (3, H, H) or ndarray (H, H, 3)
        RGB in [0, 1] as floating point, or 8-bit pixels; square, 128 px or more.
    masks : Tensor or ndarray (n, h, h), optional
        1 inside a region, 0 outside; the first is the aim, by whose p_obj the version is judged.
        Without any the entropy is.
    k_shift
        Shift of the log saliency of each region, in nats: -4 to 4.
    k_scale
        Factor on the log saliency: above 1 the density gathers, below 1 it spreads; 0.25 to 4.
    transform
        ``edits``, ``network`` or ``pixels``; by default that of the settings.
    settings
        Settings of a study: models and searches; by default those of a new study.
    models
        Saliency models that are loaded already, in place of those that the settings name.

    Returns
    -------
    image : Tensor (3, H, H)
        The version, RGB in [0, 1], rounded to 8 bits.
    effect : PredictedEffect
        What the models expect of it.

    Raises
    ------
    InputError
        If a shape, a setting or a model is wrong.

    Examples
    --------
    >>> import numpy as np
    >>> from manipulation import make_version
    >>> image = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    >>> mask = np.zeros((1, 128, 128), dtype=bool)
    >>> mask[0, 32:64, 32:64] = True
    >>> version, effect = make_version(image, mask, k_shift=2.0)
    >>> tuple(version.shape), effect.predicted_change > 0
    ((3, 128, 128), True)
    """
    settings = settings or Settings()
    photograph = _photograph(image)
    side = photograph.shape[-1]
    given = (k_shift,) if isinstance(k_shift, int | float | Real) else tuple(k_shift)
    shifts = tuple(TargetSettings((1,), k_shift=_plain(one)).k_shift for one in given)
    k_scale = VersionSettings(Direction.INCREASE, k_scale=_plain(k_scale)).k_scale
    regions = torch.zeros(0, side, side) if masks is None else _regions(masks)
    if len(regions) != len(shifts):
        raise InputError(
            f"masks are {tuple(regions.shape)} and k_shift has {len(shifts)} values; expected "
            f"masks (n, h, h) and a shift of each"
        )
    transform = transform or settings.manipulation.transform
    if models is None:
        chosen = settings.manipulation
        used: tuple[str, ...] = ()
        if transform == Transform.NETWORK:
            used = (chosen.shift_network, chosen.scale_network)
        elif transform == Transform.PIXELS:
            used = (transform,)
        models = StudyModels(chosen, "the settings", used, settings.pixels.guides)
    intent = Intent(regions, shifts, k_scale, settings.manipulation.mask_blur_px / side)
    makers = VersionMakers(settings, models.guides, "the settings")
    maker = makers.prepared(transform, shifts=any(shifts), scales=k_scale != 1)
    original = models.predictions(to_pixels(photograph))
    made = chosen_version(maker, photograph, intent, models, settings.manipulation)
    version = models.predictions(to_pixels(made.image))
    effect = predicted_effect(
        original,
        version,
        intent.target(original.log_saliency),
        regions[0] if len(regions) else None,
        naturalness=models.naturalness(
            to_image(original.pixels),
            made.image,
            {str(number): region for number, region in enumerate(regions)},
            original.log_saliency,
        ),
    )
    effect = effect.judged_without(models.took_part(maker.parts))
    reached = aim_reached(effect, settings.manipulation, of_entropy=not len(regions))
    return made.image, effect.made_with(made.share, reached)


def _photograph(image: Tensor | np.ndarray) -> Tensor:
    """Return an image ``(3, H, H)`` in [0, 1] from what may be given for one."""
    # Photographs as read are arrays that may not be written to, which tensors cannot share.
    given = torch.tensor(image) if isinstance(image, np.ndarray) else image
    if isinstance(image, np.ndarray) and image.ndim == 3:
        given = given.permute(2, 0, 1)
    side = given.shape[-1] if given.ndim else 0
    if given.shape != (3, side, side) or side < _SMALLEST_PX:
        raise InputError(
            f"image is {tuple(image.shape)}; expected a square image in RGB, a tensor (3, H, H) or "
            f"an array (H, H, 3), with H of {_SMALLEST_PX} or more"
        )
    if given.dtype == torch.uint8:
        return given.float() / 255
    if not given.is_floating_point() or not ((given >= 0) & (given <= 1)).all():
        raise InputError(
            f"image holds {given.dtype} from {given.min():g} to {given.max():g}; expected floating "
            f"point from 0 to 1, or uint8 from 0 to 255; divide by the value of white"
        )
    return given.float()


def _regions(masks: Tensor | np.ndarray) -> Tensor:
    """Return masks ``(n, h, h)`` as floating point, or raise InputError."""
    given = torch.tensor(masks) if isinstance(masks, np.ndarray) else masks
    regions = given.float()
    if regions.ndim != 3 or regions.shape[1] != regions.shape[2]:
        raise InputError(
            f"masks are {tuple(regions.shape)}; expected (n, h, h), the same square for all regions"
        )
    if not ((regions >= 0) & (regions <= 1)).all():
        raise InputError(
            f"masks hold {regions.min():g} to {regions.max():g}; expected 1 inside a region and 0 "
            f"outside; give masks > 0 where they are 0 and 255"
        )
    for number, region in enumerate(regions):
        if not region.any():
            raise InputError(f"masks[{number}] is empty; expected 1 inside the region")
    return regions


def _plain(number: Any) -> Any:
    """Return a number of numpy's as one of Python's, and anything else as it is."""
    return float(number) if isinstance(number, Real | Tensor) else number
