"""The course of viewing in a study: when people looked at the targets, and on which paths."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.effects.masks import read_mask
from analysis.effects.measuring import subject_strata
from analysis.effects.study_analysis import StudyAnalysis
from analysis.fixations.subsets import Subset
from analysis.viewing.course import COURSE
from analysis.viewing.first_saccades import FIRST_SACCADES
from analysis.viewing.latency import LATENCY
from analysis.viewing.measures import MEASURES
from analysis.viewing.pairs import ImagePair, TargetPair
from analysis.viewing.resampling import RESAMPLES
from analysis.viewing.scanpaths import ScanpathComparison, compare_scanpaths
from analysis.viewing.similarity import SIMILARITY
from analysis.viewing.time_course import TimeCourse, time_course
from stimuli.contract.vocabulary import Condition
from stimuli.support.tables import Schema

NOTES = {
    "Fixations": "That began while the image was shown, on the image; the one under way at the "
    "onset (fixation 0) is in no share, latency or dwell time, and the first saccade begins at "
    "its end",
    "Means": "Over targets or images, of ratios over subjects, and of Kaplan-Meier curves",
    "Intervals": f"95 %, from at most {RESAMPLES} resamples of subjects and sources, as wide as "
    "Student's t; bands hold whole curves in 95 % (max-t)",
}


@dataclass(frozen=True, eq=False)
class StudyViewing:
    """How people's gaze unfolded on the images of a study.

    Attributes
    ----------
    time_course : TimeCourse or None
        About the targets; None where nobody saw one on an original and on a version.
    scanpaths : ScanpathComparison
        About all images.
    n_subjects, n_sources
        Who looked, and sources of the targets.
    viewing_ms
        For how long an image is shown.
    """

    time_course: TimeCourse | None
    scanpaths: ScanpathComparison
    n_subjects: int
    n_sources: int
    viewing_ms: float

    @property
    def measures(self) -> pd.DataFrame:
        """All rows by `analysis.viewing.measures.MEASURES`."""
        of_targets = [] if self.time_course is None else [self.time_course.measures]
        return pd.concat([*of_targets, self.scanpaths.measures], ignore_index=True)

    def tables(self) -> Iterator[tuple[str, Schema, pd.DataFrame]]:
        """Yield the name of every table, its columns, and the table."""
        yield "measures", MEASURES, self.measures
        yield "similarity", SIMILARITY, self.scanpaths.similarity
        if self.time_course is not None:
            yield "time_course", COURSE, self.time_course.course
            yield "latency", LATENCY, self.time_course.latency
            yield "first_saccades", FIRST_SACCADES, self.time_course.first_saccades


def study_viewing(analysis: StudyAnalysis) -> StudyViewing | None:
    """Return how people's gaze unfolded on the images of a study.

    Parameters
    ----------
    analysis : StudyAnalysis
        As `analyse_study` returns it: its fixations that were used, those under way at the onset of
        their trials, and what its model predicts.

    Returns
    -------
    viewing : StudyViewing or None
        None of the subset of first fixations, which has no course, and where nobody saw both an
        original and a version.

    Raises
    ------
    InputError
        If a mask cannot be read.

    Examples
    --------
    >>> from analysis import analyse_study, study_viewing
    >>> from stimuli import open_study
    >>> viewing = study_viewing(analyse_study(open_study("demo-study")))
    >>> dwell = viewing.measures.query("measure == 'dwell' and direction == 'increase'")
    """
    if analysis.subset == Subset.FIRST_FIXATION:
        return None
    settings, used = analysis.study.settings, analysis.used
    seen, size_px = set(used["stim_id"]), settings.images.size_px
    image_pairs = [one for one in _image_pairs(analysis) if seen.issuperset(one.images)]
    target_pairs, model = _target_pairs(analysis, seen)
    if not image_pairs:
        return None
    viewing_ms = 1000.0 * settings.session.image_s
    resamples = min(RESAMPLES, settings.analysis.resamples)
    table, strata = _fixations(analysis), subject_strata(used)
    course = None
    if target_pairs:
        course = time_course(
            table, target_pairs, viewing_ms=viewing_ms,
            bin_ms=min(settings.analysis.time_bin_ms, viewing_ms),
            latency_groups=settings.analysis.latency_groups, groups=strata, model=model,
            resamples=resamples, seed=settings.study.seed,
        )  # fmt: skip
    per_degree = settings.screen.geometry.pixels_per_degree / settings.placement.scale
    scanpaths = compare_scanpaths(
        table, image_pairs, (size_px, size_px), viewing_ms=viewing_ms,
        pixels_per_degree=float(per_degree.mean()), groups=strata, resamples=resamples,
        seed=settings.study.seed,
    )  # fmt: skip
    sources = {one.source for one in target_pairs}
    return StudyViewing(course, scanpaths, used["subject"].nunique(), len(sources), viewing_ms)


def _image_pairs(analysis: StudyAnalysis) -> Iterator[ImagePair]:
    stimuli = analysis.design.stimuli
    originals = {one.source_id: one for one in stimuli if one.condition == Condition.ORIGINAL}
    for one in stimuli:
        if one.condition != Condition.ORIGINAL:
            yield ImagePair(
                one.source_id, originals[one.source_id].stim_id, one.stim_id,
                str(one.direction), str(one.condition),
            )  # fmt: skip


def _target_pairs(
    analysis: StudyAnalysis, seen: set[str]
) -> tuple[list[TargetPair], dict[TargetPair, tuple[float, float]]]:
    """Return a pair a target, and what the model predicts of it."""
    study, masks = analysis.study, dict[str, np.ndarray]()
    pairs, model = [], {}
    for contrast in analysis.contrasts:
        one = contrast.comparison
        if one.target is None or not seen.issuperset((one.original.stim_id, one.version.stim_id)):
            continue
        name = one.target.mask
        if name not in masks:
            masks[name] = read_mask(study.root / name, study.settings.images.size_px)
        pair = TargetPair(
            one.version.source_id, one.original.stim_id, one.version.stim_id, str(one.direction),
            mask=masks[name],
        )  # fmt: skip
        pairs.append(pair)
        model[pair] = contrast.original.model, contrast.version.model
    return pairs, model


def _fixations(analysis: StudyAnalysis) -> pd.DataFrame:
    """Return the fixations that are used, with those under way at the onset of their trials."""
    used, every = analysis.used, analysis.fixations
    key = ["subject", "trial"]
    trials = pd.MultiIndex.from_frame(used[key])
    under_way = every[(every["fixation"] == 0) & pd.MultiIndex.from_frame(every[key]).isin(trials)]
    asked_s = analysis.study.settings.session.image_s
    shown_ms = {
        (run.subject, int(trial["trial"])): 1000.0 * (trial["duration"] or asked_s)
        for run in analysis.runs
        for trial in run.complete
    }
    table = pd.concat([used, under_way], ignore_index=True).rename(columns={"stim_id": "image"})
    of_trials = zip(table["subject"], table["trial"], strict=True)
    return table.assign(viewing_ms=[shown_ms[str(one), int(trial)] for one, trial in of_trials])
