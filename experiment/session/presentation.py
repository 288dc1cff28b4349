"""Showing an image for its time by the clock, and telling the tracker when it was there."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from experiment.display.frames import frames_missed, is_early
from experiment.protocols.display import Picture
from experiment.protocols.lab import Lab
from experiment.protocols.tracker import TrialNotes
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import Trial


@dataclass(frozen=True)
class Presentation:
    """How an image was shown.

    Attributes
    ----------
    onset_s, offset_s
        Flips that brought the image and the grey after it; the same where it was skipped.
    frames
        Flips that showed the image.
    dropped_frames
        Frames that passed without a flip after the onset, up to the grey: a stall of ten is ten.
    early_frames
        Flips less than half a frame after the one before.
    unseen_frames
        Frames at which the tracker did not see the eye.
    intervals_s
        From every flip to the next, onset to offset.
    frames_off
        How far the image's time is off the study's, in frames; None where it was not shown.
    """

    onset_s: float
    offset_s: float
    frames: int
    dropped_frames: int
    early_frames: int = 0
    unseen_frames: int = 0
    intervals_s: tuple[float, ...] = ()
    frames_off: float | None = None


def show_image(trial: Trial, picture: Picture, lab: Lab, settings: Settings) -> Presentation:
    """Show an image until the flip that is nearest to ``session.image_s``, then grey.

    Late frames do not lengthen it, but for those at its end. Nothing but drawing, flipping and one
    look at the tracker happens between the flips; whoever watches is told the gaze.

    Raises
    ------
    TrackerFault
        If the recording ended before the image did.
    """
    frame_s = lab.frame_s or 1 / settings.screen.refresh_hz
    image_s = settings.session.image_s
    lab.display.draw_picture(picture)
    flips_s = [lab.display.flip()]
    onset_s = flips_s[0]
    _message_of_flip(lab, onset_s, "SYNCTIME")
    if isinstance(lab.tracker, TrialNotes):
        lab.tracker.note_image(trial.stimulus.image, _milliseconds_since(lab, onset_s))
    unseen, over = 0, False
    while not over:
        # The next flip is the nearest if the one after it would be further off.
        over = flips_s[-1] + 1.5 * frame_s >= onset_s + image_s
        if over:
            lab.display.draw_blank()
        else:
            lab.display.draw_picture(picture)
        flips_s.append(lab.display.flip())
        unseen += not lab.tracker.check()
        if lab.watch.follows_gaze:
            tell_gaze(lab, lab.tracker.gaze())
    offset_s = flips_s[-1]
    _message_of_flip(lab, offset_s, "IMAGE_OFFSET")
    intervals = [after - before for before, after in pairwise(flips_s)]
    return Presentation(
        onset_s,
        offset_s,
        frames=len(intervals),
        dropped_frames=sum(frames_missed(one, frame_s) for one in intervals),
        early_frames=sum(is_early(one, frame_s) for one in intervals),
        unseen_frames=unseen,
        intervals_s=tuple(intervals),
        frames_off=round((offset_s - onset_s - image_s) / frame_s, 2),
    )


def skip_image(lab: Lab) -> Presentation:
    """Show grey in place of the image."""
    lab.display.draw_blank()
    flip_s = lab.display.flip()
    return Presentation(flip_s, flip_s, frames=0, dropped_frames=0)


def tell_gaze(lab: Lab, gaze: np.ndarray | None) -> None:
    """Tell whoever watches where gaze is, ``(x, y)`` in screen pixels, or that it is lost."""
    lab.watch.tell(gaze=None if gaze is None else [round(float(one)) for one in gaze])


def _message_of_flip(lab: Lab, flip_s: float, text: str) -> None:
    """Tell the tracker of a flip, and how many milliseconds ago it was."""
    lab.tracker.message(f"{_milliseconds_since(lab, flip_s)} {text}")


def _milliseconds_since(lab: Lab, flip_s: float) -> int:
    return round((lab.clock.now() - flip_s) * 1000)
