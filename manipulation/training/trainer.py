"""One step of training: two passes of the guide, four losses, two optimisers.

The guide sees the photographs, for the network's features, the targets and what the losses compare
with; and it sees what the network made of them. Everything random comes in with the batch, so a
step follows from the state and the batch alone.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from manipulation.networks.compiled import compile_blocks
from manipulation.networks.discriminator import PatchGAN
from manipulation.networks.files import starting_network
from manipulation.networks.guide import Guide
from manipulation.networks.image_network import relative_log_density
from manipulation.networks.settings import RunSettings
from manipulation.runs.processes import ALONE, Processes
from manipulation.runs.state import Stateful
from manipulation.targets.losses import discriminator_loss
from manipulation.training.batches import Batch
from manipulation.training.drawn_targets import training_target
from manipulation.training.picture_budget import PictureBudget
from manipulation.training.played_back import PlayedBack, on_gpu
from manipulation.training.step import Step
from manipulation.training.total_loss import ChangedBatch, loss_terms

_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

Module = TypeVar("Module", bound=nn.Module)


class Trainer:
    """The network and the discriminator in training, and their optimisers.

    Parameters
    ----------
    settings
        Settings of the run.
    guide
        Sees the images.
    device
        Where everything is computed; the guide is moved there.
    group
        This process among those of one run. Each is given a part of the batch, and gradients are
        averaged, so that all do together what one would do with the whole batch.
    play_back
        Makes of a step one that is recorded and played back, as `on_gpu` does.
    """

    def __init__(
        self,
        settings: RunSettings,
        guide: Guide,
        device: torch.device,
        group: Processes = ALONE,
        play_back: Callable[[Callable[[Batch], Step]], PlayedBack] = on_gpu,
    ) -> None:
        self.settings, self.device = settings, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.schedule.seed)
            network = starting_network(settings, guide)
            discriminator = PatchGAN(settings.network.discriminator_width)
        self.guide = _channels_last(guide, device)
        self.network = _channels_last(network, device)
        self.discriminator = _channels_last(discriminator, device)
        # What is played back reads the rate where it was recorded.
        rate = settings.schedule.learning_rate
        plays = settings.schedule.play_back
        self._rate = torch.tensor(rate, device=device) if plays else rate
        self.network_optimiser, self.discriminator_optimiser = (
            torch.optim.Adam(one.parameters(), self._rate, fused=True, capturable=plays)
            for one in (self.network, self.discriminator)
        )
        self._played_back = play_back(self._step) if plays else self._step
        precision = settings.schedule.precision
        self.scaler = torch.amp.GradScaler(device.type, enabled=precision == "float16")
        self._type = _TYPES[precision]
        self._budget = PictureBudget(device) if settings.losses.budget else None
        # Called in place of the modules where gradients are to be averaged over the processes.
        self._shared_network: nn.Module = self.network
        self._shared_discriminator: nn.Module = self.discriminator
        if group.count > 1:
            self._shared_network = DistributedDataParallel(self.network)
            self._shared_discriminator = DistributedDataParallel(self.discriminator)

    @property
    def parts(self) -> dict[str, Stateful]:
        """All that the state of a run must hold."""
        return {
            "network": self.network,
            "discriminator": self.discriminator,
            "network_optimiser": self.network_optimiser,
            "discriminator_optimiser": self.discriminator_optimiser,
            "scaler": self.scaler,
        }

    def compile(self) -> Counter[str]:
        """Have torch compile all networks at their first use; return their blocks by kind."""
        networks = (self.guide, self.network, self.discriminator)
        return sum(map(compile_blocks, networks), Counter())

    def set_rate(self, rate: float) -> None:
        """Set the learning rate of both optimisers."""
        self._rate = self._rate.fill_(rate) if isinstance(self._rate, Tensor) else rate
        for optimiser in (self.network_optimiser, self.discriminator_optimiser):
            for group in optimiser.param_groups:
                group["lr"] = self._rate

    @torch.no_grad()
    def keep_start(self) -> None:
        """Return to the weights that training began with by `network.keep` of the way."""
        kept = self.settings.network.keep
        if kept:
            start = starting_network(self.settings, self.guide).state_dict()
            for name, weight in self.network.state_dict().items():
                weight.lerp_(start[name].to(weight), kept)

    def step(self, batch: Batch, *, as_autoencoder: bool = False) -> Step:
        """Change network and discriminator once.

        As an auto-encoder the network learns to return the photographs, whatever is asked of it,
        and the discriminator stays as it is. Where steps are played back, what is returned holds
        until the next one.
        """
        return self._step(batch, True) if as_autoencoder else self._played_back(batch)

    def _step(self, batch: Batch, as_autoencoder: bool = False) -> Step:
        weights, asked = self.settings.losses, self.settings.targets
        images = batch.images  # (B, 3, H, W)
        with torch.no_grad(), self._autocast():
            features = self.guide(images)
        saliency = features.log_saliency  # (B, H, W)
        target = training_target(saliency, batch.masks, batch.k.to(saliency.dtype), asked)
        density = relative_log_density(target)  # (B, H, W), as is target
        with self._autocast():
            changed = self._shared_network(images, density, features.guidance)  # (B, 3, H, W)
            changed_features = self.guide(changed)
            with _frozen(self.discriminator):
                patches = self.discriminator(changed)  # (B, h, w)

        made = ChangedBatch(images, changed, target, changed_features.log_saliency)
        beyond = images.new_zeros(len(images))
        if self._budget:
            beyond = self._budget.excess(images.float(), changed.float())
        terms = loss_terms(
            made, features, changed_features, patches, beyond, reduction=weights.patches
        )
        loss = terms.reconstruction if as_autoencoder else terms.total(weights)  # (B,)
        self._descend(self.network_optimiser, loss.mean())

        made, means = made.detached(), terms.means(weights)
        means["discriminator"] = means["total"].new_zeros(())
        if not as_autoencoder:
            means["discriminator"] = self._teach_discriminator(images, made.changed)
        self.scaler.update()
        return Step(means, made)

    def _teach_discriminator(self, images: Tensor, changed: Tensor) -> Tensor:
        """Change the discriminator once and return its loss."""
        with self._autocast():
            both = self._shared_discriminator(torch.cat([changed, images])).float()  # (2 B, h, w)
        of_changed, of_images = both.chunk(2)
        loss = discriminator_loss(of_changed, of_images, self.settings.losses.patches).mean()
        self._descend(self.discriminator_optimiser, loss)
        return loss.detach()

    def _descend(self, optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        align_gradients(optimiser)
        self.scaler.step(optimiser)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(
            self.device.type, dtype=self._type, enabled=self._type != torch.float32
        )


def align_gradients(optimiser: torch.optim.Optimizer) -> None:
    """Give gradients the strides of their weights, which fused Adam on a GPU compares.

    They differ where a side is 1, as in a compiled 1x1 convolution, where nothing is copied.
    """
    for group in optimiser.param_groups:
        for weight in group["params"]:
            gradient = weight.grad
            if gradient is None or gradient.stride() == weight.stride():
                continue
            sides = zip(weight.shape, weight.stride(), gradient.stride(), strict=True)
            if all(wanted == found for side, wanted, found in sides if side > 1):
                weight.grad = gradient.as_strided(weight.shape, weight.stride())
            else:
                weight.grad = torch.empty_like(weight).copy_(gradient)


@contextmanager
def _frozen(module: nn.Module) -> Iterator[None]:
    """Let the weights of a module take no gradient meanwhile."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)


def _channels_last(module: Module, device: torch.device) -> Module:
    return module.to(device).to(memory_format=torch.channels_last)
