"""Training one small network from scratch on photographs with fixations.

The loss is the mean negative log-likelihood of the fixations in random views of the photographs,
relative to the centre bias, which is fitted to the same photographs and added with a learned
weight. What is kept is a running mean of the weights.
"""

import copy
import hashlib
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from manipulation.saliency.centre_bias import GRID, fit_centre_bias, log_normalised
from manipulation.saliency.embedded import SaliencyNetwork
from manipulation.saliency.embedded_views import Batch, Source, Variation, views
from manipulation.saliency.fixations import cell_counts
from manipulation.saliency.gaussian import resample
from stimuli.errors import InputError
from stimuli.files import atomic_path

_CELL_PX = 8  # pixels of the photograph per cell of a network's map


@dataclass(frozen=True)
class Recipe:
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

    widths: tuple[int, ...] = (16, 32, 64, 128, 96)
    scales: int = 3
    dropout: float = 0.1
    epochs: int = 40
    batch_size: int = 8
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    averaging: float = 0.995
    sigma_px: float = 11.5
    bfloat16: bool = True
    variation: Variation = field(default_factory=Variation)


class TrainingRun:
    """A network under training, which goes on after an interruption as if there had been none.

    Parameters
    ----------
    sources
        The photographs.
    recipe
        How it is trained.
    seed
        Of the first weights and all draws.

    Attributes
    ----------
    network, average : SaliencyNetwork
        As trained, and the running mean that is kept.
    bias_weight, average_bias_weight
        Weight of the centre bias, a scalar, and its running mean.
    epoch
        Passes made.
    """

    def __init__(self, sources: Sequence[Source], recipe: Recipe, seed: int) -> None:
        self.sources, self.recipe, self.seed, self.epoch = sources, recipe, seed, 0
        counts = torch.stack(
            [cell_counts(one.relative_points * GRID[::-1], GRID) for one in sources]
        )
        self.centre_bias, _ = fit_centre_bias(counts)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = SaliencyNetwork(recipe.widths, recipe.scales, dropout=recipe.dropout)
        self.network = network.to(memory_format=torch.channels_last)
        self.bias_weight = nn.Parameter(torch.ones(()))
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self.average_bias_weight = torch.ones(())
        learned = [*self.network.parameters(), self.bias_weight]
        groups = [
            {"params": [one for one in learned if one.ndim > 1]},
            {"params": [one for one in learned if one.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(
            groups, recipe.learning_rate, betas=(0.9, 0.99), weight_decay=recipe.weight_decay
        )
        self.steps = -(-len(sources) // recipe.batch_size)  # a pass
        self.rate = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser,
            recipe.learning_rate,
            total_steps=recipe.epochs * self.steps,
            pct_start=0.2,
        )

    @property
    def finished(self) -> bool:
        """Whether all passes were made."""
        return self.epoch >= self.recipe.epochs

    def run_epoch(self, on_step: Callable[[], None] = lambda: None) -> float:
        """Make one pass and return its mean gain over the centre bias in nats per fixation.

        Everything random in it follows from the seed and the number of the pass.
        """
        generator = np.random.default_rng((self.seed, self.epoch))
        order = generator.permutation(len(self.sources))
        self.network.train()
        gain = 0.0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator.integers(2**31)))  # of the dropout
            for chosen in np.array_split(order, self.steps):
                batch = views(
                    [self.sources[index] for index in chosen],
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
        self._average()
        return gain.item()

    def _gain(self, cells: Tensor, batch: Batch) -> Tensor:
        """Return the mean gain in nats of the views' fixations over the centre bias."""
        saliency = resample(
            cells,
            self.recipe.sigma_px,
            size=tuple(cells.shape[-2:]),
            from_spacing_px=_CELL_PX,
            to_spacing_px=_CELL_PX,
        )
        log_density = log_normalised(saliency + self.bias_weight * batch.centre_bias)
        difference = (log_density - batch.centre_bias) * batch.counts
        return difference.sum() / batch.counts.sum().clamp_min(1)

    @torch.no_grad()
    def _average(self) -> None:
        """Move the running means towards the present weights, faster at the start."""
        step = self.rate.last_epoch
        kept = min(self.recipe.averaging, (1 + step) / (10 + step))
        present = self.network.state_dict()
        for name, mean in self.average.state_dict().items():
            if mean.dtype.is_floating_point:
                mean.lerp_(present[name], 1 - kept)
            else:
                mean.copy_(present[name])
        self.average_bias_weight.lerp_(self.bias_weight, 1 - kept)

    def folded(self) -> SaliencyNetwork:
        """Return the network that is kept, without normalisation, for use."""
        network = copy.deepcopy(self.average)
        network.fold()
        return network

    def identity(self) -> dict[str, object]:
        """Return what two runs must share for one to go on from the other's state."""
        photographs = hashlib.sha256()
        for one in self.sources:
            photographs.update(one.name.encode())
            photographs.update(one.points.tobytes())
            photographs.update(one.half.numpy().tobytes())
        return {
            "seed": self.seed,
            "recipe": repr(self.recipe),
            "photographs": photographs.hexdigest(),
        }

    def state(self) -> dict[str, object]:
        """Return everything that `restore` needs."""
        return {
            "identity": self.identity(),
            "epoch": self.epoch,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "bias_weight": self.bias_weight.detach(),
            "average_bias_weight": self.average_bias_weight,
            "optimiser": self.optimiser.state_dict(),
            "rate": self.rate.state_dict(),
        }

    def restore(self, state: dict[str, object]) -> None:
        """Go on from a state of a run with the same photographs, recipe and seed."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.rate.load_state_dict(state["rate"])
        with torch.no_grad():
            self.bias_weight.copy_(state["bias_weight"])
            self.average_bias_weight.copy_(state["average_bias_weight"])
        self.epoch = state["epoch"]


def save_checkpoint(path: Path, run: TrainingRun) -> None:
    """Write a run's state, whole or not at all."""
    with atomic_path(path) as temporary:
        torch.save(run.state(), temporary)


def load_checkpoint(path: Path, run: TrainingRun) -> None:
    """Let a run go on where its checkpoint stands; without one it starts anew.

    Raises
    ------
    InputError
        If the file is no checkpoint, or one of another seed, recipe or set of photographs.
    """
    if not path.exists():
        return
    try:
        state = torch.load(path, weights_only=True)
        theirs = state["identity"]
    except (pickle.UnpicklingError, RuntimeError, KeyError, TypeError, EOFError, OSError) as error:
        raise InputError(f"{path}: is no checkpoint of a network ({error}); remove it") from None
    for name, ours in run.identity().items():
        if theirs[name] != ours:
            raise InputError(
                f"{path}: {name} is {theirs[name]}; expected {ours}, as this command asks for; "
                f"remove it, or name another folder with --checkpoints"
            )
    run.restore(state)
