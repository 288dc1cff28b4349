"""The losses of the paper (Gatys et al. 2017, eq. 3 to 8), in its order; one number an image.

Their weighted total (eq. 9) is `LossTerms.total`. The texture layers count alike. Targets and
predictions are un-normalised log saliency without centre bias. Every function keeps the precision
of what it is given.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from manipulation.images.log_density import log_normalised

_POSITIONS = 4096  # that one product sums over, so that a GPU has many of them to share out


def saliency_loss(target_log_saliency: Tensor, log_saliency: Tensor) -> Tensor:
    """Return ``KL(p_t || p_hat) = sum p_t log(p_t / p_hat)`` in nats (eq. 3).

    Parameters
    ----------
    target_log_saliency, log_saliency : Tensor (B, H, W)
        Un-normalised, without centre bias; the densities are their softmax over space.

    Returns
    -------
    Tensor (B,)
        In nats, 0 where the prediction is the target.

    Examples
    --------
    >>> import torch
    >>> from manipulation import saliency_loss
    >>> target, uniform = torch.tensor([[[9.0, -9.0]]]), torch.zeros(1, 1, 2)
    >>> saliency_loss(target, uniform)  # nearly log(2): all fixations on one of two pixels
    tensor([0.6931])
    """
    target = log_normalised(target_log_saliency)
    predicted = log_normalised(log_saliency)
    return (target.exp() * (target - predicted)).sum(dim=(-2, -1))


def feature_loss(original: Tensor, changed: Tensor) -> Tensor:
    """Return ``1 / (N M) sum (F - F_hat)^2`` over channels and positions (eq. 4).

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
    """Return Gram matrices ``G = F^T F / M`` over the M positions (eq. 5).

    Parameters
    ----------
    features : Tensor (B, N, h, w)
        One layer; M is ``h w``.

    Returns
    -------
    Tensor (B, N, N)
    """
    positions = features.shape[-2:].numel()
    if features.is_contiguous(memory_format=torch.channels_last):
        rows = features.movedim(1, -1).flatten(1, 2)  # (B, M, N), a view
        parts = 1 if positions % _POSITIONS else positions // _POSITIONS
        rows = rows.unflatten(1, (parts, -1))  # (B, parts, M / parts, N)
        return (rows.mT @ rows).sum(dim=1) / positions
    flat = features.flatten(2)  # (B, N, M)
    return flat @ flat.transpose(1, 2) / positions


def texture_loss(original: Sequence[Tensor], changed: Sequence[Tensor]) -> Tensor:
    """Return the sum over layers of ``1 / N^2 sum (G - G_hat)^2`` (eq. 6).

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
    """Return ``sum (1 - D(I_hat))^2`` over patches: what the network minimises (eq. 7).

    Parameters
    ----------
    patches : Tensor (B, h, w)
        What the discriminator says of changed images, 1 for a photograph.
    reduction
        ``sum``, as in the paper, or ``mean``, as in pix2pix, over the patches.

    Returns
    -------
    Tensor (B,)
    """
    return _reduced((1 - patches).square(), reduction)


def discriminator_loss(changed: Tensor, photographs: Tensor, reduction: str = "sum") -> Tensor:
    """Return ``1/2 sum D(I_hat)^2 + (1 - D(I))^2`` over patches (eq. 8).

    The discriminator minimises it.

    Parameters
    ----------
    changed, photographs : Tensor (B, h, w)
        What the discriminator says of changed images and of photographs.
    reduction
        ``sum`` or ``mean`` over the patches, as in `adversarial_loss`.

    Returns
    -------
    Tensor (B,)
    """
    return _reduced((changed.square() + (1 - photographs).square()) / 2, reduction)


def _reduced(patches: Tensor, reduction: str) -> Tensor:
    if reduction not in ("sum", "mean"):
        raise ValueError(f"reduction is {reduction!r}; expected 'sum' or 'mean'")
    return getattr(patches, reduction)(dim=(-2, -1))
