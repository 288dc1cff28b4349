"""The data in forms that others read: the paper's folder layout, and pysaliency's HDF5 files."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.density.fitted import FittedDensity
from analysis.effects.design import StudyDesign
from analysis.effects.measuring import measure_effects
from analysis.fixations.subsets import Subset, select_fixations
from analysis.results.pysaliency import write_hdf5
from stimuli.support.console import progress
from stimuli.support.errors import InputError
from stimuli.support.files import atomic_path, read_log_saliency, write_text

# The paper's folders, and the subset of fixations in each.
FOLDERS = {
    "HumanFixations": Subset.ALL,
    "DataOnlyFirstBlock": Subset.FIRST_BLOCK,
    "DataOnlyFirstFixation": Subset.FIRST_FIXATION,
}
_FIXATION = ("subject", "block_position", "trial", "fixation", "onset_ms", "duration_ms", "x_px",
             "y_px")  # fmt: skip
_README = """\
Stimuli                 images as shown (PNG)
TargetSaliencyMaps      log densities that were asked for, softmax of the target without centre bias
DeepGazePrediction      log densities that the model predicts, with the centre bias measured here
HumanFixations          of all fixations: log densities (npz), fixations in image pixels (CSV)
DataOnlyFirstBlock      the same of each subject's first block, where the centre bias is refitted
DataOnlyFirstFixation   the same of the first fixation of each trial
stimuli.hdf5, fixations.hdf5   for pysaliency.read_hdf5

Every npz holds log_density: natural-log probability of every cell; its exponential sums to one.
"""
_README_WHOLE = """
Photographs stand whole in square images, on grey: photograph_px in stimuli.tsv says where. Maps
cover the photograph alone; positions of fixations, and pysaliency's, are those in the square image.
"""


def export(design: StudyDesign, table: pd.DataFrame, to: Path) -> list[Path]:
    """Write everything under `to` and return the paths.

    Parameters
    ----------
    design : StudyDesign
        The study, its stimuli and its comparisons.
    table : DataFrame
        All fixations, by `stimuli.contract.schemas.FIXATIONS`.
    to
        Folder to write.
    """
    study, stimuli = design.study, design.stimuli
    written = [to / "README.txt"]
    whole = study.settings.images.fit == "whole"
    write_text(written[0], _README + _README_WHOLE if whole else _README)
    for stimulus in progress(stimuli, "Export", len(stimuli)):
        written.append(to / "Stimuli" / f"{stimulus.stim_id}.png")
        with atomic_path(written[-1]) as temporary:
            shutil.copyfile(study.root / stimulus.image, temporary)
        if stimulus.target:
            target = read_log_saliency(study.root / stimulus.target).astype(np.float64)
            path = to / "TargetSaliencyMaps" / f"{stimulus.stim_id}.npz"
            written.append(_write_density(path, target - _log_sum(target)))
    drops = study.settings.exclusions.drop_blink_adjacent
    for folder, subset in FOLDERS.items():
        try:
            fixations = select_fixations(table, subset, drop_beside_blink=drops)
        except InputError:
            continue  # nobody was recorded in that subset
        written += _export_subset(design, fixations, to, folder)
    size_px = study.settings.images.size_px
    return written + write_hdf5(stimuli, size_px, select_fixations(table), to)


def _export_subset(
    design: StudyDesign, fixations: pd.DataFrame, to: Path, folder: str
) -> list[Path]:
    written = []

    def keep(stim_id: str, density: FittedDensity, log_model: np.ndarray) -> None:
        written.append(_write_density(to / folder / f"{stim_id}.npz", density.log_density))
        if folder == "HumanFixations":
            written.append(_write_density(to / "DeepGazePrediction" / f"{stim_id}.npz", log_model))

    measure_effects(design, fixations, keep=keep)
    for stim_id, rows in fixations.groupby("stim_id"):
        written.append(to / folder / f"{stim_id}.csv")
        write_text(written[-1], rows[list(_FIXATION)].to_csv(index=False, lineterminator="\n"))
    return written


def _write_density(path: Path, log_density: np.ndarray) -> Path:
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, log_density=log_density.astype(np.float32))
    return path


def _log_sum(values: np.ndarray) -> float:
    largest = values.max()
    return float(largest + np.log(np.exp(values - largest).sum()))
