"""The fixation table: every fixation on every image, in image pixels.

In come the runs of a study; out come rows by `stimuli.tables.FIXATIONS`, the quality of every
trial, and an account of what was used and what was not. Only complete trials enter; fixations of
trials that a rule leaves out stay in the table, and say so.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd

from analysis.fixations.detection import detect_fixations
from analysis.fixations.quality import (
    QUALITY,
    exclude_subjects,
    eye_record,
    rule_broken,
    trial_quality,
)
from analysis.fixations.trials import EyeFixations, beside_blinks, during_image, of_one_eye
from analysis.progress import progress
from analysis.recordings.messages import image_onsets
from analysis.recordings.reading import read_recording
from analysis.recordings.recording import Recording
from analysis.recordings.sessions import Run
from stimuli.geometry import eyelink_to_screen, inside, screen_to_degrees, screen_to_image
from stimuli.settings import Settings
from stimuli.tables import FIXATIONS

_FROM_TRIAL = (
    "block", "block_position", "trial", "stim_id", "source_id", "condition", "direction",
)  # fmt: skip


@dataclass
class Account:
    """What the recordings held and what became of it, for the report.

    Attributes
    ----------
    counts
        Trials and fixations by what became of them.
    warnings
        What was not sound in a recording, as ``(file name, what, count)``.
    quality : DataFrame
        One row a trial that was recorded, by `analysis.fixations.quality.QUALITY`.
    """

    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[tuple[str, str, int]] = field(default_factory=list)
    quality: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=QUALITY.names))

    @property
    def excluded(self) -> pd.DataFrame:
        """The trials that a rule leaves out."""
        return self.quality[self.quality["excluded"].notna()]


def fixation_table(runs: Sequence[Run], settings: Settings) -> tuple[pd.DataFrame, Account]:
    """Read every recording and return its fixations by image, with an account.

    Returns
    -------
    fixations : DataFrame
        Columns of `stimuli.tables.FIXATIONS`.
    account : Account

    Raises
    ------
    InputError
        If a recording cannot be read at all.
    """
    account = Account()
    parts, rows = [], []
    for run in progress(runs, "Recordings", len(runs)):
        for trial in run.trials:
            account.counts[f"trials {trial['status']}"] += 1
        if run.recording is not None:
            part, quality = _run_fixations(run, settings, account)
            parts += part
            rows += quality
    names = list(FIXATIONS.names)
    if not parts:
        return pd.DataFrame(columns=names), account
    quality = pd.DataFrame(rows, columns=list(QUALITY.names)).astype({"excluded": object})
    account.quality = exclude_subjects(quality, settings.exclusions)
    key = ["subject", "trial"]
    table = pd.concat(parts, ignore_index=True).merge(
        account.quality[[*key, "excluded"]], on=key, how="left", validate="many_to_one"
    )[names]
    _count(table, account)
    return table, account


def _count(table: pd.DataFrame, account: Account) -> None:
    """Say of every fixation that is not used why, once: by the first reason in this order."""
    counts = account.counts
    counts["trials excluded by a rule"] = len(account.excluded)
    left = table
    for what, why in (
        ("fixations on excluded trials", left["excluded"].notna()),
        ("fixations under way at image onset", left["fixation"] == 0),
        ("fixations off the image", ~left["inside"].astype(bool)),
    ):
        chosen = why.reindex(left.index)
        counts[what] = int(chosen.sum())
        left = left[~chosen]
    counts["fixations short and beside a blink"] = int(left["beside_blink"].sum())


def _run_fixations(
    run: Run, settings: Settings, account: Account
) -> tuple[list[pd.DataFrame], list[Mapping[str, object]]]:
    """Return the fixations of a run, in one table or none, and the quality of its trials."""
    recording = read_recording(run.recording)
    account.warnings += [(run.recording.name, what, n) for what, n in recording.warnings.items()]
    rules, samples = settings.exclusions, None
    if settings.analysis.detector != "tracker" or rules.precision_deg:
        samples = recording.samples()
    fixations = _fixations(recording, samples, settings)
    screen_px = eyelink_to_screen(fixations.xy_px)
    xy_px = screen_to_image(screen_px, settings.placement)
    screen = settings.screen.geometry
    deg = screen_to_degrees(screen_px, screen)
    on_image = inside(xy_px, settings.images.size_px, settings.images.size_px)
    flagged = beside_blinks(
        fixations, recording.blinks, rules.short_fixation_ms, rules.blink_gap_ms
    )
    onsets, record = image_onsets(recording.messages), eye_record(recording, fixations.eye)
    trials, onset_of, indices, numbers, quality = [], [], [], [], []
    for trial in run.complete:
        onset_ms = onsets.get(int(trial["trial"]))
        if onset_ms is None:
            account.counts["trials complete, but cut from the recording"] += 1
            continue
        shown_s = settings.session.image_s if trial["duration"] is None else trial["duration"]
        which, counted = during_image(fixations, onset_ms, 1000.0 * shown_s)
        account.counts["trials complete, but without a fixation"] += not (counted > 0).any()
        measured = trial_quality(
            record, onset_ms, 1000.0 * shown_s, fixations.of(which), counted,
            deg[which], samples if rules.precision_deg else None, screen.pixels_per_degree,
        )  # fmt: skip
        quality.append(
            {
                "subject": run.subject, "run": run.run, "trial": trial["trial"],
                "stim_id": trial["stim_id"], **asdict(measured),
                "excluded": rule_broken(measured, rules),
            }
        )  # fmt: skip
        trials += [trial] * len(which)
        onset_of += [onset_ms] * len(which)
        indices.append(which)
        numbers.append(counted)
    if not trials:
        return [], quality
    which = np.concatenate(indices)
    columns = {name: [trial[name] for trial in trials] for name in _FROM_TRIAL}
    columns |= {
        "subject": run.subject,
        "fixation": np.concatenate(numbers),
        "onset_ms": fixations.start_ms[which] - onset_of,
        "duration_ms": fixations.duration_ms[which],
        "x_px": xy_px[which, 0],
        "y_px": xy_px[which, 1],
        "inside": on_image[which],
        "beside_blink": flagged[which],
    }
    return [pd.DataFrame(columns)], quality


def _fixations(
    recording: Recording, samples: pd.DataFrame | None, settings: Settings
) -> EyeFixations:
    """Return the fixations of one eye: the parser's, or found anew."""
    found = recording.fixations
    if settings.analysis.detector != "tracker":
        per_degree = settings.screen.geometry.pixels_per_degree
        found = detect_fixations(samples, per_degree, settings.analysis)
    return of_one_eye(found, settings.tracker.eye)
