"""What earlier runs of a subject left, what is still to be run, and keeping a run's files."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiment.lab import Tracker, TrackerFault
from experiment.session.events import ended_trials, event_rows, write_events
from experiment.session.journal import Line, read_journal
from experiment.session.participants import add_participant
from experiment.session.records import Records, runs_of
from stimuli.errors import InputError
from stimuli.provenance import write_sidecar
from stimuli.study import Study
from stimuli.vocabulary import Trial


@dataclass(frozen=True)
class Past:
    """An earlier run.

    Attributes
    ----------
    lines
        Its journal.
    """

    records: Records
    lines: Sequence[Line]

    def said(self, kind: str, fact: str) -> object:
        """Return a fact of the first line of a kind, or None."""
        return next((line.get(fact) for line in self.lines if line["kind"] == kind), None)

    @property
    def kept(self) -> bool:
        """Whether its files are all in their places: the provenance is written last.

        A run that was cut off before its journal named the schedule has none.
        """
        return self.records.provenance.is_file() or self.said("schedule", "run") is None


def read_past(study: Study, subject: str) -> list[Past]:
    """Return the earlier runs of a subject, in their order."""
    return [Past(records, read_journal(records.journal)) for records in runs_of(study, subject)]


def schedule_sha256(schedule: Sequence[Trial]) -> str:
    """Return a hash of the stimuli of a schedule in their order."""
    shown = "\n".join(f"{one.stimulus.stim_id} {one.stimulus.image_sha256}" for one in schedule)
    return hashlib.sha256(shown.encode()).hexdigest()


def remaining(schedule: Sequence[Trial], past: Sequence[Past]) -> list[Trial]:
    """Return the trials whose image no earlier run has shown, or may have shown.

    A trial that was broken off is not shown again: its image would no longer be new.
    """
    ended = {number for run in past for number in ended_trials(run.lines)}
    return [trial for trial in schedule if trial.trial not in ended]


def check_continues(past: Sequence[Past], schedule: Sequence[Trial], observer: str) -> None:
    """Check that a session can go on where the earlier runs ended.

    Raises
    ------
    InputError
        If there is no earlier run, nothing is left to do, another kind of observer began, or the
        stimuli or their order are no longer the same.
    """
    if not past:
        raise InputError("--resume: no session of this subject was begun; leave --resume out")
    name = past[0].records.participant_id
    if not remaining(schedule, past) and all(run.kept for run in past):
        raise InputError(f"--resume: the session of {name} is complete; name another subject")
    for run in past:
        began, shown = run.said("schedule", "observer"), run.said("schedule", "schedule_sha256")
        if began not in (None, observer):
            raise InputError(
                f"{run.records.journal}: the observer was {began}, now it is {observer}; go on "
                f"with the options that the session began with, or name another subject number"
            )
        if shown not in (None, schedule_sha256(schedule)):
            raise InputError(
                f"{run.records.journal}: the stimuli or their order have changed since {name} "
                f"began; put the study back as it was, or name another subject number"
            )


def recover_past(
    past: Sequence[Past], tracker: Tracker, schedule: Sequence[Trial]
) -> list[TrackerFault]:
    """Put what earlier runs could not put there: their tracker files, events and provenance.

    Returns
    -------
    list of TrackerFault
        Files that did not come from the host. They do not keep a session from going on; the next
        ``--resume`` tries again.
    """
    faults = []
    for run in past:
        if run.kept:
            continue
        for folder in (run.records.folder, run.records.events.parent):
            for stale in folder.glob(".writing-*"):
                stale.unlink()
        name = run.said("tracker-file", "name")

        def fetch(path: Path, name: object = name) -> bool:
            return name is not None and tracker.recover(str(name), path)

        try:
            keep(run.records, run.lines, schedule, tracker.suffix, fetch)
        except TrackerFault as fault:
            faults.append(fault)
    return faults


def keep(
    records: Records,
    lines: Sequence[Line],
    schedule: Sequence[Trial],
    suffix: str,
    fetch: Callable[[Path], bool],
) -> None:
    """Put the files of a run in their places; a file that is there stays as it is.

    Parameters
    ----------
    lines
        The run's journal.
    suffix
        Of the tracker's file.
    fetch
        Puts the tracker's file at a path, and returns whether there is one.

    Raises
    ------
    TrackerFault, OSError
        If the file could not be fetched. Everything else is in its place then; the provenance,
        which is written last, is not, so that the next ``--resume`` tries again.
    """
    study, settings = records.study, records.study.settings
    facts = next(line for line in lines if line["kind"] == "schedule")
    observer, outputs, fault = str(facts["observer"]), [], None
    recording = records.recording(suffix)
    try:
        if recording.is_file() or _fetched(recording, fetch):
            outputs.append(recording)
    except TrackerFault as error:
        text = f"{error}; try again with --resume, or copy it by hand to {recording}"
        fault = TrackerFault(text, lost=error.lost)
    except OSError as error:
        fault = error
    rows = event_rows(lines, schedule)
    if rows:
        write_events(records.events, rows, settings, observer=observer)
        outputs += [records.events, records.events.with_suffix(".json")]
        add_participant(
            study.participants,
            {
                "participant_id": records.participant_id,
                "order": facts["order"],
                "observer": observer,
            },
        )
    if fault is not None:
        raise fault
    write_sidecar(
        records.provenance,
        command="experiment.run",
        settings=settings.as_dict(),
        inputs=[study.settings_file, study.catalogue, study.blocks],
        outputs=outputs,
        seeds={"study": settings.study.seed, "subject": int(records.subject)},
        root=study.root,
    )


def _fetched(recording: Path, fetch: Callable[[Path], bool]) -> bool:
    """Fetch under another name, so that the file is there whole or not at all."""
    recording.parent.mkdir(parents=True, exist_ok=True)
    coming = recording.with_name(f".fetching-{recording.name}")
    if not fetch(coming):
        return False
    with open(coming, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(coming, recording)
    return True
