"""Every pixel for itself.

The pixel values are free within a few levels of the photograph's, and what a model predicts is all
that counts, so the search finds what the model reacts to. Of most models others see hardly any of
it: the paper's adversarial control, which shows how far a model can be moved by what is not seen.
Of a model that was trained under adversarial changes (`robust`) and with more levels other models
see much of it too, and so may people.
"""

import torch
from torch import Tensor

from manipulation.images.log_odds import image_of_log_odds, squeezed_log_odds
from manipulation.targets.intent import Objective
from stimuli.contract.settings import PixelSettings

_SHOULDER = 0.01  # pixel values are squeezed this far from 0 and 1
_INSIDE = 1e-6  # values stay this far from 0 and 1, where what is black or white had no gradient


def search_pixels(loss: Objective, image: Tensor, settings: PixelSettings) -> Tensor:
    """Change an image, pixel by pixel, until its prediction meets a target.

    Minimises the loss plus `fidelity` times the mean squared change of pixel values, in units of
    `largest_change`, by Adam on the log odds of the pixels, from the photograph; after each step no
    value is further from the photograph's than `largest_change`. The best step is kept.

    Parameters
    ----------
    loss
        From images to the saliency loss (`intent.objective`).
    image : Tensor (3, H, W)
        RGB in [0, 1].

    Returns
    -------
    Tensor (3, H, W)
        RGB in [0, 1].
    """
    most = settings.largest_change / 255
    low, start, high = (
        squeezed_log_odds((image + change).clamp(_INSIDE, 1 - _INSIDE), _SHOULDER)
        for change in (-most, 0, most)
    )
    odds = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([odds], lr=settings.step_size)
    best, best_loss = image, torch.inf
    for _ in range(settings.steps + 1):
        changed = image_of_log_odds(odds, _SHOULDER)
        kept = ((changed - image) / most).square().mean()
        total = loss(changed[None])[0] + settings.fidelity * kept
        if total.item() < best_loss:
            best, best_loss = changed.detach().clone(), total.item()
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        with torch.no_grad():
            odds.clamp_(low, high)
    return best
