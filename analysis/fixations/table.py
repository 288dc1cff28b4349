"""The fixation table: every fixation on every image, in image pixels.

In come the runs of a study; out come rows by `stimuli.contract.schemas.FIXATIONS`, the quality
of every trial, and a summary of what was used and what was not. Only complete trials enter;
fixations of trials that a rule leaves out stay in the table, and say so.
"""

from collections.abc import Sequence

import pandas as pd

from analysis.fixations.quality import QUALITY, exclude_subjects
from analysis.fixations.recording_summary import RecordingSummary
from analysis.fixations.run_fixations import run_fixations
from analysis.sessions.runs import SessionRun, read_runs
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.schemas import FIXATIONS
from stimuli.contract.settings import Settings
from stimuli.contract.study import Study
from stimuli.support.console import progress
from stimuli.support.tables import Row


def read_fixations(study: Study) -> pd.DataFrame:
    """Read the recordings of a study to a table of fixations in image pixels.

    Parameters
    ----------
    study : Study
        With stimuli, events and recordings; its settings say how fixations are detected and which
        trials are left out.

    Returns
    -------
    fixations : DataFrame
        One row a fixation on a complete trial, by `stimuli.contract.schemas.FIXATIONS`:
        ``x_px`` and ``y_px`` count from the top left corner of the image, ``onset_ms`` from its
        appearance, and fixation 0 was under way then. `select_fixations` chooses those that an
        analysis uses.

    Raises
    ------
    InputError
        If nobody was recorded yet, or a recording is missing or cannot be read.

    Examples
    --------
    >>> from analysis import read_fixations
    >>> from stimuli import open_study
    >>> fixations = read_fixations(open_study("demo-study"))
    >>> subjects = fixations.groupby("stim_id")["subject"].nunique()
    """
    runs = read_runs(study, read_catalogue(study.catalogue))
    fixations, _ = fixation_table(runs, study.settings)
    return fixations


def fixation_table(
    runs: Sequence[SessionRun], settings: Settings
) -> tuple[pd.DataFrame, RecordingSummary]:
    """Return the fixations of recorded runs by image, and a summary of the recordings.

    Parameters
    ----------
    runs
        Recorded runs, as `read_runs` returns them.
    settings
        Settings of the study: where images stood on the screen, how fixations are detected,
        which trials are left out.

    Returns
    -------
    fixations : DataFrame
        Columns of `stimuli.contract.schemas.FIXATIONS`.
    summary : RecordingSummary
        Counts, warnings and the quality of every trial.

    Raises
    ------
    InputError
        If a recording cannot be read at all.

    Examples
    --------
    >>> from analysis import fixation_table, read_runs
    >>> from stimuli import open_study, read_catalogue
    >>> study = open_study("demo-study")
    >>> runs = read_runs(study, read_catalogue(study.catalogue))
    >>> fixations, summary = fixation_table(runs, study.settings)
    >>> track_loss = summary.quality["track_loss"].median()
    """
    summary = RecordingSummary()
    parts: list[pd.DataFrame] = []
    rows: list[Row] = []
    for run in progress(runs, "Recordings", len(runs)):
        for trial in run.trials:
            summary.counts[f"trials {trial['status']}"] += 1
        if run.recording is not None:
            found = run_fixations(run, run.recording, settings)
            parts += [] if found.fixations is None else [found.fixations]
            rows += found.quality
            summary.without += found.without
            summary.add(run.recording.name, found.counts, found.warnings)
    names = list(FIXATIONS.names)
    if not parts:
        return pd.DataFrame(columns=names), summary
    quality = pd.DataFrame(rows, columns=list(QUALITY.names)).astype({"excluded": object})
    summary.quality = exclude_subjects(quality, settings.exclusions)
    key = ["subject", "trial"]
    table = pd.concat(parts, ignore_index=True).merge(
        summary.quality[[*key, "excluded"]], on=key, how="left", validate="many_to_one"
    )[names]
    summary.count_unused(table)
    return table, summary
