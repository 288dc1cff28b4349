"""How long a fit goes on, at which rate, and what is known after each of its epochs."""

from dataclasses import dataclass

from stimuli.support.checked import CheckedSettings, setting


@dataclass(frozen=True)
class Schedule(CheckedSettings):
    """How a model is fitted.

    Attributes
    ----------
    epochs
        Passes over the photographs, at most.
    batch_size
        Photographs per step, over all processes.
    learning_rate
        Of Adam at the start.
    steps
        Epochs after which the rate falls to a tenth.
    validation
        Share of the photographs that is not fitted to but watched; 0 watches none.
    patience
        Epochs without a better likelihood of these, counted anew when the rate falls, after which
        the fit stops. The weights of the best epoch are kept.
    seed
        Of the first weights, the watched share, the order of the photographs and their mirroring.
    """

    epochs: int = setting(20, "passes over the photographs, at most", 1, 10_000)
    batch_size: int = setting(4, "photographs per step", 1, 10_000)
    learning_rate: float = setting(1e-2, "rate of Adam at the start", 1e-12)
    steps: tuple[int, ...] = setting((10, 15), "epochs after which the rate falls to a tenth")
    validation: float = setting(0.1, "share that is watched", 0, 0.9)
    patience: int = setting(5, "epochs without a gain before the fit stops", 1, 10_000)
    seed: int = setting(0, "seed of all draws", 0, 2**63 - 1)

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""
        return self.learning_rate * 0.1 ** sum(epoch >= step for step in self.steps)

    def goes_on(self, epoch: int, best_epoch: int) -> bool:
        """Return whether there is another epoch after `epoch` of them."""
        last_change = max((step for step in self.steps if step <= epoch), default=0)
        return epoch < self.epochs and epoch - max(best_epoch, last_change) < self.patience


@dataclass(frozen=True)
class Epoch:
    """What is known after a pass over the photographs.

    Attributes
    ----------
    number
        From 1.
    training_nats, watched_nats
        Mean over photographs of the mean negative log-likelihood per fixation, per cell of the
        feature maps; of the photographs that are fitted to while they are, and of those that are
        watched, not a number if there are none.
    rate
        Learning rate.
    sigma_px, centre_bias_weight
        Of the model.
    """

    number: int
    training_nats: float
    watched_nats: float
    rate: float
    sigma_px: float
    centre_bias_weight: float
