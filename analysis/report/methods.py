"""The methods of this analysis in words, with its settings and versions."""

import math
import statistics
from collections.abc import Sequence

from analysis.density import centre_bias, mixture
from analysis.effects.intervals import LEAST_SOURCES
from analysis.effects.study_analysis import StudyAnalysis
from analysis.fixations.parsing import detector_at, is_of_samples
from analysis.fixations.subsets import Subset
from analysis.recordings.sample_tables import physio_device, physio_rate_hz
from analysis.report.further import further_methods
from analysis.report.numbers import signed
from analysis.sessions.runs import SessionRun
from stimuli.contract.geometry import extent_deg
from stimuli.contract.settings import NOT_MEASURED, AnalysisSettings, ExclusionSettings, Settings
from stimuli.contract.study import CODE_CHARTS
from stimuli.contract.vocabulary import ParticipantKind
from stimuli.support.provenance import package_versions, source_commit

_SUBSETS = {
    Subset.ALL: "All fixations of all blocks were used: {who_saw_all}.",
    Subset.FIRST_BLOCK: "Only the first block of each subject was used, in which nobody had seen "
    "another version of an image. Original and version were then seen by different people: "
    "comparisons are between subjects, and subjects were drawn within the block that they saw.",
    Subset.FIRST_FIXATION: "Only the first fixation that began after the image appeared was used; "
    "where it left the image, the trial gives none.",
}


_P_OBJ = {
    "counted": "p_obj of people is the share of their fixations on the target: it estimates the "
    "probability of fixating the target, which is what the model's density gives. That of their "
    "fitted density, as published, stands beside it: kernel, uniform density and centre bias draw "
    "it towards what is usual, so that its changes are smaller than those of the fixations.",
    "density": "p_obj of people is their fitted density's sum over the mask of the target, as "
    "published. Kernel, uniform density and centre bias draw it towards what is usual, so that its "
    "changes are smaller than those of the fixations, whose share on the target stands beside it, "
    "and smaller than the model's even where the model is right.",
}
_ENTROPIES = {
    "neighbours": "The entropy of people is the mean over fixations of log\N{SUBSCRIPT TWO}(m A) + "
    "0.83 bits, m being the number of fixations of the other subjects and A the area, on the "
    "image, of the disc that reaches to the nearest of these (after Kozachenko & Leonenko 1987): "
    "no density is fitted, and it depends little on the number of subjects.",
    "plain": "Entropies of people are those of their fitted density, as published: another "
    "quantity than the model's entropy, biased by smoothing and by the number of subjects, so that "
    "only entropies of equal numbers of subjects may be compared.",
    "jackknife": "Entropies of people are those of their fitted density after a jackknife over "
    "subjects, which makes them too high where bandwidth and weights are fitted, the more so the "
    "fewer subjects there are; only entropies of equal numbers of subjects may be compared.",
}


def _relative(settings: AnalysisSettings) -> str:
    if settings.p_obj == "counted":
        return (
            "relative changes are the mean change divided by the mean of the originals, and "
            "their intervals Fieller's, from the same resamples."
        )
    return (
        "relative changes are divided by each original, and then averaged; their intervals are "
        "percentiles of the same resamples."
    )


def _recorded(analysis: StudyAnalysis) -> str:
    """Return with what gaze was recorded: of samples as they say, else as the settings do."""
    tracker = analysis.study.settings.tracker
    if set(analysis.participants.values()) == {ParticipantKind.SIMULATED}:
        return f"Nobody looked: gaze was simulated at {tracker.sample_rate_hz:g} samples a second."
    if _trackers(analysis) == {CODE_CHARTS}:
        return (
            "Gaze was not recorded: after each image people typed the code that they saw where "
            "they had looked when it vanished (CodeCharts, Newman et al. 2020)."
        )
    rates = sorted({f"{rate_hz:g}" for rate_hz in _rates_hz(analysis, analysis.runs)}, key=float)
    return (
        f"Gaze of the {tracker.eye} eye was recorded with "
        f"{' or '.join(sorted(_trackers(analysis)))} at {' or '.join(rates)} samples a second."
    )


