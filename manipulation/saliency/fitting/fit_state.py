"""What a fit of a saliency model needs to go on after a kill: its best epoch, and its identity."""

import copy
import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from torch import Tensor

from manipulation.runs.state import LearnedState, RunIdentity
from manipulation.saliency.fitting.schedule import Schedule
from manipulation.saliency.fixations.viewed import ViewedPhotograph
from manipulation.saliency.models.model import SaliencyModel


class BestEpoch:
    """Counts the epochs of a fit and holds the weights of the best; a stateful part of it.

    Parameters
    ----------
    learned
        What is learned of the model; read after every epoch, set by `take`.

    Attributes
    ----------
    epoch, best
        Epochs that were made, and after how many the best weights had been reached.
    loss
        That of the best epoch.
    """

    def __init__(self, learned: LearnedState) -> None:
        self._learned = learned
        self.epoch, self.best, self.loss = 0, 0, float("inf")
        self._weights = self._copied()

    def _copied(self) -> dict[str, Tensor]:
        return {name: copy.deepcopy(one) for name, one in self._learned.state_dict().items()}

    def advance(self, loss: float) -> None:
        """Count an epoch with this loss on what is watched, and keep its weights if it is best."""
        self.epoch += 1
        if loss < self.loss:
            self.best, self.loss, self._weights = self.epoch, loss, self._copied()

    def take(self) -> None:
        """Set the model to the best epoch's weights."""
        self._learned.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """Return counts, loss and weights."""
        counts = {"epoch": self.epoch, "best": self.best, "loss": self.loss}
        return {**counts, "weights": self._weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Set counts, loss and weights."""
        self.epoch, self.best = state_dict["epoch"], state_dict["best"]
        self.loss, self._weights = state_dict["loss"], state_dict["weights"]


def fit_identity(
    model: SaliencyModel, seen: Sequence[ViewedPhotograph], schedule: Schedule
) -> RunIdentity:
    """Return all that decides a fit: model, schedule, photographs and fixations."""
    digest = hashlib.sha256()
    for one in seen:
        digest.update(repr((one.name, one.size, tuple(one.known_features.shape))).encode())
        digest.update(one.points.tobytes())
    settings = {
        "architecture": model.architecture,
        "features": model.extractor.settings(),
        "widths": list(model.readout.widths),
        "schedule": asdict(schedule),
    }
    return RunIdentity(settings, digest.hexdigest())
