"""Who may work on a study at the same time: one lock a purpose, each held while a command runs.

=====================  ==================  =====================================================
lock                   held alone by       shared by
=====================  ==================  =====================================================
``.stimuli.lock``      generate, a save    sessions and analyses, which must not see them change
``.sub-07.lock``       a session of 07
``.analysis.lock``     analysis.run
``.sub-07-page.lock``  analysis.session
a tracker's            a session with it   (in the system's folder for temporary files)
=====================  ==================  =====================================================
"""

import functools
import re
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from stimuli.contract.study import Study, participant_id
from stimuli.support.locks import held, holder

Rest = ParamSpec("Rest")
Result = TypeVar("Result")


def changing_stimuli(root: Path, doing: str) -> AbstractContextManager[None]:
    """Keep everybody else from the stimuli of a study; `doing` says what for.

    Raises
    ------
    InputError
        If somebody changes them or works with them: who, and since when.
    """
    return held(root / ".stimuli.lock", doing)


def using_stimuli(root: Path, doing: str) -> AbstractContextManager[None]:
    """Keep the stimuli of a study from being changed, as `changing_stimuli` would."""
    return held(root / ".stimuli.lock", doing, shared=True)


def recording_subject(root: Path, subject: str | int) -> AbstractContextManager[None]:
    """Keep every other session of a subject from beginning.

    Raises
    ------
    InputError
        If one is under way: where, and since when.
    """
    name = participant_id(subject)
    return held(root / f".{name}.lock", f"records {name}")


def recorder(root: Path, subject: str | int) -> str | None:
    """Return who records a subject now, and since when; None if nobody does."""
    return holder(root / f".{participant_id(subject)}.lock")


def using_tracker(address: str, doing: str) -> AbstractContextManager[None]:
    """Keep other sessions on this computer, of any study, from a tracker; `doing` says what for.

    Raises
    ------
    InputError
        If one is under way: who, and since when.
    """
    name = re.sub(r"[^A-Za-z0-9.-]", "-", address)
    return held(Path(tempfile.gettempdir()) / f".guiding-gaze-tracker-{name}.lock", doing)


def analysing(
    analyse: Callable[Concatenate[Study, Rest], Result],
) -> Callable[Concatenate[Study, Rest], Result]:
    """Let a function have the results of a study alone; its stimuli meanwhile stay as they are."""

    @functools.wraps(analyse)
    def alone(study: Study, *args: Rest.args, **kwargs: Rest.kwargs) -> Result:
        doing = "analyses the study"
        with held(study.root / ".analysis.lock", doing), using_stimuli(study.root, doing):
            return analyse(study, *args, **kwargs)

    return alone


def reporting_session(root: Path, subject: str | int) -> AbstractContextManager[None]:
    """Keep every other page on the session of a subject from being written."""
    name = participant_id(subject)
    return held(root / f".{name}-page.lock", f"reports on {name}")
