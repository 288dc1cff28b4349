"""What a network is trained on and measured by: the losses of a batch, term by term."""

from dataclasses import dataclass, fields

from torch import Tensor

from manipulation.networks.guide import GuideFeatures
from manipulation.networks.settings import LossSettings
from manipulation.targets import losses


@dataclass(frozen=True)
class LossTerms:
    """The loss of each image ``(B,)``, term by term, before the weights of the paper.

    `budget` is what is beyond a study's default bounds (`PictureBudget.excess`); it is no loss of
    the paper's. `reconstruction` is the mean squared difference of pixels; it is no part of the
    total.
    """

    saliency: Tensor
    feature: Tensor
    texture: Tensor
    adversarial: Tensor
    budget: Tensor
    reconstruction: Tensor

    def total(self, weights: LossSettings) -> Tensor:
        """Return the weighted sum that the network minimises, ``(B,)`` (eq. 9, and the budget)."""
        return (
            weights.saliency * self.saliency
            + weights.feature * self.feature
            + weights.texture * self.texture
            + weights.adversarial * self.adversarial
            + weights.budget * self.budget
        )

    def means(self, weights: LossSettings) -> dict[str, Tensor]:
        """Return the mean over images of every term and of the total, by name, detached."""
        named = {spec.name: getattr(self, spec.name) for spec in fields(self)}
        named["total"] = self.total(weights)
        return {name: values.detach().mean() for name, values in named.items()}


@dataclass(frozen=True)
class ChangedBatch:
    """Images, what was asked of them, and what a network made of them.

    Attributes
    ----------
    images, changed : Tensor (B, 3, H, W)
        RGB in [0, 1].
    target, log_saliency : Tensor (B, H, W)
        Un-normalised log saliency that was asked for, and that is predicted for `changed`.
    """

    images: Tensor
    changed: Tensor
    target: Tensor
    log_saliency: Tensor

    def detached(self) -> "ChangedBatch":
        """Return the same without the graph that made it."""
        return ChangedBatch(
            self.images.detach(),
            self.changed.detach(),
            self.target.detach(),
            self.log_saliency.detach(),
        )


def loss_terms(
    batch: ChangedBatch,
    features: GuideFeatures,
    changed_features: GuideFeatures,
    patches: Tensor,
    budget: Tensor,
    *,
    reduction: str,
) -> LossTerms:
    """Return the losses of a batch, computed with 32 bits whatever the networks work with.

    Parameters
    ----------
    batch
        Images, targets and changed images.
    features, changed_features
        What the guide sees in the images and in the changed ones.
    patches : Tensor (B, h, w)
        What the discriminator says of the changed images.
    budget : Tensor (B,)
        How far they are beyond a budget.
    reduction
        ``sum`` or ``mean`` over the patches, as in `adversarial_loss`.
    """
    return LossTerms(
        saliency=losses.saliency_loss(batch.target.float(), batch.log_saliency.float()),
        feature=losses.feature_loss(features.feature.float(), changed_features.feature.float()),
        texture=losses.texture_loss(
            [layer.float() for layer in features.texture],
            [layer.float() for layer in changed_features.texture],
        ),
        adversarial=losses.adversarial_loss(patches.float(), reduction),
        budget=budget,
        reconstruction=(batch.changed - batch.images).square().mean(dim=(1, 2, 3)),
    )
