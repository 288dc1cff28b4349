"""Pictures for the page, as data that stands in the page itself: nothing is fetched."""

import base64
import io

import numpy as np
from PIL import Image
from torch import Tensor

from manipulation.images.framing import boxed
from manipulation.images.log_density import log_normalised
from manipulation.images.photographs import resized
from manipulation.studio_page.outcome import Outcome
from manipulation.study_stimuli.predicted_effect import ImagePredictions

_SIDE_PX = 512  # of a density, twice its own
_LARGEST_PX = 2048  # of a photograph
_GREY = 128  # around a photograph that is not square


def pictures_of(outcome: Outcome) -> dict[str, str]:
    """Return original, version and their densities, and the target's, by name."""
    target, predicted, original = density_uris(
        outcome.target, outcome.version.log_saliency, outcome.original.log_saliency
    )
    return {
        "original": photograph_uri(outcome.original.pixels),
        "version": photograph_uri(outcome.version.pixels),
        "target": target,
        "predicted": predicted,
        "predicted_original": original,
    }


def pictures_of_none(image: ImagePredictions) -> dict[str, str]:
    """Return the same where there is a photograph alone."""
    photograph, (density,) = photograph_uri(image.pixels), density_uris(image.log_saliency)
    photographs = dict.fromkeys(("original", "version"), photograph)
    return photographs | dict.fromkeys(("target", "predicted", "predicted_original"), density)


def photograph_uri(pixels: np.ndarray, largest_px: int = _LARGEST_PX) -> str:
    """Return ``(H, W, 3)`` uint8 pixels as a data URI, square, of their size up to a largest."""
    picture = Image.fromarray(boxed(pixels, _GREY))
    if max(picture.size) > largest_px:
        picture = picture.resize((largest_px, largest_px), Image.Resampling.LANCZOS)
    return _uri(picture, "jpeg", quality=95, subsampling=0)


def density_uris(*log_saliencies: Tensor) -> list[str]:
    """Return densities as data URIs of heat maps, all on one scale.

    The scale is that of the square root of the density, so that a broad one can be seen beside a
    narrow one.
    """
    from matplotlib import colormaps

    densities = [boxed(_density(one).sqrt().numpy(), 0) for one in log_saliencies]
    peak = max(density.max() for density in densities)
    colours = (colormaps["magma"](np.linspace(0, 1, 256))[:, :3] * 255).astype(np.uint8)
    levels = [(density / peak * 255).astype(np.uint8) for density in densities]
    return [_uri(Image.fromarray(colours[one]), "png", compress_level=1) for one in levels]


def _density(log_saliency: Tensor) -> Tensor:
    longest = max(log_saliency.shape)
    height, width = (round(_SIDE_PX // 2 * side / longest) for side in log_saliency.shape)
    return log_normalised(resized(log_saliency, (height, width)).double()).exp()


def _uri(picture: Image.Image, kind: str, **options: object) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
