"""What TensorBoard shows of a fit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from manipulation.saliency.fitting.schedule import Epoch


@contextmanager
def fit_log(folder: Path | None, name: str) -> Iterator[Callable[[Epoch], None]]:
    """Yield what `fitting.fit` calls after each epoch; it writes to ``folder/name``.

    Without a folder it does nothing. A fit that goes on after a kill adds to its own curves.
    """
    if folder is None:
        yield lambda epoch: None
        return
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder / name))

    def write(epoch: Epoch) -> None:
        for quantity, value in asdict(epoch).items():
            if quantity != "number":
                writer.add_scalar(quantity, value, epoch.number)
        writer.flush()

    try:
        yield write
    finally:
        writer.close()
