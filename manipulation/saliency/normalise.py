"""Gatys' normalisation: every filter of VGG-19 is made to respond with 1 on average.

Rectifiers and pooling commute with a positive factor, so each filter's output can be divided by its
mean activation if the next convolution's weights for it are multiplied by the same number. Layers
change by a constant factor per channel, and nothing else changes (Gatys, Ecker & Bethge 2015, NIPS,
"Texture synthesis using convolutional neural networks").
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from manipulation.saliency.vgg import VGGFeatures, convolutions


@torch.no_grad()
def mean_activations(model: VGGFeatures, images: Iterable[Tensor]) -> dict[str, Tensor]:
    """Return the mean of each rectified filter over images and positions.

    Parameters
    ----------
    images
        Each ``(3, H, W)``, RGB in [0, 1]; sizes may differ, every position counts once.

    Returns
    -------
    dict of Tensor (C,)
        By convolution, float64.

    Raises
    ------
    ValueError
        If there is no image.
    """
    device = model.conv1_1.weight.device
    rectified = {name: f"relu{name[4:]}" for name in convolutions()}
    sums, positions = dict.fromkeys(rectified, 0.0), dict.fromkeys(rectified, 0)
    for image in images:
        layers = model(image[None].to(device), tuple(rectified.values()))
        for name, layer in rectified.items():
            sums[name] = sums[name] + layers[layer].double().sum((0, 2, 3))
            positions[name] += layers[layer][0, 0].numel()
    if not positions["conv1_1"]:
        raise ValueError("no image; expected at least one")
    return {name: sums[name].cpu() / positions[name] for name in rectified}


@torch.no_grad()
def normalised(model: VGGFeatures, means: dict[str, Tensor]) -> tuple[VGGFeatures, int]:
    """Return a network with every filter's mean activation 1, and the number of silent filters.

    Parameters
    ----------
    means
        From `mean_activations`. A filter that never responded keeps its weights.
    """
    result = VGGFeatures(model.preprocessing, model.pooling, model.channels)
    result.to(model.conv1_1.weight.dtype).eval().requires_grad_(False)
    silent, before = 0, torch.ones(3, dtype=torch.float64)
    for name in convolutions():
        old, new = model.get_submodule(name), result.get_submodule(name)
        mean = torch.where(means[name] > 0, means[name], 1.0)
        silent += int((means[name] <= 0).sum())
        new.weight.copy_(old.weight.double() * before[:, None, None] / mean[:, None, None, None])
        new.bias.copy_(old.bias.double() / mean)
        before = mean
    return result, silent
