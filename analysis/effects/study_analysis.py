"""The whole analysis of a study: from its recordings to effects with intervals, as tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analysis.density.centre_bias import CentreBias
from analysis.density.mixture import DensityFit
from analysis.effects.agreement import agreement_table
from analysis.effects.bootstrap import pigeonhole_bootstrap
from analysis.effects.contrasts import Contrast, effects_table
from analysis.effects.controls import control_table
from analysis.effects.design import StudyDesign, read_design
from analysis.effects.further import FurtherResults, further_results
from analysis.effects.measuring import (
    KeepMaps,
    MeasuredSource,
    keep_nothing,
    measure_effects,
    subject_strata,
    tell_nothing,
)
from analysis.effects.models import clustered_logits, trial_table
from analysis.effects.on_targets import fixations_on_targets
from analysis.effects.sensitivity import SensitivityCheck, SensitivityResult
from analysis.effects.summary import summary_table
from analysis.fixations.recording_summary import RecordingSummary
from analysis.fixations.subsets import Subset, select_fixations
from analysis.fixations.table import fixation_table
from analysis.sessions.runs import SessionRun, read_participant_kinds, read_runs
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import ParticipantKind
from stimuli.support.checked import member
from stimuli.support.errors import InputError


@dataclass(frozen=True, eq=False)
class StudyAnalysis:
    """Results of one subset of a study's fixations.

    Attributes
    ----------
    design : StudyDesign
        The study, its stimuli and its comparisons.
    runs, participants
        Runs of the sessions, and by subject who took part.
    subset, query, label
        Fixations that were used, and what the results are called.
    fixations, used : DataFrames
        The fixation table, by `stimuli.contract.schemas.FIXATIONS_ON_TARGETS`, and its rows that
        entered densities.
    recordings : RecordingSummary
        What the recordings held and what became of it.
    centre_bias, fits
        Parameters of the densities: what all share, and of each by ``stim_id``.
    contrasts, effects, summary
        The effects, from the finest to the coarsest.
    controls : DataFrame
        Increases against their matched controls; no rows where the study has none.
    agreement, models, trials : DataFrames
        People against the model; regressions without densities, and the table that they are of.
    sensitivity : SensitivityResult or None
        Effects under other choices; None if not asked for.
    further : FurtherResults
        What the counts of fixations on targets tell: mixed models, every subject, ceilings,
        mechanism.
    """

    design: StudyDesign
    runs: Sequence[SessionRun]
    participants: Mapping[str, ParticipantKind]
    subset: Subset
    query: str | None
    label: str
    fixations: pd.DataFrame
    used: pd.DataFrame
    recordings: RecordingSummary
    centre_bias: CentreBias
    fits: Mapping[str, DensityFit]
    contrasts: Sequence[Contrast]
    effects: pd.DataFrame
    summary: pd.DataFrame
    controls: pd.DataFrame
    agreement: pd.DataFrame
    models: pd.DataFrame
    trials: pd.DataFrame
    sensitivity: SensitivityResult | None
    further: FurtherResults

    @property
    def study(self) -> Study:
        """The study that was analysed, with the settings that were used."""
        return self.design.study


def analyse_study(
    study: Study,
    *,
    subset: Subset = Subset.ALL,
    query: str | None = None,
    label: str | None = None,
    sensitivity: bool = False,
    keep: KeepMaps = keep_nothing,
    tell: Callable[[MeasuredSource], object] = tell_nothing,
) -> StudyAnalysis:
    """Analyse the recordings of a study: effects of the manipulation, with intervals.

    Parameters
    ----------
    study : Study
        With stimuli, events and recordings. `as_published` gives it the paper's settings.
    subset : Subset
        Fixations to use: all, those of each subject's first block, or the first of each trial.
    query
        A further condition on the columns of the fixation table, as `pandas.DataFrame.query`
        reads it.
    label
        What the results are called in the column ``subset``; the subset if it is not given.
    sensitivity
        Whether to measure again with other bandwidths, centre bias, detectors and exclusions.
    keep
        Called with the maps of every stimulus, to write or show them.
    tell
        Called with every source once it is measured.

    Returns
    -------
    analysis : StudyAnalysis
        Tables of fixations, effects, their summary with 95 % intervals, and checks.

    Raises
    ------
    InputError
        If something of the study is missing or broken, or no fixation is left.

    Examples
    --------
    >>> from analysis import Subset, analyse_study
    >>> from stimuli import open_study
    >>> analysis = analyse_study(open_study("demo-study"), subset=Subset.ALL)
    >>> means = analysis.summary[["direction", "observer", "mean_change"]]
    """
    subset = member(Subset, subset, "subset")
    label = label or str(subset)
    settings = study.settings

    # What was shown, to whom.
    design = read_design(study)
    runs = read_runs(study, design.stimuli)
    participants = read_participant_kinds(study, sorted({run.subject for run in runs}))

    # Recordings to fixations, and which of them are used.
    fixations, recordings = fixation_table(runs, settings)
    if fixations.empty:
        raise InputError(f"{study.root}: {recordings.why_none()}")

    def select(table: pd.DataFrame) -> pd.DataFrame:
        drops = settings.exclusions.drop_blink_adjacent
        return select_fixations(table, subset, query=query, drop_beside_blink=drops)

    used = select(fixations)

    # Fixations to densities, and every version against its original.
    measured = measure_effects(design, used, keep=keep, tell=tell)
    contrasts = measured.contrasts

    # Intervals over subjects and sources together; and the same by regression, as a check.
    resamples = pigeonhole_bootstrap(
        contrasts, subject_strata(used), seed=settings.study.seed,
        resamples=settings.analysis.resamples,
    )  # fmt: skip
    coverages = ((one, design.coverage_in_frame(one)) for one in design.comparisons)
    on_targets = {one: coverage >= 0.5 for one, coverage in coverages if coverage is not None}
    trials = trial_table(design.comparisons, design.in_frame(used), on_targets, design.grid)
    checked = None
    if sensitivity:
        check = SensitivityCheck(design, runs, fixations, recordings.quality, select)
        checked = check.run(measured, label)
    return StudyAnalysis(
        design=design, runs=runs, participants=participants, subset=subset, query=query,
        label=label, fixations=fixations_on_targets(design, fixations), used=used,
        recordings=recordings,
        centre_bias=measured.centre_bias, fits=measured.fits, contrasts=contrasts,
        effects=effects_table(contrasts, label),
        summary=summary_table(contrasts, label, resamples),
        controls=control_table(contrasts, label, resamples),
        agreement=agreement_table(contrasts, label, resamples),
        models=clustered_logits(trials, label), trials=trials, sensitivity=checked,
        further=further_results(study, contrasts, trials, subject_strata(used), label),
    )  # fmt: skip


def as_published(study: Study) -> Study:
    """Return the study with the settings of the paper's analysis.

    The centre bias of a stimulus then comes from all other stimuli, p_obj and entropy of people
    are those of the fitted densities, and fixations are the tracker's.

    Examples
    --------
    >>> from analysis import as_published
    >>> from stimuli import open_study
    >>> as_published(open_study("demo-study")).settings.analysis.centre_bias
    'other-stimuli'
    """
    analysis = replace(
        study.settings.analysis, centre_bias="other-stimuli", p_obj="density", entropy="plain",
        detector="tracker",
    )  # fmt: skip
    return replace(study, settings=replace(study.settings, analysis=analysis))
