"""What is kept of a subject after all runs, and how the last recording ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from experiment.records.earlier_runs import earlier_runs
from experiment.records.run_files import RunFiles
from experiment.schedules.schedule import subject_schedule
from stimuli.contract.schemas import EVENTS
from stimuli.contract.study import Study, participant_id
from stimuli.contract.vocabulary import Trial, TrialStatus, subject_label
from stimuli.support.tables import Row, read_table


class Ending(StrEnum):
    """How a recording ended."""

    FINISHED = "finished"
    ABORTED = "aborted"  # by the operator
    TRACKER_FAILED = "tracker-failed"


@dataclass(frozen=True)
class SubjectRecords:
    """What is kept of a subject.

    Attributes
    ----------
    schedule
        The subject's whole schedule.
    runs
        Runs that were begun, in their order.
    events
        The events of all runs, rows of `stimuli.contract.schemas.EVENTS`.
    stored
        Whether every file of every run is in its place; a tracker's file may still be on its host.
    """

    study: Study
    subject: str
    schedule: Sequence[Trial]
    runs: Sequence[RunFiles]
    events: Sequence[Row]
    stored: bool

    @property
    def participant_id(self) -> str:
        """What the subject is called in BIDS: ``sub-07``."""
        return participant_id(self.subject)

    @property
    def statuses(self) -> dict[TrialStatus, int]:
        """How many trials went how, over all runs; 0 where none did."""
        return {
            status: sum(event["status"] == status for event in self.events)
            for status in TrialStatus
        }

    @property
    def dropped_frames(self) -> int:
        """Frames that came late, over all runs."""
        return sum(event["dropped_frames"] for event in self.events)

    @property
    def trials_left(self) -> int:
        """Trials of the schedule whose image no run has shown, in part or whole, or skipped."""
        return len(self.schedule) - len(self.events)


@dataclass(frozen=True)
class RecordingOutcome:
    """How a recording ended, and what is kept of the subject now.

    Attributes
    ----------
    reason
        Where the operator ended it, or what the tracker did; empty where it finished.
    unfetched
        Why files of earlier runs still do not come from the tracker's host, one text a file.
    """

    records: SubjectRecords
    ending: Ending
    reason: str = ""
    unfetched: Sequence[str] = ()


def subject_records(study: Study, subject: str | int) -> SubjectRecords:
    """Return what is kept of a subject, whether the session is complete or not.

    Parameters
    ----------
    subject
        The participant's number.

    Raises
    ------
    InputError
        If the study's tables or the subject's events are wrong.

    Examples
    --------
    >>> from experiment import subject_records
    >>> from stimuli import open_study
    >>> records = subject_records(open_study("demo-study"), 1)
    >>> records.trials_left
    0
    """
    subject = subject_label(subject)
    runs = earlier_runs(study, subject)
    tables = [read_table(run.files.events, EVENTS) for run in runs if run.files.events.is_file()]
    return SubjectRecords(
        study=study,
        subject=subject,
        schedule=subject_schedule(study, subject),
        runs=[run.files for run in runs],
        events=[event for table in tables for event in table],
        stored=all(run.stored for run in runs),
    )
