"""The runs of a study's sessions, and who took part in them.

In comes a study folder; out come, for every run of every subject, the trials of its events table
and the path of the tracker's own file.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.recordings.reading import read_recording
from analysis.recordings.recording import Recording
from analysis.sessions.identity import (
    check_files,
    check_kept,
    check_none_alone,
    check_recording,
    check_shown,
)
from analysis.sessions.setup import check_setup
from analysis.sessions.unfinished import unfinished_runs
from stimuli.contract.catalogue_checks import check_images
from stimuli.contract.geometry import Rectangle
from stimuli.contract.schemas import EVENTS, PARTICIPANTS
from stimuli.contract.settings import Settings
from stimuli.contract.study import PHYSIO, Study, participant_id, run_name
from stimuli.contract.vocabulary import ParticipantKind, Stimulus, TrialStatus
from stimuli.support.console import messages
from stimuli.support.errors import InputError, nearest
from stimuli.support.tables import Row, read_table

# An ASC file beside the EDF was made of it on purpose.
_SUFFIXES = (".asc", ".asc.gz", ".edf", ".EDF", PHYSIO)


@dataclass(frozen=True)
class SessionRun:
    """One run of a session: its trials, and the tracker's recording of them.

    Attributes
    ----------
    subject, run
        Participant's number as in file names, and run from 1.
    events : Path
        The BIDS events table.
    trials : sequence of rows
        Its rows by `stimuli.contract.schemas.EVENTS`, complete or not.
    recording : Path or None
        The tracker's own file, EDF or ASC, or BIDS ``physio`` of a tracker of samples; None if no
        trial was completed, so that nothing is read from it.
    photographs
        Where the photograph of each stimulus lies in the image as shown, by ``stim_id``; without
        those that fill it.
    unchecked
        What could not be checked, as text, of a run whose session left no record of it.
    """

    subject: str
    run: int
    events: Path
    trials: Sequence[Row]
    recording: Path | None
    photographs: Mapping[str, Rectangle] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()

    @property
    def complete(self) -> list[Row]:
        """The trials that were shown for the full time and recorded."""
        return [trial for trial in self.trials if trial["status"] == TrialStatus.COMPLETE]


def read_runs(
    study: Study, stimuli: Sequence[Stimulus], subject: str | None = None
) -> list[SessionRun]:
    """Return every recorded run, by subject and run.

    Parameters
    ----------
    stimuli
        The study's catalogue, which the events must fit.
    subject
        Read the runs of this one alone; none, if there are none.

    Returns
    -------
    list of SessionRun
        Without a run that is being recorded now, or was cut off before it had events: it is named
        on standard error.

    Raises
    ------
    InputError
        If nobody was recorded yet, a recording is missing, the events do not fit the catalogue or
        each other, a file is not the one that the session left, or one run is without the records
        that others have. What could not be checked, since it was made elsewhere, is said on
        standard error and kept with the run.

    Examples
    --------
    >>> from analysis import read_runs
    >>> from stimuli import open_study, read_catalogue
    >>> study = open_study("demo-study")
    >>> runs = read_runs(study, read_catalogue(study.catalogue))
    >>> runs[0].subject, runs[0].run
    ('01', 1)
    """
    left_out = unfinished_runs(study, subject)  # first, since a session may end meanwhile
    check_kept(study, subject)
    check_none_alone(study, subject)
    unfinished = {(one.subject, one.run) for one in left_out}
    found = [one for one in study.runs_with_events() if one[:2] not in unfinished]
    if left_out and not any(subject in (None, label) for label, _, _ in found):
        raise InputError(f"{study.root}: left out is {left_out[0]}")
    if not found:
        expected = study.events("01").relative_to(study.root).as_posix()
        raise InputError(
            f"{study.root}: no subject is recorded yet; expected {expected}; run "
            f"`python -m experiment.run`"
        )
    runs = []
    known = {stimulus.stim_id: stimulus for stimulus in stimuli}
    photographs = {one.stim_id: one.photograph_px for one in stimuli if one.photograph_px}
    by_subject: dict[str, dict[int, Sequence[Row]]] = defaultdict(dict)
    for label, run, path in found:
        if subject not in (None, label):
            continue
        trials = read_table(path, EVENTS)
        complete = any(trial["status"] == TrialStatus.COMPLETE for trial in trials)
        recording = _recording(study, label, run) if complete else None
        unchecked = tuple(check_files(study, label, run, path, recording))
        _check_trials(path, trials, known)
        by_subject[label][run] = trials
        runs.append(SessionRun(label, run, path, trials, recording, photographs, unchecked))
    _check_once(runs)
    shown_unchecked = {
        label: tuple(check_shown(study, label, rows, stimuli)) for label, rows in by_subject.items()
    }
    runs = [replace(run, unchecked=(*run.unchecked, *shown_unchecked[run.subject])) for run in runs]
    shown = {str(trial["stim_id"]) for run in runs for trial in run.trials}
    kept = (one for one in stimuli if one.stim_id in shown and (study.root / one.image).is_file())
    check_images(study.root, kept)
    for one in left_out:
        messages().print(f"left out: {one}", markup=False)
    for what, names in unchecked_runs(runs).items():
        messages().print(f"not checked: {', '.join(names)}: {what}", markup=False)
    return runs


def unchecked_runs(runs: Sequence[SessionRun]) -> dict[str, list[str]]:
    """Return by what could not be checked the names of the runs of which it could not."""
    found: dict[str, list[str]] = defaultdict(list)
    for run in runs:
        for what in dict.fromkeys(run.unchecked):
            found[what].append(run_name(run.subject, run.run))
    return dict(found)


def read_run_recording(run: SessionRun, path: Path, settings: Settings) -> Recording:
    """Read the recording of a run at `path`.

    Raises
    ------
    InputError
        If it cannot be read, names other stimuli than the events, or was made on another screen
        or otherwise than the study's settings say.
    """
    recording = read_recording(path)
    check_recording(recording, path, run.events, run.subject, run.complete)
    check_setup(recording, path, run.subject, settings)
    return recording


def read_participant_kinds(study: Study, subjects: Sequence[str]) -> dict[str, ParticipantKind]:
    """Return for every subject who took part: a person, a simulated observer, a try-out.

    Raises
    ------
    InputError
        If a recorded subject has no row in ``participants.tsv``, so that this cannot be known.
    """
    rows = read_table(study.participants, PARTICIPANTS)
    kinds = {row["participant_id"]: row["observer"] for row in rows}
    for subject in subjects:
        if kinds.get(participant_id(subject)) is None:
            raise InputError(
                f"{study.participants}: {participant_id(subject)} was recorded but has no "
                f"observer; expected a row that says {', '.join(ParticipantKind)}; put it there; "
                f"`experiment.run --resume` does so for sessions of its own"
            )
    return {subject: kinds[participant_id(subject)] for subject in subjects}


def _recording(study: Study, subject: str, run: int) -> Path:
    for suffix in _SUFFIXES:
        path = study.recording(subject, run, suffix)
        if path.is_file():
            return path
    folder = study.sourcedata(subject)
    there = sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []
    edf, asc = (study.recording(subject, run, suffix).name for suffix in (".edf", ".asc"))
    raise InputError(
        f"{folder}: recording of {run_name(subject, run)} is missing; expected {edf} or {asc}, "
        f"found {', '.join(there) or 'nothing'}; copy it from the tracker"
    )


def _check_trials(path: Path, trials: Sequence[Row], known: Mapping[str, Stimulus]) -> None:
    if not trials:
        raise InputError(
            f"{path}: holds no trial; expected a row for each; put the table back from a copy, or "
            f"take it away if nothing was shown"
        )
    for number, row in enumerate(trials, start=2):
        where = f"{path}, line {number}"
        for name in ("trial", "block", "block_position", "stim_id", "status"):
            if row[name] is None:
                raise InputError(f"{where}: {name} is n/a; expected a value")
        for name in ("onset", "duration"):
            value = row[name]
            if value is not None and not (math.isfinite(value) and (value >= 0 or name == "onset")):
                expected = "a number of seconds" + (" from 0" if name == "duration" else "")
                raise InputError(
                    f"{where}: {name} is {value:g}; expected {expected}; put the table back from a "
                    f"copy"
                )
        stim_id = str(row["stim_id"])
        if stim_id not in known:
            raise InputError(
                f"{where}: stim_id {stim_id} is not in the catalogue; expected one of "
                f"stimuli/stimuli.tsv{nearest(stim_id, known)}: were the stimuli generated anew?"
            )
        for name in ("source_id", "condition", "direction", "block"):
            expected = str(getattr(known[stim_id], name))
            if row[name] != expected:
                raise InputError(
                    f"{where}: {name} of {stim_id} is {row[name]}; expected {expected}, as "
                    f"stimuli/stimuli.tsv has it: were the stimuli generated anew?"
                )


def _check_once(runs: Sequence[SessionRun]) -> None:
    """Check that no trial counts twice: a session that was resumed repeats what was broken off."""
    seen: dict[tuple[str, int], int] = {}
    for run in runs:
        for trial in run.complete:
            key = (run.subject, int(trial["trial"]))
            if key in seen:
                raise InputError(
                    f"{run.events}: trial {key[1]} of {participant_id(run.subject)} is complete in "
                    f"run {seen[key]} and in run {run.run}; expected once: mark one as interrupted"
                )
            seen[key] = run.run
