"""The methods of this analysis in words, with its settings and versions."""

import math
from collections.abc import Sequence

from analysis.density import centre_bias, mixture
from analysis.effects.intervals import LEAST_SOURCES
from analysis.effects.study_analysis import StudyAnalysis
from analysis.report.further import further_methods
from analysis.report.numbers import signed
from analysis.report.recording_methods import exclusions_in_words, presentation
from stimuli.contract.settings import AnalysisSettings
from stimuli.support.provenance import package_versions, source_commit

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


def _held(settings: AnalysisSettings) -> str:
    """Return what resamples leave as it was fitted, where anything is fitted."""
    if (settings.p_obj, settings.entropy) == ("counted", "neighbours"):
        return ""
    return (
        " Of measures of fitted densities, bandwidths, weights and centre bias were held as fitted "
        "(entropies on a coarser grid), and each contrast was centred on its estimate."
    )


def methods(analysis: StudyAnalysis) -> list[str]:
    """Return the paragraphs of the methods section."""
    settings = analysis.study.settings
    bias, grid = analysis.centre_bias, analysis.design.grid
    per_deg = settings.screen.geometry.pixels_per_degree.mean()
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
        presentation(analysis),
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
        f"cell's {grid.cell_area_px:.4g} pixels is added. {_ENTROPIES[settings.analysis.entropy]} "
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


def _range(values: Sequence[float]) -> str:
    ends = list(dict.fromkeys(f"{one:.2f}" for one in (min(values), max(values))))
    return " to ".join(ends)


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
        f"{_range(sizes)} times its area, with mean predicted log saliencies "
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