def _rates_hz(analysis: StudyAnalysis, runs: Sequence[SessionRun]) -> list[float]:
    """Return the sample rate of some runs."""
    asked_hz = analysis.study.settings.tracker.sample_rate_hz
    return [
        (is_of_samples(path) and physio_rate_hz(path)) or asked_hz
        for path in (run.recording for run in runs)
        if path is not None
    ] or [asked_hz]


def _trackers(analysis: StudyAnalysis) -> set[str]:
    """Return what recorded, as the sidecar of a recording of samples says."""
    named = set()
    for run in analysis.runs:
        if run.recording is None or not is_of_samples(run.recording):
            named.add("an EyeLink")
        else:
            named.add(physio_device(run.recording) or analysis.study.settings.tracker.model)
    return named


def _detection(analysis: StudyAnalysis) -> str:
    settings = analysis.study.settings.analysis
    of_samples = [run for run in analysis.runs if run.recording and is_of_samples(run.recording)]
    if settings.detector == "tracker":
        if not of_samples:
            return "Fixations are those of the tracker's own parser, at its mean positions."
        if _trackers(analysis) == {CODE_CHARTS}:
            return "Its place is the one fixation of the trial."
        detectors = sorted({detector_at(rate_hz) for rate_hz in _rates_hz(analysis, of_samples)})
    else:
        detectors = [settings.detector]
    thresholds = {
        "velocity": f"by velocity (I-VT, below {settings.velocity_deg_s:g} degrees a second)",
        "dispersion": f"by dispersion (I-DT, within {settings.dispersion_deg:g} degrees)",
    }
    found = " or ".join(thresholds[one] for one in detectors)
    return (
        f"Fixations were found in the samples {found}, at least "
        f"{settings.minimum_fixation_ms:g} ms long."
    )


def _luminance(settings: Settings) -> str:
    screen = settings.screen
    white = NOT_MEASURED if screen.luminance_cd_m2 is None else f"{screen.luminance_cd_m2:g} cd/m²"
    gamma = NOT_MEASURED if screen.gamma is None else f"{screen.gamma:g}"
    return f"; luminance of white {white}, gamma {gamma}"


def _whole(settings: Settings) -> str:
    """Return what the surround of photographs is, where they are shown whole."""
    if settings.images.fit != "whole":
        return ""
    return (
        f", each a whole photograph on the grey of the screen (pixel value "
        f"{settings.screen.grey_level}; fixations on the grey count as off the image, and all "
        f"densities are over the photograph alone),"
    )


def shown_for(analysis: StudyAnalysis) -> str:
    """Return for how long the images were shown, as it was measured in the complete trials."""
    asked_s = analysis.study.settings.session.image_s
    measured = [
        float(trial["duration"])
        for run in analysis.runs
        for trial in run.complete
        if trial["duration"] is not None
    ]
    if not measured:
        return f"for {asked_s:g} s (asked for; not measured)"
    return (
        f"for {statistics.median(measured):.3f} s (median of {len(measured)} trials, measured; "
        f"range {min(measured):.3f} to {max(measured):.3f} s; {asked_s:g} s were asked for)"
    )


def _subset(analysis: StudyAnalysis) -> str:
    return _SUBSETS[analysis.subset].format(who_saw_all=_who_saw_all(analysis))


def _who_saw_all(analysis: StudyAnalysis) -> str:
    """Return how many subjects saw every original and version, as trials that were complete say."""
    stimuli = {stimulus.stim_id for stimulus in analysis.design.stimuli}
    seen: dict[str, set[str]] = {}
    for run in analysis.runs:
        seen.setdefault(run.subject, set()).update(str(trial["stim_id"]) for trial in run.complete)
    whole = sum(shown >= stimuli for shown in seen.values())
    if whole == len(seen):
        return "every subject saw every original and version, so comparisons are within subjects"
    return (
        f"{whole} of {len(seen)} subjects saw every original and version, so comparisons are "
        f"within subjects only as far as a subject saw both"
    )


