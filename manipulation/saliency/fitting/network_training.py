"""Training one small network from scratch on photographs with fixations.

The loss is the mean negative log-likelihood of the fixations in random views of the photographs,
relative to the centre bias, which is fitted to the same photographs and added with a learned
weight. What is kept is a running mean of the weights.
"""

import copy
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from manipulation.images.gaussian import resample
from manipulation.images.log_density import log_normalised
from manipulation.runs.running_mean import RunningMean
from manipulation.runs.state import ResumableState, RunIdentity, Stateful
from manipulation.saliency.fitting.attack import worst_case
from manipulation.saliency.fitting.network_recipe import NetworkRecipe
from manipulation.saliency.fitting.network_views import Batch, views
from manipulation.saliency.fixations.viewed import ViewedPhotograph, relative_counts
from manipulation.saliency.models.backbone_weights import load_weights
from manipulation.saliency.models.centre_bias import GRID, fit_centre_bias
from manipulation.saliency.models.files import load_saliency_model
from manipulation.saliency.models.from_scratch import SaliencyNetwork
from manipulation.saliency.models.pretrained import PretrainedNetwork, PretrainedNetworks
from stimuli.support.errors import InputError
from stimuli.support.files import sha256


class NetworkOnCentreBias(nn.Module):
    """What is learned: a network, and the weight of the centre bias beside its log saliency.

    Attributes
    ----------
    bias_weight : Parameter
        A scalar; 1 takes the centre bias as it is.
    """

    def __init__(self, network: SaliencyNetwork | PretrainedNetwork) -> None:
        super().__init__()
        self.network = network
        self.bias_weight = nn.Parameter(torch.ones(()))


def new_network(recipe: NetworkRecipe) -> SaliencyNetwork | PretrainedNetwork:
    """Return a network at the start of its training, drawn from torch's global generator.

    Raises
    ------
    InputError
        If the backbone or the file of its weights is none.
    """
    if not recipe.backbone:
        return SaliencyNetwork(recipe.widths, recipe.scales, dropout=recipe.dropout)
    if recipe.start:
        network = copy.deepcopy(_only_network(recipe))
    else:
        network = PretrainedNetwork(recipe.backbone, recipe.width, recipe.scales)
        load_weights(network.trunk, recipe.weights, recipe.backbone)
    network.requires_grad_(True)
    network.trunk.requires_grad_(False)
    for number, block in enumerate(network.trunk.blocks):
        for module in block.modules():
            if number >= recipe.kept_stages and isinstance(module, nn.Conv2d):
                module.requires_grad_(True)
    return network


def _only_network(recipe: NetworkRecipe) -> PretrainedNetwork:
    """Return the network that a training starts from."""
    extractor = load_saliency_model(recipe.start).extractor
    networks = extractor.trained if isinstance(extractor, PretrainedNetworks) else []
    kinds = [one.trunk.name for one in networks]
    if kinds != [recipe.backbone]:
        raise InputError(
            f"start is {recipe.start!r}, with the backbones {kinds}; expected a model of one "
            f"network on {recipe.backbone}"
        )
    return networks[0]


