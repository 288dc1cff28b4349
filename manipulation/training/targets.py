"""Target densities: what the fixation density should become.

Both kinds change the un-normalised log saliency ``S``, in nats and without centre bias, of the
unchanged image; the target density is the softmax of the result (Gatys et al. 2017, eq. 11, 12).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from manipulation.saliency.gaussian import resample


def local_shift(log_saliency: Tensor, masks: Tensor, k_shift: Sequence[float]) -> Tensor:
    """Shift log saliency inside regions: ``S_t = S + sum_i k_sh,i M_i`` (eq. 11).

    Parameters
    ----------
    log_saliency : Tensor (..., H, W)
        Of the unchanged image.
    masks : Tensor (n, H, W)
        1 inside a region and 0 outside, or in between where blurred.
    k_shift
        The shift of each region in nats; the paper trains with -4 to 4.

    Returns
    -------
    Tensor (..., H, W)
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

    Above 1 the density gathers at its peaks and its entropy falls; below 1 it spreads.
    """
    return k_scale * log_saliency


def blurred_masks(masks: Tensor, sigma_px: float) -> Tensor:
    """Return masks ``(n, H, W)`` softened with a Gaussian; 0 leaves them as they are."""
    if sigma_px == 0:
        return masks
    return resample(masks, sigma_px, size=tuple(masks.shape[-2:]))
