"""Keeping a drawn region in the study: an entry more in its COCO annotation file.

The file is the study's own copy that ``annotations`` of the source names; a source without one gets
``stimuli/sources/regions.json``. A source for entropy alone becomes one that aims at the region.
"""

from pathlib import Path
from typing import Any, cast

import numpy as np

from manipulation.regions.coco_entries import checked_region_name, image_entry, with_region
from manipulation.studio_page.saving import aim_source
from manipulation.study_stimuli.generation import check_unseen
from stimuli.contract.locking import changing_stimuli
from stimuli.contract.masks import annotations_of, read_annotations
from stimuli.contract.settings import SourceSettings
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Condition
from stimuli.support.errors import InputError
from stimuli.support.files import read_json, write_json

REGIONS_FILE = "stimuli/sources/regions.json"


def keep_region(
    study: Study, source: SourceSettings, mask: np.ndarray, name: str, made_by: str
) -> int:
    """Keep a region of a source in the study; return the id of its annotation.

    Parameters
    ----------
    mask : ndarray (height, width), bool
        At the size of the photograph.
    name
        Becomes its category.
    made_by
        How it came about, for whoever reads the file.

    Raises
    ------
    InputError
        If somebody has seen the stimuli, the name is none or would change a version, or the
        annotation file lies outside the study: nothing was changed.
    """
    with changing_stimuli(study.root, f"keeps a region of {source.source_id}"):
        return _kept(study, source, mask, name, made_by)


def _kept(study: Study, source: SourceSettings, mask: np.ndarray, name: str, made_by: str) -> int:
    check_unseen(study)
    name = checked_region_name(name)
    if any(target.category == name for one in source.versions for target in one.targets):
        raise InputError(
            f"{source.source_id}: a version has all of category {name!r} as a target, and would "
            f"change with this region; give it another name"
        )
    annotations, image_id, content = _annotation_file(study, source, mask.shape)
    changed, region_id = with_region(content, image_id, mask, name, made_by)
    path = study.root / annotations
    annotations_of(changed, path)  # what is written must be readable
    write_json(path, changed)
    if source.condition == Condition.ENTROPY:
        shift = study.settings.manipulation.k_shift
        aim_source(study, source.source_id, annotations, image_id, region_id, shift)
    return region_id


def _annotation_file(
    study: Study, source: SourceSettings, size: tuple[int, ...]
) -> tuple[str, int, dict[str, Any]]:
    """Return name, number of the photograph, and content of the annotation file of a source."""
    if source.annotations:
        path = study.root / source.annotations
        if not path.resolve().is_relative_to(study.root.resolve()):
            raise InputError(
                f"{source.source_id}: its annotations are {path}, outside the study; expected a "
                f"copy inside {study.root}, which may be changed; put one into stimuli/sources/ "
                f"and name it in study.toml"
            )
        read_annotations(path).image(source.image_id)
        return source.annotations, source.image_id, cast(dict[str, Any], read_json(path))
    path = study.root / REGIONS_FILE
    content: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
    if path.is_file():
        read_annotations(path)
        content = cast(dict[str, Any], read_json(path))
    file_name = Path(source.photograph).name
    image_id = max((one["id"] for one in content["images"]), default=0) + 1
    entry = image_entry(image_id, file_name, (size[0], size[1]))
    return REGIONS_FILE, image_id, {**content, "images": [*content["images"], entry]}