def _held(settings: AnalysisSettings) -> str:
    """Return what resamples leave as it was fitted, where anything is fitted."""
    if (settings.p_obj, settings.entropy) == ("counted", "neighbours"):
        return ""
    return (
        " Of measures of fitted densities, bandwidths, weights and centre bias were held as fitted "
        "(entropies on a coarser grid), and each contrast was centred on its estimate."
    )


def _query(analysis: StudyAnalysis) -> str:
    return f" Of these, only fixations with {analysis.query}." if analysis.query else ""


def exclusions_in_words(rules: ExclusionSettings) -> str:
    """Return what the rules of a study leave out, and what they do with short fixations."""
    stated = {
        "track loss": (rules.track_loss < 1, f"above {rules.track_loss:.0%} of the image's time"),
        "validation error": (
            rules.validation_deg,
            f"above {rules.validation_deg:g}\N{DEGREE SIGN}",
        ),
        "drift": (rules.drift_deg, f"above {rules.drift_deg:g}\N{DEGREE SIGN}"),
        "precision": (
            rules.precision_deg,
            f"worse than {rules.precision_deg:g}\N{DEGREE SIGN} RMS",
        ),
        "time of the image": (
            rules.duration_frames,
            f"more than {rules.duration_frames:g} frames off",
        ),
        "images that came to be shown": (rules.shown_by, " or ".join(rules.shown_by)),
        "fixations": (rules.fixations, f"fewer than {rules.fixations}"),
    }
    asked = [f"{name} {limit}" for name, (applies, limit) in stated.items() if applies]
    left_out = f"Trials were left out for: {', '.join(asked)}. " if asked else ""
    if rules.subject_trials < 1:
        left_out += (
            f"Subjects were left out with over {rules.subject_trials:.0%} of trials excluded. "
        )
    if rules.subjects:
        left_out += f"Left out by name: {', '.join(rules.subjects)}. "
    dropped = "left out" if rules.drop_blink_adjacent else "kept"
    return (
        f"{left_out or 'No rule left out any trial or subject. '}Fixations shorter than "
        f"{rules.short_fixation_ms:g} ms within {rules.blink_gap_ms:g} ms of a blink are flagged "
        f"and {dropped}. The rules are those of [exclusions] in study.toml."
    )


