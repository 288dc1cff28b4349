"""From trained networks to the saliency model that averages them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from manipulation.saliency.fitting.network_training import TrainingRun
from manipulation.saliency.models.from_scratch import SaliencyNetwork, ScratchNetworks
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.models.pretrained import PretrainedNetwork, PretrainedNetworks
from manipulation.saliency.models.readout import Readout

Network = SaliencyNetwork | PretrainedNetwork


@torch.no_grad()
def averaged_model(
    runs: Sequence[TrainingRun],
    centre_bias: Tensor,
    pixels_per_degree: float,
) -> SaliencyModel:
    """Return the model whose log saliency is the mean over the networks of several runs.

    Weights of the networks are rounded to 16-bit floating point, as they are stored.

    Parameters
    ----------
    centre_bias : Tensor (rows, columns)
        Log density that goes with the model.
    """
    networks = [run.folded() for run in runs]
    extractor = _extractor(networks)
    for kept, network in zip(extractor.networks, networks, strict=True):
        kept.load_state_dict(network.state_dict())
    extractor.half().float()
    readout = Readout(len(networks), (1,))
    (only,) = readout.linear
    only.weight.fill_(1 / len(networks))
    only.bias.zero_()
    model = SaliencyModel(
        "pretrained" if isinstance(extractor, PretrainedNetworks) else "scratch",
        extractor,
        readout,
        sigma_px=runs[0].recipe.sigma_px,
        pixels_per_degree=pixels_per_degree,
    )
    model.centre_bias.log_map.copy_(centre_bias)
    model.centre_bias.weight.copy_(torch.stack([one.average_bias_weight for one in runs]).mean())
    return model.frozen()


def _extractor(networks: Sequence[Network]) -> ScratchNetworks | PretrainedNetworks:
    """Return an extractor with unset weights for networks of one kind."""
    first = networks[0]
    if isinstance(first, SaliencyNetwork):
        return ScratchNetworks(len(networks), first.widths, first.scales)
    backbones = [one.trunk.name for one in networks if isinstance(one, PretrainedNetwork)]
    return PretrainedNetworks(backbones, first.width, first.scales)
