"""Stimuli and fixations as the HDF5 files that ``pysaliency.read_hdf5`` reads."""

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stimuli.contract.vocabulary import Stimulus
from stimuli.support.files import write_bytes


def write_hdf5(
    stimuli: Sequence[Stimulus], size_px: int, fixations: pd.DataFrame, to: Path
) -> list[Path]:
    """Write ``stimuli.hdf5`` and ``fixations.hdf5`` for ``pysaliency.read_hdf5``.

    The stimuli are the files in ``Stimuli/`` beside them; fixations are scanpaths, one a trial,
    with durations, and with block position and trial.
    """
    import h5py

    order = {stimulus.stim_id: number for number, stimulus in enumerate(stimuli)}
    text = h5py.special_dtype(vlen=str)
    paths = [to / "stimuli.hdf5", to / "fixations.hdf5"]
    with _hdf5_file(paths[0]) as file:
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
    with _hdf5_file(paths[1]) as file:
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


@contextmanager
def _hdf5_file(path: Path) -> Iterator[Any]:
    """Yield a new HDF5 file in memory, and write it: on a full disk h5py has errors of its own."""
    import h5py

    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        yield file
    write_bytes(path, content.getvalue())


def _mark(file: Any, kind: str, version: str) -> None:
    file.attrs["type"], file.attrs["version"] = np.bytes_(kind), np.bytes_(version)


def _list(group: Any, names: list[str]) -> None:
    group.attrs["__attributes__"] = np.bytes_(json.dumps(names))


def _padded(trials: Any, name: str) -> np.ndarray:
    """Return a row a trial, filled up with NaN."""
    values = [rows.to_numpy(float) for _, rows in trials[name]]
    out = np.full((len(values), max(map(len, values))), np.nan)
    for row, own in zip(out, values, strict=True):
        row[: len(own)] = own
    return out
