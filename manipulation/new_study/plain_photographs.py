"""Plain photographs, without annotations, that may become the sources of a study.

In comes a folder of photographs; out come the same with regions that are proposed on each
(`manipulation.regions.proposed`), as if somebody had annotated them.
"""

from pathlib import Path

from manipulation.images.photographs import LEAST_PX, fitted_size, square_box, squared
from manipulation.new_study.candidates import Candidate, CandidatePhotographs
from manipulation.new_study.source_names import one_line, study_names
from manipulation.regions.coco_entries import UNNAMED, Content, image_entry, with_region
from manipulation.regions.proposed import proposed_regions
from manipulation.regions.superpixels import superpixels
from manipulation.saliency import load_saliency_model
from manipulation.saliency.models.protocol import LogSaliencyModel
from stimuli.contract.coco_file import LeftOut
from stimuli.contract.masks import annotations_of
from stimuli.contract.settings import ImageSettings, Settings
from stimuli.support.console import progress
from stimuli.support.errors import InputError
from stimuli.support.files import read_image
from stimuli.support.words import counted

SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".ppm", ".pgm", ".pnm",
    ".heic", ".heif", ".avif", ".jfif",
)  # fmt: skip
_MADE_BY = "proposed: segment under a peak of predicted saliency"


def plain_photographs(folder: str | Path, *, fit: str = ImageSettings.fit) -> CandidatePhotographs:
    """Return the photographs of a folder, with regions that are proposed on each.

    Regions are segments under the peaks of the density that the saliency model predicts which
    guides changes by default; a photograph on which nothing is delimited has none, and may still
    become a source for the entropy of all of it. One that cannot be read is left out and named.
    Folders in the folder are not looked into, but named.

    Parameters
    ----------
    folder
        Folder of photographs.
    fit
        How they will be fitted to the square as shown: regions are proposed on what is seen.

    Raises
    ------
    InputError
        If the folder is absent or holds no photograph that can be read.

    Examples
    --------
    >>> from manipulation import plain_photographs
    >>> photographs = plain_photographs("demo-study/stimuli/sources")
    >>> [one.source_id for one in photographs.candidates], photographs.others
    (['astronaut', 'chelsea', 'coffee'], ('annotations.json',))
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder of photographs")
    visible = sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    files = [one for one in visible if one.is_file()]
    folders = tuple(one.name for one in visible if one.is_dir())
    photographs = [path for path in files if path.suffix.lower() in SUFFIXES]
    others = tuple(path.name for path in files if path.suffix.lower() not in SUFFIXES)
    if not photographs:
        there = [
            f"{counted(len(names), kind)}, such as {one_line(names[0])}"
            for names, kind in ((others, "other file"), (folders, "folder"))
            if names
        ]
        raise InputError(
            f"{folder}: holds no photograph ({'; '.join(there) or 'it is empty'}); expected files "
            f"that end in {', '.join(SUFFIXES)}, in the folder itself"
        )
    settings = Settings(images=ImageSettings(fit=fit))
    model = load_saliency_model(settings.manipulation.saliency)
    content: Content = {"images": [], "annotations": [], "categories": []}
    read: list[Path] = []
    left_out: list[LeftOut] = []
    for path in progress(photographs, f"Proposing regions on {len(photographs)} photographs"):
        try:
            content = _with_proposals(content, len(read) + 1, path, model, settings.images)
        except InputError as error:
            because = str(error).removeprefix(f"{path}: ")
            left_out.append(LeftOut(one_line(path.name), None, because))
        else:
            read.append(path)
    if not read:
        raise InputError(
            f"{folder}: holds no photograph that can be read; left out: {len(left_out)}, such as "
            f"{left_out[0]}"
        )
    candidates = (
        Candidate(name, path, number)
        for number, (name, path) in enumerate(zip(study_names(read), read, strict=True), start=1)
    )
    return CandidatePhotographs(
        tuple(candidates), annotations_of(content, folder), others=others, folders=folders,
        proposed=True, left_out=tuple(left_out),
    )  # fmt: skip


def _with_proposals(
    content: Content, number: int, path: Path, model: LogSaliencyModel, images: ImageSettings
) -> Content:
    """Return the content of an annotation file with a photograph and its proposed regions."""
    pixels = read_image(path)
    size = (pixels.shape[0], pixels.shape[1])
    entry = image_entry(number, one_line(path.name), size)
    content = {**content, "images": [*content["images"], entry]}
    if min(fitted_size(size[1], size[0], images.model_px, images.fit)) < LEAST_PX:
        return content
    square = squared(pixels, images.model_px, images.fit)
    log_saliency = model.log_saliency(square[None])[0].numpy()
    box = square_box(size[1], size[0], images.fit)
    for mask in proposed_regions(superpixels(pixels), log_saliency, box):
        content, _ = with_region(content, number, mask, UNNAMED, _MADE_BY)
    return content
