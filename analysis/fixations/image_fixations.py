"""Fixations on images in the recordings of any experiment, without a study of this toolkit.

In come a recording, which of its messages mark trials, and the images; out comes the table that
`analysis.density.image_set.fit_densities` reads, and what was left out and why.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.fixations.shown_images import ShownImages
from analysis.fixations.trials import EyeFixations, block_eyes, during_image, of_one_eye
from analysis.recordings.recording import Recording
from analysis.sessions.patterns import FoundTrial, TrialPatterns, find_trials
from stimuli.contract.geometry import Placement, eyelink_to_screen, screen_to_image
from stimuli.support.errors import InputError
from stimuli.support.tables import Column, Schema

IMAGE_FIXATIONS = Schema(
    "image_fixations",
    (
        Column("image", str, "Image, as the table of images names it"),
        Column("subject", str, "Who looked: from the file's name"),
        Column("x_px", float, "Position, image pixels from the left edge", "px"),
        Column("y_px", float, "Position, image pixels from the top edge", "px"),
        Column("fixation", int, "Number on the trial, from 1: the first that began after onset"),
        Column("onset_ms", float, "Since the image appeared", "ms"),
        Column("duration_ms", float, "Duration, last sample included", "ms"),
        Column("eye", str, "Whose fixation", levels={"L": "Left eye", "R": "Right eye"}),
        Column("trial", str, "Trial, as its message names it"),
        Column("file", str, "Recording, as named on the command line"),
    ),
)


@dataclass(frozen=True, eq=False)
class ImageFixations:
    """What a recording holds of images.

    Attributes
    ----------
    fixations : DataFrame
        Columns of `IMAGE_FIXATIONS`.
    n_trials
        Trials that messages mark.
    left_out
        Why trials gave no fixation, with the trials.
    sizes_px
        Sizes of the images that were looked at, ``(width, height)``.
    """

    fixations: pd.DataFrame
    n_trials: int
    left_out: dict[str, list[str]]
    sizes_px: set[tuple[int, int]]


def image_fixations(
    recording: Recording,
    images: ShownImages,
    *,
    subject: str,
    file: str = "",
    patterns: TrialPatterns | None = None,
    eye: str = "left",
) -> ImageFixations:
    """Return the fixations on the images of a recording, in image pixels.

    Parameters
    ----------
    recording : Recording
        As `read_recording` returns it; its pixels are those of the tracker's screen.
    images : ShownImages
        Images and where each stood on the screen, as `read_shown_images` returns them.
    subject, file
        Contents of these columns.
    patterns : TrialPatterns, optional
        Which messages begin a trial, name its image and mark its onset; SR Research's by default.
    eye
        ``left`` or ``right``; in a block where it was not recorded the other takes its place.

    Raises
    ------
    InputError
        If no trial is marked, no image of a trial is in the table, or an image has no place on the
        screen.

    Examples
    --------
    >>> from analysis import ShownImages, image_fixations, read_recording
    >>> from stimuli import open_study, read_catalogue
    >>> study = open_study("demo-study")
    >>> shown = [one.image for one in read_catalogue(study.catalogue)]
    >>> images = ShownImages(dict.fromkeys(shown, study.settings.placement))
    >>> recording = read_recording("demo-study/sourcedata/sub-01/s01r1.asc")
    >>> found = image_fixations(recording, images, subject="01")
    >>> found.n_trials, found.fixations["image"].nunique()
    (9, 9)
    """
    where = file or "recording"
    trials = find_trials(recording, patterns or TrialPatterns(), where)
    named = {trial.image: images.find(trial.image) for trial in trials if trial.image is not None}
    if not any(named.values()):
        shown = ", ".join(repr(name) for name in list(named)[:3])
        known = ", ".join(repr(name) for name in list(images.placements)[:3])
        raise InputError(
            f"{where}: none of its images is in the table of images; its messages name {shown}, "
            f"the table {known}; write the names as the messages have them, or give --image"
        )
    eyes = block_eyes(recording.fixations, recording.blocks, eye)
    fixations = of_one_eye(recording.fixations, eyes)
    screen_px = eyelink_to_screen(fixations.xy_px)
    left_out: dict[str, list[str]] = {}
    parts, sizes_px = [], set()
    for trial in trials:
        image = None if trial.image is None else named[trial.image]
        reason = _reason(trial, image)
        own = numbers = np.empty(0, dtype=int)
        if reason is None:
            assert image is not None
            assert trial.onset_ms is not None
            own, numbers = _during(fixations, trial, recording)
            own, numbers = own[numbers > 0], numbers[numbers > 0]
            if not len(own):
                reason = _without_fixation(recording, eyes.at(trial.onset_ms) is not None)
        if reason is not None or image is None:
            left_out.setdefault(reason or "", []).append(trial.name)
            continue
        placement = images.placements[image] or _whole_screen(recording, where)
        sizes_px.add((placement.image_width_px, placement.image_height_px))
        xy_px = screen_to_image(screen_px[own], placement)
        parts.append(
            pd.DataFrame(
                {
                    "image": image, "subject": subject, "x_px": xy_px[:, 0], "y_px": xy_px[:, 1],
                    "fixation": numbers, "onset_ms": fixations.start_ms[own] - trial.onset_ms,
                    "duration_ms": fixations.duration_ms[own], "eye": fixations.eye[own],
                    "trial": trial.name, "file": file,
                }
            )
        )  # fmt: skip
    names = list(IMAGE_FIXATIONS.names)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
    return ImageFixations(table[names], len(trials), left_out, sizes_px)


def _reason(trial: FoundTrial, image: str | None) -> str | None:
    if trial.image is None:
        return "no message names an image"
    if image is None:
        return f"image {trial.image!r} is not in the table of images"
    return "no message says when the image appeared" if trial.onset_ms is None else None


def _without_fixation(recording: Recording, recorded: bool) -> str:
    if recording.fixations.empty:
        return "the recording has no fixation of its program; find them in samples, by --detector"
    return "no fixation" if recorded else "eye not recorded when the image appeared"


def _during(
    fixations: EyeFixations, trial: FoundTrial, recording: Recording
) -> tuple[np.ndarray, np.ndarray]:
    """Return indices and numbers of the fixations until the trial or its recording block ends."""
    assert trial.onset_ms is not None
    spans = recording.blocks[["start_ms", "end_ms"]].fillna({"end_ms": np.inf}).to_numpy()
    within = spans[(spans[:, 0] <= trial.onset_ms) & (trial.onset_ms <= spans[:, 1])]
    end_ms = min([trial.end_ms, *within[-1:, 1]])
    return during_image(fixations, trial.onset_ms, end_ms - trial.onset_ms)


def _whole_screen(recording: Recording, where: str) -> Placement:
    display = recording.display_px
    if display is None:
        raise InputError(
            f"{where}: no message names the tracker's screen (DISPLAY_COORDS), and the table of "
            f"images has no rectangle; give left_px, top_px, width_px, height_px, or --placement"
        )
    left, top, right, bottom = display
    # Some name the last pixel, others the number of pixels; screens have even sizes.
    width_px, height_px = (
        round(last - first + (last - first) % 2) for first, last in ((left, right), (top, bottom))
    )
    return Placement(left, top, width_px, height_px, width_px, height_px)
