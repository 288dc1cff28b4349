"""A new study folder: the photographs, their annotations, ``study.toml`` and the BIDS frame.

It is built under a temporary name and renamed, so that a study folder is whole or not there.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from manipulation.design.proposals import Proposal, proposal_rows
from stimuli.errors import InputError
from stimuli.files import umask, write_json, write_text
from stimuli.masks import Annotations
from stimuli.settings import SourceSettings, StudySettings, parse_settings
from stimuli.tables import PROPOSALS, write_table
from stimuli.templates import settings_template, sources_text

BIDS_VERSION = "1.11.1"

_README = """# {name}

An eye-tracking study of images that were changed to guide gaze (free viewing), as a BIDS dataset.

- `study.toml`: every choice of the study.
- `stimuli/`: the images as shown, their masks, targets and predictions; `stimuli.tsv` lists them.
- `blocks.tsv`: which block each order number shows first, second, third.
- `sub-*/`: events of each session. `sourcedata/`: the tracker's own files, untouched.
- `derivatives/`: fixations, densities, effects and the report.

The photographs keep the terms that `stimuli/stimuli.tsv` names.
"""

# BIDS knows no study.toml or blocks.tsv, and its stimuli folder is free in form.
_BIDSIGNORE = (
    "study.toml\nblocks.*\ninstructions_*.txt\npractice/\nstimuli/\nsourcedata/\nderivatives/\n"
)


def check_free(root: Path) -> None:
    """Raise InputError unless a study can be made at `root`: absent, or an empty folder."""
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(
            f"{root}: is in use and has no study.toml; expected a new or an empty folder"
        )


def _excerpt(annotations: Annotations, sources: Sequence[SourceSettings]) -> dict:
    """Return the COCO annotations of the sources alone, by the names their copies bear."""
    names = {source.image_id: Path(source.photograph).name for source in sources}
    content = json.loads(annotations.path.read_text(encoding="utf-8"))
    kept = {key: content[key] for key in ("info", "licenses", "categories") if key in content}
    kept["images"] = [
        {**annotations.images[image_id], "file_name": name} for image_id, name in names.items()
    ]
    kept["annotations"] = [e for e in annotations.by_id.values() if e["image_id"] in names]
    return kept


def create_study(
    root: Path,
    study: StudySettings,
    proposals: Sequence[Proposal],
    sources: Sequence[SourceSettings],
    annotations: Annotations,
) -> None:
    """Make a study folder.

    Parameters
    ----------
    root
        Where; absent or empty.
    proposals
        For all photographs that were looked at; the study keeps them as a table.
    sources
        Those that were taken; `photograph` and `annotations` name the copies inside the study.

    Raises
    ------
    InputError
        If `root` is in use.
    """
    check_free(root)
    text = settings_template(study) + "\n" + sources_text(sources)
    parse_settings(text)  # what is written must be readable
    root.parent.mkdir(parents=True, exist_ok=True)
    photographs = {one.candidate.source_id: one.candidate.path for one in proposals}
    temporary = Path(tempfile.mkdtemp(prefix=".new-study-", dir=root.parent))
    try:
        temporary.chmod(0o777 & ~umask())
        for source in sources:
            copy = temporary / source.photograph
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(photographs[source.source_id], copy)
        write_json(temporary / sources[0].annotations, _excerpt(annotations, sources))
        rows = proposal_rows(proposals, len(sources))
        write_table(temporary / "stimuli" / "proposals.tsv", PROPOSALS, rows)
        write_text(temporary / "README.md", _README.format(name=study.name))
        write_text(temporary / ".bidsignore", _BIDSIGNORE)
        write_json(
            temporary / "dataset_description.json",
            {"Name": study.name, "BIDSVersion": BIDS_VERSION, "DatasetType": "raw"},
        )
        write_text(temporary / "study.toml", text)
        os.replace(temporary, root)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
