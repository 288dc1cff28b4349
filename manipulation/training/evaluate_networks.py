"""Trained networks side by side: a table of their losses, and two figures of them."""

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from rich.progress import Progress

from manipulation.networks.files import guide_of
from manipulation.training.evaluation import find_checkpoints, measure_losses
from manipulation.training.figures import loss_figure, picture_sheet
from manipulation.training.photograph_cache import PhotographSet, load_photographs
from manipulation.training.results import Result, results_csv
from stimuli.support.console import messages
from stimuli.support.files import write_bytes
from stimuli.support.provenance import write_sidecar


def evaluate_networks(
    checkpoints: Sequence[str | Path],
    *,
    images: Sequence[str | Path],
    out: str | Path,
    annotations: str | Path | None = None,
    test_images: Sequence[str | Path] = (),
    test_annotations: str | Path | None = None,
    cache: str | Path | None = None,
    most: int = 1000,
    pictures: int = 6,
    device: torch.device | str = "cpu",
    progress: Progress | None = None,
) -> list[Result]:
    """Measure every loss term of trained networks, over their training and side by side.

    The photographs are split as the first run split them: those that training saw are ``train``,
    the others ``test``. All networks are measured with the same targets.

    Parameters
    ----------
    checkpoints
        Folders of `train_network`, or single files of their weights.
    images, annotations
        Folders of photographs and the COCO annotations of their objects, as in training.
    out
        Folder that is given the table (``losses.csv``), the losses over steps (``losses.png``),
        and photographs, targets and what each network made of them (``pictures.png``).
    test_images, test_annotations
        Photographs that no training saw, and their annotations, in place of those held out.
    cache
        Folder of decoded photographs. Without it, ``cache`` beside `out`.
    most
        Photographs of either side, at most.
    pictures
        Photographs in ``pictures.png``.
    device
        Where it is computed.
    progress
        Where it is shown how far this is.

    Returns
    -------
    list of Result
        The rows of the table.

    Raises
    ------
    InputError
        If there is no checkpoint, or the losses of two mean different things.

    Examples
    --------
    >>> from manipulation import evaluate_networks
    >>> results = evaluate_networks(  # doctest: +SKIP
    ...     ["runs/fgtransform", "runs/unet"], images=["val2017"], out="comparison"
    ... )
    """
    out, device = Path(out), torch.device(device)
    progress = progress or Progress(console=messages(), disable=True)
    found = find_checkpoints([Path(path) for path in checkpoints])
    settings = found[0].settings
    guide = guide_of(settings.guide).to(device)

    load = partial(
        load_photographs,
        cache=Path(cache) if cache else out.parent / "cache",
        settings=settings.data, progress=progress,
    )  # fmt: skip
    photographs = load([Path(one) for one in images], annotations=_path(annotations))
    splits = photographs.splits(settings.data.held_out, most)
    if test_images:
        unseen = load([Path(one) for one in test_images], annotations=_path(test_annotations))
        splits["test"] = PhotographSet(unseen, np.arange(min(len(unseen), most)))

    total = sum(map(len, splits.values())) * len(found)
    bar = progress.add_task("losses", total=total)
    results = measure_losses(
        found, guide, splits, weights=settings.losses, device=device,
        on_batch=lambda images: progress.advance(bar, images),
    )  # fmt: skip
    last = list({one.run: one for one in found}.values())
    side = splits.get("test") or splits["train"]
    shown = PhotographSet(side.photographs, side.indices[:pictures])
    files = {
        out / "losses.csv": results_csv(results).encode(),
        out / "losses.png": _png(loss_figure(results)),
        out / "pictures.png": _png(picture_sheet(last, guide, shown, device)),
    }
    for path, content in files.items():
        write_bytes(path, content)
    write_sidecar(
        out / "evaluate.provenance.json",
        command="manipulation.evaluate",
        settings=settings.as_dict(),
        inputs=[one.path for one in found],
        outputs=files,
        device=device.type,
    )
    return results


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