def _groups(learned: NetworkOnCentreBias, recipe: NetworkRecipe) -> list[dict[str, Any]]:
    """Return what is learned by its rate and whether it decays, for the optimiser."""
    groups: list[dict[str, Any]] = []
    in_backbone = isinstance(learned.network, PretrainedNetwork)
    for of_backbone, rate in ((True, recipe.backbone_rate), (False, recipe.learning_rate)):
        chosen = [
            one
            for name, one in learned.named_parameters()
            if one.requires_grad
            and (in_backbone and name.startswith("network.trunk.")) == of_backbone
        ]
        matrices = [one for one in chosen if one.ndim > 1]
        others = [one for one in chosen if one.ndim <= 1]
        groups += [{"params": matrices, "lr": rate, "weight_decay": recipe.weight_decay}]
        groups += [{"params": others, "lr": rate, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


class TrainingRun:
    """A network under training, which goes on after an interruption as if there had been none.

    Parameters
    ----------
    seen
        Photographs with their pixels.
    recipe
        How it is trained.
    seed
        Of the first weights and all draws.

    Attributes
    ----------
    network : SaliencyNetwork or PretrainedNetwork
        As trained.
    bias_weight
        Weight of the centre bias, a scalar.
    centre_bias : Tensor (rows, columns)
        Log density of the fixations on all its photographs.
    epoch
        Passes made.
    """

    def __init__(self, seen: Sequence[ViewedPhotograph], recipe: NetworkRecipe, seed: int) -> None:
        self.seen, self.recipe, self.seed, self.epoch = seen, recipe, seed, 0
        counts = torch.stack([relative_counts(one, GRID) for one in seen])
        self.centre_bias, _ = fit_centre_bias(counts)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = new_network(recipe)
        self._learned = NetworkOnCentreBias(network.to(memory_format=torch.channels_last))
        self._mean = RunningMean(self._learned, recipe.averaging)
        self._mean.mean.eval()
        self.network, self.bias_weight = self._learned.network, self._learned.bias_weight
        groups = _groups(self._learned, recipe)
        self.optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.99))
        self.steps = -(-len(seen) // recipe.batch_size)  # a pass
        self.rate = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser,
            [group["lr"] for group in groups],
            total_steps=recipe.epochs * self.steps,
            pct_start=0.2,
        )

    @property
    def average(self) -> SaliencyNetwork | PretrainedNetwork:
        """The running mean of the network, which is kept."""
        return self._mean.mean.network

    @property
    def average_bias_weight(self) -> Tensor:
        """The running mean of the weight of the centre bias, a scalar."""
        return self._mean.mean.bias_weight

    @property
    def finished(self) -> bool:
        """Whether all passes were made."""
        return self.epoch >= self.recipe.epochs

    def run_epoch(self, on_step: Callable[[], None] = lambda: None) -> float:
        """Make one pass and return its mean gain over the centre bias in nats per fixation.

        Everything random in it follows from the seed and the number of the pass.
        """
        generator = np.random.default_rng((self.seed, self.epoch))
        order = generator.permutation(len(self.seen))
        self.network.train()
        gain = 0.0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator.integers(2**31)))  # of the dropout
            for chosen in np.array_split(order, self.steps):
                batch = views(
                    [self.seen[index] for index in chosen],
                    self.centre_bias,
                    self.recipe.variation,
                    generator,
                    self.network,
                )
                gain += self._step(batch) / self.steps
                on_step()
        self.epoch += 1
        return gain

    def _step(self, batch: Batch) -> float:
        if self.recipe.radius:
            images = worst_case(
                lambda images: -self._gain(self._cells(images), batch),
                batch.images, self.recipe.radius, self.recipe.attack_steps,
            )  # fmt: skip
            batch = replace(batch, images=images)
        gain = self._gain(self._cells(batch.images), batch)
        self.optimiser.zero_grad()
        (-gain).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.rate.step()
        self._mean.update(self._learned, self.rate.last_epoch)
        return gain.item()

    def _cells(self, images: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bfloat16):
            return self.network(images).float()

    def _gain(self, cells: Tensor, batch: Batch) -> Tensor:
        """Return the mean gain in nats of the views' fixations over the centre bias."""
        height, width = cells.shape[-2:]
        spacing_px = self.network.cell_px / self.network.share  # in pixels of the photograph
        saliency = resample(
            cells,
            self.recipe.sigma_px,
            size=(height, width),
            from_spacing_px=spacing_px,
            to_spacing_px=spacing_px,
        )
        log_density = log_normalised(saliency + self.bias_weight * batch.centre_bias)
        difference = (log_density - batch.centre_bias) * batch.counts
        return difference.sum() / batch.counts.sum().clamp_min(1)

    def folded(self) -> SaliencyNetwork | PretrainedNetwork:
        """Return the network that is kept, without normalisation, for use."""
        network = copy.deepcopy(self.average)
        network.fold()
        return network

    def identity(self) -> RunIdentity:
        """Return what two runs must share for one to go on from the other's state."""
        photographs = hashlib.sha256()
        for one in self.seen:
            photographs.update(one.name.encode())
            photographs.update(one.points.tobytes())
            photographs.update(one.half_pixels.numpy().tobytes())
        settings: dict[str, object] = {"seed": self.seed, "recipe": asdict(self.recipe)}
        if Path(self.recipe.weights).is_file():  # another file of that name is no way to go on
            settings["weights_sha256"] = sha256(self.recipe.weights)
        return RunIdentity(settings, photographs.hexdigest())

    def resumable(self, path: Path) -> ResumableState:
        """Return the state of this run in a file; its steps are passes."""
        parts: dict[str, Stateful] = {
            "network": self._learned,
            "mean": self._mean,
            "optimiser": self.optimiser,
            "rate": self.rate,
        }
        return ResumableState(path, parts, self.identity(), option="--checkpoints", unit="epoch")

    def restore(self, state: ResumableState) -> None:
        """Go on where a state stands; without one the run begins anew.

        Raises
        ------
        InputError
            If it is the state of another seed, recipe or set of photographs, or none at all.
        """
        self.epoch = state.restore()
