"""Saving a version into the study, and taking that back.

A save edits the tables of one version in ``study.toml``; then the stimuli are made as the settings
ask, which makes only what has changed. What ``study.toml`` held before is kept in
``stimuli/studio/``, so an undo works after a restart too.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from manipulation.new_study.study_text import with_aim, with_version
from manipulation.study_stimuli.generation import check_unseen
from manipulation.study_stimuli.stimulus_set import Report, StimulusSet
from manipulation.study_stimuli.version_choice import FoundVersions
from stimuli.contract.locking import changing_stimuli
from stimuli.contract.settings import Settings, VersionSettings, parse_settings
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Direction
from stimuli.support.errors import InputError
from stimuli.support.files import read_json, write_json, write_text

_KEPT = 100  # saves that can be undone
Later = Callable[[Callable[[], None]], None]  # takes work that nobody waits for


@dataclass(frozen=True)
class Saved:
    """One save that can be undone.

    Attributes
    ----------
    path
        File of its record.
    what
        The version, for people.
    before
        What ``study.toml`` held.
    after_sha256
        SHA-256 of what it held afterwards.
    """

    path: Path
    what: str
    before: str
    after_sha256: str


def last_save(study: Study) -> Saved | None:
    """Return the save that `undo` would take back, or None."""
    records = sorted(_folder(study).glob("*.json"))
    if not records:
        return None
    record = cast(dict[str, Any], read_json(records[-1]))
    try:
        return Saved(records[-1], record["what"], record["before"], record["after_sha256"])
    except (KeyError, TypeError):
        raise InputError(
            f"{records[-1]}: is no record of a save; delete it to undo the one before"
        ) from None


def saves(study: Study) -> list[tuple[str, str]]:
    """Return what was saved and can be undone, the last first, each with its time."""
    found = []
    for path in sorted(_folder(study).glob("*.json"), reverse=True):
        try:
            when = datetime.fromtimestamp(path.stat().st_mtime)
        except FileNotFoundError:  # undone meanwhile
            continue
        try:
            what = str(cast(dict[str, Any], read_json(path))["what"])
        except (InputError, OSError, KeyError, TypeError):
            what = f"{path.name}, which cannot be read"
        found.append((what, f"{when:%Y-%m-%d %H:%M}"))
    return found


def save(
    study: Study,
    source_id: str,
    version: VersionSettings,
    report: Report,
    *,
    shown: VersionSettings | None = None,
    found: FoundVersions | None = None,
    later: Later | None = None,
) -> bool:
    """Save a version into a study and make its files.

    Parameters
    ----------
    study
        Its ``study.toml`` is read anew.
    report
        Called with how many sources of how many are done, and what is being done.
    shown
        The version that ``study.toml`` stated when this one was chosen in its place; by default
        whatever it states.
    found
        Versions that were finished before, which are not searched again.
    later
        Given the drawing of the contact sheets; by default they are drawn at once.

    Returns
    -------
    bool
        Whether ``study.toml`` has changed; where it asked for this already, only files that
        are missing are made.

    Raises
    ------
    InputError
        If somebody has seen the stimuli, somebody else makes them or has changed the version since
        it was shown, or the version cannot be made: nothing was changed. If ``study.toml`` was
        changed by other hands while the files were made: the message says what it states now.
    """
    what = f"{source_id}, {version.direction}"
    with changing_stimuli(study.root, f"saves {what}"):
        check_unseen(study)
        before = _read(study.settings_file)
        if shown is not None:
            _check_as_shown(study, before, source_id, version, shown)
        after = with_version(before, source_id, version, study.settings_file.name)
        changed = parse_settings(after) != parse_settings(before)
        stimulus_set = StimulusSet(  # checks all of it
            Study(study.root, parse_settings(after)), found
        )
        if changed:
            _check_unchanged(study.settings_file, before)
            _keep(study, what, before, after)
            write_text(study.settings_file, after)
        _make(stimulus_set, report, later)
        _check_kept(study, what, after if changed else before)
    return changed


def _make(stimulus_set: StimulusSet, report: Report, later: Later | None) -> None:
    stimulus_set.make(report, sheets=later is None)
    if later is not None:
        later(stimulus_set.draw_sheets)


def _check_as_shown(
    study: Study, text: str, source_id: str, version: VersionSettings, shown: VersionSettings
) -> None:
    """Check that nobody has changed a version since it was shown, unless to the same."""
    now = _stated(parse_settings(text), source_id, version.direction)
    if now not in (shown, version):
        raise InputError(
            f"{study.settings_file}: {source_id}, {version.direction} was changed by other hands "
            f"since it was shown here, and a save would undo that; nothing was saved; look at what "
            f"it states now, and save again to replace it"
        )


def _stated(settings: Settings, source_id: str, direction: Direction) -> VersionSettings | None:
    versions = (v for s in settings.sources if s.source_id == source_id for v in s.versions)
    return next((one for one in versions if one.direction == direction), None)


def _check_unchanged(path: Path, before: str) -> None:
    """Check that nobody has changed a file since it was read, just before it is written."""
    if _read(path) != before:
        raise InputError(
            f"{path}: was changed by other hands just now; nothing was saved; save again"
        )


def _check_kept(study: Study, what: str, expected: str) -> None:
    """Check that a save still stands when its files are made: an editor takes no lock."""
    if _read(study.settings_file) != expected:
        raise InputError(
            f"{study.settings_file}: was changed by other hands while {what} was being saved, so "
            f"the save may be lost, and the stimuli are not what it asks for; read it again in the "
            f"editor, look at {what} here, and save again"
        )


def aim_source(
    study: Study, source_id: str, annotations: str, image_id: int, annotation_id: int, shift: float
) -> None:
    """Make a source for entropy alone one whose versions aim at a region; their files are not made.

    Parameters
    ----------
    annotations, image_id, annotation_id
        The annotation file, relative to the study, the photograph in it and its region.
    shift
        By which log saliency is shifted, in nats, to increase or to decrease.

    Raises
    ------
    InputError
        If ``study.toml`` cannot be changed safely: nothing was changed.
    """
    with changing_stimuli(study.root, f"aims {source_id} at a region"):
        before, where = _read(study.settings_file), study.settings_file.name
        after = with_aim(before, source_id, annotations, image_id, annotation_id, shift, where)
        _check_unchanged(study.settings_file, before)
        _keep(study, f"{source_id}, {Direction.INCREASE}", before, after)
        write_text(study.settings_file, after)


def undo(study: Study, report: Report, *, later: Later | None = None) -> Saved:
    """Take the last save back: ``study.toml`` as it was, and the files that belong to it.

    `later` is as in `save`.

    Raises
    ------
    InputError
        If there is nothing to take back, ``study.toml`` was changed since by other hands, or
        somebody has seen the stimuli or makes them: nothing was changed.
    """
    with changing_stimuli(study.root, "takes a save back"):
        return _undone(study, report, later)


def _undone(study: Study, report: Report, later: Later | None) -> Saved:
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
    _check_unchanged(study.settings_file, present)
    write_text(study.settings_file, saved.before)
    saved.path.unlink()
    _make(stimulus_set, report, later)
    _check_kept(study, saved.what, saved.before)
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


def _folder(study: Study) -> Path:
    return study.stimuli / "studio"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")  # line ends as they are
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; was the study moved?") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error})") from None
