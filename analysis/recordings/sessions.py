"""The sessions of a study: which subjects were recorded, in which runs, and by whom they were seen.

In comes a study folder; out come, for every run of every subject, the trials of its events table
and the path of the tracker's own file.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stimuli.errors import InputError, nearest
from stimuli.study import Study
from stimuli.tables import EVENTS, PARTICIPANTS, Value, read_table
from stimuli.vocabulary import Stimulus

_RUN = re.compile(r"sub-([0-9]{2,6})_task-freeview_run-([0-9]+)_events\.tsv")

# An ASC file beside the EDF was made of it on purpose.
_SUFFIXES = (".asc", ".asc.gz", ".edf", ".EDF")


@dataclass(frozen=True)
class Run:
    """One run of a session.

    Attributes
    ----------
    subject, run
        Participant's number as in file names, and run from 1.
    events : Path
        The BIDS events table.
    trials : sequence of rows
        Its rows by `stimuli.tables.EVENTS`, complete or not.
    recording : Path or None
        The tracker's own file, EDF or ASC; None if no trial was completed, so that nothing is
        read from it.
    """

    subject: str
    run: int
    events: Path
    trials: Sequence[Mapping[str, Value]]
    recording: Path | None

    @property
    def complete(self) -> list[Mapping[str, Value]]:
        return [trial for trial in self.trials if trial["status"] == "complete"]


def read_runs(study: Study, stimuli: Sequence[Stimulus]) -> list[Run]:
    """Return every recorded run, by subject and run.

    Raises
    ------
    InputError
        If nobody was recorded yet, a recording is missing, or the events do not fit the catalogue
        or each other.
    """
    found = [
        (match[1], int(match[2]), path)
        for path in study.root.glob("sub-*/beh/*_events.tsv")
        if (match := _RUN.fullmatch(path.name))
    ]
    if not found:
        raise InputError(
            f"{study.root}: no subject is recorded yet; expected sub-01/beh/"
            f"sub-01_task-freeview_run-1_events.tsv; run `python -m experiment.run`"
        )
    runs = []
    known = {stimulus.stim_id: stimulus for stimulus in stimuli}
    for subject, run, path in sorted(found, key=lambda one: (int(one[0]), one[1])):
        trials = read_table(path, EVENTS)
        _check_trials(path, trials, known)
        complete = any(trial["status"] == "complete" for trial in trials)
        recording = _recording(study, subject, run) if complete else None
        runs.append(Run(subject, run, path, trials, recording))
    _check_once(runs)
    return runs


def read_observers(study: Study, subjects: Sequence[str]) -> dict[str, str]:
    """Return for every subject who looked, a level of the column ``observer``.

    Raises
    ------
    InputError
        If a recorded subject has no row in ``participants.tsv``, so that this cannot be known.
    """
    rows = read_table(study.participants, PARTICIPANTS)
    observers = {str(row["participant_id"]).removeprefix("sub-"): row["observer"] for row in rows}
    for subject in subjects:
        if observers.get(subject) is None:
            raise InputError(
                f"{study.participants}: sub-{subject} was recorded but has no observer; expected a "
                f"row that says human, simulated, mouse or dummy"
            )
    return {subject: str(observers[subject]) for subject in subjects}


def _recording(study: Study, subject: str, run: int) -> Path:
    folder = study.sourcedata(subject)
    name = f"s{subject}r{run}"
    short = name[1:]  # the tracker's file names have at most eight characters
    for candidate in (folder / f"{stem}{suffix}" for stem in (name, short) for suffix in _SUFFIXES):
        if candidate.is_file():
            return candidate
    there = sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []
    raise InputError(
        f"{folder}: recording of sub-{subject}, run {run} is missing; expected {name}.edf or "
        f"{name}.asc, found {', '.join(there) or 'nothing'}; copy it from the tracker"
    )


def _check_trials(
    path: Path, trials: Sequence[Mapping[str, Value]], known: Mapping[str, Stimulus]
) -> None:
    for number, row in enumerate(trials, start=2):
        where = f"{path}, line {number}"
        for name in ("trial", "block", "block_position", "stim_id", "status"):
            if row[name] is None:
                raise InputError(f"{where}: {name} is n/a; expected a value")
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


def _check_once(runs: Sequence[Run]) -> None:
    """Check that no trial counts twice: a session that was resumed repeats what was broken off."""
    seen: dict[tuple[str, int], int] = {}
    for run in runs:
        for trial in run.complete:
            key = (run.subject, int(trial["trial"]))
            if key in seen:
                raise InputError(
                    f"{run.events}: trial {key[1]} of sub-{run.subject} is complete in run "
                    f"{seen[key]} and in run {run.run}; expected once: mark one as interrupted"
                )
            seen[key] = run.run
