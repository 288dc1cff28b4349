"""A recording as BIDS has it: gaze samples as ``physio``, parser events and messages as
``physioevents``, each a gzipped table without a header beside a JSON file that describes it.

BIDS, "Eye-tracking". Values are those of the tracker: timestamps in its milliseconds, gaze in
its pixels, whose whole numbers are pixel centres. ``StartTime`` puts the samples on the clock of
the run's events table, so that both can be laid side by side.
"""

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.recordings.intervals import sampling_interval_ms
from analysis.recordings.recording import Recording
from analysis.sessions.messages import image_onsets
from analysis.sessions.runs import SessionRun
from stimuli.contract.settings import Settings
from stimuli.contract.study import PHYSIO
from stimuli.support.errors import InputError
from stimuli.support.files import write_bytes, write_json
from stimuli.support.tables import MISSING

_SIDES = {"L": "left", "R": "right"}
_DESCRIBED = {
    "timestamp": ("Time of the sample on the tracker's clock", "ms"),
    "x_coordinate": ("Gaze from the centre of the screen's leftmost pixels", "pixel"),
    "y_coordinate": ("Gaze from the centre of the screen's topmost pixels", "pixel"),
    "pupil_size": ("Pupil area, in the tracker's own unit", "arbitrary"),
}
_EVENTS_DESCRIBED = {
    "onset": ("Onset on the tracker's clock, that of the column timestamp", "ms"),
    "duration": ("Duration, the last sample included", "s"),
    "trial_type": ("What the tracker's parser found; n/a for a message", None),
    "x_coordinate": ("Of a fixation, mean; of a saccade, where it ended", "pixel"),
    "y_coordinate": ("Of a fixation, mean; of a saccade, where it ended", "pixel"),
    "message": ("Text that the experiment or the tracker wrote into the recording", None),
}
_KINDS = ("fixation", "saccade", "blink")


def write_physio(
    run: SessionRun, recording: Recording, samples: pd.DataFrame, settings: Settings
) -> list[Path]:
    """Write physio and physioevents of every eye of a run beside its events; return the paths.

    A run that was recorded as physio has them.

    Parameters
    ----------
    samples
        The recording's samples.

    Raises
    ------
    InputError
        If there are none.
    """
    if run.recording is not None and run.recording.name.endswith(PHYSIO):
        return []  # it is there, as the session wrote it
    sides = [side for side in _SIDES.values() if f"x_{side}_px" in samples]
    if samples.empty or not sides:
        raise InputError(
            f"{run.recording}: holds no gaze samples; expected them in the file: EyeLink command "
            f"file_sample_data, or edf2asc without -ns"
        )
    written: list[Path] = []
    for number, side in enumerate(sides, start=1):
        stem = f"{run.events.name.removesuffix('_events.tsv')}_recording-eye{number}"
        physio = run.events.with_name(f"{stem}_physio.tsv.gz")
        events = run.events.with_name(f"{stem}_physioevents.tsv.gz")
        eye = side[0].upper()
        written += _write(physio, _physio(samples, side), physio_sidecar(
            run, recording, samples, eye, settings
        ))  # fmt: skip
        written += _write(events, _physioevents(recording, eye), physioevents_sidecar())
    return written


def physio_sidecar(
    run: SessionRun, recording: Recording, samples: pd.DataFrame, eye: str, settings: Settings
) -> dict[str, object]:
    """Return what the sidecar of the samples of one eye, ``L`` or ``R``, says."""
    rates = recording.blocks["sample_rate_hz"].dropna()
    validations = recording.validations[recording.validations["eye"] == eye]
    done = validations.dropna(subset="error_mean_deg")
    calibrations = recording.calibrations[recording.calibrations["eye"] == eye]
    sidecar: dict[str, object] = {
        "PhysioType": "eyetrack",
        "TaskName": "freeview",
        "RecordedEye": _SIDES[eye],
        "SampleCoordinateSystem": "gaze-on-screen",
        "SamplingFrequency": float(rates.iloc[0]) if len(rates) else _rate_hz(samples),
        "StartTime": start_time_s(run, recording, samples),
        "EyeTrackingMethod": "P-CR",
        "CalibrationCount": len(calibrations),
    }
    if len(calibrations):
        sidecar["CalibrationType"] = str(calibrations["model"].iloc[-1])
    if len(done):
        sidecar["AverageCalibrationError"] = float(done["error_mean_deg"].iloc[-1])
        sidecar["MaximalCalibrationError"] = float(done["error_max_deg"].iloc[-1])
    software = [line for line in recording.preamble if line.startswith("EYELINK")]
    if software:
        sidecar |= {"Manufacturer": "SR Research", "SoftwareVersions": software[-1]}
    return {**sidecar, **_columns(_DESCRIBED)}


