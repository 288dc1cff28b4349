"""How the stimuli of a study were made, in words for a paper, with every setting that counted.

In come the settings and the catalogue of a study; out come paragraphs. All figures are theirs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, median

from manipulation.study_stimuli.transform_methods import transform_methods
from stimuli.contract.credits import UNKNOWN_TERMS, credits_of
from stimuli.contract.geometry import extent_deg
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import Condition, Direction, Stimulus, Transform
from stimuli.support.checked import checked_tables
from stimuli.support.portable import portable
from stimuli.support.words import counted, listed

_PAPER = "Gatys, Kümmerer, Wallis & Bethge, 2017"
_CUTS = {
    "crop": "cut to its largest centred square",
    "stretch": "stretched to a square",
    "whole": "shown whole, on a square of the grey of the screen (pixel value {grey})",
}
_UPSCALING = {
    "embedded": "the network by 2 that ships with the toolkit",
    "bicubic": "bicubic interpolation",
}


def stimulus_methods(
    settings: Settings,
    stimuli: Sequence[Stimulus],
    shares: Mapping[str, str],
    made_with: Iterable[Mapping[str, str] | None],
) -> list[str]:
    """Return the paragraphs of a methods section on the stimuli.

    Parameters
    ----------
    stimuli
        The catalogue.
    shares
        What each model that took no part shares with those that guided, by its name.
    made_with
        Versions and the like of every image (`made_with.made_with`); None where it is not known.
    """
    settings = checked_tables(Settings, portable(settings.as_dict()), "study.toml")
    changed = [one for one in stimuli if one.direction in (Direction.INCREASE, Direction.DECREASE)]
    used = [kind for kind in Transform if any(one.transform == kind for one in changed)]
    return [
        _photographs(settings, stimuli),
        _targets(settings, stimuli, changed, guides_edits=Transform.EDITS in used),
        *transform_methods(settings, changed, used),
        _strength(settings),
        _predictions(settings, changed, shares),
        *_controls(stimuli),
        _design(settings, stimuli),
        _terms(stimuli),
        _software(settings, made_with),
    ]


def _photographs(settings: Settings, stimuli: Sequence[Stimulus]) -> str:
    images, screen = settings.images, settings.screen
    aims = {one.source_id: one.condition for one in stimuli if one.direction != Direction.NONE}
    counts = Counter(aims.values())
    width_deg, _ = extent_deg(screen.geometry, settings.placement)
    cut = _CUTS[images.fit].format(grey=screen.grey_level)
    aimed = {
        "draw gaze to an object or keep it from it": counts[Condition.OBJECT],
        "spread gaze or gather it": counts[Condition.ENTROPY],
    }
    aimed_at = listed(f"{count} with versions that {what}" for what, count in aimed.items()
                       if count)  # fmt: skip
    enlarged = (
        f"They were brought to {images.size_px} x {images.size_px} pixels "
        f"({width_deg:.1f} degrees of visual angle at {screen.distance_cm:g} cm), originals and "
        f"versions alike, by {_UPSCALING.get(images.upscale, f'the network {images.upscale}')}."
        if images.size_px != images.model_px else
        f"They were shown at that size ({width_deg:.1f} degrees of visual angle at "
        f"{screen.distance_cm:g} cm)."
    )  # fmt: skip
    return (
        f"Of {counted(len(aims), 'photograph')} an original and two versions with opposite aims "
        f"were made: {aimed_at}. "
        f"Every photograph was {cut}, and seen by networks at {images.model_px} pixels along that "
        f"square. {enlarged}"
    )


def _targets(
    settings: Settings,
    stimuli: Sequence[Stimulus],
    changed: Sequence[Stimulus],
    *,
    guides_edits: bool,
) -> str:
    chosen = settings.manipulation
    also = f" together with {', '.join(chosen.also)}" if chosen.also else ""
    text = (
        f"Densities were predicted by the saliency model {chosen.saliency} (SHA-256 of its weights "
        f"{stimuli[0].checkpoint_sha256[:12]}), without centre bias"
        f"{f', which guided edits{also}' if guides_edits else ''}. "
    )
    shifts = sorted({target.k_shift for one in changed for target in one.targets})
    scales, mixed = (
        sorted({one.k_scale for one in changed if one.k_scale != 1 and bool(one.targets) == aimed})
        for aimed in (False, True)
    )
    if shifts:
        pairs = sum(len(one.targets) > 1 for one in changed)
        text += (
            f"Where a version aims at objects, its target is the log saliency of the photograph, "
            f"shifted inside the objects' outlines by {listed(f'{one:+g}' for one in shifts)} "
            f"nats (eq. 11 of {_PAPER})"
            + (f"; {counted(pairs, 'version')} shift several objects" if pairs else "")
            + (
                f"; some are then multiplied by {listed(f'{one:g}' for one in mixed)} (eq. 12)"
                if mixed
                else ""
            )
            + f". Outlines were {_blur(chosen.mask_blur_px)}. "
        )
    if scales:
        text += (
            f"Where a version aims at the entropy, its target is the log saliency times "
            f"{listed(f'{one:g}' for one in scales)} (eq. 12 of {_PAPER})."
        )
    return text.strip()


def _blur(width_px: float) -> str:
    return f"blurred by {width_px:g} pixels" if width_px else "not blurred"


def _strength(settings: Settings) -> str:
    chosen = settings.manipulation
    if not chosen.budget:
        text = "No budget of naturalness bounded the changes, and the whole change was taken"
    else:
        text = (
            f"Of the change that was found, the largest share was taken with which at least "
            f"{chosen.budget:.0%} of untouched photographs look as edited by a fitted judge, or "
            f"with which it looks no more so than its photograph, the distance to the photograph "
            f"in features of a network that knows objects is at most {chosen.distance:g} in the "
            f"mean and {chosen.local_distance:g} over the 2 % of the picture where it is largest, "
            f"chroma and hue differ by at most {chosen.colour:g} units of CIE94 where they change "
            f"most (less on photographs of little colour), lightness, contrast and lost colour by "
            f"at most {chosen.tone:g} units of CIELAB's lightness, colours of skin, plants and sky "
            f"go at most {chosen.memory_colour:g} units of CIELAB further out of their natural "
            f"ranges than they were, and the statistics of objects stay within what is "
            f"usual ({chosen.usual}) or near where they were; as shown, these "
            f"may be exceeded by a tenth"
        )
    aims = [
        f"{value:g} {unit}"
        for value, unit in ((chosen.aim, "in p_obj"), (chosen.aim_bits, "bits in the entropy"))
        if value
    ]
    stopped = (
        f", or the least with which the mean of guide and judges predicts a change of "
        f"{' or '.join(aims)}" if aims else ""
    )  # fmt: skip
    return f"{text}{stopped}."


def _predictions(settings: Settings, changed: Sequence[Stimulus], shares: Mapping[str, str]) -> str:
    parts = []
    for condition, what in ((Condition.OBJECT, "p_obj"), (Condition.ENTROPY, "the entropy")):
        unit = "" if condition == Condition.OBJECT else " bits"
        for direction, aim in ((Direction.INCREASE, "more"), (Direction.DECREASE, "less")):
            own = [
                one for one in changed if (one.condition, one.direction) == (condition, direction)
            ]
            found = [
                one.effect.predicted_change for one in own
                if one.effect and one.effect.predicted_change is not None
            ]  # fmt: skip
            if found:
                parts.append(f"{fmean(found):+.3f}{unit} in {what} where {aim} was asked")
    text = f"The model predicts a mean change of {listed(parts)}." if parts else ""
    moved = sum(one.moves_as_asked is True for one in changed)
    text += f" {moved} of {len(changed)} versions are predicted to move as asked."
    effects = [one.effect for one in changed if one.effect]
    for name, share in shares.items():
        told = [one for one in effects if name in one.second_changes and one.predicted_change]
        agree = sum((one.transfer_to(name) or 0) > 0 for one in told)
        text += (
            f" {name}{f' ({share})' if share else ''}, which took no part, predicts the same "
            f"direction for {agree} of {len(told)}."
        )
    bound = [one for one in effects if one.within_budget is not None]
    if settings.manipulation.budget and bound:
        kept = sum(one.within_budget is True for one in bound)
        realism = [one.realism for one in bound if one.realism is not None]
        text += f" {kept} of {len(bound)} versions as shown keep to the budget"
        text += f"; in the median {median(realism):.0%} of photographs look as edited." if (
            realism
        ) else "."  # fmt: skip
    missed = sum(one.aim_reached is False for one in effects)
    if settings.manipulation.aim or settings.manipulation.aim_bits:
        text += f" What they aim at is not reached by {missed} of {len(effects)} versions."
    return text.strip()


def _controls(stimuli: Sequence[Stimulus]) -> list[str]:
    controls = [one.control for one in stimuli if one.control]
    if not controls:
        return []
    ratios = [one.size_ratio for one in controls]
    sizes = list(dict.fromkeys(f"{one:.2f}" for one in (min(ratios), max(ratios))))
    return [
        f"{counted(len(controls), 'photograph')} had a third version, a matched control: the "
        f"change that the increase's first object got, made to another region of "
        f"{' to '.join(sizes)} times its area."
    ]


def _design(settings: Settings, stimuli: Iterable[Stimulus]) -> str:
    blocks = Counter(one.block for one in stimuli)
    orders = {"latin-square": "a Latin square", "williams": "Williams' design"}
    sizes = listed(f"{counted(blocks[block], 'image')} ({block})" for block in settings.blocks)
    return (
        f"The stimuli stood in {len(settings.blocks)} blocks, {sizes}, whose orders over subjects "
        f"follow {orders[settings.design.orders]}. Each block shows a photograph once, in an order "
        f"drawn for each subject with at most {settings.design.longest_run} trials of one "
        f"condition and direction in a row."
    )


def _terms(stimuli: Sequence[Stimulus]) -> str:
    counts = Counter(one.terms for one in credits_of(stimuli))
    terms = listed(f"{count} under {name}" for name, count in sorted(counts.items()))
    terms = terms.replace(f"under {UNKNOWN_TERMS}", f"with {UNKNOWN_TERMS}")
    return f"Terms of the photographs: {terms}; credits.txt says whom each is owed to."


def _software(settings: Settings, made_with: Iterable[Mapping[str, str] | None]) -> str:
    found = {tuple(one.items()) for one in made_with if one}
    sets = (", ".join(f"{name} {value}" for name, value in one) for one in sorted(found))
    made = f"Made with {'; or with '.join(sets)}. " if found else ""
    return (
        f"{made}The seed is {settings.study.seed}. Other versions, processors or numbers of "
        f"threads may give images that differ a little, so the files of the study are what "
        f"was shown, and stimuli.tsv has their SHA-256."
    )
