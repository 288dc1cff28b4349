"""The images as they will be shown, and where on the screen the objects of each lie."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiment.protocols.tracker import InterestArea
from stimuli.contract.catalogue_checks import check_stimuli
from stimuli.contract.geometry import image_to_screen
from stimuli.contract.polygons import mask_outlines, signed_area, simplified
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import Block, Condition, Direction, Stimulus, Trial
from stimuli.support.errors import InputError
from stimuli.support.files import confined, image_size
from stimuli.support.pictures import read_mask

# Of an outline, and the least share of an object that a part of it has.
_CORNERS, _LEAST_PART = 64, 0.02


def check_images_as_shown(root: Path, stimuli: Sequence[Stimulus], size_px: int) -> None:
    """Check every image before a subject sits down.

    Raises
    ------
    InputError
        Names the first image that is absent, has changed since it was made, or is not square with
        a side of `size_px`: images are shown unscaled, and gaze is placed on them by that size; or
        the first mask, target or prediction that has changed.
    """
    check_stimuli(root, stimuli)
    for stimulus in stimuli:
        _check_size(root / stimulus.image, size_px, "generate the stimuli again")


def _check_size(path: Path, size_px: int, repair: str) -> None:
    height, width = image_size(path)
    if (height, width) != (size_px, size_px):
        raise InputError(
            f"{path}: is {width} x {height} pixels; study.toml: images.size_px is {size_px}; "
            f"put the setting back, or {repair}"
        )


def practice_trials(root: Path, subject: str, settings: Settings) -> tuple[Trial, ...]:
    """Return a trial for every PNG of the practice folder, by name; none if there is no folder set.

    Practice trials have negative numbers, which mark them in the tracker's file, and stand in no
    table.

    Raises
    ------
    InputError
        If the folder that the settings name holds no PNG, or one of another size.
    """
    if not settings.session.practice:
        return ()
    folder = confined(root, settings.session.practice, "study.toml: session.practice")
    paths = sorted(folder.glob("*.png"))
    if not paths:
        raise InputError(
            f"study.toml: session.practice is {settings.session.practice!r}; expected a folder of "
            f'PNG images, {folder}, or "" for no practice'
        )
    trials = []
    for number, path in enumerate(paths, start=1):
        _check_size(path, settings.images.size_px, "cut the practice images to that size")
        stimulus = Stimulus(
            stim_id=f"practice-{number}", source_id=f"practice-{number}",
            condition=Condition.ORIGINAL, direction=Direction.NONE, block=Block.ORIGINALS,
            targets=(), k_scale=1.0, image=path.relative_to(root).as_posix(), target=None,
            prediction="", image_sha256="", source_sha256="", checkpoint_sha256="", licence="",
        )  # fmt: skip
        trials.append(Trial(subject, Block.ORIGINALS, 0, -number, stimulus))
    return tuple(trials)


def interest_areas(
    root: Path, stimuli: Sequence[Stimulus], settings: Settings
) -> dict[str, tuple[InterestArea, ...]]:
    """Return the outlines of the objects of every source on the screen, by ``source_id``.

    The objects are the targets of either version; the original has the same areas. So has the
    region that a matched control changes, by the label ``control``. One that is in several parts is
    several areas of one label, without parts that have less than a fiftieth of it. Where a
    photograph is shown whole on grey, its own rectangle is the last area.

    Raises
    ------
    InputError
        Names a mask that is absent or cannot be read.
    """
    masks: dict[str, dict[str, str]] = defaultdict(dict)
    for stimulus in stimuli:
        for target in stimulus.targets:
            label = "target-" + "-".join(map(str, target.annotation_ids))
            masks[stimulus.source_id][target.mask] = label
        if control := stimulus.control:
            named = "" if control.annotation_id is None else f"-{control.annotation_id}"
            masks[stimulus.source_id][control.mask] = f"control{named}"
    areas = {
        source_id: tuple(
            area for mask, label in named.items() for area in _areas(root / mask, label, settings)
        )
        for source_id, named in masks.items()
    }
    for source_id, photograph in {one.source_id: one.photograph_px for one in stimuli}.items():
        if photograph is not None:
            left, top = photograph.origin
            right, bottom = photograph.origin + photograph.shape[::-1]
            corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
            whole = _area(corners, "photograph", settings)
            areas[source_id] = (*areas.get(source_id, ()), whole)
    return areas


def _areas(path: Path, label: str, settings: Settings) -> list[InterestArea]:
    outlines = mask_outlines(read_mask(path))
    if not outlines:
        raise InputError(f"{path}: mask is empty; generate the stimuli again")
    least = _LEAST_PART * sum(map(signed_area, outlines))
    return [
        _area(simplified(outline, _CORNERS), label, settings)
        for outline in outlines
        if signed_area(outline) >= least
    ]


def _area(corners: np.ndarray, label: str, settings: Settings) -> InterestArea:
    points = image_to_screen(corners, settings.placement).tolist()
    return InterestArea(label, tuple((x, y) for x, y in points))
