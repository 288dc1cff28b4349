"""Trials as the messages of a recording mark them.

``TRIALID n`` begins trial n and ``SYNCTIME`` marks the onset of its image. A message that begins
with a whole number was sent late (or early) by so many milliseconds: it is about its time stamp
minus that number. This is the convention of SR Research's Data Viewer ("true event time = time
message was sent - offset"), so ``-3 SYNCTIME`` stamped 1000 says that the image appeared at 1003.
"""

import re

import pandas as pd

_OFFSET = re.compile(r"([+-]?[0-9]{1,9})\s+(\S.*)", re.DOTALL)
_TRIAL = re.compile(r"TRIALID\s+([0-9]{1,9})(?:\s|$)")
_STIMULUS = re.compile(r"(?:!V TRIAL_VAR stim_id|STIM_ID) (\S+)")
_ONSET = re.compile(r"SYNCTIME(?:\s|$)")


def true_times(messages: pd.DataFrame) -> pd.DataFrame:
    """Return messages at the times that they are about, without the offsets in their texts.

    Parameters
    ----------
    messages : DataFrame
        ``time_ms``, ``text`` as in `analysis.recordings.recording.Recording`.
    """
    times, texts = [], []
    for time_ms, text in zip(messages["time_ms"].tolist(), messages["text"].tolist(), strict=True):
        match = _OFFSET.fullmatch(text)
        times.append(time_ms - int(match[1]) if match else time_ms)
        texts.append(match[2] if match else text)
    return pd.DataFrame({"time_ms": times, "text": texts})


def image_onsets(messages: pd.DataFrame) -> dict[int, float]:
    """Return the onset of the image, in tracker milliseconds, by trial number.

    A trial without ``SYNCTIME`` has no onset. A trial that was begun twice has the onset of its
    last showing: it was shown again because the first did not count.
    """
    onsets: dict[int, float] = {}
    trial: int | None = None
    for time_ms, text in true_times(messages).itertuples(index=False):
        if match := _TRIAL.match(text):
            trial = int(match[1])
            onsets.pop(trial, None)
        elif trial is not None and trial not in onsets and _ONSET.match(text):
            onsets[trial] = time_ms
    return onsets


def begun_trials(messages: pd.DataFrame) -> set[int]:
    """Return the numbers of the trials that messages begin, with an image or without."""
    found = (_TRIAL.match(text) for text in true_times(messages)["text"])
    return {int(match[1]) for match in found if match}


def trial_stimuli(messages: pd.DataFrame) -> dict[int, list[str]]:
    """Return the stimuli that every trial was announced with, by trial number.

    A trial that was begun twice has two. A recording that was made elsewhere may name none.
    """
    stimuli: dict[int, list[str]] = {}
    trial: int | None = None
    for text in true_times(messages)["text"]:
        if text.startswith("TRIALID"):
            match = _TRIAL.match(text)
            trial = int(match[1]) if match else None  # practice has negative numbers
        elif trial is not None and (match := _STIMULUS.match(text)):
            stimuli.setdefault(trial, []).append(match[1])
    return stimuli
