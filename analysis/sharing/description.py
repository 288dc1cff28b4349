"""What a published dataset says of itself: ``dataset_description.json`` and its README."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from stimuli.contract.credits import Credit
from stimuli.contract.settings import Settings
from stimuli.contract.study import BIDS_VERSION, Study
from stimuli.contract.vocabulary import Stimulus
from stimuli.support.errors import InputError
from stimuli.support.files import read_json

_STATED = (
    "Authors", "License", "Acknowledgements", "HowToAcknowledge", "Funding", "EthicsApprovals",
    "ReferencesAndLinks", "DatasetDOI", "Keywords",
)  # fmt: skip
_PAPER = (
    "Gatys LA, Kümmerer M, Wallis TSA, Bethge M (2017). Guiding human gaze with convolutional "
    "neural networks. arXiv:1712.06492"
)


def description(study: Study, authors: Sequence[str], licence: str) -> dict[str, Any]:
    """Return the content of ``dataset_description.json`` of a copy that is to be published.

    What the study's own says of authors, licence, funding and the like is kept; a DOI is never made
    up.

    Parameters
    ----------
    authors, licence
        Of the dataset; by default those that the study's own file states.

    Raises
    ------
    InputError
        If nobody says who the authors are, or on which terms the dataset may be used.
    """
    found = read_json(study.description) if study.description.is_file() else {}
    own = found if isinstance(found, dict) else {}
    stated = {name: own[name] for name in _STATED if own.get(name)}
    if authors:
        stated["Authors"] = list(authors)
    if licence:
        stated["License"] = licence
    for name, option, example in (
        ("Authors", "--author", '--author "Mustermann, E." --author "Doe, J."'),
        ("License", "--licence", "--licence CC0"),
    ):
        if name not in stated:
            raise InputError(
                f"{study.description}: states no {name}; expected {option} or that entry, since "
                f"whoever uses the data must know; add {example}"
            )
    name = str(own.get("Name") or study.settings.study.name)
    stated.setdefault(
        "HowToAcknowledge",
        f"Please cite this dataset ({', '.join(map(str, stated['Authors']))}: {name}) and the "
        f"paper whose method it follows: {_PAPER}.",
    )
    stated.setdefault("ReferencesAndLinks", [_PAPER])
    return {
        "Name": name,
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "raw",
        **{key: stated[key] for key in _STATED if key in stated},
        "GeneratedBy": [
            {"Name": "guiding-gaze", "Version": _version(), "Description": "analysis.share"}
        ],
    }


def _version() -> str:
    try:
        return metadata.version("guiding-gaze")
    except metadata.PackageNotFoundError:
        return "n/a"  # a checkout, not installed


@dataclass(frozen=True)
class Contents:
    """What a copy holds, as far as its README tells."""

    settings: Settings
    stimuli: Sequence[Stimulus]
    credits: Sequence[Credit]
    without: Collection[str]
    kinds: Mapping[str, str]
    with_edf: bool


def readme(described: Mapping[str, Any], contents: Contents) -> str:
    """Return the README of a copy, from what it holds."""
    screen, images, tracker = (
        contents.settings.screen, contents.settings.images, contents.settings.tracker
    )  # fmt: skip
    kinds = Counter(contents.kinds.values())
    people = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none yet"
    sources = len({one.source_id for one in contents.stimuli})
    parts = [
        f"# {described['Name']}",
        "An eye-tracking study of images that were changed to guide gaze (free viewing), as a BIDS "
        "dataset.",
        f"- Authors: {'; '.join(map(str, described['Authors']))}\n"
        f"- Terms of the data: {described['License']}; the photographs keep their own, see "
        f"`stimuli/credits.txt`\n- {described['HowToAcknowledge']}",
        f"- Participants: {people}.\n"
        f"- Stimuli: {len(contents.stimuli)}, of {sources} photographs, {images.size_px} x "
        f"{images.size_px} px, shown for {contents.settings.session.image_s:g} s each on a screen "
        f"of {screen.width_px} x {screen.height_px} px, {screen.width_cm:g} x "
        f"{screen.height_cm:g} cm, at {screen.distance_cm:g} cm and {screen.refresh_hz:g} Hz.\n"
        f"- Gaze: {tracker.eye} eye, {tracker.sample_rate_hz} samples a second.",
        "## Files",
        "- `study.toml`: every choice of the study.\n"
        "- `stimuli/stimuli.tsv`: the images as shown, their targets and predictions, with their "
        "SHA-256; `stimuli.json` says what each column means. `stimuli/methods.txt`, where it is "
        "there, says how they were made.\n"
        "- `blocks.tsv`: which block each order number shows first, second, third.\n"
        "- `sub-*/beh`: events of each session, gaze samples (`physio`) and what the tracker's "
        "parser found in them (`physioevents`).\n"
        "- `sourcedata/sub-*`: the recordings as EyeLink text.\n"
        "- `shared.json`: the SHA-256 of every file.",
        "## Analysis",
        "`python -m analysis.run FOLDER` of the toolkit guiding-gaze (its version stands in "
        "`dataset_description.json`) makes every number, figure and the report anew, in "
        "`derivatives/`.",
        "## What was changed for publication",
        _changes(contents),
    ]
    return "\n\n".join(parts) + "\n"


def _changes(contents: Contents) -> str:
    lines = [
        "All dates were dropped, journals have one line that says what was shown, remarks and free "
        "texts of recordings were left out, and so were columns on participants that could tell "
        "who they are; ages from 89 are one group, 89+."
    ]
    if contents.without:
        lines.append(
            f"The terms of {len(contents.without)} photographs do not allow versions to be passed "
            f"on, or are not known to: {', '.join(sorted(contents.without))}. Grey of the same "
            f"size stands in their place; masks, targets, predictions and gaze are there."
        )
    if contents.with_edf:
        lines.append("EDF files are as the tracker wrote them, and hold the time of recording.")
    return " ".join(lines)
