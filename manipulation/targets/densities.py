"""Target densities: what the fixation density should become.

Both kinds change the un-normalised log saliency ``S``, in nats and without centre bias, of the
unchanged image; the target density is the softmax of the result (Gatys et al. 2017, eq. 11, 12).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from manipulation.images.gaussian import resample


def local_shift(log_saliency: Tensor, masks: Tensor, k_shift: Sequence[float]) -> Tensor:
    """Shift log saliency inside regions: ``S_t = S + sum_i k_sh,i M_i`` (eq. 11).

    Parameters
    ----------
    log_saliency : Tensor (..., H, W)
        Un-normalised log saliency of the unchanged image, in nats, without centre bias.
    masks : Tensor (n, H, W)
        1 inside a region and 0 outside, or in between where blurred.
    k_shift
        The shift of each region in nats; the paper trains with -4 to 4.

    Returns
    -------
    Tensor (..., H, W)
        Un-normalised log saliency; its softmax is the target density.

    Raises
    ------
    ValueError
        If there are not as many masks as shifts, or they have another size than `log_saliency`.

    Examples
    --------
    >>> import torch
    >>> from manipulation import local_shift
    >>> masks = torch.tensor([[[1.0, 0.0, 0.0]]])
    >>> local_shift(torch.zeros(1, 3), masks, [2.0])
    tensor([[2., 0., 0.]])
    """
    shifts = torch.as_tensor(list(k_shift), dtype=log_saliency.dtype, device=log_saliency.device)
    if masks.shape != (len(shifts), *log_saliency.shape[-2:]):
        raise ValueError(
            f"masks are {tuple(masks.shape)}; expected {len(shifts)} of "
            f"{tuple(log_saliency.shape[-2:])}"
        )
    return log_saliency + torch.einsum("n,nhw->hw", shifts, masks.to(log_saliency.dtype))


def global_scale(log_saliency: Tensor, k_scale: float) -> Tensor:
    """Scale log saliency: ``S_t = k_sc S`` (eq. 12).

    Parameters
    ----------
    log_saliency : Tensor (..., H, W)
        Un-normalised log saliency of the unchanged image, in nats, without centre bias.
    k_scale
        The factor: above 1 the density gathers at its peaks and its entropy falls, below 1 it
        spreads. The paper trains with 0.5 to 2.

    Returns
    -------
    Tensor (..., H, W)
        Un-normalised log saliency; its softmax is the target density.

    Examples
    --------
    >>> import torch
    >>> from manipulation import global_scale
    >>> global_scale(torch.tensor([[0.0, 1.0]]), 2.0)
    tensor([[0., 2.]])
    """
    return k_scale * log_saliency


def blurred_masks(masks: Tensor, sigma_px: float) -> Tensor:
    """Return masks ``(n, H, W)`` softened with a Gaussian; 0 leaves them as they are."""
    if sigma_px == 0:
        return masks
    height, width = masks.shape[-2:]
    return resample(masks, sigma_px, size=(height, width))
