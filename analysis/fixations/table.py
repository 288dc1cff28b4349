"""The fixation table: every fixation on every image, in image pixels.

In come the runs of a study; out come rows by `stimuli.tables.FIXATIONS` and an account of what was
used and what was not. Only complete trials enter.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.fixations.trials import during_image, of_one_eye
from analysis.progress import progress
from analysis.recordings.asc import read_asc
from analysis.recordings.messages import image_onsets
from analysis.recordings.sessions import Run
from stimuli.geometry import eyelink_to_screen, inside, screen_to_image
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
    """

    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[tuple[str, str, int]] = field(default_factory=list)


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
    parts = []
    for run in progress(runs, "Recordings", len(runs)):
        for trial in run.trials:
            account.counts[f"trials {trial['status']}"] += 1
        if run.asc is not None:
            parts += _run_fixations(run, settings, account)
    names = list(FIXATIONS.names)
    if not parts:
        return pd.DataFrame(columns=names), account
    table = pd.concat(parts, ignore_index=True)[names]
    account.counts["fixations under way at image onset"] = int((table["fixation"] == 0).sum())
    account.counts["fixations off the image"] = int(
        (~table["inside"] & (table["fixation"] > 0)).sum()
    )
    return table, account


def _run_fixations(run: Run, settings: Settings, account: Account) -> list[pd.DataFrame]:
    recording = read_asc(run.asc)
    account.warnings += [(run.asc.name, what, n) for what, n in recording.warnings.items()]
    onsets = image_onsets(recording.messages)
    fixations = of_one_eye(recording.fixations, settings.tracker.eye)
    xy_px = screen_to_image(eyelink_to_screen(fixations.xy_px), settings.placement)
    size_px = settings.images.size_px
    on_image = inside(xy_px, size_px, size_px)
    trials, onset_of, indices, numbers = [], [], [], []
    for trial in run.complete:
        onset_ms = onsets.get(int(trial["trial"]))
        if onset_ms is None:
            account.counts["trials complete, but cut from the recording"] += 1
            continue
        shown_s = settings.session.image_s if trial["duration"] is None else trial["duration"]
        which, counted = during_image(fixations, onset_ms, 1000.0 * shown_s)
        account.counts["trials complete, but without a fixation"] += not (counted > 0).any()
        trials += [trial] * len(which)
        onset_of += [onset_ms] * len(which)
        indices.append(which)
        numbers.append(counted)
    if not trials:
        return []
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
    }
    return [pd.DataFrame(columns)]
