"""Versions with other choices: which regions they aim at, in which order, how far they are shifted.

In go a version as ``study.toml`` may state it and the regions of its source, by key; out comes
another version.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from manipulation.studio_page.regions import Region, key_of
from stimuli.contract.settings import TargetSettings, VersionSettings
from stimuli.contract.vocabulary import Direction
from stimuli.support.errors import InputError

Regions = Mapping[str, Region]
Targets = tuple[TargetSettings, ...]


def keys_of(version: VersionSettings) -> list[str]:
    """Return the keys of the regions that a version aims at, the aim first."""
    return [key_of(one) for one in version.targets]


def with_regions(
    version: VersionSettings, keys: Sequence[str], regions: Regions, known: Targets, k_shift: float
) -> VersionSettings:
    """Return a version that aims at some regions.

    A new aim is shifted as the version's direction asks, every further region the other way.

    Parameters
    ----------
    known
        Targets that keep their order and shifts where they are among `keys`; new ones come last.
    k_shift
        Of new ones, without its sign.

    Raises
    ------
    InputError
        If there is no such region.
    """
    if unknown := [key for key in keys if key not in regions]:
        raise InputError(f"has no region {unknown[0]!r}; choose another")
    targets = [one for one in known if key_of(one) in keys]
    towards = 1 if version.direction == Direction.INCREASE else -1
    known_keys = {key_of(one) for one in known}
    for key in keys:
        if key not in known_keys:
            sign = -towards if targets else towards
            targets.append(regions[key].target(sign * k_shift))
    return replace(version, targets=tuple(targets))


def with_exchanged(
    version: VersionSettings, old: str, new: str, regions: Regions
) -> VersionSettings:
    """Return a version with a region in place of another, with its role and its shift.

    Raises
    ------
    InputError
        If `old` is not chosen, `new` is, or there is no such region.
    """
    keys = keys_of(version)
    if old not in keys or new in keys or new not in regions:
        raise InputError(f"{new!r} cannot take the place of {old!r}")
    changed = [
        regions[new].target(one.k_shift) if key_of(one) == old else one for one in version.targets
    ]
    return replace(version, targets=tuple(changed))


def toggled(keys: Sequence[str], key: str, regions: Regions) -> list[str]:
    """Return chosen keys with one more, or without it if it is chosen, alone or in a union."""
    clicked: Collection[int] = set(regions[key].ids) if key in regions else set()
    kept = [one for one in keys if set(regions[one].ids).isdisjoint(clicked)]
    return kept if len(kept) < len(keys) else [*keys, key]


def aimed_at(version: VersionSettings, key: str) -> VersionSettings:
    """Return a version that one of its regions is the aim of, by which it is judged."""
    targets = sorted(version.targets, key=lambda target: key_of(target) != key)
    return replace(version, targets=tuple(targets))


def shifted(version: VersionSettings, shifts: Sequence[float]) -> VersionSettings:
    """Return a version with the shifts of its regions, in their order, as far as there are any."""
    targets = tuple(
        replace(target, k_shift=float(shift))
        for target, shift in zip(version.targets, shifts, strict=False)
    )
    return replace(version, targets=targets)
