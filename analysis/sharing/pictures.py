"""The stimuli of a study as they may be published: pictures bare, or grey where terms forbid them.

In come the catalogue and its files, out come the same in another folder; a hash that changes is
written anew.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from stimuli.contract.catalogue import read_second_opinions, write_catalogue
from stimuli.contract.credits import Credit, write_credits
from stimuli.contract.licences import Permission
from stimuli.contract.schemas import PROPOSALS
from stimuli.contract.settings import Settings, SourceSettings
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Stimulus
from stimuli.support.bare_pictures import bare_suffix, write_bare_picture
from stimuli.support.errors import InputError
from stimuli.support.files import (
    confined,
    image_size,
    read_json,
    read_log_saliency,
    sha256,
    write_image,
    write_json,
    write_log_saliency,
)
from stimuli.support.tables import read_table, write_table

EVERY = "all"  # in place of the names of sources that are permitted
_NOT_USED = "a photograph that is not used"
_OF_IMAGES = (
    "id", "file_name", "width", "height", "license", "title", "author", "credit", "flickr_url",
    "coco_url",
)  # fmt: skip
_OF_OBJECTS = ("id", "image_id", "category_id", "segmentation", "area", "bbox", "iscrowd")
_OF_FILES = ("description", "url", "version", "year", "contributor")


def check_permitted(
    study: Study, credits: Sequence[Credit], permitted: Collection[str], *, leave_out: bool
) -> list[str]:
    """Return the sources whose pictures must be left out.

    Parameters
    ----------
    permitted
        Sources of which somebody knows that they may be published, or `EVERY`.
    leave_out
        Whether to leave out the others that may not, or are not known to.

    Raises
    ------
    InputError
        Names them, if they are not to be left out; or a source of `permitted` that is unknown.
    """
    known = {one.source_id for one in credits}
    if EVERY in permitted:
        return []
    for name in permitted:
        if name not in known:
            raise InputError(
                f"{study.catalogue}: has no source {name!r} to permit; expected one of "
                f"{', '.join(sorted(known))}"
            )
    doubtful = [
        one for one in credits
        if one.allows != Permission.CHANGED and one.source_id not in permitted
    ]  # fmt: skip
    if doubtful and not leave_out:
        why = {
            Permission.UNCHANGED: "forbids versions",
            Permission.NOTHING: "reserves all rights",
            Permission.UNKNOWN: "is not known to allow copies",
        }
        named = "; ".join(f"{one.source_id}: {one.licence!r} {why[one.allows]}" for one in doubtful)
        raise InputError(
            f"{study.root}: {len(doubtful)} photographs may not be published: {named}; expected "
            f"licences that allow versions to be passed on; put grey in their place with "
            f"--leave-out-pictures, or state with --permitted SOURCE (or all) that you may"
        )
    return [one.source_id for one in doubtful]


def write_stimuli(
    study: Study, copy: Study, stimuli: Sequence[Stimulus], without: Collection[str]
) -> tuple[Stimulus, ...]:
    """Write the catalogue and all files that it names; return its rows as they are now.

    Parameters
    ----------
    without
        Sources whose pictures are left out: grey of the same size stands in their place.
    """
    written: dict[str, str] = {}
    shared = []
    for one in stimuli:
        for relative in one.files:
            if relative not in written and (study.root / relative).is_file():
                grey = relative == one.image and one.source_id in without
                _write(study, copy, relative, grey=grey)
                written[relative] = sha256(copy.root / relative)
        shared.append(_with_hashes(one, written))
    write_catalogue(copy.catalogue, shared, read_second_opinions(study.catalogue))
    write_credits(copy, shared)
    return tuple(shared)


def _write(study: Study, copy: Study, relative: str, *, grey: bool) -> None:
    path, target = confined(study.root, relative, study.catalogue), copy.root / relative
    if relative.endswith(".npz"):
        write_log_saliency(target, read_log_saliency(path))
    elif grey:
        level = study.settings.screen.grey_level
        write_image(target, np.full((*image_size(path), 3), level, np.uint8))
    else:
        write_bare_picture(target, path)


def _with_hashes(one: Stimulus, written: dict[str, str]) -> Stimulus:
    """Return a row of the catalogue with the hashes of the files as they are now.

    A hash that the catalogue does not state is not stated now either.
    """
    changed: dict[str, Any] = {"image_sha256": written[one.image]}
    for name in ("target", "prediction"):
        stated, path = getattr(one, f"{name}_sha256"), getattr(one, name)
        if stated is not None and path in written:
            changed[f"{name}_sha256"] = written[path]
    changed["targets"] = tuple(
        replace(target, mask_sha256=written[target.mask])
        if target.mask_sha256 is not None and target.mask in written else target
        for target in one.targets
    )  # fmt: skip
    control = one.control
    if control is not None and control.mask_sha256 is not None and control.mask in written:
        changed["control"] = replace(control, mask_sha256=written[control.mask])
    return replace(one, **changed)


def write_sources(study: Study, copy: Study, settings: Settings, without: Collection[str]) -> None:
    """Write bare copies of the photographs and their annotations, where the study has them.

    Parameters
    ----------
    settings
        Those of the copy (`shared_sources`).
    """
    for source, shared in zip(study.settings.sources, settings.sources, strict=True):
        photograph = study.root / source.photograph
        if source.source_id not in without and photograph.is_file():
            write_bare_picture(copy.root / shared.photograph, photograph)
    for name in sorted({one.annotations for one in settings.sources if one.annotations}):
        content = read_json(study.root / name)
        if isinstance(content, dict):
            write_json(copy.root / name, _without_annotators(content))


def shared_sources(study: Study) -> tuple[SourceSettings, ...]:
    """Return the sources of a study, with the files of their photographs inside it."""
    shared = []
    for source in study.settings.sources:
        path = study.root / source.photograph
        suffix = bare_suffix(path) if path.is_file() else path.suffix.lower()
        inside = _is_inside(study, source.annotations)
        shared.append(
            replace(
                source,
                photograph=f"stimuli/sources/{source.source_id}{suffix}",
                annotations=source.annotations if inside else "",
            )
        )
    return tuple(shared)


def _is_inside(study: Study, name: str) -> bool:
    if not name:
        return False
    try:
        return confined(study.root, name, study.settings_file).is_file()
    except InputError:
        return False


def _without_annotators(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of an annotation file with what masks, categories and credits need."""

    def entries(key: str, names: Sequence[str]) -> list[dict[str, Any]]:
        found = (one for one in content.get(key) or [] if isinstance(one, dict))
        return [{name: one[name] for name in names if name in one} for one in found]

    info = content.get("info")
    stated = info if isinstance(info, dict) else {}
    return {
        "info": {name: stated[name] for name in _OF_FILES if name in stated},
        "licenses": entries("licenses", ("id", "name", "url")),
        "images": entries("images", _OF_IMAGES),
        "annotations": entries("annotations", _OF_OBJECTS),
        "categories": entries("categories", ("id", "name", "supercategory")),
    }


def write_proposals(study: Study, copy: Study) -> None:
    """Write why the sources were chosen, without the names of photographs that were not."""
    if not study.proposals.is_file():
        return
    rows = read_table(study.proposals, PROPOSALS)
    ranks = {row["rank"] for row in rows if str(row["used_for"]) != "nothing"}
    shared = [
        row if row["rank"] in ranks else {**row, "photograph": _NOT_USED} for row in rows
    ]  # fmt: skip
    write_table(copy.proposals, PROPOSALS, shared)
