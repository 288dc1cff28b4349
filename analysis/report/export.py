"""The data in forms that others read: the paper's folder layout, and pysaliency's HDF5 files."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.density.stimuli import StimulusDensity
from analysis.effects.aims import Aim
from analysis.effects.measuring import measure
from analysis.fixations.subsets import usable
from analysis.progress import progress
from stimuli.errors import InputError
from stimuli.files import atomic_path, read_log_saliency, write_text
from stimuli.study import Study
from stimuli.vocabulary import Stimulus

# The paper's folders, and the subset of fixations in each.
FOLDERS = {
    "HumanFixations": "all",
    "DataOnlyFirstBlock": "first-block",
    "DataOnlyFirstFixation": "first-fixation",
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


def export(
    study: Study, stimuli: Sequence[Stimulus], aims: Sequence[Aim], table: pd.DataFrame, to: Path
) -> list[Path]:
    """Write everything under `to` and return the paths.

    Parameters
    ----------
    table : DataFrame
        All fixations, by `stimuli.tables.FIXATIONS`.
    """
    written = [to / "README.txt"]
    write_text(written[0], _README)
    for stimulus in progress(stimuli, "Export", len(stimuli)):
        written.append(to / "Stimuli" / f"{stimulus.stim_id}.png")
        with atomic_path(written[-1]) as temporary:
            shutil.copyfile(study.root / stimulus.image, temporary)
        if stimulus.target:
            target = read_log_saliency(study.root / stimulus.target).astype(np.float64)
            path = to / "TargetSaliencyMaps" / f"{stimulus.stim_id}.npz"
            written.append(_write_density(path, target - _log_sum(target)))
    for folder, subset in FOLDERS.items():
        try:
            fixations = usable(table, subset, drop_beside_blink=_drops(study))
        except InputError:
            continue  # nobody was recorded in that subset
        written += _export_subset(study, stimuli, aims, fixations, to, folder)
    return written + write_hdf5(study, stimuli, usable(table, "all"), to)


def _drops(study: Study) -> bool:
    return study.settings.exclusions.drop_blink_adjacent


def _export_subset(
    study: Study, stimuli: Sequence[Stimulus], aims: Sequence[Aim], fixations: pd.DataFrame,
    to: Path, folder: str,
) -> list[Path]:  # fmt: skip
    written = []

    def keep(density: StimulusDensity, log_model: np.ndarray) -> None:
        name = density.stim_id
        written.append(_write_density(to / folder / f"{name}.npz", density.log_density))
        if folder == "HumanFixations":
            written.append(_write_density(to / "DeepGazePrediction" / f"{name}.npz", log_model))

    measure(study, stimuli, aims, fixations, keep=keep)
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


def write_hdf5(
    study: Study, stimuli: Sequence[Stimulus], fixations: pd.DataFrame, to: Path
) -> list[Path]:
    """Write ``stimuli.hdf5`` and ``fixations.hdf5`` for ``pysaliency.read_hdf5``.

    The stimuli are the files in ``Stimuli/`` beside them; fixations are scanpaths, one a trial,
    with durations, and with block position and trial.
    """
    import h5py

    order = {stimulus.stim_id: number for number, stimulus in enumerate(stimuli)}
    text = h5py.special_dtype(vlen=str)
    paths = [to / "stimuli.hdf5", to / "fixations.hdf5"]
    size_px = study.settings.images.size_px
    with atomic_path(paths[0]) as temporary, h5py.File(temporary, "w") as file:
        _mark(file, "FileStimuli", "2.1")
        file.create_dataset("filenames", data=[f"Stimuli/{name}.png" for name in order], dtype=text)
        shapes = file.create_dataset(
            "shapes", (len(order),), dtype=h5py.special_dtype(vlen=np.dtype("int64"))
        )
        for number in order.values():
            shapes[number] = np.array([size_px, size_px, 3])
        file.attrs["size"] = len(order)
        for name in ("stim_id", "source_id", "condition", "direction"):
            file.create_dataset(name, data=[str(getattr(one, name)) for one in stimuli], dtype=text)
        _list(file, ["stim_id", "source_id", "condition", "direction"])
    trials = fixations.sort_values(["subject", "trial", "fixation"]).groupby(["subject", "trial"])
    subjects = {name: number for number, name in enumerate(sorted(fixations["subject"].unique()))}
    padded = {name: _padded(trials, name) for name in ("x_px", "y_px", "onset_ms", "duration_ms")}
    first = trials.first()
    with atomic_path(paths[1]) as temporary, h5py.File(temporary, "w") as file:
        _mark(file, "FixationTrains", "1.2")
        file.create_dataset("train_xs", data=padded["x_px"])
        file.create_dataset("train_ys", data=padded["y_px"])
        file.create_dataset("train_ts", data=padded["onset_ms"] / 1000.0)
        file.create_dataset("train_ns", data=first["stim_id"].map(order).to_numpy(int))
        file.create_dataset(
            "train_subjects",
            data=first.index.get_level_values("subject").map(subjects).to_numpy(int),
        )
        _list(file, [])
        file.attrs["scanpath_attribute_mapping"] = np.bytes_(json.dumps({"durations": "duration"}))
        scanpath = file.create_group("scanpath_attributes")
        scanpath.create_dataset("block_position", data=first["block_position"].to_numpy(int))
        scanpath.create_dataset("trial", data=first.index.get_level_values("trial").to_numpy(int))
        _list(scanpath, ["block_position", "trial"])
        of_fixations = file.create_group("scanpath_fixation_attributes")
        of_fixations.create_dataset("durations", data=padded["duration_ms"] / 1000.0)
        _list(of_fixations, ["durations"])
    return paths


def _mark(file, kind: str, version: str) -> None:
    file.attrs["type"], file.attrs["version"] = np.bytes_(kind), np.bytes_(version)


def _list(group, names: list[str]) -> None:
    group.attrs["__attributes__"] = np.bytes_(json.dumps(names))


def _padded(trials, name: str) -> np.ndarray:
    """Return a row a trial, filled up with NaN."""
    values = [rows.to_numpy(float) for _, rows in trials[name]]
    out = np.full((len(values), max(map(len, values))), np.nan)
    for row, own in zip(out, values, strict=True):
        row[: len(own)] = own
    return out
