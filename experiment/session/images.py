"""The images as they will be shown: there, unchanged, and of the size that the settings say."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from stimuli.catalogue import check_images
from stimuli.errors import InputError
from stimuli.vocabulary import Stimulus


def check_shown(root: Path, stimuli: Sequence[Stimulus], size_px: int) -> None:
    """Check every image before a subject sits down.

    Raises
    ------
    InputError
        Names the first image that is absent, has changed since it was made, or is not square with
        a side of `size_px`: images are shown unscaled, and gaze is placed on them by that size.
    """
    check_images(root, stimuli)
    for stimulus in stimuli:
        with Image.open(root / stimulus.image) as picture:
            if picture.size != (size_px, size_px):
                raise InputError(
                    f"{root / stimulus.image}: is {picture.width} x {picture.height} pixels; "
                    f"study.toml: images.size_px is {size_px}; generate the stimuli again"
                )
