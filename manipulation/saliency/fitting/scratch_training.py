"""Training one small network from scratch on photographs with fixations.

The loss is the mean negative log-likelihood of the fixations in random views of the photographs,
relative to the centre bias, which is fitted to the same photographs and added with a learned
weight. What is kept is a running mean of the weights.
"""

import copy
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from manipulation.images.gaussian import resample
from manipulation.images.log_density import log_normalised
from manipulation.runs.running_mean import RunningMean
from manipulation.runs.state import ResumableState, RunIdentity, Stateful
from manipulation.saliency.fitting.scratch_views import Batch, Variation, views
from manipulation.saliency.fixations.viewed import ViewedPhotograph, relative_counts
from manipulation.saliency.models.centre_bias import GRID, fit_centre_bias
from manipulation.saliency.models.from_scratch import SaliencyNetwork
from stimuli.support.checked import CheckedSettings, setting

_CELL_PX = 8  # pixels of the photograph per cell of a network's map


@dataclass(frozen=True)
class ScratchRecipe(CheckedSettings):
    """How a network is trained.

    Attributes
    ----------
    widths, scales, dropout
        As in `SaliencyNetwork`.
    epochs
        Passes over the photographs, one view of each a pass.
    batch_size
        Photographs per step.
    learning_rate, weight_decay
        Peak of AdamW's learning rate, which rises and falls once (Smith & Topin 2018), and the
        decay of convolution weights (Loshchilov & Hutter 2019).
    averaging
        Share of the running mean of the weights that a step keeps.
    sigma_px
        Width of the Gaussian that smooths a network's map, in pixels of the photograph.
    bfloat16
        Whether convolutions are computed in bfloat16; about twice as fast where the processor has
        instructions for it.
    variation
        How views differ.
    """

    widths: tuple[int, ...] = setting((16, 32, 64, 128, 96), "channels of the five stages")
    scales: int = setting(3, "sizes of the image that the first stages see", 1, 8)
    dropout: float = setting(0.1, "share of merged channels left out in training", 0, 0.99)
    epochs: int = setting(40, "passes over the photographs", 1, 10_000)
    batch_size: int = setting(8, "photographs per step", 1, 10_000)
    learning_rate: float = setting(3e-3, "peak of AdamW's rate", 1e-12, 10)
    weight_decay: float = setting(0.05, "decay of convolution weights", 0, 10)
    averaging: float = setting(0.995, "share of the running mean that a step keeps", 0, 0.999999)
    sigma_px: float = setting(11.5, "width of the Gaussian that smooths a map", 0.1, 1000)
    bfloat16: bool = setting(True, "whether convolutions are computed in bfloat16")
    variation: Variation = field(default_factory=Variation)


class NetworkOnCentreBias(nn.Module):
    """What is learned: a network, and the weight of the centre bias beside its log saliency.

    Attributes
    ----------
    bias_weight : Parameter
        A scalar; 1 takes the centre bias as it is.
    """

    def __init__(self, network: SaliencyNetwork) -> None:
        super().__init__()
        self.network = network
        self.bias_weight = nn.Parameter(torch.ones(()))


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
    network : SaliencyNetwork
        As trained.
    bias_weight
        Weight of the centre bias, a scalar.
    centre_bias : Tensor (rows, columns)
        Log density of the fixations on all its photographs.
    epoch
        Passes made.
    """

    def __init__(self, seen: Sequence[ViewedPhotograph], recipe: ScratchRecipe, seed: int) -> None:
        self.seen, self.recipe, self.seed, self.epoch = seen, recipe, seed, 0
        counts = torch.stack([relative_counts(one, GRID) for one in seen])
        self.centre_bias, _ = fit_centre_bias(counts)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = SaliencyNetwork(recipe.widths, recipe.scales, dropout=recipe.dropout)
        self._learned = NetworkOnCentreBias(network.to(memory_format=torch.channels_last))
        self._mean = RunningMean(self._learned, recipe.averaging)
        self._mean.mean.eval()
        self.network, self.bias_weight = self._learned.network, self._learned.bias_weight
        learned = [*self.network.parameters(), self.bias_weight]
        groups: list[dict[str, Any]] = [
            {"params": [one for one in learned if one.ndim > 1]},
            {"params": [one for one in learned if one.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(
            groups, recipe.learning_rate, betas=(0.9, 0.99), weight_decay=recipe.weight_decay
        )
        self.steps = -(-len(seen) // recipe.batch_size)  # a pass
        self.rate = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser,
            recipe.learning_rate,
            total_steps=recipe.epochs * self.steps,
            pct_start=0.2,
        )

    @property
    def average(self) -> SaliencyNetwork:
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
                )
                gain += self._step(batch) / self.steps
                on_step()
        self.epoch += 1
        return gain

    def _step(self, batch: Batch) -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bfloat16):
            cells = self.network(batch.images)
        gain = self._gain(cells.float(), batch)
        self.optimiser.zero_grad()
        (-gain).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.rate.step()
        self._mean.update(self._learned, self.rate.last_epoch)
        return gain.item()

    def _gain(self, cells: Tensor, batch: Batch) -> Tensor:
        """Return the mean gain in nats of the views' fixations over the centre bias."""
        height, width = cells.shape[-2:]
        saliency = resample(
            cells,
            self.recipe.sigma_px,
            size=(height, width),
            from_spacing_px=_CELL_PX,
            to_spacing_px=_CELL_PX,
        )
        log_density = log_normalised(saliency + self.bias_weight * batch.centre_bias)
        difference = (log_density - batch.centre_bias) * batch.counts
        return difference.sum() / batch.counts.sum().clamp_min(1)

    def folded(self) -> SaliencyNetwork:
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
        settings = {"seed": self.seed, "recipe": asdict(self.recipe)}
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
