"""Runs whose files are not all in their places: of a session under way, or one that was cut off."""

import re
from collections import defaultdict
from dataclasses import dataclass

from stimuli.contract.locking import recorder
from stimuli.contract.study import Study, participant_id, run_name

_JOURNAL = re.compile(r"sub-([0-9]{2,6})_task-freeview_run-([0-9]+)_journal\.jsonl")


@dataclass(frozen=True)
class UnfinishedRun:
    """A run that is left out, and why.

    Attributes
    ----------
    subject, run
        Participant's number as in file names, and run from 1.
    because
        What is wrong and what helps, as text.
    """

    subject: str
    run: int
    because: str

    def __str__(self) -> str:
        return f"{run_name(self.subject, self.run)}: {self.because}"


def unfinished_runs(study: Study, subject: str | None = None) -> list[UnfinishedRun]:
    """Return the runs that are being recorded now, or showed a trial and have no events.

    Whoever records a subject puts the files of the last run in their places one after the other,
    and its provenance last: until then they do not fit together.

    Parameters
    ----------
    subject
        Look at the runs of this one alone.
    """
    folder = "sub-*" if subject is None else participant_id(subject)
    runs = defaultdict(list)
    for path in sorted((study.root / "sourcedata").glob(f"{folder}/*_journal.jsonl")):
        if match := _JOURNAL.fullmatch(path.name):
            runs[match[1]].append(int(match[2]))
    found = []
    for label, numbers in runs.items():
        holder = recorder(study.root, label)
        for run in sorted(numbers):
            if study.session_provenance(label, run).is_file():
                continue
            if holder is not None and run == max(numbers):
                because = f"is being recorded ({holder}); analyse again when that has ended"
            elif _is_cut_off(study, label, run):
                because = (
                    "a journal without events, of a session that was cut off; "
                    "`experiment.run --resume` makes them"
                )
            else:
                continue
            found.append(UnfinishedRun(label, run, because))
    return found


def _is_cut_off(study: Study, subject: str, run: int) -> bool:
    began = b'"kind": "trial-' in study.journal(subject, run).read_bytes()
    return began and not study.events(subject, run).is_file()
