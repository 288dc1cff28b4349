"""The folder of a run: what is written while it trains, so that nothing is lost or half there."""

import math
from contextlib import AbstractContextManager
from pathlib import Path

from manipulation.networks.files import Checkpoint, save_checkpoint, transform_file
from manipulation.networks.settings import RunSettings, as_toml
from manipulation.runs.alone import fitting_alone
from manipulation.runs.processes import Processes
from manipulation.runs.state import ResumableState, RunIdentity, Stopped
from manipulation.training.run_log import RunLog
from manipulation.training.total_loss import ChangedBatch
from manipulation.training.trainer import Trainer
from stimuli.support.files import sha256, write_text
from stimuli.support.unfinished import remove_unfinished

# Settings that may change when a run goes on, since the steps before would have been the same. The
# number of steps is one of them as long as nothing depends on which is the last: the learning rate
# that falls towards it, the weights that the network returns to after it.
_FREE = ("schedule.compile", "log.")


def weights_file(folder: Path, iteration: int) -> Path:
    """Return where the weights after some steps of a run lie."""
    return folder / "weights" / f"iteration-{iteration:08d}.safetensors"


def training_alone(folder: Path) -> AbstractContextManager[None]:
    """Keep other trainings from a folder; it is made if it is not there.

    Raises
    ------
    InputError
        If one writes there: who, and since when.
    """
    return fitting_alone(folder / "training", "trains a network")


def _start(settings: RunSettings) -> dict[str, str]:
    """Return what the network begins with, by its content."""
    start = settings.network.start
    return {"network.start of SHA-256": sha256(transform_file(start))} if start else {}


class RunFolder:
    """Writes state, weights and log of a run, and reads the state that it goes on from.

    Every method raises `Stopped` where the disk is full. Processes of a rank other than 0 read the
    state and write nothing.

    Parameters
    ----------
    path
        The folder; it is made if it is not there.
    trainer
        Its networks are set to the state that the folder holds.
    photographs
        Hash of the photographs.
    group
        The processes of the run.

    Attributes
    ----------
    first
        Steps that were done before; 0 of a new run.

    Raises
    ------
    InputError
        If the state is of another run.
    """

    def __init__(self, path: Path, trainer: Trainer, photographs: str, group: Processes) -> None:
        self.path, self.trainer, self.photographs = path, trainer, photographs
        settings = trainer.settings
        fixed = settings.schedule.decay or settings.network.keep
        free = _FREE if fixed else (*_FREE, "schedule.iterations")
        self._state = ResumableState(
            path / "state.pt",
            trainer.parts,
            RunIdentity({**settings.as_dict(), **_start(settings)}, photographs),
            option="--out",
            repair="make room, or raise log.weights_every",
            may_change=lambda name, value, done: name.startswith(free),
        )
        self._writes = group.rank == 0
        self.first = self._state.restore()
        self._log: RunLog | None = None
        if self._writes:
            self._state.guarded(self._begin)

    def _begin(self) -> None:
        remove_unfinished(self.path)
        write_text(self.path / "settings.toml", as_toml(self.trainer.settings))
        self._log = RunLog(self.path, self.first)

    def losses(self, done: int, means: dict[str, float], seconds: float, waiting_s: float) -> None:
        """Write the losses of a step; see `RunLog.losses`.

        Raises
        ------
        Stopped
            If one is no finite number.
        """
        self._check(means, done)
        log = self._log
        if log:
            self._state.guarded(lambda: log.losses(done, means, seconds, waiting_s))

    def images(self, done: int, batch: ChangedBatch) -> None:
        """Write the images of a step."""
        log = self._log
        if log:
            self._state.guarded(lambda: log.images(done, batch))

    def weights(self, done: int) -> None:
        """Write the weights after a step, to be evaluated.

        Raises
        ------
        Stopped
            If one is no finite number.
        """
        self._check_weights(done)
        trainer = self.trainer
        checkpoint = Checkpoint(trainer.settings, done, trainer.network, trainer.discriminator)
        path = weights_file(self.path, done)
        if self._writes:
            self._state.guarded(
                lambda: save_checkpoint(path, checkpoint, trainer.guide, self.photographs)
            )

    def state(self, done: int) -> None:
        """Write the state after a step, to go on from.

        Raises
        ------
        Stopped
            If a weight is no finite number.
        """
        self._check_weights(done)
        if self._writes:
            self._state.write(done)
        else:
            self._state.done = done  # the first process writes it

    def close(self) -> None:
        """Close the log."""
        if self._log:
            self._state.guarded(self._log.close)

    def _check(self, values: dict[str, float], done: int) -> None:
        wrong = [f"{name} is {value}" for name, value in values.items() if not math.isfinite(value)]
        if wrong:
            raise Stopped(
                f"step {done}: {', '.join(wrong)}; {self._state.kept}; start again in a new --out "
                f"with a lower schedule.learning_rate or lambda, or with "
                f'schedule.precision = "float32"'
            )

    def _check_weights(self, done: int) -> None:
        for module in (self.trainer.network, self.trainer.discriminator):
            for name, weight in module.named_parameters():
                if not weight.isfinite().all():
                    self._check({f"weight {name}": math.nan}, done)
