"""The quality of one subject's recordings, on one page: to be read before the participant leaves.

Accuracy of calibrations, drift checks, track loss, fixations and frames of every trial, and the
first images with the scanpaths on them.
"""

from collections.abc import Mapping

import pandas as pd

from analysis.fixations.without_fixation import Cause
from analysis.report.html import render
from analysis.report.numbers import DASH
from analysis.report.session_figures import draw_scanpaths, draw_trials
from analysis.report.session_losses import any_loss, draw_losses
from analysis.report.session_quality import SessionQuality
from analysis.report.tables import Table
from analysis.sessions.runs import unchecked_runs
from stimuli.contract.study import participant_id
from stimuli.contract.vocabulary import ParticipantKind, ShownBy, Stimulus
from stimuli.support.words import counted

# A trial that lost the eye for more than this share of the image's time is worth a look.
_MUCH_TRACK_LOSS = 0.25
# How an image may have come to be shown without gaze on the target after a drift check.
_UNUSUAL_WAYS = {
    ShownBy.BY_HAND: "image shown by hand, without gaze on the target, in",
    ShownBy.CHECK_SKIPPED: "no drift check before the image of",
}


def session_page(quality: SessionQuality, stimuli: Mapping[str, Stimulus]) -> str:
    """Return the page as HTML that holds its pictures and runs no script.

    Parameters
    ----------
    stimuli
        The study's stimuli, by ``stim_id``.
    """
    kind = quality.participant_kind
    return render(
        "session.html",
        participant=participant_id(quality.subject),
        name=quality.study.settings.study.name,
        not_a_person=None if kind == ParticipantKind.HUMAN else kind,
        who=_WHO.get(kind, "try-out, no person"),
        runs=_runs(quality),
        notes=_notes(quality),
        trials_figure=draw_trials(quality),
        scanpaths_figure=draw_scanpaths(quality, stimuli),
        losses_figure=draw_losses(quality.losses) if any_loss(quality.losses) else None,
        n_losses=len(quality.losses),
    )


_WHO = {
    ParticipantKind.HUMAN: "",
    ParticipantKind.SIMULATED: "simulated observer",
}


def _runs(quality: SessionQuality) -> Table:
    """Return one row a run: trials by status, calibrations and validations, drift, frames."""
    rows = []
    for run, recording in zip(quality.runs, quality.recordings, strict=True):
        statuses = pd.Series([row["status"] for row in run.trials], dtype=str).value_counts()
        errors, drifts, calibrated = [], pd.Series(dtype=float), 0
        if recording is not None:
            calibrated = len(recording.calibrations)
            errors = [
                f"{one.error_mean_deg:.2f} ({one.error_max_deg:.2f})"
                for one in recording.validations.dropna(subset="error_mean_deg").itertuples()
            ]
            drifts = recording.drift_checks["offset_deg"]
        rows.append(
            [
                str(run.run),
                ", ".join(f"{count} {status}" for status, count in statuses.items()),
                str(calibrated),
                ", ".join(errors) or DASH,
                f"{drifts.median():.2f} ({drifts.max():.2f})" if len(drifts) else DASH,
                f"{sum(row['dropped_frames'] for row in run.trials)} of "
                f"{sum(row['frames'] for row in run.trials)}",
            ]
        )
    heads = [
        "run", "trials", "calibrations", "validations, mean (max) deg",
        "drift checks, median (max) deg", "frames late",
    ]  # fmt: skip
    return Table(heads, rows, text_columns=2)


def _notes(quality: SessionQuality) -> list[str]:
    """Return what an operator should know at once."""
    limit_deg = quality.study.settings.session.calibration_limit_deg
    notes = [
        f"not checked, {', '.join(names)}: {what}"
        for what, names in unchecked_runs(quality.runs).items()
    ]
    notes += [f"{file}: {count} {what}" for file, what, count in quality.warnings]
    trials = quality.trials
    lossy = trials[trials["track_loss"] > _MUCH_TRACK_LOSS]
    if len(lossy):
        notes.append(
            f"track loss above {_MUCH_TRACK_LOSS:.0%} in trials "
            f"{', '.join(map(str, lossy['trial']))}"
        )
    poor = trials[trials["validation_deg"] > limit_deg]
    if len(poor):
        notes.append(f"{counted(len(poor), 'trial')} after a validation above {limit_deg:g} deg")
    unvalidated = int(trials["validation_deg"].isna().sum())
    if unvalidated:
        notes.append(f"{counted(unvalidated, 'trial')} without a validation before them")
    unread = [str(one.trial) for one in quality.losses if len(one.unreadable_ms)]
    if unread:
        notes.append(f"sample lines that cannot be read during the image of {_trials(unread)}")
    for cause in Cause:
        without = [str(one.trial) for one in quality.without if one.cause == cause]
        if without:
            notes.append(f"no fixation on the image in {_trials(without)}: {cause}")
    for way, told in _UNUSUAL_WAYS.items():
        shown = [str(row["trial"]) for row in quality.rows if row.get("shown_by") == way]
        if shown:
            notes.append(f"{told} {_trials(shown)}")
    early = sum(row.get("early_frames") or 0 for row in quality.rows)
    if early:
        notes.append(f"{early} frames came early: vertical synchronisation may be off")
    off = trials[trials["frames_off"].abs() > 1]
    if len(off):
        numbers = _trials([str(trial) for trial in off["trial"]])
        notes.append(f"image shown more than a frame too long or too short in {numbers}")
    excluded = trials[trials["excluded"].notna()]
    if len(excluded):
        notes.append(f"{counted(len(excluded), 'trial')} left out by [exclusions] of study.toml")
    return notes


def _trials(numbers: list[str]) -> str:
    return f"trial{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"
