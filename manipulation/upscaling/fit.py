"""The network that upscales, from folders of photographs: its training and its measurement."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from manipulation.upscaling.measures import Quality, gathered, qualities
from manipulation.upscaling.network import SCALE, UpscalingNetwork
from manipulation.upscaling.recipe import UpscalingRecipe
from manipulation.upscaling.training import TrainingRun
from stimuli.demo.photographs import PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError
from stimuli.support.files import image_size

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
JPEG_QUALITIES = (75, 50)  # of reductions that are measured on beside clean ones
_STEPS_KEPT = 100  # between two states


@dataclass(frozen=True)
class Partition:
    """Photographs for training, and others to measure on.

    Attributes
    ----------
    seen
        Files for training.
    unseen
        By the name of a set, files that training does not see.
    held_out
        How many of the folders for training were kept from it.
    """

    seen: Sequence[Path]
    unseen: Mapping[str, Sequence[Path]]
    held_out: int


def is_held_out(name: str, share: float) -> bool:
    """Return whether a photograph of this file name is kept from training."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") < share * 2**64


def partition(
    folders: Sequence[Path],
    unseen_folders: Sequence[Path] = (),
    *,
    held_out: float = 0.2,
    crop_px: int = UpscalingRecipe.crop_px,
) -> Partition:
    """Part the photographs of folders into those for training and those to measure on.

    The photographs of the demo are always measured on.

    Parameters
    ----------
    folders
        Of photographs, of which a share is held out by a hash of the file names.
    unseen_folders
        Further ones to measure on.
    held_out
        That share, 0 to below 1.
    crop_px
        Side of a training crop before it is upscaled; photographs must hold one.

    Raises
    ------
    InputError
        If a folder has no photographs, one of them is too small, or none is left for training.
    """
    seen: list[Path] = []
    unseen: dict[str, list[Path]] = {}
    for folder in folders:
        files = _photographs(folder, SCALE * crop_px)
        kept = [path for path in files if is_held_out(path.name, held_out)]
        seen += [path for path in files if path not in kept]
        if kept:
            unseen[str(folder)] = kept
    count = sum(len(unseen.get(str(folder), ())) for folder in folders)
    if not seen:
        raise InputError(
            f"--held-out is {held_out:g} and leaves no photograph for training; expected a "
            f"smaller share, or more photographs"
        )
    for folder in unseen_folders:
        unseen[str(folder)] = _photographs(folder, SCALE * crop_px)
    unseen["demo"] = [photograph_path(one) for one in PHOTOGRAPHS]
    return Partition(seen, unseen, count)


def _photographs(folder: Path, side_px: int) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(f"{folder}: no photographs; expected files that end in {SUFFIXES}")
    for path in files:
        height, width = image_size(path)
        if min(height, width) < side_px:
            raise InputError(
                f"{path}: is {width} x {height} px; expected at least {side_px} on both sides; "
                f"move it out of the folder"
            )
    return files


def fit_upscaling_network(
    photographs: Sequence[Path],
    state_file: Path,
    *,
    recipe: UpscalingRecipe | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> UpscalingNetwork:
    """Train the network that upscales by 2 from random weights.

    Parameters
    ----------
    photographs
        Files; each must hold a crop of the recipe.
    state_file
        Keeps the state of the training; the same call goes on from there. It is left in place.
    recipe
        How it is trained. Without it, `UpscalingRecipe`'s defaults.
    seed
        Of the first weights and all draws, 0 or more.
    progress
        Where it is shown how far this is.

    Returns
    -------
    UpscalingNetwork
        With the running mean of the weights; `save_network` writes it.

    Raises
    ------
    InputError
        If the state is of another run.
    Stopped
        If the disk is full, or the loss is no finite number.

    Examples
    --------
    >>> from pathlib import Path
    >>> from manipulation import fit_upscaling_network
    >>> files = sorted(Path("photographs").glob("*.png"))  # doctest: +SKIP
    >>> network = fit_upscaling_network(files, Path("upscaling.state"))  # doctest: +SKIP
    """
    recipe, progress = recipe or UpscalingRecipe(), progress or Progress(disable=True)
    run = TrainingRun(photographs, recipe, seed)
    state = run.resumable(state_file)
    run.restore(state)
    bar = progress.add_task("training", total=recipe.steps, completed=run.step)
    losses = []
    while not run.finished:
        losses.append(run.advance())
        progress.advance(bar)
        if run.step % _STEPS_KEPT == 0 or run.finished:
            state.write(run.step)
            mean = sum(losses) / len(losses)
            progress.update(bar, description=f"training, loss {mean:.5f}")
            losses.clear()
    return run.average


def measure_upscaling(
    network: UpscalingNetwork,
    unseen: Mapping[str, Sequence[Path]],
    progress: Progress | None = None,
) -> dict[str, dict[str, Quality]]:
    """Return how near each method comes to photographs that were reduced by 2.

    Once from the reductions as they are, once from reductions that were stored as JPEG files of
    each quality in `JPEG_QUALITIES`.

    Parameters
    ----------
    unseen
        Files by the name of a set.

    Returns
    -------
    dict
        By set, as in ``unseen`` and ``unseen, JPEG 75``, then by method: ``network``, ``bicubic``,
        ``Lanczos``.

    Examples
    --------
    >>> from pathlib import Path
    >>> from manipulation import fit_upscaling_network, measure_upscaling
    >>> files = sorted(Path("photographs").glob("*.png"))  # doctest: +SKIP
    >>> network = fit_upscaling_network(files[20:], Path("upscaling.state"))  # doctest: +SKIP
    >>> measure_upscaling(network, {"unseen": files[:20]})["unseen"]["bicubic"]  # doctest: +SKIP
    """
    progress = progress or Progress(disable=True)
    found = {}
    for place, files in unseen.items():
        for jpeg in (None, *JPEG_QUALITIES):
            name = place if jpeg is None else f"{place}, JPEG {jpeg}"
            each = progress.track(qualities(files, network, jpeg), len(files), description=name)
            found[name] = gathered(list(each))
    return found
