"""The state of a fit in a file: all that decides how it goes on, written whole or not at all."""

import copy
import hashlib
import json
import pickle
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from stimuli.errors import InputError
from stimuli.files import atomic_path


class Checkpoint:
    """A fit after a number of whole epochs, and the best of them.

    Parameters
    ----------
    model, optimiser, generator
        Their state is read when the checkpoint is written, and set when one is restored.
    fingerprint
        Of the fit; see `fingerprint`.
    """

    def __init__(self, model, optimiser, generator: torch.Generator, fingerprint: str) -> None:
        self.model = model
        self.optimiser = optimiser
        self.generator = generator
        self.fingerprint = fingerprint
        self.epoch = 0
        self.best_epoch = 0
        self.best_loss = float("inf")
        self.best = self._learned()

    def _learned(self) -> dict[str, torch.Tensor]:
        """Return a copy of the model's state but for the extractor, which is not learned."""
        state = self.model.state_dict().items()
        return {n: copy.deepcopy(t) for n, t in state if not n.startswith("extractor.")}

    def advance(self, loss: float) -> None:
        """Count an epoch with this loss on what is watched, and keep its weights if it is best."""
        self.epoch += 1
        if loss < self.best_loss:
            self.best_epoch, self.best_loss, self.best = self.epoch, loss, self._learned()

    def take_best(self) -> None:
        """Set the model to the best epoch's weights."""
        self.model.load_state_dict(self.best, strict=False)

    def write(self, path: Path) -> None:
        """Write the state to `path`."""
        content = {
            "fingerprint": self.fingerprint,
            "epoch": self.epoch,
            "best_epoch": self.best_epoch,
            "best_loss": self.best_loss,
            "best": self.best,
            "model": self._learned(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
        }
        with atomic_path(path) as temporary:
            torch.save(content, temporary)

    def restore(self, path: Path) -> None:
        """Go on from what `path` holds, if it is there.

        Raises
        ------
        InputError
            If it is of another fit or truncated.
        """
        if not path.exists():
            return
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            other = content["fingerprint"] != self.fingerprint
        except (
            RuntimeError,
            EOFError,
            pickle.UnpicklingError,
            KeyError,
            TypeError,
            OSError,
        ) as error:
            raise InputError(
                f"{path}: cannot be read as the state of a fit ({type(error).__name__}: {error}); "
                f"delete it to fit from the start"
            ) from None
        if other:
            raise InputError(
                f"{path}: is the state of a fit with other settings, photographs or fixations; "
                f"delete it, or give another --work"
            )
        self.epoch, self.best_epoch = content["epoch"], content["best_epoch"]
        self.best_loss, self.best = content["best_loss"], content["best"]
        self.model.load_state_dict(content["model"], strict=False)
        self.optimiser.load_state_dict(content["optimiser"])
        self.generator.set_state(content["generator"])


def fingerprint(model, seen: Sequence, schedule) -> str:
    """Return a hash of all that decides a fit: model, schedule, photographs and fixations."""
    settings = [model.architecture, model.extractor.settings(), model.readout.widths]
    digest = hashlib.sha256(json.dumps([*settings, asdict(schedule)], sort_keys=True).encode())
    for one in seen:
        digest.update(repr((one.name, one.size, tuple(one.features.shape))).encode())
        digest.update(one.points.tobytes())
    return digest.hexdigest()
