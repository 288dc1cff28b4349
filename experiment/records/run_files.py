"""The files of one run of a subject's session.

A run is what one start of the command records. A session that is broken off goes on in the next
run, with a journal, a tracker file and events of its own: nothing is ever overwritten. The names
themselves are those of `stimuli.contract.study.Study`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stimuli.contract.study import Study, participant_id
from stimuli.contract.vocabulary import subject_label
from stimuli.support.errors import InputError


@dataclass(frozen=True)
class RunFiles:
    """Where one run of a subject is kept.

    Attributes
    ----------
    subject
        Label as `stimuli.contract.vocabulary.subject_label` gives it.
    run
        Number of the run, from 1.
    """

    study: Study
    subject: str
    run: int = 1

    @property
    def participant_id(self) -> str:
        """What the subject is called in BIDS: ``sub-07``."""
        return participant_id(self.subject)

    @property
    def folder(self) -> Path:
        """The folder of the tracker's own files and the journals of all runs."""
        return self.study.sourcedata(self.subject)

    @property
    def journal(self) -> Path:
        """What happened when; see `experiment.records.journal`."""
        return self.study.journal(self.subject, self.run)

    @property
    def events(self) -> Path:
        """The BIDS events: one row a trial."""
        return self.study.events(self.subject, self.run)

    @property
    def provenance(self) -> Path:
        """Settings, hashes and versions; the last file that a run writes."""
        return self.study.session_provenance(self.subject, self.run)

    def recording(self, suffix: str) -> Path:
        """Return where the tracker's own file is kept, given its suffix."""
        return self.study.recording(self.subject, self.run, suffix)


def runs_of(study: Study, subject: str | int) -> list[RunFiles]:
    """Return the runs of a subject that have a journal, in their order.

    Parameters
    ----------
    subject
        The participant's number.

    Examples
    --------
    >>> from experiment import runs_of
    >>> from stimuli import open_study
    >>> [files.run for files in runs_of(open_study("demo-study"), 1)]
    [1]
    """
    label = subject_label(subject)
    runs: list[RunFiles] = []
    while (files := RunFiles(study, label, len(runs) + 1)).journal.is_file():
        runs.append(files)
    return runs


def check_not_recorded(study: Study, subject: str, participants: Sequence[str]) -> None:
    """Check that nothing of this subject is kept, whole or in part.

    Parameters
    ----------
    participants
        The participants of participants.tsv, as ``sub-07``.

    Raises
    ------
    InputError
        Names what is there and what can be done.
    """
    name, other = participant_id(subject), "name another subject number"
    if name in participants:
        raise InputError(
            f"{study.participants}: {name} has taken part; {other}, or "
            f"go on with a session that was broken off by adding --resume"
        )
    for folder in (study.sourcedata(subject), study.subject_folder(subject)):
        kept = sorted(path for path in folder.rglob("*") if not path.is_dir())
        if kept:
            raise InputError(
                f"{kept[0]}: {name} was recorded before, and nothing is "
                f"overwritten; {other}, or go on with its session by adding --resume"
            )
