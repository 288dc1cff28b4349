"""Figures of an evaluation: losses over steps (Fig. 4(c), 7) and pictures (Fig. 4(b), (d))."""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure

from manipulation.design.contact_sheet import Panel, contact_sheet
from manipulation.photographs import resized, to_pixels
from manipulation.saliency.centre_bias import log_normalised
from manipulation.training.coco import Photographs
from manipulation.training.evaluation import (
    TERMS,
    Checkpoint,
    Result,
    evaluation_batches,
    judged,
    loaded,
)
from manipulation.transforms.guide import Guide

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
        axes.set_yscale("log")
    panels[0].set_ylabel("mean over images")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, fontsize=8, frameon=False)
    return figure


def picture_sheet(
    checkpoints: Sequence[Checkpoint],
    guide: Guide,
    photographs: Photographs,
    indices: Sequence[int],
    device: torch.device,
) -> Figure:
    """Return a figure with a row for each photograph, and beside it what each network made of it.

    Beside every picture stands the density that the saliency model predicts for it; beside the
    photograph, the target.
    """
    rows: list[list[Panel]] = [[] for _ in indices]
    for checkpoint in checkpoints:
        trained = loaded(checkpoint, guide, device)
        batches = evaluation_batches(
            photographs, indices, checkpoint.settings, device, batch_size=1
        )
        for row, index, batch in zip(rows, indices, batches, strict=True):
            _, step = judged(trained, guide, batch, "mean")
            if not row:
                mask = resized(batch.masks[0].cpu(), _SHEET_PX).numpy() > 0.5
                row.append(
                    Panel(
                        photographs.names[index],
                        f"target, k {float(batch.k[0]):+.2f}",
                        _pixels(step.images),
                        _density(step.target),
                        mask if mask.any() else None,
                    )
                )
            row.append(
                Panel(
                    f"{checkpoint.run}",
                    f"prediction, step {trained.iteration}",
                    _pixels(step.changed),
                    _density(step.log_saliency),
                    None,
                )
            )
    kind = checkpoints[0].settings.targets.manipulation
    return contact_sheet(rows, f"{kind}: photographs, targets, and what each network made of them")


def _pixels(images: torch.Tensor):
    return to_pixels(resized(images[0].float().cpu(), _SHEET_PX))


def _density(log_saliency: torch.Tensor):
    return log_normalised(resized(log_saliency[0].float().cpu(), _SHEET_PX)).exp().numpy()
