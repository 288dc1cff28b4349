"""From networks that were trained from random weights to the saliency model that averages them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from manipulation.saliency.fitting.scratch_training import TrainingRun
from manipulation.saliency.models.from_scratch import ScratchNetworks
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.models.readout import Readout


@torch.no_grad()
def averaged_model(
    runs: Sequence[TrainingRun], centre_bias: Tensor, pixels_per_degree: float
) -> SaliencyModel:
    """Return the model whose log saliency is the mean over the networks of several runs.

    Weights of the networks are rounded to 16-bit floating point, as they are stored.

    Parameters
    ----------
    centre_bias : Tensor (rows, columns)
        Log density that goes with the model.
    """
    recipe = runs[0].recipe
    extractor = ScratchNetworks(len(runs), recipe.widths, recipe.scales)
    for network, run in zip(extractor.trained, runs, strict=True):
        network.load_state_dict(run.folded().state_dict())
    extractor.half().float()
    readout = Readout(len(runs), (1,))
    (only,) = readout.linear
    only.weight.fill_(1 / len(runs))
    only.bias.zero_()
    model = SaliencyModel(
        "scratch",
        extractor,
        readout,
        sigma_px=recipe.sigma_px,
        pixels_per_degree=pixels_per_degree,
    )
    model.centre_bias.log_map.copy_(centre_bias)
    model.centre_bias.weight.copy_(torch.stack([one.average_bias_weight for one in runs]).mean())
    return model.frozen()