def methods(analysis: StudyAnalysis) -> list[str]:
    """Return the paragraphs of the methods section."""
    settings = analysis.study.settings
    screen, placement = settings.screen.geometry, settings.placement
    width_deg, _ = extent_deg(screen, placement)
    bias, grid = analysis.centre_bias, analysis.design.grid
    per_deg = screen.pixels_per_degree.mean()
    other = {
        "other-sources": "all other photographs",
        "other-stimuli": "all other stimuli, as published",
    }[settings.analysis.centre_bias]
    if math.isfinite(bias.bandwidth_px):
        fitted = (
            f"its bandwidth, {bias.bandwidth_px:.0f} px ({bias.bandwidth_px / per_deg:.1f}°), and "
            f"a uniform share of {bias.uniform_share:.2g} maximise the likelihood of the "
            f"fixations that each leaves out"
        )
    else:
        fitted = "with a single photograph there is none, and it is uniform"
    return [
        f"Images of {settings.images.size_px} x {settings.images.size_px} pixels "
        f"({width_deg:.1f}° at {settings.screen.distance_cm:g} cm{_luminance(settings)}) were "
        f"shown{_whole(settings)} "
        f"{shown_for(analysis)}. {_recorded(analysis)} "
        f"{_detection(analysis)} Fixation 0, "
        f"under way when the image appeared, fixations off the image and trials that were not "
        f"complete do not enter. {_subset(analysis)}{_query(analysis)}",
        *_controls(analysis),
        exclusions_in_words(settings.exclusions),
        f"The fixation density of each stimulus is a mixture of a Gaussian kernel density "
        f"estimate, a uniform density and a centre bias. Kernels are cut at the edges of the image "
        f"and renormalised exactly. Bandwidth (between {mixture.BANDWIDTHS[0]:g} and "
        f"{mixture.BANDWIDTHS[1]:g} of the image's side) and weights maximise, for each stimulus, "
        f"the likelihood of every subject's fixations under the others' (leave one subject out). "
        f"The centre bias is the same estimate from the fixations on {other}, refitted to the "
        f"subset: {fitted}; the share is at least {centre_bias.LEAST_UNIFORM_SHARE:g}. A stimulus "
        f"that fewer than two subjects looked at cannot be cross-validated and has no estimate.",
        f"{_P_OBJ[settings.analysis.p_obj]} The entropy, "
        f"\N{MINUS SIGN}\N{N-ARY SUMMATION} p log\N{SUBSCRIPT TWO} p, is over the pixels of the "
        f"image: maps have {grid.columns} x {grid.rows} cells, and log\N{SUBSCRIPT TWO} of a "
        f"cell's {grid.cell_area_px:g} pixels is added. {_ENTROPIES[settings.analysis.entropy]} "
        f"The model's density is the softmax of its "
        f"log saliency plus the log of the centre bias measured here, weight 1. Changes are "
        f"version minus original, averaged over targets; {_relative(settings.analysis)}",
        f"What is estimated is the mean change over the photographs and people that those of the "
        f"study stand for. Intervals of people are 95 % intervals of Student's t about the "
        f"estimate: the variance is that of a pigeonhole bootstrap, n \N{MINUS SIGN} 1 of n "
        f"subjects and sources drawn anew together, {settings.analysis.resamples} times, and the "
        f"degrees of freedom are Satterthwaite's from the variances of subjects alone and sources "
        f"alone.{_held(settings.analysis)} p is the two-sided probability of no mean change; the "
        f"declared contrasts are the rows of the table that have one, and p is corrected for their "
        f"number after Holm. Intervals of the model are over sources alone. Fewer than "
        f"{LEAST_SOURCES} sources give no interval: subjects alone tell nothing of how photographs "
        f"differ.",
        "Two checks: p_obj of the fitted density beside the share of fixations on the target, and "
        "a logit of every fixation on or off its target with a term for each target and one for "
        "the version; its error is the largest of those clustered by subject, by source and by "
        "both, and the binomial one. effects/trials.csv holds the counts for other programs.",
        *further_methods(analysis),
        _versions(analysis),
    ]


def _controls(analysis: StudyAnalysis) -> list[str]:
    """Return the paragraph on matched controls, where the study has any."""
    regions = [one.control for one in analysis.design.stimuli if one.control]
    if not regions:
        return []
    sizes = [one.size_ratio for one in regions]
    nats = [one.saliency_difference for one in regions]
    on_objects = sum(one.annotation_id is not None for one in regions)
    orders = {"latin-square": "of a Latin square", "williams": "after Williams"}
    kind = orders[analysis.study.settings.design.orders]
    return [
        f"Four blocks were shown, the originals and three of versions, in four orders {kind}; the "
        f"increase, the decrease and the control of a source stood in different blocks, "
        f"counterbalanced over sources (a source without a control was left out of one). In a "
        f"matched control what the increase had changed at its first target was changed in another "
        f"region of the same photograph, and nothing else: {on_objects} annotated objects and "
        f"{len(regions) - on_objects} displaced copies of the target's outline, of "
        f"{min(sizes):.2f} to {max(sizes):.2f} times its area, with mean predicted log saliencies "
        f"{signed(min(nats))} to {signed(max(nats))} nats from its own. Controls are measured by "
        f"p_obj of that target. The contrast of increases with their controls is over the targets "
        f"that have both; its interval is from the same resamples, and its p is not corrected."
    ]


def _versions(analysis: StudyAnalysis) -> str:
    wanted = (
        "python", "guiding-gaze", "numpy", "scipy", "pandas", "statsmodels", "eyelinkio",
    )  # fmt: skip
    versions = package_versions()
    listed = ", ".join(f"{name} {versions[name]}" for name in wanted if name in versions)
    commit = source_commit()
    changed = " with changes" if commit and commit.endswith("-dirty") else ""
    made = f", commit {commit[:12]}{changed}" if commit else ""
    return (
        f"Computed with {listed}{made}; seed {analysis.study.settings.study.seed}. Settings, "
        f"inputs and outputs with their SHA-256 stand in derivatives/analysis*.json."
    )
