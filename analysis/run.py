"""``python -m analysis.run STUDY``: from the recordings of a study to its effects and its report.

Reads stimuli, events and recordings; writes ``derivatives/``: the fixation table, densities,
effects and a report of one page. Raw data are never touched; running again replaces what an
earlier run of the same subset wrote.
"""

import argparse
from collections.abc import Sequence

import numpy as np
import pandas as pd
from rich.console import Console

from analysis.density.centre_bias import fit_centre_bias
from analysis.density.grid import Grid
from analysis.density.stimuli import StimulusDensity, stimulus_densities
from analysis.effects.aims import Aim, aims_of
from analysis.effects.bootstrap import pigeonhole
from analysis.effects.contrasts import Contrast, effects_table
from analysis.effects.estimates import Estimate, estimate, read_coverage
from analysis.effects.predictions import predicted_log_density
from analysis.effects.summary import summarise
from analysis.fixations.subsets import SUBSETS, usable
from analysis.fixations.table import fixation_table
from analysis.outputs import Outputs
from analysis.progress import progress
from analysis.recordings.sessions import read_observers, read_runs
from analysis.report.content import Content
from analysis.report.numbers import MINUS
from analysis.report.page import write_report
from analysis.report.sentences import sentences
from stimuli.catalogue import check_images, read_catalogue
from stimuli.commands import parser, run
from stimuli.files import read_log_saliency
from stimuli.study import Study, open_study
from stimuli.vocabulary import Stimulus


def main(argv: Sequence[str] | None = None) -> None:
    """Analyse a study; see the module's first lines."""
    arguments = _arguments(argv)
    study, subset = open_study(arguments.study), arguments.subset
    stimuli = read_catalogue(study.catalogue)
    check_images(study.root, stimuli)
    aims = aims_of(stimuli)
    outputs = Outputs(study, subset)

    # Recordings to fixations.
    runs = read_runs(study, stimuli)
    observers = read_observers(study, sorted({one.subject for one in runs}))
    table, account = fixation_table(runs, study.settings)
    outputs.write_fixations(table)
    fixations = usable(table, subset)

    # Fixations to densities, and what each stimulus is measured by.
    grid = square_grid(study)
    groups = centre_bias_groups(study, stimuli)
    centre_bias = fit_centre_bias(
        fixations[["x_px", "y_px"]].to_numpy(float),
        fixations["stim_id"].map(groups).to_numpy(str),
        grid,
    )
    subjects = sorted(fixations["subject"].unique())
    fits, estimates = {}, {}
    densities = stimulus_densities(fixations, groups, centre_bias)
    by_id = {stimulus.stim_id: stimulus for stimulus in stimuli}
    for density in progress(densities, "Densities", len(stimuli)):
        stimulus = by_id[density.stim_id]
        log_model = predicted_log_density(
            read_log_saliency(study.root / stimulus.prediction), density.log_centre_bias, grid
        )
        outputs.write_maps(density, log_model)
        fits[density.stim_id] = density.fit
        estimates |= measure(study, aims, density, log_model, subjects, grid)
    outputs.write_parameters(fits, centre_bias)

    # Versions against originals, with intervals over subjects and sources.
    contrasts = [
        Contrast(aim, estimates[aim, aim.original.stim_id], estimates[aim, aim.version.stim_id])
        for aim in aims
    ]
    effects = effects_table(contrasts, subset)
    resamples = pigeonhole(
        contrasts, subject_strata(fixations, subset), seed=study.settings.study.seed
    )
    summary = summarise(contrasts, subset, resamples)
    said = sentences(summary)
    outputs.write_effects(effects, summary, said, observers)

    content = Content(
        study=study, subset=subset, stimuli=stimuli, runs=runs, observers=observers,
        fixations=table, used=fixations, account=account, grid=grid, centre_bias=centre_bias,
        fits=fits, contrasts=contrasts, effects=effects, summary=summary, sentences=said,
    )  # fmt: skip
    page = write_report(content, outputs)
    outputs.finish(runs, stimuli, aims)
    console = Console()
    for sentence in said:
        console.print(sentence.replace(MINUS, "-"), highlight=False, markup=False, soft_wrap=True)
    console.print(f"Report: {page}", highlight=False, markup=False, soft_wrap=True)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(
        "analysis.run",
        "Turn the recordings of a study into fixations, densities, effects and a report.",
        "python -m analysis.run my-study --subset first-block",
    )
    command.add_argument("study", metavar="STUDY", help="study folder")
    command.add_argument(
        "--subset", choices=tuple(SUBSETS), default="all",
        help="fixations to use: all; only those of each subject's first block, where nobody had "
        "seen another version of an image; or only the first of each trial (default: all)",
    )  # fmt: skip
    return command.parse_args(argv)


def square_grid(study: Study) -> Grid:
    """Return the grid of the study's density maps."""
    size_px, cells = study.settings.images.size_px, study.settings.analysis.grid_px
    return Grid(size_px, size_px, cells, cells)


def centre_bias_groups(study: Study, stimuli: Sequence[Stimulus]) -> dict[str, str]:
    """Return for every stimulus what its centre bias leaves out, stimuli of a source together."""
    by_source = study.settings.analysis.centre_bias == "other-sources"
    ordered = sorted(stimuli, key=lambda stimulus: stimulus.source_id)
    return {one.stim_id: one.source_id if by_source else one.stim_id for one in ordered}


def measure(
    study: Study,
    aims: Sequence[Aim],
    density: StimulusDensity,
    log_model: np.ndarray,
    subjects: Sequence[str],
    grid: Grid,
) -> dict[tuple[Aim, str], Estimate]:
    """Measure a stimulus for every aim that it takes part in, as original or as version."""
    size_px = study.settings.images.size_px
    found = {}
    for aim in aims:
        if density.stim_id in (aim.original.stim_id, aim.version.stim_id):
            mask = study.root / aim.target.mask if aim.target else None
            coverage = read_coverage(mask, size_px, grid) if mask else None
            found[aim, density.stim_id] = estimate(
                aim, density, log_model, coverage, subjects, grid
            )
    return found


def subject_strata(fixations: pd.DataFrame, subset: str) -> dict[str, str]:
    """Return the group within which each subject is drawn anew.

    In the first block original and version were seen by different people, so subjects are drawn
    within the block that they saw; elsewhere everybody saw everything and all are one group.
    """
    blocks = fixations.groupby("subject")["block"].first().sort_index()
    if subset != "first-block":
        blocks = blocks.map(lambda _: "everybody")
    return {str(subject): str(block) for subject, block in blocks.items()}


if __name__ == "__main__":
    run(main)
