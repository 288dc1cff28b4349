"""A new study folder: the photographs, their annotations, ``study.toml`` and the BIDS frame.

It is built under a temporary name and renamed, so that a study folder is whole or not there.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from manipulation.new_study.overlay import write_overlays
from manipulation.new_study.proposal_table import proposal_rows
from manipulation.new_study.proposals import Proposal
from manipulation.new_study.source_names import one_line
from stimuli.contract.coco_file import ORIGINAL_NAME, LeftOut
from stimuli.contract.masks import Annotations
from stimuli.contract.schemas import PROPOSALS
from stimuli.contract.settings import Settings, SourceSettings, parse_settings
from stimuli.contract.study import BIDS_VERSION, Study
from stimuli.contract.templates import settings_template, sources_text
from stimuli.support.bare_pictures import bare_suffix, write_bare_picture
from stimuli.support.errors import InputError
from stimuli.support.files import umask, write_json, write_text
from stimuli.support.system import sync_folders
from stimuli.support.tables import write_table
from stimuli.support.unfinished import remove_unfinished_studies, unfinished_folder

_README = """# {name}

An eye-tracking study of images that were changed to guide gaze (free viewing), as a BIDS dataset.

- `study.toml`: every choice of the study.
- `stimuli/`: the images as shown, their masks, targets and predictions; `stimuli.tsv` lists them.
- `blocks.tsv`: which block each order number shows first, second, third.
- `sub-*/`: events of each session. `sourcedata/`: the tracker's own files, untouched.
- `derivatives/`: fixations, densities, effects and the report.

The photographs keep the terms that `stimuli/stimuli.tsv` names.
"""

# Of an image's entry: what masks and attribution need. Some tools add paths on somebody's disk.
_KEPT = (
    "id", "width", "height", "license", "title", "author", "credit", "flickr_url", "coco_url",
    "made_by",
)  # fmt: skip

# BIDS knows no study.toml or blocks.tsv, and its stimuli folder is free in form.
_BIDSIGNORE = (
    "study.toml\nblocks.*\ninstructions_*.txt\npractice/\nstimuli/\nsourcedata/\nderivatives/\n"
)


def check_free(root: Path) -> None:
    """Raise InputError unless a study can be made at `root`: absent, or an empty folder."""
    if (root / "study.toml").exists():
        raise InputError(
            f"{root}: is a study already; expected a new or an empty folder; generate its stimuli "
            f"as its study.toml asks, or name another folder"
        )
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(
            f"{root}: is in use and has no study.toml; expected a new or an empty folder"
        )


def create_study(
    root: Path,
    settings: Settings,
    proposals: Sequence[Proposal],
    sources: Sequence[SourceSettings],
    annotations: Annotations,
    left_out: Sequence[LeftOut] = (),
) -> None:
    """Make a study folder, with bare copies of the photographs (`write_bare_picture`).

    Parameters
    ----------
    root
        Where; absent or empty.
    settings
        All but its sources; what `settings_template` knows to state is stated.
    proposals
        What is proposed for all photographs that were looked at; the study keeps it as a table.
    sources
        Sources that were chosen; `photograph` and `annotations` name the copies inside the study.
        Photographs that are coded anew have another suffix there (`bare_suffix`).
    left_out
        Photographs and entries of the annotations that could not be used; the table names them.

    Raises
    ------
    InputError
        If `root` is in use.
    """
    check_free(root)
    photographs = {one.candidate.source_id: one.candidate.path for one in proposals}
    sources = [_with_bare_suffix(one, photographs[one.source_id]) for one in sources]
    text = settings_template(settings) + "\n" + sources_text(sources)
    settings = parse_settings(text)  # what is written must be readable
    root.parent.mkdir(parents=True, exist_ok=True)
    remove_unfinished_studies(root.parent)
    with unfinished_folder(root) as temporary:
        study = Study(temporary, settings)
        temporary.chmod(0o777 & ~umask())
        for source in sources:
            write_bare_picture(temporary / source.photograph, photographs[source.source_id])
        write_json(temporary / sources[0].annotations, _excerpt(annotations, sources, photographs))
        rows = proposal_rows(proposals, len(sources), left_out)
        write_table(study.proposals, PROPOSALS, rows)
        write_overlays(study.stimuli, proposals, annotations, settings.images.fit)
        write_text(temporary / "README.md", _README.format(name=settings.study.name))
        write_text(temporary / ".bidsignore", _BIDSIGNORE)
        write_json(
            temporary / "dataset_description.json",
            {"Name": settings.study.name, "BIDSVersion": BIDS_VERSION, "DatasetType": "raw"},
        )
        write_text(study.settings_file, text)
        _put(temporary, root)


def _with_bare_suffix(source: SourceSettings, photograph: Path) -> SourceSettings:
    return replace(
        source,
        photograph=PurePosixPath(source.photograph).with_suffix(bare_suffix(photograph)).as_posix(),
    )


def _put(temporary: Path, root: Path) -> None:
    """Give a finished study its name, unless somebody else has made one there meanwhile."""
    try:
        os.replace(temporary, root)
    except OSError:
        check_free(root)
        raise
    sync_folders(root.parent)


def _excerpt(
    annotations: Annotations,
    sources: Sequence[SourceSettings],
    photographs: Mapping[str, Path],
) -> dict:
    """Return the COCO annotations of the sources alone, by the names their copies bear."""
    images = [
        {
            **{
                key: value
                for key, value in annotations.images[source.image_id].items()
                if key in _KEPT
            },
            "file_name": Path(source.photograph).name,
            ORIGINAL_NAME: one_line(photographs[source.source_id].name),
        }
        for source in sources
    ]
    kept = [one for source in sources for one in annotations.of_image(source.image_id)]
    return {**annotations.common, "images": images, "annotations": kept}
