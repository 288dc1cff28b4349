"""What a version should do, and how far an image is from doing it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from manipulation.images.photographs import resized
from manipulation.saliency.models.protocol import LogSaliencyModel
from manipulation.targets.densities import blurred_masks, global_scale, local_shift
from manipulation.targets.losses import saliency_loss

Objective = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Intent:
    """Regions to shift and a factor on the whole: eq. (11), then eq. (12).

    Attributes
    ----------
    masks : Tensor (n, H, W)
        1 inside a region, 0 outside; none where only the entropy is meant.
    k_shift
        Shift of the log saliency in each region, in nats.
    k_scale
        Factor on the log saliency.
    blur
        Gaussian width by which the masks are softened, as a share of the longer side.
    """

    masks: Tensor
    k_shift: tuple[float, ...] = ()
    k_scale: float = 1.0
    blur: float = 0.0

    @property
    def identity(self) -> list[object]:
        """All of it, JSON-ready, the masks as a hash."""
        masks = hashlib.sha256(self.masks.numpy().tobytes()).hexdigest()
        return [masks, list(self.k_shift), self.k_scale, self.blur]

    def shifted(self, log_saliency: Tensor) -> Tensor:
        """Return the log saliency ``(H, W)`` that the shifts ask for."""
        if not self.k_shift:
            return log_saliency
        size = (log_saliency.shape[-2], log_saliency.shape[-1])
        masks = blurred_masks(resized(self.masks, size), self.blur * max(size))
        return local_shift(log_saliency, masks, self.k_shift)

    def target(self, log_saliency: Tensor) -> Tensor:
        """Return the log saliency ``(H, W)`` that is asked for, given that of the photograph."""
        return global_scale(self.shifted(log_saliency), self.k_scale)


def objective(models: Sequence[LogSaliencyModel], image: Tensor, intent: Intent) -> Objective:
    """Return what a changed image should minimise: the paper's saliency loss.

    Parameters
    ----------
    models
        Each has its own target, from its own prediction; their losses are averaged.
    image : Tensor (3, H, W)
        The photograph.

    Returns
    -------
    Callable
        From changed images ``(B, 3, H, W)`` to ``KL(p_t || p_hat)`` in nats, ``(B,)``.
    """
    targets = [intent.target(model.log_saliency(image[None])[0]) for model in models]

    def loss(changed: Tensor) -> Tensor:
        losses = [
            saliency_loss(target.expand(len(changed), -1, -1), model(changed))
            for model, target in zip(models, targets, strict=True)
        ]
        return torch.stack(losses).mean(dim=0)

    return loss
