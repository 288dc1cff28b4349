"""The stimuli of a study, made as its settings ask: a study in, its stimuli and their files out."""

from collections.abc import Mapping
from dataclasses import dataclass

from manipulation.study_stimuli.stimulus_set import Report, StimulusSet
from stimuli.contract.locking import changing_stimuli
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Stimulus
from stimuli.support.errors import InputError
from stimuli.support.words import counted


@dataclass(frozen=True)
class GeneratedStimuli:
    """The stimuli of a study, as ``stimuli/stimuli.tsv`` lists them.

    Attributes
    ----------
    stimuli
        Rows of the catalogue: of every source three, or four with a matched control.
    made_anew
        Number of files and figures that were made; 0 if everything was there and as asked.
    shares
        What each model that took no part shares with those that guided, by its name.
    """

    stimuli: tuple[Stimulus, ...]
    made_anew: int
    shares: Mapping[str, str]


def generate_stimuli(study: Study, report: Report | None = None) -> GeneratedStimuli:
    """Make the stimuli of a study as its settings ask; what is there and right is kept.

    An original and two versions with opposite aims are made of every source, and a matched control
    where ``design.controls`` asks for it, with targets, predictions and masks, then the balanced
    blocks and contact sheets. A run that was killed goes on where it ended, and a changed setting
    makes again what depends on it.

    Parameters
    ----------
    study
        Opened with `stimuli.open_study`, or new from `propose_study`.
    report
        Called with how many sources of how many are done, and what is done next. By default a bar
        on the terminal shows it.

    Raises
    ------
    InputError
        If a source or setting is wrong (before anything is made), somebody has seen the stimuli,
        or another process makes or uses them.

    Examples
    --------
    Where everything is there and as the settings ask, nothing is made anew:

    >>> from manipulation import generate_stimuli
    >>> from stimuli import open_study
    >>> generated = generate_stimuli(open_study("my-study"))  # doctest: +SKIP
    >>> len(generated.stimuli), generated.made_anew  # doctest: +SKIP
    (24, 0)
    """
    with changing_stimuli(study.root, "makes the stimuli"):
        check_unseen(study)
        stimulus_set = StimulusSet(study)
        stimulus_set.make(report)
    return GeneratedStimuli(
        tuple(stimulus_set.stimuli), stimulus_set.made_anew, stimulus_set.models.shares
    )


def check_unseen(study: Study) -> None:
    """Raise InputError if somebody has seen the stimuli."""
    if seen := study.subjects:
        raise InputError(
            f"{study.root}: the stimuli were seen by {counted(len(seen), 'subject')}, such as "
            f"{seen[0]}, so they stay as they are; make a new study for others"
        )
