"""What a page on the quality of one subject's session is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from analysis.fixations.lost_samples import TrialLosses
from analysis.fixations.without_fixation import TrialWithout
from analysis.recordings.recording import Recording
from analysis.sessions.runs import SessionRun
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import ParticipantKind
from stimuli.support.tables import Row


@dataclass(frozen=True, eq=False)
class SessionQuality:
    """What was recorded of one subject, and how good it is.

    Attributes
    ----------
    study, subject
        The study, and the participant's number.
    runs, recordings
        One recording a run, None where nothing was recorded.
    participant_kind : ParticipantKind
        Who took part.
    fixations : DataFrame
        Fixations by `stimuli.contract.schemas.FIXATIONS`.
    trials : DataFrame
        Rows by `analysis.fixations.quality.QUALITY`: one row a complete trial.
    warnings
        What was not sound in a recording, as ``(file name, what, count)``.
    without
        Trials without a fixation on their image, and why.
    losses
        When gaze was lost, missing or not to be read, trial by trial.
    intervals_s
        Times between the flips of an image, in seconds, by trial; without those that the journal
        does not tell.
    """

    study: Study
    subject: str
    runs: Sequence[SessionRun]
    recordings: Sequence[Recording | None]
    participant_kind: ParticipantKind
    fixations: pd.DataFrame
    trials: pd.DataFrame
    warnings: Sequence[tuple[str, str, int]]
    without: Sequence[TrialWithout]
    losses: Sequence[TrialLosses] = field(default_factory=list)
    intervals_s: Mapping[int, Sequence[float]] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        """All trials of all runs, in the order of the events tables."""
        return [row for run in self.runs for row in run.trials]
