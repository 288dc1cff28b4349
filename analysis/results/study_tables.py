"""Every table of an analysis: its name, its columns, and what its sidecar says of it."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.effects.agreement import AGREEMENT
from analysis.effects.controls import CONTROLS
from analysis.effects.mechanism.features import COMPARISONS
from analysis.effects.mechanism.moderators import MODERATORS
from analysis.effects.mechanism.predictors import PREDICTORS
from analysis.effects.mixed.mixed_logit import MIXED_MODELS
from analysis.effects.models import MODELS, TRIALS
from analysis.effects.noise_ceiling import NOISE_CEILING
from analysis.effects.sensitivity import SENSITIVITY
from analysis.effects.standardised import STANDARDISED, SUBJECT_EFFECTS
from analysis.effects.study_analysis import StudyAnalysis
from analysis.effects.summary import SUMMARY
from analysis.fixations.quality import QUALITY
from stimuli.contract.schemas import EFFECTS, FIXATIONS_ON_TARGETS
from stimuli.support.tables import Column, Schema

PARAMETERS = Schema(
    "parameters",
    (
        Column("stim_id", str, "Stimulus"),
        Column("bandwidth_px", float, "Standard deviation of the Gaussian kernel", "px"),
        Column("kde", float, "Weight of the kernel density estimate"),
        Column("uniform", float, "Weight of the uniform density"),
        Column("centre_bias", float, "Weight of the centre bias"),
        Column(
            "log_likelihood_bits", float,
            "Mean log likelihood of a fixation, its subject left out, over uniform", "bit",
        ),
        Column("information_gain_bits", float, "The same over the centre bias", "bit"),
        Column("n_fixations", int, "Fixations on the image"),
        Column("n_subjects", int, "Subjects who made them"),
        Column("fitted", bool, "False: fewer than two subjects, centre bias and uniform only"),
    ),
)  # fmt: skip


_WHOLE = (
    "Shown whole, on grey: the maps of a stimulus cover its photograph alone (photograph_px in "
    "stimuli.tsv), in cells of the same size; Grid is that of the smallest rectangle that holds "
    "every photograph"
)


class StudyTable(NamedTuple):
    """A table of results.

    Attributes
    ----------
    name
        Folder and file in ``derivatives/``, such as ``effects/summary.csv``.
    sidecar
        What its JSON file says beside the columns.
    of_all
        Whether it is the same for all subsets, so that no subset stands in its name.
    """

    name: str
    schema: Schema
    table: pd.DataFrame
    sidecar: Mapping[str, object] = {}
    of_all: bool = False


def study_tables(analysis: StudyAnalysis, sentences: Sequence[str]) -> Iterator[StudyTable]:
    """Yield the tables of an analysis; the sentences stand in the summary's sidecar."""
    fixations, quality = analysis.fixations, analysis.recordings.quality
    yield StudyTable("fixations/fixations.csv", FIXATIONS_ON_TARGETS, fixations, of_all=True)
    yield StudyTable("fixations/quality.csv", QUALITY, quality, of_all=True)
    yield _parameters(analysis)
    notes = _notes(analysis)
    yield StudyTable("effects/effects.csv", EFFECTS, analysis.effects, notes)
    described = notes | _estimated(analysis) | {"Sentences": list(sentences)}
    yield StudyTable("effects/summary.csv", SUMMARY, analysis.summary, described)
    if len(analysis.controls):
        yield StudyTable("effects/controls.csv", CONTROLS, analysis.controls)
    yield StudyTable("effects/agreement.csv", AGREEMENT, analysis.agreement)
    yield StudyTable("effects/models.csv", MODELS, analysis.models)
    yield StudyTable("effects/trials.csv", TRIALS, analysis.trials)
    further = analysis.further
    comparisons = COMPARISONS.with_members(map(str, further.comparisons))
    yield StudyTable("effects/mixed_models.csv", MIXED_MODELS, further.mixed)
    yield StudyTable("effects/standardised.csv", STANDARDISED, further.standardised)
    yield StudyTable("effects/subject_effects.csv", SUBJECT_EFFECTS, further.subjects)
    yield StudyTable("effects/noise_ceiling.csv", NOISE_CEILING, further.ceiling)
    yield StudyTable("effects/comparisons.csv", comparisons, further.comparisons)
    yield StudyTable("effects/predictors.csv", PREDICTORS, further.predictors)
    yield StudyTable("effects/moderators.csv", MODERATORS, further.moderators)
    if analysis.sensitivity is not None:
        not_tried = {"NotTried": list(analysis.sensitivity.not_tried)}
        rows = analysis.sensitivity.effects
        yield StudyTable("effects/sensitivity.csv", SENSITIVITY, rows, not_tried)


def _notes(analysis: StudyAnalysis) -> dict[str, object]:
    notes: dict[str, object] = {
        "Entropy": "Over the pixels of the image as shown, whatever the grid of the maps",
        "Direction": "Of a target: the sign of its own shift",
        "Observers": dict(sorted(Counter(analysis.participants.values()).items())),
    }
    if len(analysis.controls):
        notes["Control"] = "p_obj of the increase's aim where another region got its change"
    return notes


def _estimated(analysis: StudyAnalysis) -> dict[str, object]:
    settings = analysis.study.settings.analysis
    return {
        "Intervals": f"95 %, Student's, from {settings.resamples} resamples of subjects and "
        f"sources (people) or of sources (model); of change_of_mean Fieller's, of "
        f"mean_relative_change percentiles",
        "PObj": settings.p_obj,
        "EntropyOfPeople": settings.entropy,
    }


def _parameters(analysis: StudyAnalysis) -> StudyTable:
    settings, centre_bias = analysis.study.settings, analysis.centre_bias
    rows = [
        {"stim_id": stim_id, **dataclasses.asdict(fit)} for stim_id, fit in analysis.fits.items()
    ]
    bandwidth_px, grid = centre_bias.bandwidth_px, centre_bias.grid
    described = {
        "Maps": "maps/STIMULUS.npz: natural-log probability of every cell of the grid "
        "for people, model (with the measured centre bias) and centre bias",
        "Grid": {
            "Columns": grid.columns,
            "Rows": grid.rows,
            "WidthPx": grid.width_px,
            "HeightPx": grid.height_px,
        },
        **({"Photographs": _WHOLE} if settings.images.fit == "whole" else {}),
        "CentreBias": {
            "LeavesOut": settings.analysis.centre_bias,
            "BandwidthPx": None if np.isnan(bandwidth_px) else bandwidth_px,
            "UniformShare": centre_bias.uniform_share,
        },
    }
    return StudyTable("densities/parameters.csv", PARAMETERS, pd.DataFrame(rows), described)
