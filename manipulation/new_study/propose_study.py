"""A new study, proposed: photographs in, a study folder with sources and their versions out."""

from dataclasses import replace
from pathlib import Path

from manipulation.images.photographs import narrow_because
from manipulation.new_study.candidates import (
    Candidate,
    CandidatePhotographs,
    demo_photographs,
    without_unchangeable,
)
from manipulation.new_study.folder import check_free, create_study
from manipulation.new_study.objects import looked_at
from manipulation.new_study.proposals import (
    most_sources,
    propose_sources,
    proposed_sources,
)
from manipulation.saliency import load_saliency_model
from stimuli.contract.settings import (
    DesignSettings,
    ImageSettings,
    ManipulationSettings,
    Settings,
    StudySettings,
)
from stimuli.contract.study import Study, open_study
from stimuli.support.errors import InputError

SOURCES = 24  # as in the paper


def propose_study(
    root: str | Path,
    photographs: CandidatePhotographs | None = None,
    *,
    sources: int | None = None,
    pairs: bool = True,
    controls: bool = False,
    name: str = "",
    seed: int = 0,
    fit: str = ImageSettings.fit,
    aim: float | None = None,
    no_derivatives: bool = False,
) -> Study:
    """Make a study folder with proposed sources: photographs, objects, two versions each.

    All photographs are looked at by the saliency model that guides changes by default. Those whose
    objects have the most headroom become sources; ``stimuli/proposals.tsv`` says why, and
    ``study.toml`` states what was chosen, to be changed by hand.

    Parameters
    ----------
    root
        Where; absent or an empty folder.
    photographs
        Photographs and their annotations (`coco_photographs`), or plain ones with regions that are
        proposed (`plain_photographs`); by default the demo's eight.
    sources
        How many to use, one in eight for entropy alone; by default the paper's 24, all of the
        demo's, and of plain photographs as many as suffice, up to 24.
    pairs
        Whether a second object is shifted the other way, where there is one.
    controls
        Whether every source with targets gets a matched control, a third version
        (``design.controls``).
    name
        Name of the study; by default that of the folder.
    seed
        From which every random choice of the study follows.
    fit
        How photographs become square: ``crop``, ``stretch``, or ``whole``, on grey.
    aim
        Change of p_obj that versions stop at (``manipulation.aim``); by default none.
    no_derivatives
        Whether photographs are proposed, too, whose licence forbids changes.

    Returns
    -------
    Study
        The new study; `generate_stimuli` makes its stimuli.

    Raises
    ------
    InputError
        If `root` is in use, the photographs do not suffice, or one of them or its annotation is
        wrong. Nothing is left at `root`.

    Examples
    --------
    >>> from manipulation import propose_study
    >>> study = propose_study("my-study", sources=2)
    >>> len(study.settings.sources), study.settings_file.name
    (2, 'study.toml')
    """
    root = Path(root)
    check_free(root)
    if sources is not None and sources < 1:
        raise InputError(f"sources is {sources}; expected at least 1")
    if photographs is None:
        photographs = demo_photographs()
        sources = sources or len(photographs.candidates)
    if not no_derivatives:
        photographs = without_unchangeable(photographs)
    settings = Settings(
        study=StudySettings(name or root.name, seed),
        images=ImageSettings(fit=fit),
        design=DesignSettings(controls=controls),
        manipulation=ManipulationSettings(aim=aim or 0.0),
    )
    photographs, unfit = _shown(photographs, settings.images)
    candidates, annotations = photographs.candidates, photographs.annotations
    model = load_saliency_model(settings.manipulation.saliency)
    objects = [found for *_, found in looked_at(photographs, model, settings)]
    usual = most_sources(objects, SOURCES) if photographs.proposed else SOURCES
    number = sources or usual
    proposals = propose_sources(
        candidates, objects, annotations.path, number, pairs=pairs, unfit=unfit
    )
    chosen = proposed_sources(proposals, settings.manipulation)
    create_study(root, settings, proposals, chosen, annotations)
    return open_study(root)


def _shown(
    photographs: CandidatePhotographs, images: ImageSettings
) -> tuple[CandidatePhotographs, list[tuple[Candidate, str]]]:
    """Return the photographs that can be shown as the settings ask; the others, and why not."""
    fit, unfit = [], []
    for candidate in photographs.candidates:
        entry = photographs.annotations.image(candidate.image_id)
        size = entry["width"], entry["height"]
        if because := narrow_because(*size, images.model_px, images.fit):
            unfit.append((candidate, because))
        else:
            fit.append(candidate)
    return replace(photographs, candidates=tuple(fit)), unfit
