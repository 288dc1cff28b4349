"""The methods of this analysis in words, with its settings and versions."""

import math

from analysis.density import centre_bias, fit
from analysis.effects.bootstrap import RESAMPLES
from analysis.report.content import Content
from stimuli.geometry import extent_deg
from stimuli.provenance import package_versions, source_commit

_SUBSETS = {
    "all": "All fixations of all blocks were used: every subject saw every original and version, "
    "so comparisons are within subjects.",
    "first-block": "Only the first block of each subject was used, in which nobody had seen "
    "another version of an image. Original and version were then seen by different people: "
    "comparisons are between subjects, and subjects were drawn within the block that they saw.",
    "first-fixation": "Only the first fixation that began after the image appeared was used; where "
    "it left the image, the trial gives none.",
}


def methods(content: Content) -> list[str]:
    """Return the paragraphs of the methods section."""
    settings = content.study.settings
    screen, placement = settings.screen.geometry, settings.placement
    width_deg, _ = extent_deg(screen, placement)
    bias, grid = content.centre_bias, content.grid
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
        f"({width_deg:.1f}° at {settings.screen.distance_cm:g} cm) were shown for "
        f"{settings.session.image_s:g} s. Fixations are those of the EyeLink parser (EFIX), at "
        f"its mean positions. Fixation 0, under way when the image appeared, fixations off the "
        f"image and trials that were not complete do not enter. {_SUBSETS[content.subset]}",
        f"The fixation density of each stimulus is a mixture of a Gaussian kernel density "
        f"estimate, a uniform density and a centre bias. Kernels are cut at the edges of the image "
        f"and renormalised exactly. Bandwidth (between {fit.BANDWIDTHS[0]:g} and "
        f"{fit.BANDWIDTHS[1]:g} of the image's side) and weights maximise, for each stimulus, the "
        f"likelihood of every subject's fixations under the others' (leave one subject out). The "
        f"centre bias is the same estimate from the fixations on {other}, refitted to the subset: "
        f"{fitted}; the share is at least {centre_bias.LEAST_UNIFORM_SHARE:g}. A stimulus that "
        f"fewer than two subjects looked at cannot be cross-validated and has no estimate.",
        f"p_obj is the density's sum over the mask of the target. The entropy, "
        f"\N{MINUS SIGN}\N{N-ARY SUMMATION} p log\N{SUBSCRIPT TWO} p, is over the pixels of the "
        f"image: maps have {grid.columns} x {grid.rows} cells, and log\N{SUBSCRIPT TWO} of a "
        f"cell's {grid.cell_area_px:g} pixels is added. The model's density is the softmax of its "
        f"log saliency plus the log of the centre bias measured here, weight 1. Changes are "
        f"version minus original, relative changes are divided by the original; both are averaged "
        f"over targets.",
        f"Intervals of people are 95 % percentile intervals of a pigeonhole bootstrap: subjects "
        f"and sources drawn anew together, {RESAMPLES} times, with bandwidths, weights and centre "
        f"bias held as fitted (entropies on a coarser grid), each contrast centred on its "
        f"estimate. Those of the model are over sources alone, and so are missing for one source. "
        f"The table also gives the share of fixations on the target counted without any density: "
        f"smoothing and centre bias draw p_obj towards what is usual.",
        _versions(content),
    ]


def _versions(content: Content) -> str:
    wanted = ("python", "guiding-gaze", "numpy", "scipy", "pandas")
    versions = package_versions()
    listed = ", ".join(f"{name} {versions[name]}" for name in wanted if name in versions)
    commit = source_commit()
    changed = " with changes" if commit and commit.endswith("-dirty") else ""
    made = f", commit {commit[:12]}{changed}" if commit else ""
    return (
        f"Computed with {listed}{made}; seed {content.study.settings.study.seed}. Settings, inputs "
        f"and outputs with their SHA-256 stand in derivatives/analysis*.json."
    )
