"""One step of training: two looks, four losses, two optimisers.

The guide looks twice in a step: at the photographs, for the network's features, the targets and
what the losses compare with; and at the network's output. Everything random comes in with the
batch, so a step follows from the state and the batch alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from manipulation.saliency.processes import ALONE, Processes
from manipulation.training import losses
from manipulation.training.batches import Batch
from manipulation.training.checkpoints import Stateful
from manipulation.training.discriminator import PatchGAN
from manipulation.training.settings import LossSettings, RunSettings
from manipulation.training.targets import training_target
from manipulation.transforms.fgtransform import relative_log_density
from manipulation.transforms.files import build_network
from manipulation.transforms.guide import Guide, Look

_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Terms:
    """The loss of each image ``(B,)``, term by term, before the weights of the paper.

    `reconstruction` is the mean squared difference of pixels; it is no part of the total.
    """

    saliency: Tensor
    feature: Tensor
    texture: Tensor
    adversarial: Tensor
    reconstruction: Tensor

    def total(self, weights: LossSettings) -> Tensor:
        """Return the weighted sum that the network minimises, ``(B,)``."""
        return (
            weights.saliency * self.saliency
            + weights.feature * self.feature
            + weights.texture * self.texture
            + weights.adversarial * self.adversarial
        )

    def means(self, weights: LossSettings) -> dict[str, Tensor]:
        """Return the mean over images of every term and of the total, by name, detached."""
        named = {spec.name: getattr(self, spec.name) for spec in fields(self)}
        named["total"] = self.total(weights)
        return {name: values.detach().mean() for name, values in named.items()}


@dataclass(frozen=True)
class Step:
    """What a step saw and made, for the log; detached, on the device.

    Attributes
    ----------
    means
        As `Terms.means`, and the discriminator's own loss.
    images, changed : Tensor (B, 3, H, W)
    target, log_saliency : Tensor (B, H, W)
        Target and prediction for the changed images, un-normalised.
    """

    means: dict[str, Tensor]
    images: Tensor
    changed: Tensor
    target: Tensor
    log_saliency: Tensor


def compared(
    look: Look,
    changed_look: Look,
    target: Tensor,
    patches: Tensor,
    images: Tensor,
    changed: Tensor,
    reduction: str,
) -> Terms:
    """Return the losses of a batch, computed with 32 bits whatever the networks work with."""
    return Terms(
        saliency=losses.saliency_loss(target.float(), changed_look.log_saliency.float()),
        feature=losses.feature_loss(look.feature.float(), changed_look.feature.float()),
        texture=losses.texture_loss(
            [one.float() for one in look.texture], [one.float() for one in changed_look.texture]
        ),
        adversarial=losses.adversarial_loss(patches.float(), reduction),
        reconstruction=(changed - images).square().mean(dim=(1, 2, 3)),
    )


class Trainer:
    """The networks in training and their optimisers.

    Parameters
    ----------
    settings
        Of the run.
    guide
        Looks at the images.
    device
        Where everything is computed; the guide is moved there.
    processes
        This process among those of one run. Each is given a part of the batch, and gradients are
        averaged, so that all do together what one would do with the whole batch.
    """

    def __init__(
        self,
        settings: RunSettings,
        guide: Guide,
        device: torch.device,
        processes: Processes = ALONE,
    ) -> None:
        self.settings, self.device = settings, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.schedule.seed)
            network = build_network(settings.network, guide.channels, guide.stride)
            discriminator = PatchGAN(settings.network.discriminator_width)
        self.guide = _channels_last(guide, device)
        self.network = _channels_last(network, device)
        self.discriminator = _channels_last(discriminator, device)
        rate = settings.schedule.learning_rate
        self.optimiser = torch.optim.Adam(self.network.parameters(), rate, fused=True)
        self.judge_optimiser = torch.optim.Adam(self.discriminator.parameters(), rate, fused=True)
        precision = settings.schedule.precision
        self.scaler = torch.amp.GradScaler(device.type, enabled=precision == "float16")
        self._type = _TYPES[precision]
        self._learner, self._judge = self.network, self.discriminator
        if processes.count > 1:
            self._learner = DistributedDataParallel(self.network)
            self._judge = DistributedDataParallel(self.discriminator)

    @property
    def parts(self) -> dict[str, Stateful]:
        """All that a checkpoint must hold."""
        return {
            "network": self.network,
            "discriminator": self.discriminator,
            "optimiser": self.optimiser,
            "judge_optimiser": self.judge_optimiser,
            "scaler": self.scaler,
        }

    def compile(self) -> None:
        """Have torch compile all networks at their first use."""
        for module in (self.guide, self.network, self.discriminator):
            module.compile()

    def set_rate(self, rate: float) -> None:
        """Set the learning rate of both optimisers."""
        for optimiser in (self.optimiser, self.judge_optimiser):
            for group in optimiser.param_groups:
                group["lr"] = rate

    def step(self, batch: Batch, *, as_autoencoder: bool = False) -> Step:
        """Change network and discriminator once.

        As an auto-encoder the network learns to return the photographs, whatever is asked of it,
        and the discriminator stays as it is.
        """
        images, weights = batch.images, self.settings.losses
        with torch.no_grad(), self._autocast():
            look = self.guide(images)
        target = self._target(look, batch)
        with self._autocast():
            changed = self._learner(images, relative_log_density(target), look.guidance)
            changed_look = self.guide(changed)
            with _frozen(self.discriminator):
                patches = self.discriminator(changed)
        terms = compared(look, changed_look, target, patches, images, changed, weights.patches)
        loss = terms.reconstruction if as_autoencoder else terms.total(weights)
        self._descend(self.optimiser, loss.mean())
        means = terms.means(weights)
        means["discriminator"] = means["total"].new_zeros(())
        if not as_autoencoder:
            means["discriminator"] = self._teach_discriminator(images, changed.detach())
        self.scaler.update()
        return Step(means, images, changed.detach(), target, changed_look.log_saliency.detach())

    def _teach_discriminator(self, images: Tensor, changed: Tensor) -> Tensor:
        """Change the discriminator once and return its loss."""
        with self._autocast():
            both = self._judge(torch.cat([changed, images])).float()
        loss = losses.discriminator_loss(*both.chunk(2), self.settings.losses.patches).mean()
        self._descend(self.judge_optimiser, loss)
        return loss.detach()

    def _descend(self, optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(optimiser)

    def _target(self, look: Look, batch: Batch) -> Tensor:
        k = batch.k.to(look.log_saliency.dtype)
        return training_target(look.log_saliency, batch.masks, k, self.settings.targets)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(
            self.device.type, dtype=self._type, enabled=self._type != torch.float32
        )


@contextmanager
def _frozen(module: nn.Module) -> Iterator[None]:
    """Let the weights of a module take no gradient meanwhile."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)


def _channels_last(module: nn.Module, device: torch.device) -> nn.Module:
    return module.to(device, memory_format=torch.channels_last)
