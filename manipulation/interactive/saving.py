"""Saving a version into the study, and taking that back.

A save edits the tables of one version in ``study.toml`` and leaves comments and everything else as
they are; then the stimuli are made as the settings ask, which makes only what has changed. What
``study.toml`` held before is kept in ``stimuli/studio/``, so an undo works after a restart too.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from manipulation.generate import check_unseen
from manipulation.stimulus_set import StimulusSet
from stimuli.errors import InputError
from stimuli.files import read_json, write_json, write_text
from stimuli.settings import Settings, TargetSettings, VersionSettings, parse_settings
from stimuli.study import Study

Progress = Callable[[int, int, str], None]
_KEPT = 100  # saves that can be undone


@dataclass(frozen=True)
class Saved:
    """One save that can be undone.

    Attributes
    ----------
    path
        Of its record.
    what
        The version, for people.
    before
        What ``study.toml`` held.
    after_sha256
        Of what it held afterwards.
    """

    path: Path
    what: str
    before: str
    after_sha256: str


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")  # line ends as they are
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; was the study moved?") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error})") from None


def with_version(
    text: str, source_id: str, version: VersionSettings, where: str = "study.toml"
) -> str:
    """Return a ``study.toml`` in which one version is another, and all else the same.

    Parameters
    ----------
    text
        Of ``study.toml``.
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
    document = tomlkit.parse(text)
    table = document["sources"][number]["versions"][place]
    _state(table, "k_scale", version.k_scale, 1.0)
    _state(table, "transform", version.transform, "")
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


def _check_same(found: Settings, expected: Settings, where: str) -> None:
    if found != expected:
        raise InputError(
            f"{where}: is written in a way that cannot be edited safely; expected versions as "
            f"manipulation.generate writes them; change this version by hand"
        )


def _state(table, key: str, value: object, default: object) -> None:
    """Have a key say a value; a default is left out unless the key is there."""
    if key in table:
        if table[key] != value:
            table[key] = value
    elif value != default:
        table[key] = value


def _set_targets(table, targets: tuple[TargetSettings, ...]) -> None:
    """Have a version's table state targets; tables that stay are edited where they stand."""
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


def _set_target(table, target: TargetSettings) -> None:
    if target.category:
        table.pop("annotation_ids", None)
        _state(table, "category", target.category, "")
    else:
        table.pop("category", None)
        if list(table.get("annotation_ids", [])) != list(target.annotation_ids):
            table["annotation_ids"] = list(target.annotation_ids)
    _state(table, "k_shift", target.k_shift, None)


def _folder(study: Study) -> Path:
    return study.stimuli / "studio"


def last_save(study: Study) -> Saved | None:
    """Return the save that `undo` would take back, or None."""
    records = sorted(_folder(study).glob("*.json"))
    if not records:
        return None
    record = read_json(records[-1])
    try:
        return Saved(records[-1], record["what"], record["before"], record["after_sha256"])
    except (KeyError, TypeError):
        raise InputError(
            f"{records[-1]}: is no record of a save; delete it to undo the one before"
        ) from None


def save(study: Study, source_id: str, version: VersionSettings, progress: Progress) -> bool:
    """Save a version into a study and make its files.

    Parameters
    ----------
    study
        Its ``study.toml`` is read anew.
    progress
        Told how many sources of how many are done, and what is being done.

    Returns
    -------
    bool
        Whether ``study.toml`` has changed; where it asked for this already, only files that
        are missing are made.

    Raises
    ------
    InputError
        If somebody has seen the stimuli or the version cannot be made: nothing was changed.
    """
    check_unseen(study)
    before = _read(study.settings_file)
    after = with_version(before, source_id, version, study.settings_file.name)
    if parse_settings(after) == parse_settings(before):
        _make(StimulusSet(Study(study.root, parse_settings(before))), progress)
        return False
    stimulus_set = StimulusSet(Study(study.root, parse_settings(after)))  # checks all of it
    _keep(study, f"{source_id}, {version.direction}", before, after)
    write_text(study.settings_file, after)
    _make(stimulus_set, progress)
    return True


def undo(study: Study, progress: Progress) -> Saved:
    """Take the last save back: ``study.toml`` as it was, and the files that belong to it.

    Raises
    ------
    InputError
        If there is nothing to take back, ``study.toml`` was changed since by other hands, or
        somebody has seen the stimuli: nothing was changed.
    """
    check_unseen(study)
    saved = last_save(study)
    if saved is None:
        raise InputError(f"{study.root}: nothing was saved from the studio, so nothing to undo")
    present = _read(study.settings_file)
    if present != saved.before and _digest(present) != saved.after_sha256:
        raise InputError(
            f"{study.settings_file}: was changed since {saved.what} was saved, and an undo would "
            f"lose that; change it by hand, or delete {saved.path.name} in {saved.path.parent}"
        )
    stimulus_set = StimulusSet(Study(study.root, parse_settings(saved.before)))
    write_text(study.settings_file, saved.before)
    saved.path.unlink()
    _make(stimulus_set, progress)
    return saved


def _keep(study: Study, what: str, before: str, after: str) -> None:
    folder = _folder(study)
    numbers = [int(path.stem) for path in folder.glob("*.json") if path.stem.isdigit()]
    number = max(numbers, default=0) + 1
    write_json(
        folder / f"{number:06d}.json",
        {"what": what, "before": before, "after_sha256": _digest(after)},
    )
    for path in sorted(folder.glob("*.json"))[:-_KEPT]:
        path.unlink()


def _make(stimulus_set: StimulusSet, progress: Progress) -> None:
    sources = stimulus_set.settings.sources
    for number, source in enumerate(sources):
        progress(number, len(sources), f"making {source.source_id}")
        stimulus_set.add_source(source)
    progress(len(sources), len(sources), "writing catalogue and contact sheets")
    stimulus_set.finish()
