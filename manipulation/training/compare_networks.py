"""Networks, or losses, against each other: one run for each, and all of them evaluated together.

This is the paper's Fig. 4 (networks) and Fig. 7 (ablations of the losses).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.progress import Progress

from manipulation.networks.settings import NetworkKind, RunSettings
from manipulation.runs.processes import ALONE, Processes
from manipulation.training.evaluate_networks import evaluate_networks
from manipulation.training.results import Result
from manipulation.training.train_network import board_command, is_finished, train_network
from stimuli.support.console import messages
from stimuli.support.errors import InputError

_ABLATIONS: dict[str, tuple[str, ...]] = {  # losses that a run is without, by its name
    "all": (),
    "no-feature": ("feature",),
    "no-texture": ("texture",),
    "no-adversarial": ("adversarial",),
    "saliency-alone": ("feature", "texture", "adversarial", "budget"),
}


def networks_to_compare(settings: RunSettings) -> dict[str, RunSettings]:
    """Return settings of FGTransform, Resnet-9 and U-Net, by the name of the run.

    Parameters
    ----------
    settings
        All that they share.

    Examples
    --------
    >>> from manipulation import RunSettings, networks_to_compare
    >>> list(networks_to_compare(RunSettings()))
    ['fgtransform', 'resnet9', 'unet']
    """
    if start := settings.network.start:
        raise InputError(
            f"network.start is {start!r}, and three kinds of networks are compared; expected none"
        )
    return {
        str(kind): replace(settings, network=replace(settings.network, kind=kind))
        for kind in NetworkKind
    }


def ablations_to_compare(settings: RunSettings) -> dict[str, RunSettings]:
    """Return settings with all losses, without each of three, and with the saliency loss alone.

    Parameters
    ----------
    settings
        All that they share.

    Examples
    --------
    >>> from manipulation import RunSettings, ablations_to_compare
    >>> list(ablations_to_compare(RunSettings()))
    ['all', 'no-feature', 'no-texture', 'no-adversarial', 'saliency-alone']
    """
    runs = {}
    for name, without in _ABLATIONS.items():
        weights: dict[str, Any] = dict.fromkeys(without, 0.0)
        runs[name] = replace(settings, losses=replace(settings.losses, **weights))
    return runs


COMPARISONS = {"networks": networks_to_compare, "ablations": ablations_to_compare}


def compare_networks(
    runs: Mapping[str, RunSettings],
    *,
    images: Sequence[str | Path],
    out: str | Path,
    annotations: str | Path | None = None,
    cache: str | Path | None = None,
    data: str = "not stated",
    command: str = "manipulation.compare_networks",
    device: torch.device | str = "cpu",
    group: Processes = ALONE,
    progress: Progress | None = None,
) -> list[Result]:
    """Train several networks on the same photographs and targets, and measure them together.

    What is finished is not trained again: the same call goes on after an interruption.

    Parameters
    ----------
    runs
        Settings by the name of the run (`networks_to_compare`, `ablations_to_compare`, or others
        with one guide, size and kind of target).
    images, annotations, data, command, device, group, progress
        Arguments of `train_network`.
    out
        Folder that holds a run in a folder of its own for each name, and in ``comparison`` the
        table and figures of `evaluate_networks`.
    cache
        Folder of decoded photographs. Without it, ``cache`` in `out`.

    Returns
    -------
    list of Result
        Losses of all networks over their training; empty on processes of a rank other than 0.

    Raises
    ------
    InputError, Stopped
        For the reasons that `train_network` raises them.

    Examples
    --------
    >>> from manipulation import compare_networks, networks_to_compare, read_run_settings
    >>> settings = read_run_settings(changes=["schedule.iterations = 6000"])
    >>> results = compare_networks(  # doctest: +SKIP
    ...     networks_to_compare(settings), images=["osie/images"], out="runs/networks"
    ... )
    """
    out = Path(out)
    cache = Path(cache) if cache else out / "cache"
    progress = progress or Progress(console=messages(), disable=True)
    progress.console.print(f"all runs side by side: {board_command(out)}", markup=False)
    for name, settings in runs.items():
        if is_finished(out / name, settings):
            progress.console.print(f"{out / name} is finished")
            continue
        progress.console.print(f"[bold]{name}[/]")
        train_network(
            settings, images=images, annotations=annotations, out=out / name, cache=cache,
            data=data, command=command, device=device, group=group, progress=progress,
        )  # fmt: skip
    if group.rank != 0:
        return []
    return evaluate_networks(
        [out / name for name in runs], images=images, annotations=annotations,
        out=out / "comparison", cache=cache, device=device, progress=progress,
    )  # fmt: skip
