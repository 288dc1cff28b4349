"""The contact sheets of a study: drawn of its stimuli, and again where a run was killed before."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from manipulation.images.contact_sheet import contact_sheet_files, write_contact_sheets
from manipulation.study_stimuli.contact_panels import contact_panels
from manipulation.study_stimuli.source_material import SourceMaterial, Sources
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.settings import Settings
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Stimulus
from stimuli.support.errors import InputError
from stimuli.support.files import read_json, sha256

_OF_STIMULI = ("study", "images", "manipulation", "edits", "pixels", "design", "sources")


def draw_sheets(
    study: Study,
    materials: Iterable[SourceMaterial],
    stimuli: Iterable[Stimulus],
    judges: Sequence[str],
    wanted: Callable[[], bool] = lambda: True,
) -> None:
    """Draw the contact sheets of a study's stimuli.

    Parameters
    ----------
    judges
        Models that took no part, as the sheets call them.
    wanted
        Asked before a file is removed or written; once it says no, the rest is left.

    Raises
    ------
    InputError
        If a file cannot be read; only where they are still wanted.
    """
    of_source: dict[str, list[Stimulus]] = {}
    for one in stimuli:
        of_source.setdefault(one.source_id, []).append(one)
    try:
        rows = [
            contact_panels(study.root, one, of_source[one.source.source_id]) for one in materials
        ]
    except InputError:
        if wanted():
            raise
        return
    headings = _headings(study.settings, judges)
    write_contact_sheets(study.stimuli, rows, *headings, wanted=wanted)


def draw_missing_sheets(study: Study, judges: Callable[[], Sequence[str]]) -> bool:
    """Draw the contact sheets of a finished study where one is missing or older than its pictures.

    That is so where the studio was killed after a save, before they were drawn. Nothing is drawn
    where the stimuli are not finished, or not what ``study.toml`` asks for.

    Parameters
    ----------
    judges
        Returns the models that took no part, as the sheets call them; asked where they are drawn.

    Returns
    -------
    bool
        Whether they were missing or stale.

    Raises
    ------
    InputError
        If a file of the study cannot be read.
    """
    if not study.catalogue.is_file() or not _is_as_asked(study):
        return False
    made, stimuli = sha256(study.catalogue), read_catalogue(study.catalogue)
    if not _are_stale(study, stimuli):
        return False
    draw_sheets(study, Sources(study).read(), stimuli, judges(), lambda: is_made(study, made))
    return True


def is_made(study: Study, sha256_of_catalogue: str) -> bool:
    """Return whether the catalogue of a study is still that of this hash."""
    path = study.catalogue
    return path.is_file() and sha256(path) == sha256_of_catalogue


def _is_as_asked(study: Study) -> bool:
    path = study.generate_provenance
    record = cast(dict[str, Any], read_json(path)) if path.is_file() else {}
    made, asked = record.get("settings", {}), json.loads(json.dumps(study.settings.as_dict()))
    return all(made.get(section) == asked[section] for section in _OF_STIMULI)


def _are_stale(study: Study, stimuli: Sequence[Stimulus]) -> bool:
    sheets = contact_sheet_files(study.stimuli, len({one.source_id for one in stimuli}))
    if not all(path.is_file() for path in sheets):
        return True
    shown = [study.root / path for one in stimuli for path in (one.image, one.prediction)]
    return min(map(_changed, sheets)) < max(map(_changed, shown), default=0)


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.is_file() else 0


def _headings(settings: Settings, judges: Sequence[str]) -> tuple[str, str]:
    title = (
        f"{settings.study.name}: images and predicted densities without centre bias "
        f"({settings.manipulation.saliency})"
    )
    subtitle = "Solid line: aim, which the figures are of; dashed: shifted beside it"
    if judges:
        subtitle += (
            f". Below each change: what models that took no part see of it, {', '.join(judges)}"
        )
    if settings.manipulation.budget:
        subtitle += (
            "\nRealism: share of untouched photographs that look at least as edited, by the "
            "judge that bounds and by another; unusual: units of CIELAB, or octaves"
        )
    subtitle += (
        "\nDistance in features, in the mean and where largest; colours in CIE94, tones in CIELAB "
        "where they change most; contours: octaves; skin, plants, sky: how far they left their "
        "colours, CIELAB"
    )
    return title, subtitle
