"""A saliency model fitted to fixations, and how well it predicts photographs it has not seen."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import torch
from rich.progress import Progress

from manipulation.runs.processes import ALONE, Processes
from manipulation.saliency.fitting.card import FittedTo
from manipulation.saliency.fitting.cross_validation import cross_validate
from manipulation.saliency.fitting.fit import fit
from manipulation.saliency.fitting.fit_log import fit_log
from manipulation.saliency.fitting.photograph_features import photographs_with_features
from manipulation.saliency.fitting.schedule import Schedule
from manipulation.saliency.fixations.table import FixationTable
from manipulation.saliency.fixations.viewed import ViewedPhotograph, only_fixated
from manipulation.saliency.models.files import EXTRACTORS, build_saliency_model
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.scoring.gains import Gains
from stimuli.support.errors import InputError, nearest


@dataclass(frozen=True)
class FittedModel:
    """A model that was fitted to all photographs, and what is known of it.

    Attributes
    ----------
    model
        On the CPU, frozen.
    gains
        Of models that were fitted in the same way without the photograph, over the centre bias.
    schedule
        Of the fit to all photographs.
    fitted_to
        Numbers of photographs and fixations.
    """

    model: SaliencyModel
    gains: Gains
    schedule: Schedule
    fitted_to: FittedTo


def fit_saliency_model(
    table: FixationTable,
    photographs: str | Path,
    *,
    architecture: str = "icf",
    features: Mapping[str, object] | None = None,
    pixels_per_degree: float = 24.0,
    height_px: int = 512,
    folds: int = 5,
    schedule: Schedule | None = None,
    work: Path | None = None,
    tensorboard: Path | None = None,
    device: torch.device | str = "cpu",
    group: Processes = ALONE,
    progress: Progress | None = None,
) -> FittedModel:
    """Measure a saliency model by cross-validation, and fit it to all photographs.

    Every photograph is predicted by a model that was fitted without its fold. The fit to all
    photographs then takes as many epochs as the others did (their median) and watches none.

    Parameters
    ----------
    table
        As `read_fixations` returns it.
    photographs
        Folder that holds them.
    architecture
        ``icf``, whose features are its own, or ``deepgaze2``, which reads VGG-19.
    features
        Keyword arguments of the feature extractor, such as ``weights`` of VGG-19.
    pixels_per_degree
        Of the photographs' files, as people saw them; 24 in OSIE.
    height_px
        Photographs are resized to it.
    folds
        Parts of the cross-validation, 2 or more.
    schedule
        Of each fit; its seed also draws the folds. Without it, `Schedule`'s defaults.
    work
        Folder that keeps the features of the photographs (``features``), and the state of every
        fit (``*.pt``): the same call with the same folder goes on where it was killed. Without it
        a temporary folder.
    tensorboard
        Folder for curves.
    device
        Where the model is fitted.
    group
        The processes that share the work.
    progress
        Where it is shown how far this is.

    Raises
    ------
    InputError
        If there are fewer than two folds, or fewer photographs with fixations than folds, one
        cannot be read, the state in `work` is of another fit, or the likelihood is no finite
        number.
    Stopped
        If the disk is full.

    Examples
    --------
    >>> from manipulation import fit_saliency_model, read_fixations, save_saliency_model
    >>> table = read_fixations("osie/fixations.csv", "osie/images")  # doctest: +SKIP
    >>> fitted = fit_saliency_model(table, "osie/images")  # doctest: +SKIP
    >>> fitted.gains.bits_per_fixation, fitted.gains.interval()  # doctest: +SKIP
    >>> save_saliency_model("my.safetensors", fitted.model)  # doctest: +SKIP
    """
    if architecture not in EXTRACTORS:
        raise InputError(
            f"architecture is {architecture!r}; expected one of {', '.join(EXTRACTORS)}"
            f"{nearest(architecture, EXTRACTORS)}"
        )
    if folds < 2:
        raise InputError(f"folds is {folds}; expected 2 or more parts of the photographs")
    if work is None:
        with tempfile.TemporaryDirectory() as folder:
            return fit_saliency_model(
                table, photographs, architecture=architecture, features=features,
                pixels_per_degree=pixels_per_degree, height_px=height_px, folds=folds,
                schedule=schedule, work=Path(folder), tensorboard=tensorboard, device=device,
                group=group, progress=progress,
            )  # fmt: skip
    schedule, progress = schedule or Schedule(), progress or Progress(disable=True)
    extractor = EXTRACTORS[architecture](**(features or {})).to(device)
    everything = photographs_with_features(
        table, Path(photographs), extractor, work / "features",
        height_px=height_px, group=group, progress=progress,
    )  # fmt: skip
    data, outside = only_fixated(
        everything, table, least=folds, expected=f"at least one image for each of {folds} folds"
    )
    scale = pixels_per_degree * median(one.scale for one in data)
    bar = progress.add_task("fits", total=folds + 1)
    epochs: list[int] = []

    def fitted(seen: Sequence[ViewedPhotograph], name: str, schedule: Schedule) -> SaliencyModel:
        model = build_saliency_model(architecture, extractor=extractor, pixels_per_degree=scale)
        model = model.to(device)
        with fit_log(tensorboard if group.rank == 0 else None, name) as log:
            state = work / f"{name}.pt"
            epochs.append(fit(model, seen, schedule, log, checkpoint=state, group=group))
        progress.advance(bar)
        return model

    gains = cross_validate(
        lambda seen: fitted(seen, f"fold-{len(epochs) + 1}", schedule),
        data, folds=folds, seed=schedule.seed,
    )  # fmt: skip
    last = replace(schedule, epochs=round(median(epochs)), validation=0.0)
    model = fitted(data, "all", last).cpu()
    fixations = int(gains.fixations.sum())
    return FittedModel(model, gains, last, FittedTo(len(data), fixations, outside, height_px))
