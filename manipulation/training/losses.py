"""The four losses of the paper; each is one number for every image.

The texture layers count alike. Targets and predictions are un-normalised log saliency without
centre bias. Every function keeps the precision of what it is given.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from manipulation.saliency.centre_bias import log_normalised


def saliency_loss(target_log_saliency: Tensor, log_saliency: Tensor) -> Tensor:
    """Return ``KL(p_t || p_hat) = sum p_t log(p_t / p_hat)`` in nats.

    Parameters
    ----------
    target_log_saliency, log_saliency : Tensor (B, H, W)
        Un-normalised, without centre bias; the densities are their softmax over space.

    Returns
    -------
    Tensor (B,)
    """
    target = log_normalised(target_log_saliency)
    predicted = log_normalised(log_saliency)
    return (target.exp() * (target - predicted)).sum(dim=(-2, -1))


def feature_loss(original: Tensor, changed: Tensor) -> Tensor:
    """Return ``1 / (N M) sum (F - F_hat)^2`` over channels and positions.

    Parameters
    ----------
    original, changed : Tensor (B, N, h, w)
        One layer, relu5_2 of VGG-19 in the paper; M is ``h w``.

    Returns
    -------
    Tensor (B,)
    """
    return (original - changed).square().mean(dim=(1, 2, 3))


def gram(features: Tensor) -> Tensor:
    """Return Gram matrices ``G = F^T F / M`` over positions, ``(B, N, N)``, of ``(B, N, h, w)``."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def texture_loss(original: Sequence[Tensor], changed: Sequence[Tensor]) -> Tensor:
    """Return the sum over layers of ``1 / N^2 sum (G - G_hat)^2``.

    Parameters
    ----------
    original, changed : sequences of Tensor (B, N, h, w)
        The same layers of both images; relu1_1 to relu5_1 of VGG-19 in the paper.

    Returns
    -------
    Tensor (B,)
    """
    terms = [
        (gram(one) - gram(other)).square().mean(dim=(1, 2))
        for one, other in zip(original, changed, strict=True)
    ]
    return torch.stack(terms).sum(dim=0)


def adversarial_loss(patches: Tensor, reduction: str = "sum") -> Tensor:
    """Return ``sum (1 - D(I_hat))^2`` over patches: what the network minimises.

    Parameters
    ----------
    patches : Tensor (B, h, w)
        The discriminator's judgement of changed images, 1 for a photograph.
    reduction
        ``sum``, as in the paper, or ``mean``, as in pix2pix, over the patches.

    Returns
    -------
    Tensor (B,)
    """
    return _reduced((1 - patches).square(), reduction)


def discriminator_loss(changed: Tensor, photographs: Tensor, reduction: str = "sum") -> Tensor:
    """Return ``1/2 sum D(I_hat)^2 + (1 - D(I))^2`` over patches: what the discriminator minimises.

    Parameters
    ----------
    changed, photographs : Tensor (B, h, w)
        Its judgement of both.
    reduction
        As in `adversarial_loss`.

    Returns
    -------
    Tensor (B,)
    """
    return _reduced((changed.square() + (1 - photographs).square()) / 2, reduction)


def _reduced(patches: Tensor, reduction: str) -> Tensor:
    if reduction not in ("sum", "mean"):
        raise ValueError(f"reduction is {reduction!r}; expected 'sum' or 'mean'")
    return getattr(patches, reduction)(dim=(-2, -1))
