"""Figures of an evaluation: losses over steps (Fig. 4(c), 7) and pictures (Fig. 4(b), (d))."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from manipulation.images.contact_sheet import Outlined, Panel, contact_sheet
from manipulation.images.log_density import log_normalised
from manipulation.images.photographs import resized, to_pixels
from manipulation.networks.guide import Guide
from manipulation.training.evaluation import (
    CheckpointFile,
    evaluation_batches,
    load_measured,
    measure_batch,
)
from manipulation.training.photograph_cache import PhotographSet
from manipulation.training.picture_budget import PictureBudget
from manipulation.training.results import TERMS, Result

_SHEET_PX = 256


def loss_figure(results: Sequence[Result]) -> Figure:
    """Return every loss term over the steps of training; test dashed."""
    figure = Figure(figsize=(3.1 * len(TERMS), 3.7), layout="constrained")
    panels = figure.subplots(1, len(TERMS))
    runs = list(dict.fromkeys(one.run for one in results))
    splits = list(dict.fromkeys(one.split for one in results))
    for term, axes in zip(TERMS, panels, strict=True):
        for number, run in enumerate(runs):
            for split in splits:
                points = [one for one in results if (one.run, one.split) == (run, split)]
                axes.plot(
                    [one.iteration for one in points],
                    [getattr(one, term) for one in points],
                    color=f"C{number}",
                    linestyle="-" if split == "train" else "--",
                    marker="o",
                    markersize=3,
                    label=f"{run}, {split}",
                )
        axes.set_title(term)
        axes.set_xlabel("steps")
        axes.set_yscale("linear" if term == "budget" else "log")  # a budget may be kept: 0
    panels[0].set_ylabel("mean over images")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, fontsize=8, frameon=False)
    return figure


def picture_sheet(
    checkpoints: Sequence[CheckpointFile], guide: Guide, shown: PhotographSet, device: torch.device
) -> Figure:
    """Return a figure with a row for each photograph, and beside it what each network made of it.

    Beside every picture stands the density that the saliency model predicts for it; beside the
    photograph, the target.
    """
    rows: list[list[Panel]] = [[] for _ in shown.indices]
    budget = PictureBudget(device)
    for checkpoint in checkpoints:
        measured = load_measured(checkpoint, guide, device)
        batches = evaluation_batches(shown, checkpoint.settings, device, batch_size=1)
        for row, index, batch in zip(rows, shown.indices, batches, strict=True):
            _, made = measure_batch(measured, guide, budget, batch, "mean")
            if not row:
                mask = resized(batch.masks[0].cpu(), _SHEET_PX).numpy() > 0.5
                row.append(
                    Panel(
                        shown.photographs.names[index],
                        f"target, k {float(batch.k[0]):+.2f}",
                        _pixels(made.images),
                        _density(made.target),
                        (Outlined(mask),) if mask.any() else (),
                    )
                )
            row.append(
                Panel(
                    checkpoint.run,
                    f"prediction, step {measured.iteration}",
                    _pixels(made.changed),
                    _density(made.log_saliency),
                )
            )
    kind = checkpoints[0].settings.targets.manipulation
    return contact_sheet(rows, f"{kind}: photographs, targets, and what each network made of them")


def _pixels(images: torch.Tensor) -> np.ndarray:
    """Return the first image of a batch as ``(height, width, 3)`` uint8."""
    return to_pixels(resized(images[0].float().cpu(), _SHEET_PX))


def _density(log_saliency: torch.Tensor) -> np.ndarray:
    """Return the density ``(height, width)`` of the first map of a batch."""
    return log_normalised(resized(log_saliency[0].float().cpu(), _SHEET_PX)).exp().numpy()
