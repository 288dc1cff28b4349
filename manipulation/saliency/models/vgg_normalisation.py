"""Gatys' normalisation: every filter of VGG-19 is made to respond with 1 on average.

Rectifiers and pooling commute with a positive factor, so each filter's output can be divided by its
mean activation if the next convolution's weights for it are multiplied by the same number. Layers
change by a constant factor per channel, and nothing else changes (Gatys, Ecker & Bethge 2015, NIPS,
"Texture synthesis using convolutional neural networks").
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from rich.progress import Progress
from torch import Tensor

from manipulation.images.sizes import resized_photograph
from manipulation.saliency.models.vgg import VGGFeatures, convolutions


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
    device = model.convolution("conv1_1").weight.device
    rectified = {name: f"relu{name[4:]}" for name in convolutions()}
    sums = dict.fromkeys(rectified, torch.zeros((), dtype=torch.float64, device=device))
    positions = dict.fromkeys(rectified, 0)
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
    result.to(model.convolution("conv1_1").weight.dtype).eval().requires_grad_(False)
    silent, before = 0, torch.ones(3, dtype=torch.float64)
    for name in convolutions():
        old, new = model.convolution(name), result.convolution(name)
        mean = torch.where(means[name] > 0, means[name], 1.0)
        silent += int((means[name] <= 0).sum())
        new.weight.copy_(old.weight.double() * before[:, None, None] / mean[:, None, None, None])
        if new.bias is not None and old.bias is not None:
            new.bias.copy_(old.bias.double() / mean)
        before = mean
    return result, silent


def normalise_vgg_network(
    model: VGGFeatures,
    photographs: Sequence[Path],
    *,
    height_px: int = 512,
    device: torch.device | str = "cpu",
    progress: Progress | None = None,
) -> tuple[VGGFeatures, int]:
    """Return a network that responds with 1 on average to photographs, and its silent filters.

    Parameters
    ----------
    model
        VGG-19, as `load_vgg` returns it.
    photographs
        Files that resemble those that the network will see; some hundreds are enough.
    height_px
        Photographs are resized to it.
    device
        Where the activations are computed.
    progress
        Where it is shown how far this is.

    Returns
    -------
    VGGFeatures
        On the CPU; it computes the same as before, each channel of each layer in other units.
    int
        Number of filters that never responded, and keep their weights.
    """
    progress = progress or Progress(disable=True)
    model = model.to(device)
    images = (
        resized_photograph(file, height_px=height_px, minimum_px=model.minimum_px)[0]
        for file in progress.track(photographs, description="activations")
    )
    means = mean_activations(model, images)
    return normalised(model.cpu(), means)
