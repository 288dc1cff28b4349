"""Keeping a drawn region in the study: an entry more in its COCO annotation file, or one less.

The file is the study's own copy that ``annotations`` of the source names; a source without one gets
``stimuli/sources/regions.json``. A source for entropy alone becomes one that aims at the region.
A region that is removed stays in the file, where readers of COCO's format do not look for regions.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from manipulation.regions.coco_entries import (
    UNNAMED,
    Content,
    checked_region_name,
    image_entry,
    removed_regions,
    with_region,
    with_region_again,
    without_region,
)
from manipulation.studio_page.saving import aim_source
from manipulation.study_stimuli.generation import check_unseen
from stimuli.contract.locking import changing_stimuli
from stimuli.contract.masks import annotations_of, read_annotations
from stimuli.contract.settings import SourceSettings
from stimuli.contract.study import Study, open_study
from stimuli.contract.vocabulary import Condition
from stimuli.support.errors import InputError
from stimuli.support.files import read_json, write_json

REGIONS_FILE = "stimuli/sources/regions.json"
MADE_BY = "studio: "  # begins what is said of how a region came about


@dataclass(frozen=True)
class KeptRegion:
    """A region that was drawn in the studio and kept; `region_id` is that of its annotation."""

    region_id: int
    name: str

    @property
    def label(self) -> str:
        """The region for people, told from others of its name."""
        return f"{self.name} ({self.region_id})"


@dataclass(frozen=True)
class KeptRegions:
    """The regions of a source that were drawn, and those removed, the last one last."""

    there: tuple[KeptRegion, ...] = ()
    removed: tuple[KeptRegion, ...] = ()


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
    _check_no_category_target(source, name, "give it another name")
    annotations, image_id, content = _annotation_file(study, source, mask.shape)
    changed, region_id = with_region(content, image_id, mask, name, made_by)
    _write(study, annotations, changed)
    if source.condition == Condition.ENTROPY:
        shift = study.settings.manipulation.k_shift
        aim_source(study, source.source_id, annotations, image_id, region_id, shift)
    return region_id


def kept_regions(study: Study, source: SourceSettings) -> KeptRegions:
    """Return which regions of a source were drawn in the studio, and which of them were removed."""
    if not source.annotations:
        return KeptRegions()
    content = _content(study, source)
    names = {one["id"]: one["name"] for one in content.get("categories", [])}

    def drawn(entries: list[Content]) -> tuple[KeptRegion, ...]:
        return tuple(
            KeptRegion(one["id"], names.get(one["category_id"], UNNAMED))
            for one in entries
            if str(one.get("made_by", "")).startswith(MADE_BY)
            and one["image_id"] == source.image_id
        )

    return KeptRegions(drawn(content["annotations"]), drawn(removed_regions(content)))


def remove_region(study: Study, source_id: str, region_id: int) -> KeptRegion:
    """Take a region that was drawn from the study; `restore_region` brings it back.

    Raises
    ------
    InputError
        If somebody has seen the stimuli, a version aims at the region or at all of its name, or it
        was not drawn in the studio: nothing was changed.
    """
    with changing_stimuli(study.root, f"removes a region of {source_id}"):
        check_unseen(study)
        source = _source(study, source_id)
        region = _one_of(kept_regions(study, source).there, region_id, source_id)
        for version in source.versions:
            if any(region_id in target.annotation_ids for target in version.targets):
                raise InputError(
                    f"{source_id}: the version to {version.direction} aims at {region.label}, so "
                    f"it stays; save that version with another object first"
                )
        repair = "save that version with another object first"
        _check_no_category_target(source, region.name, repair)
        _write(study, source.annotations, without_region(_content(study, source), region_id))
    return region


def restore_region(study: Study, source_id: str) -> KeptRegion:
    """Bring the region of a source that was removed last back into the study.

    Raises
    ------
    InputError
        If none was removed, somebody has seen the stimuli, or a version would change: nothing was
        changed.
    """
    with changing_stimuli(study.root, f"brings back a region of {source_id}"):
        check_unseen(study)
        source = _source(study, source_id)
        removed = kept_regions(study, source).removed
        if not removed:
            raise InputError(f"{source_id}: no region was removed, so none can be brought back")
        repair = "save that version with another object first"
        _check_no_category_target(source, removed[-1].name, repair)
        content = with_region_again(_content(study, source), removed[-1].region_id)
        _write(study, source.annotations, content)
    return removed[-1]


def _source(study: Study, source_id: str) -> SourceSettings:
    """Return a source as ``study.toml`` states it now."""
    now = {one.source_id: one for one in open_study(study.root).settings.sources}
    if source_id not in now:
        raise InputError(f"{study.settings_file}: has no source {source_id!r} any more; reload")
    return now[source_id]


def _one_of(regions: tuple[KeptRegion, ...], region_id: int, source_id: str) -> KeptRegion:
    for one in regions:
        if one.region_id == region_id:
            return one
    known = ", ".join(one.label for one in regions)
    raise InputError(
        f"{source_id}: annotation {region_id} is no region that was drawn in the studio; expected "
        f"one of {known or 'none'}"
    )


def _check_no_category_target(source: SourceSettings, name: str, repair: str) -> None:
    if any(target.category == name for one in source.versions for target in one.targets):
        raise InputError(
            f"{source.source_id}: a version has all of category {name!r} as a target, and would "
            f"change with this region; {repair}"
        )


def _write(study: Study, annotations: str, content: Content) -> None:
    path = study.root / annotations
    annotations_of(content, path)  # what is written must be readable
    write_json(path, content)


def _content(study: Study, source: SourceSettings) -> Content:
    """Return the content of the study's own annotation file that a source names."""
    path = study.root / source.annotations
    if not path.resolve().is_relative_to(study.root.resolve()):
        raise InputError(
            f"{source.source_id}: its annotations are {path}, outside the study; expected a copy "
            f"inside {study.root}, which may be changed; put one into stimuli/sources/ and name it "
            f"in study.toml"
        )
    read_annotations(path).image(source.image_id)
    return cast(Content, read_json(path))


def _annotation_file(
    study: Study, source: SourceSettings, size: tuple[int, ...]
) -> tuple[str, int, dict[str, Any]]:
    """Return name, number of the photograph, and content of the annotation file of a source."""
    if source.annotations:
        return source.annotations, source.image_id, _content(study, source)
    path = study.root / REGIONS_FILE
    content: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
    if path.is_file():
        read_annotations(path)
        content = cast(dict[str, Any], read_json(path))
    file_name = Path(source.photograph).name
    image_id = max((one["id"] for one in content["images"]), default=0) + 1
    entry = image_entry(image_id, file_name, (size[0], size[1]))
    return REGIONS_FILE, image_id, {**content, "images": [*content["images"], entry]}
