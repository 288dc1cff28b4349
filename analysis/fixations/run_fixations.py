"""The fixations of one run of a session, and how good the data of its trials are.

In come the run, with its recording, and the study's settings; out come one table of fixations in
image pixels and one row of quality a trial.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.fixations.blinks import beside_blinks
from analysis.fixations.detection import detect_fixations
from analysis.fixations.quality import ShownImage, eye_record, rule_broken, trial_quality
from analysis.fixations.trials import EyeFixations, during_image, of_one_eye
from analysis.recordings.recording import Recording
from analysis.sessions.messages import image_onsets
from analysis.sessions.runs import SessionRun, read_run_recording
from stimuli.contract.geometry import (
    Rectangle,
    eyelink_to_screen,
    screen_to_degrees,
    screen_to_image,
)
from stimuli.contract.settings import Settings
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
    warnings
        What was not sound in the recording, with counts.
    """

    fixations: pd.DataFrame | None
    quality: list[Row]
    counts: Counter[str]
    warnings: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class _Trial:
    """A complete trial: which of the run's fixations are its own, and their numbers."""

    row: Row
    onset_ms: float
    indices: np.ndarray
    numbers: np.ndarray


def run_fixations(run: SessionRun, path: Path, settings: Settings) -> RunFixations:
    """Return the fixations of a run, read from its recording at `path`.

    Raises
    ------
    InputError
        If the recording cannot be read, names other stimuli than the events, or holds no samples
        where they are needed.
    """
    rules, screen = settings.exclusions, settings.screen.geometry
    recording = read_run_recording(run, path)
    samples = recording.samples() if rules.precision_deg else None
    fixations = _eye_fixations(recording, samples, settings)
    screen_px = eyelink_to_screen(fixations.xy_px)
    deg = screen_to_degrees(screen_px, screen)
    onsets, record = image_onsets(recording.messages), eye_record(recording, fixations.eye)
    trials: list[_Trial] = []
    quality: list[Row] = []
    counts: Counter[str] = Counter()
    for trial in run.complete:
        onset_ms = onsets.get(int(trial["trial"]))
        if onset_ms is None:
            counts["trials complete, but cut from the recording"] += 1
            continue
        shown_s = settings.session.image_s if trial["duration"] is None else trial["duration"]
        own, numbers = during_image(fixations, onset_ms, 1000.0 * shown_s)
        counts["trials complete, but without a fixation"] += not (numbers > 0).any()
        shown = ShownImage(onset_ms, 1000.0 * shown_s, fixations.of(own), numbers, deg[own])
        measured = trial_quality(shown, record, samples, screen.pixels_per_degree)
        quality.append(
            {
                "subject": run.subject, "run": run.run, "trial": trial["trial"],
                "stim_id": trial["stim_id"], **asdict(measured),
                "excluded": rule_broken(measured, rules),
            }
        )  # fmt: skip
        trials.append(_Trial(trial, onset_ms, own, numbers))
    table = None
    if sum(len(trial.indices) for trial in trials):
        xy_px = screen_to_image(screen_px, settings.placement)
        side, gap_ms = settings.images.size_px, rules.blink_gap_ms
        flagged = beside_blinks(fixations, recording.blinks, rules.short_fixation_ms, gap_ms)
        photographs = [
            run.photographs.get(str(one.row["stim_id"]), Rectangle(0, 0, side, side))
            for one in trials
        ]
        table = _table(run.subject, trials, fixations, xy_px, flagged, photographs)
    return RunFixations(table, quality, counts, recording.warnings)


def _eye_fixations(
    recording: Recording, samples: pd.DataFrame | None, settings: Settings
) -> EyeFixations:
    """Return the fixations of one eye: the parser's, or found anew in the samples."""
    found = recording.fixations
    if settings.analysis.detector != "tracker":
        samples = recording.samples() if samples is None else samples
        per_degree = settings.screen.geometry.pixels_per_degree
        found = detect_fixations(samples, per_degree, settings.analysis)
    return of_one_eye(found, settings.tracker.eye)


def _table(
    subject: str, trials: list[_Trial], fixations: EyeFixations, xy_px: np.ndarray,
    flagged: np.ndarray, photographs: list[Rectangle],
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
        "inside": np.concatenate(
            [
                photograph.holds(xy_px[trial.indices])
                for trial, photograph in zip(trials, photographs, strict=True)
            ]
        ),
        "beside_blink": flagged[which],
    }
    return pd.DataFrame(columns)
