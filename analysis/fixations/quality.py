"""How good the data of every trial are, and which trials the study's rules leave out.

What is measured, and by which rule of ``[exclusions]`` in study.toml it counts:

- track loss: the share of the image's time in blinks (the parser marks every loss of the pupil as
  one);
- validation: the mean error of the last validation before the trial, of the eye that is used, and
  not known after a calibration that was not validated;
- drift: from the centre of the image to the fixation under way when it appeared, in degrees;
- precision: the root mean square of the distances between successive samples within fixations, in
  degrees; measured where a rule asks for it, since it needs every sample;
- duration: how far the time for which the image was shown is off the study's, in frames;
- shown_by: how the image came to be shown: by gaze on the target, by hand, without a drift check,
  or by time, where nothing told of gaze.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.fixations.trials import EyeFixations
from analysis.recordings.recording import Recording
from stimuli.contract.settings import ExclusionSettings
from stimuli.contract.vocabulary import ShownBy
from stimuli.support.tables import Column, Schema

# A calibration that came to nothing leaves the one before in force.
_KEEPS_THE_OLD = ("ABORTED", "FAILED")

QUALITY = Schema(
    "quality",
    (
        Column("subject", str, "Participant's number"),
        Column("run", int, "Run of the session"),
        Column("trial", int, "Trial, counted from 1 over the session"),
        Column("stim_id", str, "Stimulus, a row of stimuli/stimuli.tsv"),
        Column("n_fixations", int, "Fixations that began while the image was shown"),
        Column("track_loss", float, "Share of the image's time in blinks"),
        Column("validation_deg", float, "Mean error of the last validation before it", "deg"),
        Column("drift_deg", float, "From the image's centre to fixation 0", "deg"),
        Column("precision_deg", float, "RMS of successive samples in fixations", "deg"),
        Column("frames_off", float, "Time of the image, off session.image_s, in frames"),
        Column("excluded", str, "Rule of study.toml that leaves the trial out, or n/a"),
    ),
)


@dataclass(frozen=True)
class TrialQuality:
    """How good the data of one trial are, by `QUALITY`; NaN where it cannot be known."""

    n_fixations: int
    track_loss: float
    validation_deg: float
    drift_deg: float
    precision_deg: float
    frames_off: float = math.nan


@dataclass(frozen=True, eq=False)
class EyeRecord:
    """Blinks and validations of one eye in a recording, on which the quality of trials depends.

    Attributes
    ----------
    blinks_ms : array (n, 2)
        Start and end of each blink, on the tracker's clock.
    validated_ms, validation_deg : arrays (m,)
        When the eye was validated, and the mean error; one that was broken off is not among them.
    calibrated_ms : array (k,)
        When the eye was calibrated.
    """

    eye: str
    blinks_ms: np.ndarray
    validated_ms: np.ndarray
    validation_deg: np.ndarray
    calibrated_ms: np.ndarray


def eye_record(recording: Recording, eye: str) -> EyeRecord:
    """Return the blinks and validations of an eye, ``L`` or ``R``."""
    blinks, done = recording.blinks, recording.validations
    blinks = blinks[blinks["eye"] == eye]
    done = done[(done["eye"] == eye) & done["error_mean_deg"].notna()]
    new = recording.calibrations
    new = new[(new["eye"] == eye) & ~new["result"].isin(_KEEPS_THE_OLD)]
    return EyeRecord(
        eye,
        blinks[["start_ms", "end_ms"]].to_numpy(),
        done["time_ms"].to_numpy(),
        done["error_mean_deg"].to_numpy(),
        new["time_ms"].to_numpy(),
    )


@dataclass(frozen=True, eq=False)
class ShownImage:
    """One image as an eye saw it.

    Attributes
    ----------
    onset_ms, duration_ms
        When the image appeared, on the tracker's clock, and for how long it was shown.
    frames_off
        How far that is off what the study asks for, in frames.
    fixations : EyeFixations
        Fixations of the trial.
    numbers : array (n,)
        Number of each fixation; 0 was under way at the onset.
    deg : array (n, 2)
        Position of each fixation, in degrees from the image's centre.
    """

    onset_ms: float
    duration_ms: float
    frames_off: float
    fixations: EyeFixations
    numbers: np.ndarray
    deg: np.ndarray


def trial_quality(
    shown: ShownImage,
    record: EyeRecord,
    samples: pd.DataFrame | None,
    pixels_per_degree: np.ndarray,
) -> TrialQuality:
    """Measure how good the data of one trial are.

    Parameters
    ----------
    shown : ShownImage
        The trial.
    record : EyeRecord
        Blinks and validations of the whole recording.
    samples
        Gaze samples of the whole recording; None leaves precision out.
    pixels_per_degree : array (2,)
        Across and down, at the centre of the screen.
    """
    starts, ends = record.blinks_ms.T
    gone_ms = shown.onset_ms + shown.duration_ms
    lost_ms = np.minimum(ends, gone_ms) - np.fmax(starts, shown.onset_ms)
    under_way = shown.deg[shown.numbers == 0]
    precision_deg = math.nan
    if samples is not None:
        precision_deg = _precision(samples, record.eye, shown.fixations, pixels_per_degree)
    return TrialQuality(
        n_fixations=int((shown.numbers > 0).sum()),
        track_loss=float(lost_ms.clip(0.0).sum() / shown.duration_ms),
        validation_deg=_validation(record, shown.onset_ms),
        drift_deg=float(np.hypot(*under_way[0])) if len(under_way) else math.nan,
        precision_deg=precision_deg,
        frames_off=shown.frames_off,
    )


def _validation(record: EyeRecord, onset_ms: float) -> float:
    before = np.flatnonzero(record.validated_ms <= onset_ms)
    if not len(before):
        return math.nan
    last_ms = record.validated_ms[before[-1]]
    since = (record.calibrated_ms > last_ms) & (record.calibrated_ms <= onset_ms)
    return math.nan if since.any() else float(record.validation_deg[before[-1]])


def _precision(
    samples: pd.DataFrame, eye: str, fixations: EyeFixations, pixels_per_degree: np.ndarray
) -> float:
    side = "left" if eye == "L" else "right"
    if f"x_{side}_px" not in samples:
        return math.nan
    time_ms = samples["time_ms"].to_numpy()
    gaze = samples[[f"x_{side}_px", f"y_{side}_px"]].to_numpy() / pixels_per_degree
    squared = []
    for start, end in zip(fixations.start_ms, fixations.end_ms, strict=True):
        inside = slice(*np.searchsorted(time_ms, [start, end + 1e-6]))
        squared.append((np.diff(gaze[inside], axis=0) ** 2).sum(axis=1))
    steps = np.concatenate(squared) if squared else np.empty(0)
    known = steps[np.isfinite(steps)]
    return float(np.sqrt(known.mean())) if len(known) else math.nan


def rule_broken(
    quality: TrialQuality, rules: ExclusionSettings, shown_by: ShownBy | None = None
) -> str | None:
    """Return the first rule that leaves a trial out, with the value, or None.

    What cannot be known breaks no rule.

    Parameters
    ----------
    shown_by
        How the image came to be shown, where the events say so.
    """
    if shown_by is not None and shown_by in rules.shown_by:
        return f"shown_by {shown_by}"
    limits: Mapping[str, tuple[float, float]] = {
        "track_loss": (quality.track_loss, rules.track_loss),
        "validation_deg": (quality.validation_deg, rules.validation_deg or math.inf),
        "drift_deg": (quality.drift_deg, rules.drift_deg or math.inf),
        "precision_deg": (quality.precision_deg, rules.precision_deg or math.inf),
        "duration_frames": (abs(quality.frames_off), rules.duration_frames or math.inf),
    }
    for name, (value, limit) in limits.items():
        if value > limit:
            return f"{name} {value:.2g} above {limit:g}"
    if quality.n_fixations < rules.fixations:
        return f"fixations {quality.n_fixations} below {rules.fixations}"
    return None


def exclude_subjects(table: pd.DataFrame, rules: ExclusionSettings) -> pd.DataFrame:
    """Return rows by `QUALITY` in which all trials of excluded subjects are excluded.

    A subject is excluded by name, or where more than the allowed share of trials was.
    """
    out = table.copy()
    share = out["excluded"].notna().groupby(out["subject"]).mean()
    for subject, left_out in share.items():
        own = (out["subject"] == subject) & out["excluded"].isna()
        if subject in rules.subjects:
            out.loc[own, "excluded"] = "subject named in exclusions.subjects"
        elif left_out > rules.subject_trials:
            out.loc[own, "excluded"] = (
                f"subject: {left_out:.0%} of trials excluded, above {rules.subject_trials:.0%}"
            )
    return out
