"""The folder of a run: what is written while it trains, so that nothing is lost or half there."""

import math
from collections.abc import Callable
from pathlib import Path

from manipulation.saliency.processes import Processes
from manipulation.training.checkpoints import Stopped, guarded, read_state, write_state
from manipulation.training.run_log import RunLog
from manipulation.training.settings import as_toml
from manipulation.training.trainer import Step, Trainer
from manipulation.transforms.files import Trained, save_trained
from stimuli.files import write_text


def weights_file(folder: Path, iteration: int) -> Path:
    """Return where the weights after some steps of a run lie."""
    return folder / "weights" / f"iteration-{iteration:08d}.safetensors"


class RunFolder:
    """Writes state, weights and log of a run, and reads the state that it goes on from.

    Every method raises `Stopped` where the disk is full. Processes of a rank other than 0 read the
    state and write nothing.

    Parameters
    ----------
    path
        Made if it is not there.
    trainer
        Its networks are set to the state that the folder holds.
    photographs
        Hash of the photographs.

    Attributes
    ----------
    first
        Steps that were done before.
    kept
        What there is to go on from, for messages.

    Raises
    ------
    InputError
        If the state is of another run.
    """

    def __init__(
        self, path: Path, trainer: Trainer, photographs: str, processes: Processes
    ) -> None:
        self.path, self.trainer, self.photographs = path, trainer, photographs
        self._state = path / "state.pt"
        self._writes = processes.rank == 0
        self.first = read_state(self._state, trainer.parts, trainer.settings, photographs)
        self.kept = f"the state of step {self.first} is kept in {self._state}"
        if not self.first:
            self.kept = "no state is kept yet"
        self._log: RunLog | None = None
        if self._writes:
            self._guarded(self._begin)

    def _begin(self) -> None:
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
        if self._log:
            self._guarded(lambda: self._log.losses(done, means, seconds, waiting_s))

    def images(self, done: int, step: Step) -> None:
        """Write the images of a step."""
        if self._log:
            self._guarded(lambda: self._log.images(done, step))

    def weights(self, done: int) -> None:
        """Write the weights after a step, to be evaluated.

        Raises
        ------
        Stopped
            If one is no finite number.
        """
        self._check_weights(done)
        trainer = self.trainer
        trained = Trained(trainer.settings, done, trainer.network, trainer.discriminator)
        path = weights_file(self.path, done)
        if self._writes:
            self._guarded(lambda: save_trained(path, trained, trainer.guide, self.photographs))

    def state(self, done: int) -> None:
        """Write the state after a step, to go on from.

        Raises
        ------
        Stopped
            If a weight is no finite number.
        """
        self._check_weights(done)
        content = (self.trainer.parts, done, self.trainer.settings, self.photographs)
        if self._writes:
            self._guarded(lambda: write_state(self._state, *content))
        self.kept = f"the state of step {done} is kept in {self._state}"

    def close(self) -> None:
        """Close the log."""
        if self._log:
            self._log.close()

    def _guarded(self, write: Callable[[], None]) -> None:
        guarded(write, self.path, self.kept)

    def _check(self, values: dict[str, float], done: int) -> None:
        wrong = [f"{name} is {value}" for name, value in values.items() if not math.isfinite(value)]
        if wrong:
            raise Stopped(
                f"step {done}: {', '.join(wrong)}; {self.kept}; start again in a new --out with a "
                f"lower schedule.learning_rate or lambda, or with "
                f'schedule.precision = "float32"'
            )

    def _check_weights(self, done: int) -> None:
        for module in (self.trainer.network, self.trainer.discriminator):
            for name, weight in module.named_parameters():
                if not weight.isfinite().all():
                    self._check({f"weight {name}": math.nan}, done)
