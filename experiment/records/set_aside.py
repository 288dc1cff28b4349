"""Setting aside what was recorded under a wrong number: moved, not deleted, and the number is free.

In comes a subject; what is kept of it goes to ``sourcedata/set-aside/``, its row leaves
``participants.tsv``, and what the analysis made of it stays until the analysis is run again.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from experiment.records.participants import remove_participant
from experiment.records.run_files import RunFiles, runs_of
from stimuli.contract.locking import recording_subject, using_stimuli
from stimuli.contract.study import Study, participant_id, run_name
from stimuli.contract.vocabulary import subject_label
from stimuli.support.errors import InputError
from stimuli.support.system import sync_folders


def set_subject_aside(study: Study, subject: str | int, *, last_run: bool = False) -> Path:
    """Move what was recorded under a number out of the way, and return where it is.

    Parameters
    ----------
    subject
        The participant's number.
    last_run
        Move the last run alone, such as one in which somebody else's session was resumed.

    Raises
    ------
    InputError
        If nothing is recorded under the number, or a session of it is under way.

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
        folders = {
            "sourcedata": study.sourcedata(subject),
            "study": study.subject_folder(subject),
        }
        runs = runs_of(study, subject)
        kept = {
            where: _files(folder, runs[-1:] if last_run else None)
            for where, folder in folders.items()
        }
        if not any(kept.values()):
            raise InputError(
                f"{study.root}: nothing is recorded of {name}; name the number of one that is"
            )
        aside = _new_folder(study, name)
        for where, paths in kept.items():
            _move(paths, folders[where], aside / where)
        # The row goes last: with it alone the number still counts as taken.
        if not any(files.events.is_file() for files in runs):
            remove_participant(study.participants, name)
        sync_folders(aside, aside.parent, study.root)
    return aside


def _new_folder(study: Study, name: str) -> Path:
    """Return a folder that is not there yet, also where the clock was put back."""
    stem = f"{name}_{time.strftime('%Y%m%dT%H%M%S')}"
    folder, number = study.root / "sourcedata" / "set-aside" / stem, 1
    while folder.exists():
        number += 1
        folder = folder.with_name(f"{stem}-{number}")
    return folder


def _files(folder: Path, runs: Sequence[RunFiles] | None) -> list[Path]:
    """Return the files below a folder that are of some runs; of all, and of none, without them."""
    found = sorted(path for path in folder.rglob("*") if not path.is_dir())
    if runs is None:
        return found
    begins = tuple(
        start
        for one in runs
        for start in (f"{run_name(one.subject, one.run)}_", one.recording(".").name)
    )
    return [path for path in found if path.name.startswith(begins)]


def _move(paths: Sequence[Path], folder: Path, to: Path) -> None:
    """Move files to another folder, as deep in it as they were, and remove folders left empty."""
    for path in paths:
        target = to / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.rename(path, target)
    for left in sorted((one for one in folder.rglob("*") if one.is_dir()), reverse=True):
        if not any(left.iterdir()):
            left.rmdir()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
