"""The search for edits: gaze where it is wanted, as far as the picture stays natural."""

from collections.abc import Callable

import torch
from torch import Tensor

from manipulation.targets.intent import Objective
from manipulation.transforms.edits import BOUNDS, Negative, develop
from stimuli.contract.settings import EditSettings

Excess = Callable[[Tensor], Tensor]  # from images to how far each is beyond what is natural


def search_edits(
    loss: Objective,
    negative: Negative,
    settings: EditSettings,
    excess: Excess | None = None,
    start: Tensor | None = None,
) -> Tensor:
    """Find edits that bring the predicted density near a target.

    Minimises ``KL(p_t || p_hat) + restraint * excess + naturalness * sum t^2`` by Adam on ``u``
    with ``t = tanh(u)`` and amounts ``strength * t``, and keeps the best step.

    Parameters
    ----------
    loss
        From images to the saliency loss (`intent.objective`).
    negative
        The image at the size of the search.
    excess
        How far images are beyond their budget of naturalness, 0 within it; by default none is.
    start : Tensor (n, 8), optional
        Amounts to begin with; by default no edit.

    Returns
    -------
    Tensor (n, 8)
        The amounts, for `develop` at any size.
    """
    shape = (len(negative.regions), len(BOUNDS))
    first = torch.zeros(shape, dtype=negative.odds.dtype)
    if start is not None and settings.strength > 0:
        first = torch.atanh((start / settings.strength).clamp(-0.99, 0.99))
    unbounded = first.requires_grad_()
    optimiser = torch.optim.Adam([unbounded], lr=settings.step_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.steps)
    best, best_loss = torch.zeros(shape, dtype=unbounded.dtype), torch.inf
    for _ in range(settings.steps):
        edits = torch.tanh(unbounded)
        changed = develop(negative, settings.strength * edits[None])
        total = loss(changed)[0] + settings.naturalness * edits.square().sum()
        if excess is not None:
            total = total + settings.restraint * excess(changed)[0]
        if total.item() < best_loss:
            best, best_loss = settings.strength * edits.detach(), total.item()
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        schedule.step()
    return best
