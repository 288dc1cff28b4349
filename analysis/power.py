"""``python -m analysis.power STUDY``: how many subjects a study needs, by simulated observers.

Takes from the study how many sources and targets there are, and, once it was analysed, how much
photographs and observers differ; else from the options. Simulates whole experiments and counts in
how many the 95 % interval of the mean change lies on the right side of zero.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from analysis.planning.power import (
    POWER,
    simulate_power,
    sources_with_a_target,
    study_population,
)
from analysis.planning.simulation import Population
from analysis.report.power import draw_power
from analysis.results.tables import write_csv
from stimuli.contract.study import Study, open_study
from stimuli.support.commands import parser, run
from stimuli.support.provenance import write_sidecar

_SPREADS = {
    "baseline": "mean probability of fixating a target on an original",
    "baseline_sd": "its spread between photographs, of the logit",
    "subject_sd": "its spread between observers, of the logit",
    "source_effect_sd": "spread of the effect between photographs, of the logit",
    "subject_effect_sd": "spread of the effect between observers, of the logit",
    "fixations": "fixations on a trial",
}


def main(argv: Sequence[str] | None = None) -> None:
    """Simulate experiments and write their power; see the module's first lines."""
    arguments = _arguments(argv)
    study = open_study(arguments.study)
    sources = arguments.sources
    if sources is None:
        sources = sources_with_a_target(study)
    measured, trials = study_population(study)
    stated = {name: getattr(arguments, name) for name in _SPREADS}
    population = replace(
        measured, **{name: value for name, value in stated.items() if value is not None}
    )
    power = simulate_power(
        arguments.effect, arguments.subjects, sources, population=population,
        first_block=arguments.first_block, blocks=len(study.settings.blocks),
        simulations=arguments.simulations, seed=arguments.seed,
    )  # fmt: skip
    _write(study, power, population, trials, arguments.first_block, arguments.seed)
    _print(power, population, trials)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(
        "analysis.power",
        "Simulate experiments with more and fewer subjects, and say how often each shows the "
        "effect.",
        "python -m analysis.power my-study --effect 0.09 -0.04 --subjects 10 15 23 30",
    )
    command.add_argument("study", metavar="STUDY", help="study folder, with or without recordings")
    command.add_argument(
        "--effect", type=float, nargs="+", required=True, metavar="CHANGE",
        help="mean change of the probability of fixating a target, such as 0.09 or -0.04",
    )  # fmt: skip
    command.add_argument("--subjects", type=int, nargs="+", default=[10, 15, 23, 30], metavar="N")
    command.add_argument("--sources", type=int, metavar="N", help="(default: as in the study)")
    command.add_argument(
        "--first-block", action="store_true",
        help="only the first block, in which each subject sees one version of a photograph",
    )  # fmt: skip
    command.add_argument("--simulations", type=int, default=400, metavar="N", help="(400)")
    command.add_argument("--seed", type=int, default=0, metavar="SEED", help="(0)")
    for name, meaning in _SPREADS.items():
        command.add_argument(
            f"--{name.replace('_', '-')}", type=float, metavar="X",
            help=f"{meaning} (default: as in the study, else {getattr(Population(), name):g})",
        )  # fmt: skip
    return command.parse_args(argv)


def _write(
    study: Study, power: pd.DataFrame, population: Population, trials: Path | None,
    first_block: bool, seed: int,
) -> None:  # fmt: skip
    name = "power_first-block" if first_block else "power"
    folder = study.derivatives / "power"
    described = {
        "Population": asdict(population), "TakenFrom": trials.name if trials else "defaults"
    }  # fmt: skip
    written = write_csv(folder / f"{name}.csv", POWER, power, sidecar=described)
    figure = draw_power(power, folder / f"{name}.png")
    write_sidecar(
        folder / f"{name}_provenance.json",
        command="analysis.power",
        settings=asdict(population) | {"first_block": first_block},
        inputs=[study.settings_file, *([trials] if trials else [])],
        outputs=[*written, figure],
        seeds={"power": seed},
        root=study.root,
    )


def _print(power: pd.DataFrame, population: Population, trials: Path | None) -> None:
    shown = Table("effect", "subjects", "sources", "power", "width of the interval")
    for row in power.to_dict("records"):
        shown.add_row(
            f"{row['effect']:+g}", str(row["subjects"]), str(row["sources"]),
            f"{row['power']:.2f} +- {row['standard_error']:.2f}", f"{row['mean_width']:.3f}",
        )  # fmt: skip
    console = Console()
    console.print(shown)
    spreads = ", ".join(f"{name} {value:.2f}" for name, value in asdict(population).items())
    taken_from = trials or "defaults"
    console.print(f"Population ({taken_from}): {spreads}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    run(main)
