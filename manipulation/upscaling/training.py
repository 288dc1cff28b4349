"""Training the network that upscales, on photographs and their reductions by 2.

Everything random in a step follows from the seed and its number, so a run that
was killed goes on as if there had been no interruption.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from manipulation.runs.running_mean import RunningMean
from manipulation.runs.state import ResumableState, RunIdentity, Stateful, Stopped
from manipulation.upscaling.crops import crops
from manipulation.upscaling.network import UpscalingNetwork
from manipulation.upscaling.recipe import UpscalingRecipe
from stimuli.support.files import sha256


def _digest(files: Sequence[Path]) -> str:
    lines = (f"{file.name} {sha256(file)}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


class TrainingRun:
    """A network under training.

    Parameters
    ----------
    files
        Of the photographs.
    recipe
        How it is trained.
    seed
        Of the first weights and all draws.

    Attributes
    ----------
    network : UpscalingNetwork
        As trained.
    step
        Steps made.
    identity
        What two runs must share for one to go on from the other's state.
    """

    def __init__(self, files: Sequence[Path], recipe: UpscalingRecipe, seed: int) -> None:
        self.files, self.recipe, self.seed, self.step = list(files), recipe, seed, 0
        settings = {"seed": seed, "recipe": asdict(recipe)}
        self.identity = RunIdentity(settings, _digest(self.files))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = UpscalingNetwork(recipe.channels, recipe.blocks)
        self.network = network.to(memory_format=torch.channels_last)
        self._mean = RunningMean(self.network, recipe.averaging)
        self.optimiser = torch.optim.Adam(self.network.parameters(), betas=(0.9, 0.99))

    @property
    def average(self) -> UpscalingNetwork:
        """The running mean of the network, which is kept."""
        return self._mean.mean

    @property
    def finished(self) -> bool:
        """Whether all steps were made."""
        return self.step >= self.recipe.steps

    def advance(self) -> float:
        """Make one step and return its loss.

        Raises
        ------
        Stopped
            If the loss is no finite number.
        """
        recipe = self.recipe
        high, low = crops(self.files, recipe, np.random.default_rng((self.seed, self.step)))
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16):
            made = self.network(low)
        loss = ((made.float() - high).square() + recipe.softness**2).sqrt().mean()
        if not loss.isfinite():
            raise Stopped(
                f"step {self.step + 1}: the loss is {loss.item()}; the last state is kept; "
                f"start again with a lower --learning-rate, or another --seed"
            )
        for group in self.optimiser.param_groups:
            group["lr"] = recipe.rate(self.step)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 0.1)
        self.optimiser.step()
        self._mean.update(self.network, self.step)
        self.step += 1
        return loss.item()

    def resumable(self, path: Path) -> ResumableState:
        """Return the state of this run in a file.

        A run under way may be given more or fewer steps, as long as its learning rate has not
        begun to fall: the steps that were made would have been the same.
        """
        parts: dict[str, Stateful] = {
            "network": self.network,
            "mean": self._mean,
            "optimiser": self.optimiser,
        }

        def may_change(name: str, steps: object, done: int) -> bool:
            if name != "recipe.steps" or not isinstance(steps, int):
                return False
            before = replace(self.recipe, steps=steps)
            return done <= min(self.recipe.falls_after, before.falls_after)

        return ResumableState(path, parts, self.identity, option="--out", may_change=may_change)

    def restore(self, state: ResumableState) -> None:
        """Go on from a state; without one the run begins anew.

        Raises
        ------
        InputError
            If it is the state of another seed, recipe or set of photographs, or none at all.
        """
        self.step = state.restore()
