"""Setting aside what was recorded under a wrong number: moved, not deleted, and the number is free.

In comes a subject; what is kept of it goes to ``sourcedata/set-aside/``, its row leaves
``participants.tsv``, and what the analysis made of it stays until the analysis is run again.
"""

import os
import time
from pathlib import Path

from experiment.records.participants import remove_participant
from stimuli.contract.locking import recording_subject, using_stimuli
from stimuli.contract.study import Study, participant_id
from stimuli.contract.vocabulary import subject_label
from stimuli.support.errors import InputError
from stimuli.support.system import sync_folders


def set_subject_aside(study: Study, subject: str | int) -> Path:
    """Move everything recorded under a number out of the way, and return where it is.

    Parameters
    ----------
    subject
        The participant's number.

    Raises
    ------
    InputError
        If nothing is recorded under it, or a session of it is under way.

    Examples
    --------
    >>> from experiment import set_subject_aside
    >>> from stimuli import open_study
    >>> aside = set_subject_aside(open_study("demo-study"), 1)
    >>> aside.parent.as_posix(), sorted(path.name for path in aside.iterdir())
    ('demo-study/sourcedata/set-aside', ['sourcedata', 'study'])
    """
    subject = subject_label(subject)
    name = participant_id(subject)
    with (
        recording_subject(study.root, subject),
        using_stimuli(study.root, f"sets {name} aside"),
    ):
        kept = [
            folder
            for folder in (study.sourcedata(subject), study.subject_folder(subject))
            if folder.is_dir()
        ]
        if not kept:
            raise InputError(f"{study.root}: nothing is recorded of {name}; expected a recording")
        stamp = time.strftime("%Y%m%dT%H%M%S")
        aside = study.root / "sourcedata" / "set-aside" / f"{name}_{stamp}"
        aside.mkdir(parents=True)
        # The row goes last: with it alone the number still counts as taken.
        for folder in kept:
            where = "sourcedata" if folder.parent.name == "sourcedata" else "study"
            os.rename(folder, aside / where)
        remove_participant(study.participants, name)
        sync_folders(aside, aside.parent, study.root)
    return aside
