"""The fixations of one run of a session, and how good the data of its trials are.

In come the run, with its recording, and the study's settings; out come one table of fixations in
image pixels and one row of quality a trial.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.fixations.blinks import beside_blinks
from analysis.fixations.detection import detect_fixations
from analysis.fixations.parsing import is_of_samples, parsed
from analysis.fixations.quality import ShownImage, eye_record, rule_broken, trial_quality
from analysis.fixations.trials import (
    BlockEyes,
    EyeFixations,
    block_eyes,
    during_image,
    of_one_eye,
)
from analysis.fixations.without_fixation import (
    TrialWithout,
    cause_with_onset,
    cause_without_onset,
)
from analysis.recordings.recording import Recording
from analysis.recordings.tracker_errors import tracker_errors
from analysis.sessions.messages import begun_trials, image_onsets
from analysis.sessions.runs import SessionRun, read_run_recording
from analysis.sessions.setup import setup_differences
from stimuli.contract.geometry import (
    Rectangle,
    eyelink_to_screen,
    screen_to_degrees,
    screen_to_image,
)
from stimuli.contract.settings import Settings
from stimuli.support.errors import InputError
from stimuli.support.tables import Row

_FROM_TRIAL = (
    "block", "block_position", "trial", "stim_id", "source_id", "condition", "direction",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class RunFixations:
    """What a run's recording holds of its complete trials.

    Attributes
    ----------
    fixations : DataFrame or None
        Rows by `stimuli.contract.schemas.FIXATIONS`, without the column ``excluded``; None if
        there is none.
    quality
        One row a trial, by `analysis.fixations.quality.QUALITY`.
    counts
        Trials of which the recording holds less than it should, by what is missing.
    without
        Trials without a fixation on their image, and why.
    warnings
        What was not sound in the recording, with counts.
    """

    fixations: pd.DataFrame | None
    quality: list[Row]
    counts: Counter[str]
    without: list[TrialWithout]
    warnings: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class _Trial:
    """A complete trial: which of the run's fixations are its own, and what is known of each."""

    row: Row
    onset_ms: float
    indices: np.ndarray
    numbers: np.ndarray
    on_image: np.ndarray


def run_fixations(run: SessionRun, path: Path, settings: Settings) -> RunFixations:
    """Return the fixations of a run, read from its recording at `path`.

    Raises
    ------
    InputError
        If the recording cannot be read, names other stimuli than the events, or holds no samples
        where they are needed.
    """
    rules, screen = settings.exclusions, settings.screen.geometry
    recording = parsed(read_run_recording(run, path, settings), path, settings)
    samples = recording.samples() if rules.precision_deg else None
    fixations, eyes = _eye_fixations(recording, path, samples, settings)
    screen_px = eyelink_to_screen(fixations.xy_px)
    deg = screen_to_degrees(screen_px, screen)
    xy_px = screen_to_image(screen_px, settings.placement)
    square = Rectangle(0, 0, settings.images.size_px, settings.images.size_px)
    per_degree = screen.pixels_per_degree
    onsets = image_onsets(recording.messages)
    errors = tracker_errors(recording.messages["text"])
    begun = begun_trials(recording.messages)
    record_of = cache(partial(eye_record, recording))
    trials: list[_Trial] = []
    quality: list[Row] = []
    counts: Counter[str] = Counter()
    without: list[TrialWithout] = []
    for trial in run.complete:
        number, onset_ms = int(trial["trial"]), onsets.get(int(trial["trial"]))
        if onset_ms is None:
            counts["trials complete, but cut from the recording"] += 1
            cause = cause_without_onset(number, errors, begun)
            without.append(TrialWithout(run.subject, run.run, number, trial["stim_id"], cause))
            continue
        shown_s, asked_s = trial["duration"], settings.session.image_s
        frames_off = np.nan if shown_s is None else (shown_s - asked_s) * settings.screen.refresh_hz
        shown_s = asked_s if shown_s is None else shown_s
        own, numbers = during_image(fixations, onset_ms, 1000.0 * shown_s)
        counts["trials complete, but without a fixation"] += not (numbers > 0).any()
        counts["trials whose image was shown more than a frame too long or too short"] += (
            abs(round(frames_off, 1)) > 1
        )
        on_image = run.photographs.get(str(trial["stim_id"]), square).holds(xy_px[own])
        eye = eyes.at(onset_ms)
        if cause_found := cause_with_onset(eye is not None, numbers, on_image):
            without.append(
                TrialWithout(run.subject, run.run, number, trial["stim_id"], cause_found)
            )
        shown = ShownImage(
            onset_ms, 1000.0 * shown_s, round(frames_off, 1), fixations.of(own), numbers, deg[own]
        )
        record = record_of(eye or eyes.preferred)
        measured = trial_quality(shown, record, samples, per_degree)
        quality.append(
            {
                "subject": run.subject, "run": run.run, "trial": trial["trial"],
                "stim_id": trial["stim_id"], **vars(measured),
                "excluded": rule_broken(measured, rules, trial.get("shown_by")),
            }
        )  # fmt: skip
        trials.append(_Trial(trial, onset_ms, own, numbers, on_image))
    table = None
    if sum(len(trial.indices) for trial in trials):
        gap_ms = rules.blink_gap_ms
        flagged = beside_blinks(fixations, recording.blinks, rules.short_fixation_ms, gap_ms)
        table = _table(run.subject, trials, fixations, xy_px, flagged)
    told = dict.fromkeys(setup_differences(recording, settings), 1)
    return RunFixations(table, quality, counts, without, {**recording.warnings, **told})


def _eye_fixations(
    recording: Recording, path: Path, samples: pd.DataFrame | None, settings: Settings
) -> tuple[EyeFixations, BlockEyes]:
    """Return the fixations of an eye a block: the parser's, or found anew in the samples."""
    found = recording.fixations
    if settings.analysis.detector != "tracker" and not is_of_samples(path):
        samples = recording.samples() if samples is None else samples
        per_degree = settings.screen.geometry.pixels_per_degree
        found = detect_fixations(samples, per_degree, settings.analysis)
    elif len(found) and found["x_px"].isna().all():
        raise InputError(
            f"{path}: no fixation of the tracker's parser has a position in pixels; expected GAZE; "
            f'set analysis.detector = "velocity" to find them in the samples'
        )
    eyes = block_eyes(found, recording.blocks, settings.tracker.eye)
    return of_one_eye(found, eyes), eyes


def _table(
    subject: str, trials: list[_Trial], fixations: EyeFixations, xy_px: np.ndarray,
    flagged: np.ndarray,
) -> pd.DataFrame:  # fmt: skip
    which = np.concatenate([trial.indices for trial in trials])
    onset_ms = np.repeat([trial.onset_ms for trial in trials], [len(one.indices) for one in trials])
    columns: dict[str, object] = {
        name: [trial.row[name] for trial in trials for _ in trial.indices] for name in _FROM_TRIAL
    }
    columns |= {
        "subject": subject,
        "fixation": np.concatenate([trial.numbers for trial in trials]),
        "onset_ms": fixations.start_ms[which] - onset_ms,
        "duration_ms": fixations.duration_ms[which],
        "x_px": xy_px[which, 0],
        "y_px": xy_px[which, 1],
        "inside": np.concatenate([trial.on_image for trial in trials]),
        "beside_blink": flagged[which],
    }
    return pd.DataFrame(columns)
