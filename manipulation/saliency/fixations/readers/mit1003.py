"""MIT1003: for every person a folder, for every photograph a ``.mat`` with the gaze of one trial.

Judd, Ehinger, Durand & Torralba (2009), ICCV, "Learning to predict where humans look". The files
hold samples at 240 Hz, ``<name>.DATA(1).eyeData``; fixations are detected here by the rules of the
data set's own ``checkFixations.m``, so that they are those on which others report. The first of a
trial, on the central target, is left out as in the paper.
"""

from pathlib import Path

import numpy as np

from manipulation.saliency.fixations.readers import matlab, photographs
from stimuli.support.errors import InputError

SAMPLING_HZ = 240
WINDOW = 4  # samples that speed is averaged over
# A rise of speed by 6 degrees per second (34 px each) from one window to the next; in these units
# speed is the sum of 5 averaged steps per 4 samples.
ACCELERATION = 34 * 6
SHORTEST_FIXATION = 12  # samples: 50 ms
LONGEST_WAIT = 25  # samples after the acceleration within which the eye must slow down


def read_folder(path: Path, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read the folder ``DATA``, as `readers` describes it; photographs without gaze are left out.

    Positions are taken as they are, as others do: whole numbers are the left edges of pixels.

    Raises
    ------
    InputError
        If no file belongs to a photograph of `folder`, or one cannot be read.
    """
    people = sorted(one for one in path.iterdir() if one.is_dir())
    names, points, subject = [], [], []
    for photograph in photographs.photographs_in(folder):
        for person in people:
            file = person / f"{photograph.stem}.mat"
            if not file.is_file():
                continue
            later = fixations(_gaze(file))[1:]
            later = later[np.isfinite(later).all(axis=1)]
            names += [photograph.name] * len(later)
            subject += [person.name] * len(later)
            points.append(later)
    if not names:
        raise InputError(
            f"{path}: holds no gaze on the photographs in {folder}; expected MIT1003's folder DATA "
            f"with a folder for each person, and in it .mat files with the photographs' names"
        )
    return np.array(names), np.concatenate(points), np.array(subject)


def _gaze(file: Path) -> np.ndarray:
    """Return the samples ``(x, y)`` in pixels of one trial, ``(N, 2)``; blinks are negative."""
    content = matlab.load(file)
    try:
        (trial,) = content.values()
        samples = np.asarray(trial["DATA"].flat[0]["eyeData"].flat[0], dtype=float)
        return samples[:, (0, 1)]
    except (ValueError, KeyError, IndexError, TypeError):
        raise InputError(
            f"{file}: holds {sorted(content)}; expected one variable with DATA(1).eyeData, samples "
            f"by (x, y), as MIT1003 publishes it"
        ) from None


def fixations(gaze: np.ndarray) -> np.ndarray:
    """Return the median positions ``(x, y)`` of the fixations in samples ``(N, 2)``, in order.

    A saccade begins where speed rises by `ACCELERATION` for three samples or more, and ends with
    the first fall of the same size. Saccades with less than `SHORTEST_FIXATION` between them are
    one. Where the tracker saw nothing the position is not a number.
    """
    count = len(gaze)
    starts, ends = _saccades(gaze)
    edges = zip([0, *(end + 1 for end in ends)], [*starts, count], strict=True)
    medians = [_median(gaze[start:end]) for start, end in edges if start < end]
    return np.reshape(medians, (-1, 2))


def _median(gaze: np.ndarray) -> np.ndarray:
    seen = gaze[np.isfinite(gaze).all(axis=1)]
    return np.median(seen, axis=0) if len(seen) else np.full(2, np.nan)


def _saccades(gaze: np.ndarray) -> tuple[list[int], list[int]]:
    """Return first and last samples of the saccades; the last may end with the trial."""
    acceleration = _acceleration(gaze)
    starts, ends = [], []
    candidates = [run for run in _runs(acceleration > ACCELERATION) if run[1] - run[0] >= 2]
    for first, last in candidates:
        end = _end_of_saccade(acceleration, last)
        if end is None and len(candidates) == 1 and last == np.flatnonzero(acceleration)[-1]:
            end = len(gaze) - 1  # the only saccade is still under way at the end of the trial
        if end is not None:
            starts.append(first)
            ends.append(end)
    apart = [after - end > SHORTEST_FIXATION for end, after in zip(ends, starts[1:], strict=False)]
    starts = [start for start, keep in zip(starts, [True, *apart], strict=False) if keep]
    ends = [end for end, keep in zip(ends, [*apart, True], strict=False) if keep]
    if ends and len(gaze) - 1 - ends[-1] <= SHORTEST_FIXATION:
        ends[-1] = len(gaze) - 1
    return starts, ends


def _acceleration(gaze: np.ndarray) -> np.ndarray:
    """Return the difference of speed between two windows one sample apart, ``(N,)``."""
    steps = np.r_[0.0, np.hypot(*np.diff(gaze, axis=0).T)]
    smooth = np.convolve(steps, np.full(WINDOW, 1 / WINDOW))[: len(steps)]
    acceleration = np.zeros(len(gaze))
    inner = np.arange(1, len(gaze) - WINDOW - 1)
    difference = smooth[inner + WINDOW + 1] - smooth[inner]
    acceleration[inner] = difference * SAMPLING_HZ / WINDOW
    return np.nan_to_num(acceleration)


def _runs(condition: np.ndarray) -> list[tuple[int, int]]:
    """Return first and last index of each run of true values."""
    edges = np.flatnonzero(np.diff(np.r_[False, condition, False].astype(int)))
    return [(int(first), int(last) - 1) for first, last in edges.reshape(-1, 2)]


def _end_of_saccade(acceleration: np.ndarray, last: int) -> int | None:
    """Return the last sample of the slowing down after `last`, or None if there is none."""
    slowing = acceleration < -ACCELERATION
    for sample in range(last + 1, min(last + 1 + LONGEST_WAIT, len(acceleration) - 2)):
        if slowing[sample] and not slowing[sample + 1]:
            return sample
    return None
