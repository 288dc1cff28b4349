"""What a step of training leaves for the log."""

from dataclasses import dataclass

from torch import Tensor

from manipulation.training.total_loss import ChangedBatch


@dataclass(frozen=True)
class Step:
    """What a step saw and made; detached, on the device.

    Attributes
    ----------
    means
        Mean losses by name: `LossTerms.means`, and the discriminator's own loss.
    batch
        The images, and what the network made of them before it was changed.
    """

    means: dict[str, Tensor]
    batch: ChangedBatch
