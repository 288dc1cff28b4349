"""The text of ``study.toml`` with one version changed; comments and everything else stay."""

from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any, cast

from stimuli.contract.settings import Settings, TargetSettings, VersionSettings, parse_settings
from stimuli.contract.vocabulary import Condition, Direction
from stimuli.support.errors import InputError

Table = MutableMapping[str, Any]


def with_version(
    text: str, source_id: str, version: VersionSettings, where: str = "study.toml"
) -> str:
    """Return a ``study.toml`` in which one version is another, and all else the same.

    Parameters
    ----------
    text
        What ``study.toml`` holds.
    version
        Its direction says which of the two of the source it replaces.

    Raises
    ------
    InputError
        If the text is no valid ``study.toml``, has no such source, or would not be valid.
    """
    import tomlkit

    settings = parse_settings(text, where)
    known = [source.source_id for source in settings.sources]
    if source_id not in known:
        raise InputError(f"{where}: has no source {source_id!r}; expected one of {known}")
    number = known.index(source_id)
    source = settings.sources[number]
    place = [one.direction for one in source.versions].index(version.direction)
    document = cast(dict[str, Any], tomlkit.parse(text.removeprefix("\ufeff")))
    table = document["sources"][number]["versions"][place]
    _set_key(table, "k_scale", version.k_scale, 1.0)
    _set_key(table, "transform", version.transform and str(version.transform), None)
    _set_targets(table, version.targets)
    changed = tomlkit.dumps(document)
    versions = tuple(
        version if one.direction == version.direction else one for one in source.versions
    )
    expected = replace(
        settings,
        sources=tuple(
            replace(one, versions=versions) if one is source else one for one in settings.sources
        ),
    )
    _check_same(parse_settings(changed, where), expected, where)
    return changed


def with_aim(
    text: str, source_id: str, annotations: str, image_id: int, annotation_id: int, shift: float,
    where: str = "study.toml",
) -> str:  # fmt: skip
    """Return a ``study.toml`` in which a source for entropy alone aims at a region instead.

    Raises
    ------
    InputError
        If the text is no valid ``study.toml``, has no such source, or would not be valid.
    """
    import tomlkit

    settings = parse_settings(text, where)
    number = [source.source_id for source in settings.sources].index(source_id)
    source = settings.sources[number]
    signs = {Direction.INCREASE: 1, Direction.DECREASE: -1}
    versions = tuple(
        replace(
            one, targets=(TargetSettings((annotation_id,), signs[one.direction] * shift),),
            k_scale=1.0,
        )
        for one in source.versions
    )  # fmt: skip
    expected = replace(
        source, annotations=annotations, image_id=image_id, condition=Condition.OBJECT,
        versions=versions,
    )  # fmt: skip
    document = cast(dict[str, Any], tomlkit.parse(text.removeprefix("\ufeff")))
    table = document["sources"][number]
    for key, value in (("annotations", annotations), ("image_id", image_id)):
        table[key] = value
    table["condition"] = str(Condition.OBJECT)
    for one, version in zip(table["versions"], versions, strict=True):
        one.pop("k_scale", None)
        _set_targets(one, version.targets)
    changed = tomlkit.dumps(document)
    sources = tuple(expected if one is source else one for one in settings.sources)
    _check_same(parse_settings(changed, where), replace(settings, sources=sources), where)
    return changed


def _check_same(found: Settings, expected: Settings, where: str) -> None:
    if found != expected:
        raise InputError(
            f"{where}: is written in a way that cannot be edited safely; expected versions as "
            f"manipulation.generate writes them; change this version by hand"
        )


def _set_key(table: Table, key: str, value: object, default: object) -> None:
    """Set a key; omit a default, unless the key is there and TOML can say it."""
    if value is None:
        table.pop(key, None)
    elif key in table:
        if table[key] != value:
            table[key] = value
    elif value != default:
        table[key] = value


def _set_targets(table: Table, targets: tuple[TargetSettings, ...]) -> None:
    """Set the targets of a version; tables that stay are edited where they stand."""
    import tomlkit

    kept = table.get("targets", [])
    if len(kept) == len(targets):
        for one, target in zip(kept, targets, strict=True):
            _set_target(one, target)
        return
    array = tomlkit.array()
    for target in targets:
        one = tomlkit.inline_table()
        _set_target(one, target)
        array.append(one)
    table["targets"] = array


def _set_target(table: Table, target: TargetSettings) -> None:
    if target.category:
        table.pop("annotation_ids", None)
        _set_key(table, "category", target.category, "")
    else:
        table.pop("category", None)
        if list(table.get("annotation_ids", [])) != list(target.annotation_ids):
            table["annotation_ids"] = list(target.annotation_ids)
    _set_key(table, "k_shift", target.k_shift, None)