def physioevents_sidecar() -> dict[str, object]:
    """Return what the sidecar of the parser's events and the messages says."""
    described = _columns(_EVENTS_DESCRIBED)
    described["trial_type"]["Levels"] = {
        "fixation": "Fixation, by the tracker's parser",
        "saccade": "Saccade, by the tracker's parser; one that holds a blink is its artefact",
        "blink": "The pupil was lost",
    }
    return {
        "Description": "Events of the tracker's own parser, and messages, in the order of time",
        "TaskName": "freeview",
        "OnsetSource": "timestamp",
        **described,
    }


def start_time_s(run: SessionRun, recording: Recording, samples: pd.DataFrame) -> float:
    """Return when the first sample was taken, in seconds on the clock of the run's events.

    Both clocks know the onset of the first image that was shown whole.
    """
    onsets = image_onsets(recording.messages)
    for trial in run.complete:
        onset_ms = onsets.get(int(trial["trial"]))
        if onset_ms is not None:
            since_s = (onset_ms - float(samples["time_ms"].iloc[0])) / 1000
            return round(float(trial["onset"]) - since_s, 3) + 0.0  # never -0
    return 0.0


def _physio(samples: pd.DataFrame, side: str) -> pd.DataFrame:
    found = samples[["time_ms", f"x_{side}_px", f"y_{side}_px", f"pupil_{side}"]]
    table = found.set_axis(list(_DESCRIBED), axis=1)
    lost = table["x_coordinate"].isna()
    return table.assign(pupil_size=table["pupil_size"].mask(lost))


def _physioevents(recording: Recording, eye: str) -> pd.DataFrame:
    parts = []
    for kind in _KINDS:
        events = getattr(recording, f"{kind}s")
        events = events[(events["eye"] == eye) & events["start_ms"].notna()]
        place = {"fixation": ("x_px", "y_px"), "saccade": ("x_end_px", "y_end_px")}.get(kind)
        x, y = (events[name] for name in place) if place else (np.nan, np.nan)
        parts.append(
            pd.DataFrame(
                {
                    "onset": events["start_ms"], "duration": events["duration_ms"] / 1000,
                    "trial_type": kind, "x_coordinate": x, "y_coordinate": y, "message": None,
                }
            )
        )  # fmt: skip
    messages = recording.messages
    text = messages["text"].str.replace(r"\s+", " ", regex=True)
    parts.append(pd.DataFrame({"onset": messages["time_ms"], "duration": 0.0, "message": text}))
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    table = table.sort_values("onset", kind="stable")
    return table.reindex(columns=list(_EVENTS_DESCRIBED))


def _rate_hz(samples: pd.DataFrame) -> float:
    return 1000 / sampling_interval_ms(samples["time_ms"].to_numpy())


def _columns(described: Mapping[str, tuple[str, str | None]]) -> dict:
    columns: dict = {"Columns": list(described)}
    for name, (description, units) in described.items():
        columns[name] = {"Description": description, **({"Units": units} if units else {})}
    return columns


def _write(path: Path, table: pd.DataFrame, sidecar: Mapping[str, object]) -> Sequence[Path]:
    """Write a table without a header, gzipped without a date, and its sidecar."""
    text = table.to_csv(
        sep="\t", header=False, index=False, na_rep=MISSING, lineterminator="\n",
        float_format=lambda value: f"{value:.4f}".rstrip("0").rstrip("."),
    )  # fmt: skip
    write_bytes(path, gzip.compress(text.encode("utf-8"), mtime=0))
    described = path.with_name(path.name.removesuffix(".tsv.gz") + ".json")
    write_json(described, sidecar)
    return [path, described]
