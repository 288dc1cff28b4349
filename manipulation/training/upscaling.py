"""Training the network that upscales, on photographs and their reductions by 2.

A reduction is made as `manipulation.photographs.squared` makes the image that networks see (Pillow,
Lanczos). Everything random in a step follows from the seed and its number, so a run that was killed
goes on as if there had been no interruption.
"""

import copy
import hashlib
import math
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from manipulation.photographs import to_image
from manipulation.training.checkpoints import Stopped
from manipulation.transforms.upscaling import SCALE, UpscalingNetwork
from stimuli.errors import InputError
from stimuli.files import atomic_path, read_image, sha256

_UNREADABLE = (
    pickle.UnpicklingError, RuntimeError, KeyError, TypeError, ValueError, OSError, EOFError
)  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    channels, blocks
        As in `UpscalingNetwork`.
    steps
        Of the optimiser. A run under way may be given more or fewer, as long as its learning rate
        has not begun to fall.
    photographs, crops
        Of a step; crops of each photograph.
    crop_px
        Side of a crop before it is upscaled.
    most_reduction
        Half of the crops come from photographs that were reduced by a factor from 1 to this, so
        that the network also knows pictures that are sharper and have fewer artefacts of JPEG.
    learning_rate
        Of Adam, reached after `warm_up` steps.
    fall
        Share of the steps, the last, in which it falls to 0 along a line.
    averaging
        Share of the running mean of the weights that a step keeps.
    softness
        Grey levels, in [0, 1], below which the loss ``sqrt(difference^2 + softness^2)`` is
        quadratic (Charbonnier).
    bfloat16
        Whether convolutions are computed in bfloat16; about twice as fast where the processor has
        instructions for it.
    """

    channels: int = 32
    blocks: int = 4
    steps: int = 6000
    photographs: int = 2
    crops: int = 4
    crop_px: int = 48
    most_reduction: float = 2.0
    learning_rate: float = 2e-3
    warm_up: int = 100
    fall: float = 0.25
    averaging: float = 0.998
    softness: float = 1e-3
    bfloat16: bool = True

    @property
    def falls_after(self) -> float:
        """Steps after which the learning rate falls."""
        return (1 - self.fall) * self.steps

    def rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        rising = (step + 1) / self.warm_up
        falling = (self.steps - step) / (self.steps - self.falls_after)
        return self.learning_rate * min(rising, 1.0, falling)


def reduced(picture: Image.Image) -> Image.Image:
    """Return a picture at half its width and height, both even."""
    size = (picture.width // SCALE, picture.height // SCALE)
    return picture.resize(size, Image.Resampling.LANCZOS)


def crop(pixels: np.ndarray, recipe: Recipe, generator: np.random.Generator) -> np.ndarray:
    """Return a random crop ``(2 crop_px, 2 crop_px, 3)`` of a photograph, mirrored and turned."""
    side = SCALE * recipe.crop_px
    height, width = pixels.shape[:2]
    most = min(recipe.most_reduction, min(height, width) / side)
    factor = generator.uniform(1, most) if generator.random() < 0.5 else 1.0
    left = generator.integers(width - math.ceil(factor * side) + 1)
    top = generator.integers(height - math.ceil(factor * side) + 1)
    box = (left, top, left + factor * side, top + factor * side)
    picture = Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS, box=box)
    turned = np.rot90(np.asarray(picture), generator.integers(4))
    return turned[:, ::-1] if generator.random() < 0.5 else turned


def crops(
    files: Sequence[Path], recipe: Recipe, generator: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Return crops of a step ``(B, 3, 2 px, 2 px)`` and their reductions ``(B, 3, px, px)``."""
    high = []
    for index in generator.integers(len(files), size=recipe.photographs):
        pixels = read_image(files[index])
        high += [crop(pixels, recipe, generator) for _ in range(recipe.crops)]
    low = [np.asarray(reduced(Image.fromarray(one))) for one in high]
    return _stacked(high), _stacked(low)


def _stacked(pixels: list[np.ndarray]) -> Tensor:
    images = torch.stack([to_image(one) for one in pixels])
    return images.contiguous(memory_format=torch.channels_last)


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
    network, average : UpscalingNetwork
        As trained, and the running mean that is kept.
    step
        Steps made.
    identity
        What two runs must share for one to go on from the other's state.
    """

    def __init__(self, files: Sequence[Path], recipe: Recipe, seed: int) -> None:
        self.files, self.recipe, self.seed, self.step = list(files), recipe, seed, 0
        self.identity = {
            "seed": seed,
            "recipe": repr(replace(recipe, steps=0)),
            "photographs": _digest(self.files),
        }
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = UpscalingNetwork(recipe.channels, recipe.blocks)
        self.network = network.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.optimiser = torch.optim.Adam(self.network.parameters(), betas=(0.9, 0.99))

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
        kept = min(recipe.averaging, (1 + self.step) / (10 + self.step))
        for mean, present in zip(self.average.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(present.detach(), 1 - kept)
        self.step += 1
        return loss.item()

    def write(self, path: Path) -> None:
        """Write the state, whole or not at all."""
        state = {
            "identity": self.identity,
            "step": self.step,
            "steps": self.recipe.steps,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        with atomic_path(path) as temporary:
            torch.save(state, temporary)

    def restore(self, path: Path) -> None:
        """Go on from a state; without one the run starts anew.

        Raises
        ------
        InputError
            If the file is no such state, or one of another seed, recipe or set of photographs.
        """
        if not path.exists():
            return
        try:
            state = torch.load(path, weights_only=True)
            theirs = state["identity"]
        except _UNREADABLE as error:
            raise InputError(f"{path}: is no state of a run ({error}); remove it") from None
        for name, ours in self.identity.items():
            if theirs[name] != ours:
                raise InputError(
                    f"{path}: {name} is {theirs[name]}; expected {ours}, as this command asks for; "
                    f"remove it to start anew, or give another --out"
                )
        before = replace(self.recipe, steps=state["steps"])
        falls_after = min(self.recipe.falls_after, before.falls_after)
        if before != self.recipe and state["step"] > falls_after:
            raise InputError(
                f"{path}: is at step {state['step']} of {state['steps']}, and the learning rate "
                f"of {self.recipe.steps} steps would have been another by now; expected --steps "
                f"{state['steps']}; remove it to start anew, or give another --out"
            )
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]
