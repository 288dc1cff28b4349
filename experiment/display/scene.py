"""What is on the screen, as the simulated observer sees it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scene:
    """What is on the screen: an image, or the fixation target, or neither.

    Attributes
    ----------
    stim_id
        The image, or None.
    target
        Whether the fixation target is shown.
    """

    stim_id: str | None = None
    target: bool = False


BLANK, TARGET = Scene(), Scene(target=True)
