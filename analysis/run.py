"""``python -m analysis.run STUDY``: from the recordings of a study to its effects and its report.

Reads stimuli, events and recordings; writes ``derivatives/``: the fixation table, densities,
effects and a report of one page. Raw data are never touched; running again replaces what an
earlier run of the same subset wrote.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from analysis.effects.agreement import agreement
from analysis.effects.aims import aims_of
from analysis.effects.bootstrap import pigeonhole
from analysis.effects.contrasts import effects_table
from analysis.effects.measuring import coverage_of, measure, square_grid, subject_strata
from analysis.effects.models import clustered_logits, long_table
from analysis.effects.sensitivity import sensitivity
from analysis.effects.summary import summarise
from analysis.fixations.subsets import SUBSETS, usable
from analysis.fixations.table import fixation_table
from analysis.outputs import Outputs
from analysis.recordings.sessions import read_observers, read_runs
from analysis.report.content import Content
from analysis.report.export import export
from analysis.report.numbers import MINUS
from analysis.report.page import write_report
from analysis.report.sentences import sentences
from stimuli.catalogue import check_images, read_catalogue
from stimuli.commands import parser, run
from stimuli.study import Study, open_study
from stimuli.vocabulary import checked_name


def main(argv: Sequence[str] | None = None) -> None:
    """Analyse a study; see the module's first lines."""
    arguments = _arguments(argv)
    study, subset = open_study(arguments.study), arguments.subset
    if arguments.as_published:
        study = as_published(study)
    stimuli = read_catalogue(study.catalogue)
    check_images(study.root, stimuli)
    aims = aims_of(stimuli)
    outputs = Outputs(study, _label(arguments))

    # Recordings to fixations, and which of them are used.
    runs = read_runs(study, stimuli)
    observers = read_observers(study, sorted({one.subject for one in runs}))
    table, account = fixation_table(runs, study.settings)

    def choose(fixations):
        drops = study.settings.exclusions.drop_blink_adjacent
        return usable(fixations, subset, query=arguments.query, drop_beside_blink=drops)

    fixations = choose(table)
    outputs.write_fixations(table, account.quality)

    # Fixations to densities, and every version against its original.
    measured = measure(study, stimuli, aims, fixations, keep=outputs.write_maps)
    outputs.write_parameters(measured.fits, measured.centre_bias)
    effects = effects_table(measured.contrasts, outputs.label)

    # Intervals over subjects and sources together; and the same by regression, as a check.
    settings = study.settings
    resamples = pigeonhole(
        measured.contrasts, subject_strata(fixations), seed=settings.study.seed,
        resamples=settings.analysis.resamples,
    )  # fmt: skip
    summary = summarise(measured.contrasts, outputs.label, resamples)
    agreed = agreement(measured.contrasts, outputs.label, resamples)
    coverage = {aim: coverage_of(study, aim) for aim in aims if aim.target}
    trials = long_table(aims, fixations, coverage, square_grid(study))
    models = clustered_logits(trials, outputs.label)
    said = sentences(summary, agreed)
    outputs.write_effects(effects, summary, said, observers)
    outputs.write_checks(agreed, models, trials)
    checked = None
    if arguments.sensitivity:
        checked = sensitivity(
            study, stimuli, aims, runs, table, account.quality, choose, outputs.label, measured
        )
        outputs.write_sensitivity(*checked)

    content = Content(
        study=study, subset=subset, query=arguments.query, label=outputs.label,
        as_published=arguments.as_published, stimuli=stimuli, runs=runs, observers=observers,
        fixations=table, used=fixations, account=account, grid=square_grid(study),
        centre_bias=measured.centre_bias, fits=measured.fits, contrasts=measured.contrasts,
        effects=effects, summary=summary, agreement=agreed, models=models, sensitivity=checked,
        sentences=said,
    )  # fmt: skip
    page = write_report(content, outputs)
    if arguments.export:
        folder = study.derivatives / "export"
        outputs.wrote(*export(study, stimuli, aims, table, folder))
    outputs.finish(runs, stimuli, aims)
    console = Console()
    for sentence in said:
        console.print(sentence.replace(MINUS, "-"), highlight=False, markup=False, soft_wrap=True)
    console.print(f"Report: {page}", highlight=False, markup=False, soft_wrap=True)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(
        "analysis.run",
        "Turn the recordings of a study into fixations, densities, effects and a report.",
        "python -m analysis.run my-study --subset first-block\n"
        '  python -m analysis.run my-study --query "duration_ms > 100" --name long --sensitivity',
    )
    command.add_argument("study", metavar="STUDY", help="study folder")
    command.add_argument(
        "--subset", choices=tuple(SUBSETS), default="all",
        help="fixations to use: all; only those of each subject's first block, where nobody had "
        "seen another version of an image; or only the first of each trial (default: all)",
    )  # fmt: skip
    command.add_argument(
        "--query", metavar="CONDITION",
        help="of these, only fixations that meet a condition on the columns of the fixation table",
    )  # fmt: skip
    command.add_argument(
        "--name", default="query", metavar="NAME",
        help="what the results of a query are called (default: query)",
    )  # fmt: skip
    command.add_argument(
        "--as-published", action="store_true",
        help="as in the paper: centre bias from all other stimuli, entropies with their bias",
    )  # fmt: skip
    command.add_argument(
        "--sensitivity", action="store_true",
        help="measure again with other bandwidths, centre bias, detectors and exclusions",
    )  # fmt: skip
    command.add_argument(
        "--export", action="store_true",
        help="write derivatives/export too: the paper's folders, and HDF5 files for pysaliency",
    )  # fmt: skip
    return command.parse_args(argv)


def _label(arguments: argparse.Namespace) -> str:
    """Return what this run's results are called: the subset, and what else was chosen."""
    label = arguments.subset
    if arguments.query:
        label += f"_{checked_name('--name', arguments.name)}"
    return f"{label}_as-published" if arguments.as_published else label


def as_published(study: Study) -> Study:
    """Return the study with the settings of the paper's analysis."""
    analysis = replace(
        study.settings.analysis, centre_bias="other-stimuli", entropy="plain", detector="tracker"
    )
    return replace(study, settings=replace(study.settings, analysis=analysis))


if __name__ == "__main__":
    run(main)
