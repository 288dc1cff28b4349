"""What is known of every comparison before anyone looks: object, edit, predictions."""

import math
from collections.abc import Sequence

import pandas as pd

from analysis.effects.contrasts import Contrast
from analysis.effects.counts import Counts
from analysis.effects.mechanism.object_groups import categories_of, object_group
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Direction, PredictedEffect, Viewer
from stimuli.support.tables import Column, Schema

COMPARISONS = Schema(
    "comparisons",
    (
        Column("subset", str, "Fixations used"),
        Column("version_id", str, "Version, a row of stimuli/stimuli.tsv"),
        Column("source_id", str, "Photograph"),
        Column("target", str, "COCO annotations of the target"),
        Column("direction", str, "What was asked of the target"),
        Column("change", float, "Of people: change of the share of fixations on it, counted"),
        Column("category", str, "COCO category of the object, or the name of the region"),
        Column("group", str, "Kind of object that the category belongs to"),
        Column("transform", str, "What changed the photograph"),
        Column("strength", float, "Share of the change that was found which the version got"),
        Column("aim_reached", bool, "Whether the models' prediction reached manipulation.aim"),
        Column("within_budget", bool, "Whether the version keeps to its budget of naturalness"),
        Column("realism", float, "Share of photographs that look at least as edited"),
        Column("second_realism", float, "The same by a realism judge that took no part"),
        Column("feature_distance", float, "Distance to the original in features"),
        Column("ssim", float, "Structural similarity to the original"),
        Column("predicted_model", float, "Change of p_obj by the study's model with the measured "
               "centre bias, of every target"),
        Column("predicted_guide", float, "The same without centre bias, as the catalogue has it; "
               "n/a for all but a version's first target"),
        Column("asked", float, "Change that the version's target density asks of it, likewise"),
        Column("predicted_by_", float, "Change by a judge that took no part, likewise, by its name",
               family=True),
    ),
)  # fmt: skip
GUIDE, MODEL, ASKED = "predicted_guide", "predicted_model", "asked"
JUDGE = "predicted_by_"
_OF_EFFECT = ("strength", "aim_reached", "within_budget", "realism", "second_realism",
              "feature_distance", "ssim")  # fmt: skip


def comparison_features(
    study: Study, contrasts: Sequence[Contrast], counts: Counts, label: str
) -> pd.DataFrame:
    """Return a row for every comparison of `counts`, by `COMPARISONS`.

    Parameters
    ----------
    study : Study
        Its settings say where annotations are, which have the categories.
    contrasts
        Versions with their originals, as `measure_effects` returns them.
    counts : Counts
        Fixations on the targets by subject.
    label
        Content of the column ``subset``.
    """
    by_key = {
        (one.comparison.version.stim_id, one.comparison.annotation_ids): one
        for one in contrasts
        if one.comparison.target is not None
    }
    keys = counts.comparisons[["version_id", "target"]].itertuples(index=False, name=None)
    chosen = [by_key[key] for key in keys]
    targets = [one.comparison.target for one in chosen]
    categories = categories_of(
        study,
        [
            (one.comparison.version.source_id, target.annotation_ids if target else ())
            for one, target in zip(chosen, targets, strict=True)
        ],
    )
    rows = [
        {"subset": label, "change": change, "category": category, "group": object_group(category)}
        | _known_before(one)
        for one, change, category in zip(chosen, counts.pooled, categories, strict=True)
    ]
    table = pd.concat([counts.comparisons, pd.DataFrame(rows)], axis=1)
    judges = judges_of(table)
    names = [name for name in COMPARISONS.names if name != JUDGE]
    return table.reindex(columns=[*names, *judges])


def _known_before(contrast: Contrast) -> dict[str, object]:
    version = contrast.comparison.version
    effect = version.effect or PredictedEffect(math.nan)
    values: dict[str, object] = {
        "transform": str(version.transform), MODEL: contrast.change(Viewer.MODEL),
        **{name: getattr(effect, name) for name in _OF_EFFECT},
    }  # fmt: skip
    # The catalogue predicts the change of the first target; of a control nothing was asked.
    if contrast.comparison.target != version.targets[0]:
        return values
    if version.direction != Direction.CONTROL:
        values[ASKED] = effect.asked_change
    values[GUIDE] = effect.predicted_change
    return values | {f"{JUDGE}{name}": one for name, one in effect.second_changes.items()}


def judges_of(features: pd.DataFrame) -> list[str]:
    """Return the columns of the judges that took no part."""
    return [str(name) for name in features if str(name).startswith(JUDGE)]
