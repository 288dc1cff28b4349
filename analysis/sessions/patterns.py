"""Trials of anybody's experiment, as patterns find them in the messages of a recording.

A pattern is a regular expression that a message begins with, capitals or not. Defaults are the
words of SR Research's tools: ``TRIALID`` begins a trial, ``!V IMGLOAD`` or a ``!V TRIAL_VAR`` names
its image, ``SYNCTIME`` marks its appearance, ``TRIAL_RESULT`` ends it. Offsets at the beginning of
a message count, as in `analysis.sessions.messages`.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.recordings.recording import Recording
from analysis.sessions.messages import true_times
from stimuli.support.errors import InputError

TRIAL = r"TRIALID\b\s*(.*)"
IMAGE = (
    r"!V IMGLOAD \w+ (.+?)(?:\s+-?[0-9.]+){0,4}\s*$",
    r"!V TRIAL_VAR (?:image|img|picture|photo|stimulus|stim|stim_id|scene)\w*\s+(.+?)\s*$",
)
ONSET = (r"SYNCTIME\b", r"DISPLAY[ _]?ON\b", r"!V IMGLOAD\b")
END = r"TRIAL_RESULT\b"
_SHOWN = 6
_TRACKERS_OWN = (
    "!CAL", "VALIDATE", "DRIFTCORRECT", "RECCFG", "ELCL", "GAZE_COORDS", "THRESHOLDS", "!MODE",
    "PUPIL_DATA_TYPE", "CAMERA_LENS",
)  # fmt: skip


@dataclass(frozen=True)
class TrialPatterns:
    """How messages mark trials.

    Attributes
    ----------
    trial
        Begins a trial; a group, where there is one, names it.
    image
        Its group names the image of the trial. Of several patterns the first counts that any
        message of the recording fits.
    onset
        The image appears; of several the first that fits, as for `image`.
    end
        The trial ends; so it does where the next begins.
    duration_ms
        For how long the image was shown; None: until the trial ends.

    Raises
    ------
    InputError
        If a pattern is no regular expression, or that of the image has no group.

    Examples
    --------
    >>> from analysis import TrialPatterns
    >>> patterns = TrialPatterns(trial="start_trial (.+)", image=("var picture (.+)",))
    """

    trial: str = TRIAL
    image: tuple[str, ...] = IMAGE
    onset: tuple[str, ...] = ONSET
    end: str = END
    duration_ms: float | None = None

    def __post_init__(self) -> None:
        for pattern in (self.trial, *self.image, *self.onset, self.end):
            _compiled(pattern)
        for pattern in self.image:
            if not _compiled(pattern).groups:
                raise InputError(
                    f"pattern of the image {pattern!r} has no group; expected one in round "
                    f"brackets around the image's name, such as 'IMAGE (.+)'"
                )


@dataclass(frozen=True)
class FoundTrial:
    """A trial as messages tell of it: which image appeared and went, and when.

    Times are the tracker's; ``image`` and ``onset_ms`` are None where no message says.
    """

    name: str
    image: str | None
    onset_ms: float | None
    end_ms: float


def find_trials(recording: Recording, patterns: TrialPatterns, where: str) -> list[FoundTrial]:
    """Return the trials that the messages of a recording mark, in their order.

    Raises
    ------
    InputError
        If no message begins a trial, names an image, or says when one appeared. The error shows
        messages of the recording.
    """
    told = true_times(recording.messages)
    times, texts = told["time_ms"].tolist(), told["text"].tolist()
    begin = _compiled(patterns.trial)
    starts = [number for number, text in enumerate(texts) if begin.match(text)]
    if not starts:
        raise InputError(_nothing(where, "begins a trial", [patterns.trial], texts, "--trial"))
    image = _first_that_fits(patterns.image, texts[starts[0] :])
    if image is None:
        raise InputError(_nothing(where, "names an image", patterns.image, texts, "--image"))
    onset = _first_that_fits(patterns.onset, texts[starts[0] :])
    if onset is None:
        raise InputError(_nothing(where, "says when", patterns.onset, texts, "--onset"))
    end, trials = _compiled(patterns.end), []
    for count, (start, stop) in enumerate(
        zip(starts, [*starts[1:], len(texts)], strict=True), start=1
    ):
        own = range(start, stop)
        named = next((match for at in own if (match := image.match(texts[at]))), None)
        shown = next((times[at] for at in own if onset.match(texts[at])), None)
        limits = [times[at] for at in own if at > start and end.match(texts[at])][:1]
        limits += [times[stop]] if stop < len(texts) else []
        if shown is not None and patterns.duration_ms is not None:
            limits.append(shown + patterns.duration_ms)
        first = begin.match(texts[start])
        name = first[1] if first and begin.groups and first[1] else str(count)
        trials.append(
            FoundTrial(
                name.strip(), named[1].strip() if named else None, shown,
                min(limits, default=float("inf")),
            )
        )  # fmt: skip
    return trials


def _first_that_fits(patterns: Sequence[str], texts: Sequence[str]) -> re.Pattern[str] | None:
    compiled = map(_compiled, patterns)
    return next((one for one in compiled if any(map(one.match, texts))), None)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise InputError(
            f"pattern {pattern!r} is no regular expression ({error}); expected such as 'TRIALID'"
        ) from None


def _nothing(
    where: str, what: str, patterns: Sequence[str], texts: Sequence[str], option: str
) -> str:
    own = [text for text in texts if not text.startswith(_TRACKERS_OWN)]
    shapes = Counter(re.sub(r"[0-9][0-9.]*", "#", text)[:60] for text in own)
    shown = "; ".join(repr(shape) for shape, _ in shapes.most_common(_SHOWN)) or "none"
    tried = " or ".join(map(repr, patterns))
    return (
        f"{where}: no message {what} by {tried}; expected one a trial; give the pattern of yours "
        f"with {option}; the most frequent messages, with # for numbers: {shown}"
    )
