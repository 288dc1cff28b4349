"""Whether the rows of a catalogue hold together, and its files are those that were made."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

from stimuli.contract.settings import TargetSettings, VersionSettings
from stimuli.contract.vocabulary import (
    Block,
    Direction,
    Stimulus,
    blocks_in_use,
    checked_name,
)
from stimuli.support.errors import InputError
from stimuli.support.files import confined, sha256_as_read

_RANGES = {
    spec.name: (spec.metadata["low"], spec.metadata["high"])
    for settings in (TargetSettings, VersionSettings)
    for spec in fields(settings)
    if spec.name in ("k_shift", "k_scale")
}
_SIGNS = {Direction.INCREASE: 1, Direction.DECREASE: -1}


def check_catalogue(stimuli: Sequence[Stimulus], where: Path) -> None:
    """Check that the rows of a catalogue hold together.

    Raises
    ------
    InputError
        If there is none; if a name, a path, a shift or a factor is not allowed; if a stimulus
        occurs twice, a mask is a picture or of two sources, or a block does not hold every source
        once.
    """
    root = where.parent.parent  # the study, in whose stimuli/ the catalogue lies
    if not stimuli:
        raise InputError(f"{where}: holds no stimulus; run manipulation.generate")
    seen: dict[str, Stimulus] = {}
    for stimulus in stimuli:
        checked_name(f"{where}: stim_id", stimulus.stim_id)
        checked_name(f"{where}: source_id", stimulus.source_id)
        if stimulus.stim_id in seen:
            raise InputError(f"{where}: stim_id {stimulus.stim_id} occurs twice; expected once")
        seen[stimulus.stim_id] = stimulus
        for relative in stimulus.files:
            confined(root, relative, where)
        shifts = [target.k_shift for target in stimulus.targets]
        name = f"{where}: {stimulus.stim_id}"
        check_shifts(name, stimulus.direction, shifts, stimulus.k_scale)
    _check_hashed(stimuli, where)
    _check_masks(stimuli, where)
    _check_blocks(stimuli, where)


def _check_hashed(stimuli: Sequence[Stimulus], where: Path) -> None:
    """Check that every target, prediction and mask has its SHA-256 if any of its kind has one."""
    kinds: dict[str, list[tuple[str, str | None, str | None]]] = {
        "target": [(one.stim_id, one.target, one.target_sha256) for one in stimuli],
        "prediction": [(one.stim_id, one.prediction, one.prediction_sha256) for one in stimuli],
        "mask": [
            *((one.stim_id, aim.mask, aim.mask_sha256) for one in stimuli for aim in one.targets),
            *((one.stim_id, one.control.mask, one.control.mask_sha256)
              for one in stimuli if one.control),
        ],
    }  # fmt: skip
    for kind, files in kinds.items():
        without = [(name, path) for name, path, digest in files if path and not digest]
        if without and any(digest for _, _, digest in files):
            raise InputError(
                f"{where}: {without[0][0]} has no SHA-256 of its {kind} {without[0][1]}, and "
                f"others have; expected {kind}_sha256 of each; put the table back from a copy, or "
                f"generate the stimuli again"
            )


def check_shifts(
    where: str, direction: Direction, k_shift: Sequence[float], k_scale: float
) -> None:
    """Check what a version asks for: the shifts of its targets, the aim first, and the scale.

    Raises
    ------
    InputError
        If a value is none of those that ``study.toml`` may state, or the aim is shifted against
        the direction.
    """
    for name, values in (("k_shift", k_shift), ("k_scale", [k_scale])):
        low, high = _RANGES[name]
        for value in values:
            if not low <= value <= high:  # nor is nan
                raise InputError(f"{where}: {name} is {value:g}; expected {low:g} to {high:g}")
    aim, sign = k_shift[0] if k_shift else 0.0, _SIGNS.get(direction, 0)
    if sign * aim < 0 or (not sign and aim):
        expected = {1: "0 or more", -1: "0 or less", 0: "0"}[sign]
        raise InputError(
            f"{where}: k_shift of its first target is {aim:g}, and its direction {direction}; "
            f"expected {expected}; correct the shift, or the direction"
        )


def _check_masks(stimuli: Sequence[Stimulus], where: Path) -> None:
    """Check that masks are no pictures, and that each is of one source, that of its name."""
    sources = {stimulus.source_id for stimulus in stimuli}
    others = {path for one in stimuli for path in (one.image, one.prediction, one.target)}
    owners: dict[str, str] = {}
    for stimulus in stimuli:
        own = stimulus.source_id
        masks = [target.mask for target in stimulus.targets]
        for mask in [*masks, *([stimulus.control.mask] if stimulus.control else [])]:
            place = f"{where}: mask of {stimulus.stim_id} is {mask}"
            if mask in others:
                raise InputError(
                    f"{place}, which is no mask but an image or a map of the catalogue; expected "
                    f"the mask of a region of {own}; generate the stimuli again"
                )
            name = mask.rpartition("/")[2]
            named = {one for one in sources if name.startswith(f"{one}_")}
            other = owners.setdefault(mask, own) if own in named or not named else min(named)
            if other != own:
                raise InputError(
                    f"{place}, which is the mask of source {other}; expected one of {own}; "
                    f"generate the stimuli again"
                )


def blocks_of_stimuli(stimuli: Iterable[Stimulus]) -> tuple[Block, ...]:
    """Return the blocks that stimuli stand in, in the order of the vocabulary."""
    held = {stimulus.block for stimulus in stimuli}
    return blocks_in_use(controls=Block.VERSIONS_3 in held)


def _check_blocks(stimuli: Sequence[Stimulus], where: Path) -> None:
    """Check that each block holds every source once.

    In studies with controls a source without one is in two of the three blocks of versions.
    """
    sources = sorted({stimulus.source_id for stimulus in stimuli})
    controlled = {one.source_id for one in stimuli if one.direction == Direction.CONTROL}
    blocks = blocks_of_stimuli(stimuli)
    for block in blocks:
        held = sorted(one.source_id for one in stimuli if one.block == block)
        may_lack = len(blocks) > 3 and block != Block.ORIGINALS
        needed = sorted({*held, *controlled}) if may_lack else sources
        if held != needed:
            odd = sorted(set(needed).symmetric_difference(held)) or held
            raise InputError(
                f"{where}: block {block} does not hold every source exactly once; see {odd[:3]}"
            )
    for source in sources:
        directions = sorted(one.direction for one in stimuli if one.source_id == source)
        if len(blocks) > 3 and len(set(directions)) != len(directions):
            raise InputError(
                f"{where}: source {source} has stimuli {', '.join(directions)}; expected each aim "
                f"once"
            )


def check_images(root: Path, stimuli: Iterable[Stimulus]) -> None:
    """Check that every image as shown is there and unchanged since it was made.

    Raises
    ------
    InputError
        Names the first image that is absent or differs from its SHA-256.
    """
    for stimulus in stimuli:
        path = root / stimulus.image
        if not path.is_file():
            raise InputError(
                f"{path}: stimulus {stimulus.stim_id} is missing; put it back from a copy, or "
                f"generate it again"
            )
        _check_unchanged(path, stimulus, stimulus.image_sha256)


def check_stimuli(root: Path, stimuli: Iterable[Stimulus]) -> None:
    """Check images as `check_images` does, and the masks, targets and predictions that are there.

    What is absent is told by whoever reads it: a computer in the lab needs no predictions. A file
    is hashed once in a process.

    Raises
    ------
    InputError
        Names the first file that differs from the SHA-256 that the catalogue has of it.
    """
    stimuli = list(stimuli)
    check_images(root, stimuli)
    for stimulus in stimuli:
        for relative, digest in stimulus.files.items():
            if digest is not None and (root / relative).is_file():
                _check_unchanged(root / relative, stimulus, digest)


def _check_unchanged(path: Path, stimulus: Stimulus, digest: str) -> None:
    if sha256_as_read(path) != digest:
        raise InputError(
            f"{path}: has changed since {stimulus.stim_id} was made; expected SHA-256 {digest}; "
            f"put it back from a copy, or generate it again"
        )
