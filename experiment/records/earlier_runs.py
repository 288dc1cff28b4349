"""What earlier runs of a subject left, what is still to be shown, and what can be made up for."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiment.protocols.tracker import Tracker, TrackerFault
from experiment.records.events import ended_trials
from experiment.records.journal import LineKind
from experiment.records.participants import participant_ids
from experiment.records.run_files import RunFiles, runs_of
from experiment.records.storage import store_run_files
from stimuli.contract.journal import Line, read_journal, schedule_sha256
from stimuli.contract.schemas import EVENTS
from stimuli.contract.settings import Settings
from stimuli.contract.study import Study, participant_id
from stimuli.contract.vocabulary import ParticipantKind, Trial
from stimuli.support.errors import InputError
from stimuli.support.files import read_json
from stimuli.support.tables import read_table
from stimuli.support.unfinished import remove_unfinished

# Of a trial, in [session].
_TIMING = ("image_s", "blank_s", "fixation_radius_deg", "fixation_s", "fixation_timeout_s")


@dataclass(frozen=True)
class EarlierRun:
    """An earlier run.

    Attributes
    ----------
    lines
        Its journal.
    """

    files: RunFiles
    lines: Sequence[Line]

    def first_fact(self, kind: LineKind, fact: str) -> Any:
        """Return what the first line of a kind says of a fact, or None."""
        return next((line.get(fact) for line in self.lines if line["kind"] == kind), None)

    @property
    def stored(self) -> bool:
        """Whether its files are all in their places: the provenance, which is written last, too.

        A run that was cut off before its journal named the schedule has none.
        """
        if self.first_fact(LineKind.SCHEDULE, "run") is None:
            return True
        return self.files.provenance.is_file() and not self._gone()

    def _gone(self) -> bool:
        """Whether events, recording or participant were in their places and are no longer there."""
        try:
            content = read_json(self.files.provenance)
        except InputError:  # damaged: the analysis says so
            return False
        left = content.get("outputs") if isinstance(content, dict) else None
        recording = str(self.first_fact(LineKind.SCHEDULE, "recording"))
        events, root = self.files.events, self.files.study.root
        paths = [events, self.files.folder / recording, events.with_name(recording)]
        kept = [path for path in paths if path.relative_to(root).as_posix() in (left or ())]
        if not all(path.is_file() for path in kept):
            return True
        taken_part = participant_ids(self.files.study.participants)
        return events in kept and self.files.participant_id not in taken_part


def earlier_runs(study: Study, subject: str) -> list[EarlierRun]:
    """Return the earlier runs of a subject, in their order.

    Raises
    ------
    InputError
        If a journal is damaged: what was shown is not known then, and nothing can go on from it.
    """
    try:
        return [EarlierRun(files, read_journal(files.journal)) for files in runs_of(study, subject)]
    except InputError as damage:
        raise InputError(f"{damage}, or name another subject number") from None


def settings_shown(settings: Settings) -> dict[str, Any]:
    """Return what decides where and for how long images are shown, by key of study.toml."""
    screen = {f"screen.{key}": value for key, value in asdict(settings.screen).items()}
    session = {f"session.{key}": getattr(settings.session, key) for key in _TIMING}
    return {**screen, **session, "images.size_px": settings.images.size_px}


def nothing_shown(earlier: Sequence[EarlierRun]) -> bool:
    """Return whether no earlier run has shown an image of the schedule, or may have shown one."""
    return not any(ended_trials(run.lines) for run in earlier)


def remaining_trials(schedule: Sequence[Trial], earlier: Sequence[EarlierRun]) -> list[Trial]:
    """Return the trials whose image no earlier run has shown, or may have shown.

    A trial that was broken off is not shown again: its image would no longer be new.
    """
    ended = {number for run in earlier for number in ended_trials(run.lines)}
    return [trial for trial in schedule if trial.trial not in ended]


def check_resumable(
    earlier: Sequence[EarlierRun],
    schedule: Sequence[Trial],
    participant_kind: ParticipantKind,
    mode: str,
    settings: Settings,
) -> None:
    """Check that a session can go on where the earlier runs ended.

    Parameters
    ----------
    mode
        The word of what the session is to go on with; a journal of before may not have it.

    Raises
    ------
    InputError
        If there is no earlier run, nothing is left to do, another kind of participant or tracker
        began, the stimuli, their order, their place on the screen or their time are no longer the
        same, or a journal has lost its last lines.
    """
    name = participant_id(schedule[0].subject)
    if not earlier:
        raise InputError(
            f"--resume: no session of {name} was begun; name the subject of one that was, or leave "
            f"--resume out"
        )
    for run in earlier:
        _check_journal_whole(run)
    if not remaining_trials(schedule, earlier) and all(run.stored for run in earlier):
        raise InputError(f"--resume: the session of {name} is complete; name another subject")
    for run in earlier:
        began = run.first_fact(LineKind.SCHEDULE, "observer")
        began_with = run.first_fact(LineKind.SCHEDULE, "mode")
        shown = run.first_fact(LineKind.SCHEDULE, "schedule_sha256")
        if began not in (None, participant_kind):
            raise InputError(
                f"{run.files.journal}: the participant was {began}, now it is {participant_kind}; "
                f"go on with the options that the session began with, or name another subject "
                f"number"
            )
        if began_with not in (None, mode):
            raise InputError(
                f"{run.files.journal}: {name} began with {began_with}, now it is {mode}; go on "
                f"with --{began_with}, or name another subject number"
            )
        if shown not in (None, schedule_sha256(trial.stimulus for trial in schedule)):
            raise InputError(
                f"{run.files.journal}: the stimuli or their order have changed since {name} "
                f"began; put the study back as it was, or name another subject number"
            )
        _check_settings_shown(run, settings)


def _check_settings_shown(run: EarlierRun, settings: Settings) -> None:
    """Check that images stand where and for as long as in an earlier run, which may not say so."""
    before, now = run.first_fact(LineKind.SCHEDULE, "settings") or {}, settings_shown(settings)
    changed = [key for key, value in before.items() if key in now and now[key] != value]
    if changed:
        told = ", ".join(f"{key} was {before[key]}, now it is {now[key]}" for key in changed)
        raise InputError(
            f"{run.files.journal}: {told}; expected what {run.files.participant_id} began with; "
            f"put study.toml back as it was, or name another subject number"
        )


def _check_journal_whole(run: EarlierRun) -> None:
    """Check that the journal tells of every trial of the events, which were made from it."""
    if not run.files.events.is_file():
        return
    ended = ended_trials(run.lines)
    listed = (row["trial"] for row in read_table(run.files.events, EVENTS))
    lost = [str(trial) for trial in listed if trial not in ended]
    if lost:
        raise InputError(
            f"{run.files.journal}: does not tell of trial {', '.join(lost)}; expected every trial "
            f"of {run.files.events}; put the file back from a copy, or name another subject number"
        )


def recover_earlier_runs(
    earlier: Sequence[EarlierRun], tracker: Tracker, schedule: Sequence[Trial]
) -> list[TrackerFault]:
    """Put what earlier runs could not put there: their tracker files, events and provenance.

    Returns
    -------
    list of TrackerFault
        Files that did not come from the host. They do not keep a session from going on; the next
        ``--resume`` tries again.
    """
    faults = []
    for run in earlier:
        if run.stored:
            continue
        for folder in (run.files.folder, run.files.events.parent):
            remove_unfinished(folder)
        stated = run.first_fact(LineKind.SCHEDULE, "recording")
        if stated not in (None, run.files.recording(tracker.suffix).name):
            faults.append(
                TrackerFault(
                    f"{run.files.journal}: {stated} is another tracker's; fetch it with --resume "
                    f"and the tracker that the session began with"
                )
            )
            continue
        name = run.first_fact(LineKind.TRACKER_FILE, "name")

        def fetch(path: Path, name: str | None = name) -> bool:
            return name is not None and tracker.recover(name, path)

        try:
            store_run_files(run.files, run.lines, schedule, tracker, fetch)
        except TrackerFault as fault:
            faults.append(fault)
    return faults
