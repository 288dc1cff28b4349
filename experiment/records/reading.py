"""What one run of a subject left, read again: its journal and its events."""

from experiment.records.run_files import RunFiles
from stimuli.contract.journal import Line, read_journal
from stimuli.contract.schemas import EVENTS
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import subject_label
from stimuli.support.errors import InputError
from stimuli.support.tables import Row, read_table


def run_files(study: Study, subject: str | int, run: int = 1) -> RunFiles:
    """Return where one run of a subject is kept, whether it was recorded or not."""
    return RunFiles(study, subject_label(subject), run)


def read_run_journal(study: Study, subject: str | int, run: int = 1) -> list[Line]:
    """Return the journal of one run: what happened when.

    Parameters
    ----------
    subject
        The participant's number.
    run
        From 1; a session that was broken off and resumed has several.

    Returns
    -------
    list of dict
        One a line, in the order of time: ``time`` in seconds on the display's clock, ``kind``, and
        the facts that lines of that kind state.

    Raises
    ------
    InputError
        If that run was not recorded.

    Examples
    --------
    >>> from experiment import read_run_journal
    >>> from stimuli import open_study
    >>> journal = read_run_journal(open_study("demo-study"), 1)
    >>> journal[1]["kind"], journal[1]["observer"]
    ('schedule', 'simulated')
    """
    path = run_files(study, subject, run).journal
    if not path.is_file():
        raise InputError(f"{path}: no such journal; expected one of a run that was recorded")
    return read_journal(path)


def read_run_events(study: Study, subject: str | int, run: int = 1) -> list[Row]:
    """Return the events of one run: one row a trial whose image was, or may have been, shown.

    Parameters
    ----------
    subject
        The participant's number.
    run
        From 1; a session that was broken off and resumed has several.

    Returns
    -------
    list of dict
        Rows of `stimuli.contract.schemas.EVENTS`, in the order of time.

    Raises
    ------
    InputError
        If there are no events of that run, or the table is wrong.

    Examples
    --------
    >>> from experiment import read_run_events
    >>> from stimuli import open_study
    >>> events = read_run_events(open_study("demo-study"), 1)
    >>> {event["status"].value for event in events}
    {'complete'}
    """
    return read_table(run_files(study, subject, run).events, EVENTS)
