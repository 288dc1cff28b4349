"""Showing an image for its time, counted in frames, and telling the tracker when it was there."""

from dataclasses import dataclass

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
        Flips after the onset, the one to grey included, that came late by at least half a frame.
    unseen_frames
        Frames at which the tracker did not see the eye.
    """

    onset_s: float
    offset_s: float
    frames: int
    dropped_frames: int
    unseen_frames: int = 0


def show_image(trial: Trial, picture: Picture, lab: Lab, settings: Settings) -> Presentation:
    """Show an image for ``session.image_s``, counted in frames, then grey.

    Nothing but drawing, flipping and one look at the tracker's status happens between the flips.

    Raises
    ------
    TrackerFault
        If the recording ended before the image did.
    """
    frame_s = 1 / settings.screen.refresh_hz
    frames = max(round(settings.session.image_s / frame_s), 1)
    lab.display.draw_picture(picture)
    onset_s = previous_s = lab.display.flip()
    _message_of_flip(lab, onset_s, "SYNCTIME")
    if isinstance(lab.tracker, TrialNotes):
        lab.tracker.note_image(trial.stimulus.image, _milliseconds_since(lab, onset_s))
    dropped = unseen = 0
    for frame in range(1, frames + 1):
        if frame < frames:
            lab.display.draw_picture(picture)
        else:
            lab.display.draw_blank()
        flip_s = lab.display.flip()
        dropped += flip_s - previous_s >= 1.5 * frame_s
        previous_s = flip_s
        unseen += not lab.tracker.check()
    _message_of_flip(lab, flip_s, "IMAGE_OFFSET")
    return Presentation(onset_s, flip_s, frames, dropped, unseen)


def skip_image(lab: Lab) -> Presentation:
    """Show grey in place of the image."""
    lab.display.draw_blank()
    flip_s = lab.display.flip()
    return Presentation(flip_s, flip_s, frames=0, dropped_frames=0)


def _message_of_flip(lab: Lab, flip_s: float, text: str) -> None:
    """Tell the tracker of a flip, and how many milliseconds ago it was."""
    lab.tracker.message(f"{_milliseconds_since(lab, flip_s)} {text}")


def _milliseconds_since(lab: Lab, flip_s: float) -> int:
    return round((lab.clock.now() - flip_s) * 1000)
