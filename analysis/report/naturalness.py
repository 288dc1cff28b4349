"""The table of the report on how natural the versions are, as the catalogue states it."""

from dataclasses import dataclass

from analysis.effects.mechanism.object_groups import object_names_of
from analysis.effects.study_analysis import StudyAnalysis
from analysis.report.numbers import DASH
from analysis.report.tables import Table, direction_cell
from stimuli.contract.region_names import unusual_by_name
from stimuli.contract.vocabulary import PredictedEffect


@dataclass(frozen=True)
class NaturalnessOfVersions:
    """How natural the versions of a study are.

    Attributes
    ----------
    summary
        How many keep to their budget, in a sentence.
    versions
        A row for each.
    """

    summary: str
    versions: Table


def naturalness_of_versions(analysis: StudyAnalysis) -> NaturalnessOfVersions | None:
    """Return how natural the versions are; None where the catalogue does not state it."""
    measured = [
        (one, one.effect)
        for one in analysis.design.stimuli
        if one.effect is not None and one.effect.ssim is not None
    ]
    if not measured:
        return None
    bound = [effect for _, effect in measured if effect.within_budget is not None]
    over = [effect for effect in bound if not effect.within_budget]
    summary = "The versions had no budget of naturalness."
    if bound:
        summary = f"{len(bound) - len(over)} of {len(bound)} versions keep to their budget."
    names = object_names_of(analysis.design.study)
    rows = [
        [
            stimulus.source_id, direction_cell(stimulus.direction), _budget(effect),
            _number(effect.realism, 2), _number(effect.second_realism, 2),
            _number(effect.feature_distance, 3), _number(effect.local_distance, 2),
            _number(effect.colour_difference, 1), _number(effect.tone_difference, 1),
            _number(effect.memory_colour_difference, 1),
            _number(effect.psnr_db, 1), _number(effect.ssim, 3),
            DASH if effect.clipped is None else f"{effect.clipped:.2%}",
            _number(effect.seam_octaves, 2),
            ", ".join(unusual_by_name(effect.unusual, names.get(stimulus.source_id, {}))) or DASH,
        ]
        for stimulus, effect in measured
    ]  # fmt: skip
    head = [
        "Source", "Aim", "Budget", "Realism", "Other judge", "Distance", "Largest", "Colours",
        "Tones", "Skin, plants, sky", "PSNR, dB", "SSIM", "Clipped", "Contours", "Unusual",
    ]  # fmt: skip
    return NaturalnessOfVersions(summary, Table(head, rows, text_columns=3))


def _budget(effect: PredictedEffect) -> str:
    if effect.within_budget is None:
        return DASH
    return "kept" if effect.within_budget else "over"


def _number(value: float | None, digits: int) -> str:
    return DASH if value is None else f"{value:.{digits}f}"
