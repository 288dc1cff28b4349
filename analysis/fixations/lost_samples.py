"""When a recording has no gaze while an image was shown: lost, missing, or not to be read.

In come the samples of a run and the onsets of its images; out come for every trial the stretches of
its image's time without gaze, in milliseconds since the onset.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.fixations.trials import block_eyes
from analysis.recordings.recording import Recording
from analysis.sessions.messages import image_onsets
from stimuli.support.tables import Row

# Samples farther apart than this many usual steps have others missing between them.
_GAP_STEPS = 1.5


@dataclass(frozen=True, eq=False)
class TrialLosses:
    """Stretches of an image's time without gaze, each array ``(n, 2)`` of start and end.

    Attributes
    ----------
    trial
        Its number.
    duration_ms
        For how long the image was shown.
    lost_ms
        The tracker has samples without a position: the eye was closed, or not found.
    missing_ms
        The file has no samples.
    unreadable_ms : array (n,)
        When samples stand whose lines cannot be read whole.
    """

    trial: int
    duration_ms: float
    lost_ms: np.ndarray
    missing_ms: np.ndarray
    unreadable_ms: np.ndarray

    @property
    def share(self) -> float:
        """Share of the image's time that is lost or missing."""
        spans = np.concatenate([self.lost_ms, self.missing_ms])
        return float(np.diff(spans, axis=1).sum()) / self.duration_ms


def trial_losses(
    recording: Recording, samples: pd.DataFrame, trials: Sequence[Row], eye: str
) -> list[TrialLosses]:
    """Return the losses of every complete trial whose image has an onset and a duration.

    Parameters
    ----------
    samples : DataFrame
        Of the recording.
    trials
        Rows by `stimuli.contract.schemas.EVENTS`.
    eye
        ``left`` or ``right``: the study's; where it was not recorded the other takes its place.
    """
    onsets: Mapping[int, float] = image_onsets(recording.messages)
    eyes = block_eyes(recording.fixations, recording.blocks, eye)
    unreadable = np.array(samples.attrs.get("unsound_ms", ()), dtype=np.float64)
    time_ms = samples["time_ms"].to_numpy()
    known = {
        letter: samples[[f"x_{side}_px", f"y_{side}_px"]].notna().all(axis=1).to_numpy()
        for letter, side in (("L", "left"), ("R", "right")) if f"x_{side}_px" in samples
    }  # fmt: skip
    steps_ms = np.diff(time_ms)
    step_ms = float(np.median(steps_ms[steps_ms > 0])) if (steps_ms > 0).any() else 1.0
    found = []
    for trial in trials:
        onset_ms, duration_s = onsets.get(int(trial["trial"])), trial["duration"]
        if onset_ms is None or not duration_s:
            continue
        shown = slice(*np.searchsorted(time_ms, [onset_ms, onset_ms + 1000 * duration_s]))
        own_ms = time_ms[shown] - onset_ms
        which = eyes.at(onset_ms) or eyes.preferred
        has_gaze = known.get(which, np.zeros(len(time_ms), dtype=bool))[shown]
        inside = (unreadable >= onset_ms) & (unreadable < onset_ms + 1000 * duration_s)
        found.append(
            TrialLosses(
                int(trial["trial"]), 1000 * duration_s, _lost(own_ms, has_gaze, step_ms),
                _missing(own_ms, 1000 * duration_s, step_ms), unreadable[inside] - onset_ms,
            )
        )  # fmt: skip
    return found


def _lost(time_ms: np.ndarray, has_gaze: np.ndarray, step_ms: float) -> np.ndarray:
    """Return stretches of samples without gaze; each sample stands for one step at most."""
    without = np.flatnonzero(~has_gaze)
    if not len(without):
        return np.empty((0, 2))
    apart = (np.diff(without) > 1) | (np.diff(time_ms[without]) > _GAP_STEPS * step_ms)
    first = without[np.append(True, apart)]
    last = without[np.append(apart, True)]
    return np.stack([time_ms[first], time_ms[last] + step_ms], axis=1)


def _missing(time_ms: np.ndarray, duration_ms: float, step_ms: float) -> np.ndarray:
    """Return stretches of an image's time for which there is no sample."""
    edges = np.concatenate([[-step_ms], time_ms, [duration_ms]])
    at = np.flatnonzero(np.diff(edges) > _GAP_STEPS * step_ms)
    return np.stack([edges[at] + step_ms, edges[at + 1]], axis=1)
