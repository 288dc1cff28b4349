"""What a run leaves to look at: ``losses.csv``, and curves and images in TensorBoard."""

import csv
import functools
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from manipulation.images.log_density import log_normalised
from manipulation.training.total_loss import ChangedBatch
from stimuli.support.files import write_text
from stimuli.support.system_errors import blaming

COLUMNS = (
    "iteration", "saliency", "feature", "texture", "adversarial", "budget", "total",
    "discriminator", "reconstruction", "seconds", "waiting_s",
)  # fmt: skip


class RunLog:
    """Writes the log of a run; one that goes on after a kill adds to what stands before it.

    An error of the disk, such as that it is full, names the file or the folder of TensorBoard.

    Parameters
    ----------
    folder
        Folder of the run.
    iteration
        Steps that are done; rows of later ones, from before a kill, are taken away.
    """

    def __init__(self, folder: Path, iteration: int) -> None:
        self.path = folder / "losses.csv"
        rows = [row for row in read_losses(self.path) if row["iteration"] <= iteration]
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.path, text.getvalue())
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            self.board = None
        else:
            _leave_errors_to_their_writers()
            self._board_folder = folder / "tensorboard"
            with self._writing_board():
                self.board = SummaryWriter(str(self._board_folder), purge_step=iteration + 1)

    def losses(
        self, iteration: int, means: dict[str, float], seconds: float, waiting_s: float
    ) -> None:
        """Add a row: mean losses; seconds since the last row, and of these waiting for images."""
        row = {"iteration": iteration, **means, "seconds": seconds, "waiting_s": waiting_s}
        with blaming(self.path), open(self.path, "a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, COLUMNS, lineterminator="\n").writerow(
                {name: repr(row[name]) for name in COLUMNS}
            )
        if self.board:
            with self._writing_board():
                for name in COLUMNS[1:]:
                    self.board.add_scalar(f"loss/{name}" if name in means else name, row[name],
                                          iteration)  # fmt: skip

    def images(self, iteration: int, batch: ChangedBatch) -> None:
        """Add the images of a step."""
        if self.board:
            with self._writing_board():
                name = "image, target, changed, prediction"
                self.board.add_image(name, strips(batch), iteration)
                self.board.flush()

    def close(self) -> None:
        if self.board:
            with self._writing_board():
                self.board.close()

    @contextmanager
    def _writing_board(self) -> Iterator[None]:
        with blaming(self._board_folder):
            yield


@functools.cache
def _leave_errors_to_their_writers() -> None:
    """Print no traceback of TensorBoard's threads: whoever writes to it gets their errors."""
    print_traceback = threading.excepthook

    def print_others(failed: threading.ExceptHookArgs) -> None:
        if not type(failed.thread).__module__.startswith("tensorboard."):
            print_traceback(failed)

    threading.excepthook = print_others


def read_losses(path: Path) -> list[dict[str, float]]:
    """Return the rows of a ``losses.csv``; a last row that a kill cut short is left out."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        rows = []
        for row in csv.DictReader(file):
            try:
                values = {name: float(row[name]) for name in COLUMNS}
            except (KeyError, TypeError, ValueError):
                break
            rows.append({**values, "iteration": int(values["iteration"])})
    return rows


def strips(batch: ChangedBatch) -> Tensor:
    """Return image, target density, changed image and predicted density of a batch, side by side.

    Returns
    -------
    Tensor (3, B * H, 4 * W)
        On the CPU, RGB in [0, 1]; densities are grey, each relative to its own peak.
    """
    with torch.no_grad():
        target, predicted = (
            (log_normalised(maps) - log_normalised(maps).amax(dim=(1, 2), keepdim=True)).exp()
            for maps in (batch.target.float(), batch.log_saliency.float())
        )
        grey = [density[:, None].expand_as(batch.images) for density in (target, predicted)]
        row = torch.cat([batch.images, grey[0], batch.changed.float(), grey[1]], dim=3)
    return torch.cat(list(row.cpu()), dim=1)
