"""The saliency loss of the paper. Its other losses belong to the training of networks."""

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
