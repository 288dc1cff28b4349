"""A new study, proposed: photographs in, a study folder with sources and their versions out."""

from collections.abc import Sequence
from pathlib import Path

from manipulation.new_study.candidates import (
    CandidatePhotographs,
    demo_photographs,
    without_unchangeable,
)
from manipulation.new_study.folder import check_free, create_study
from manipulation.new_study.look import looked_at
from manipulation.new_study.natural_room import NaturalRoom
from manipulation.new_study.objects import UNREADABLE, ObjectCandidate
from manipulation.new_study.proposals import most_sources, propose_sources
from manipulation.new_study.proposed_sources import proposed_sources
from manipulation.saliency import load_saliency_model
from stimuli.contract.coco_file import LeftOut
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
    entropy: int | None = None,
    pairs: bool = True,
    mixture: bool = False,
    controls: bool = False,
    name: str = "",
    seed: int = 0,
    fit: str = ImageSettings.fit,
    aim: float | None = None,
    no_derivatives: bool = False,
) -> Study:
    """Make a study folder with proposed sources: photographs, objects, two versions each.

    All photographs are looked at by the saliency model that guides changes by default. Those whose
    objects have the most room become sources, in effect and in naturalness, of mixed categories;
    ``stimuli/proposals.tsv`` says why, names what was left out, and ``study.toml`` states what was
    chosen, to be changed by hand.

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
    entropy
        How many of them for entropy alone; all, where no photograph has an object.
    pairs
        Whether a second object is shifted the other way, where there is one.
    mixture
        Whether versions for objects are a mixture of shift and scale, as the paper's are
        (`helping_scales`); by default they shift alone.
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
        If `root` is in use or the photographs that can be used do not suffice. Nothing is left at
        `root`.

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
    if entropy is not None and entropy < 0:
        raise InputError(f"entropy is {entropy}; expected 0 or more sources for entropy alone")
    if photographs is None:
        photographs = demo_photographs()
        sources = sources or len(photographs.candidates)
    if not no_derivatives:
        photographs = without_unchangeable(photographs)
    annotations = photographs.annotations
    settings = Settings(
        study=StudySettings(name or root.name, seed),
        images=ImageSettings(fit=fit),
        design=DesignSettings(controls=controls),
        manipulation=ManipulationSettings(aim=aim or 0.0),
    )
    model = load_saliency_model(settings.manipulation.saliency)
    natural_room = NaturalRoom(settings.manipulation)
    left_out = list(photographs.left_out)
    candidates, objects, rooms = [], [], []
    for one in looked_at(
        photographs, model, settings, natural_room=natural_room, mixture=mixture, left_out=left_out
    ):
        candidates.append(one.candidate)
        objects.append(one.objects)
        rooms.append(one.entropy_room)
    usual = most_sources(objects, SOURCES, entropy) if photographs.proposed else SOURCES
    number = sources or usual
    proposals = propose_sources(
        candidates, objects, annotations.path, number, entropy=entropy, pairs=pairs,
        entropy_rooms=rooms,
        left_out=_in_words(left_out, objects),
    )  # fmt: skip
    chosen = proposed_sources(proposals, settings.manipulation)
    create_study(root, settings, proposals, chosen, annotations, left_out)
    return open_study(root)


def _in_words(left_out: Sequence[LeftOut], objects: Sequence[Sequence[ObjectCandidate]]) -> str:
    """Return how much was left out and the first of it; nothing where nothing was."""
    faults = [str(one) for one in left_out]
    faults += [
        f"annotation {one.annotation_id}: {one.rejected_because}"
        for found in objects
        for one in found
        if one.rejected_because.startswith(UNREADABLE)
    ]
    return f"left out: {len(faults)}, such as {faults[0]}" if faults else ""
