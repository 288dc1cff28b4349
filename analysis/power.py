"""``python -m analysis.power STUDY``: how many subjects a study needs, by simulated observers.

Takes from the study how many sources and targets there are, and, once it was analysed, how much
photographs and observers differ; else from the options. Simulates whole experiments and counts in
how many the 95 % interval of the mean change lies on the right side of zero.
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from analysis.effects.aims import aims_of
from analysis.effects.components import population_of
from analysis.effects.simulation import Population, change_interval, effect_logit, simulate
from analysis.progress import progress
from analysis.report.style import FAINT, style
from analysis.tables import write_csv
from stimuli.catalogue import read_catalogue
from stimuli.commands import parser, run
from stimuli.errors import InputError
from stimuli.files import atomic_path
from stimuli.provenance import write_sidecar
from stimuli.study import Study, open_study
from stimuli.tables import Column, Schema

POWER = Schema(
    "power",
    (
        Column("effect", float, "Mean change of the share of fixations on the target"),
        Column("subjects", int, "Observers in the experiment"),
        Column("sources", int, "Photographs with a target"),
        Column("power", float, "Share of experiments whose 95 % interval shows the effect"),
        Column("standard_error", float, "Of the power, by the number of experiments"),
        Column("mean_width", float, "Mean width of the interval"),
        Column("simulations", int, "Experiments"),
    ),
)
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
    sources = arguments.sources or _sources(study)
    population, taken_from = _population(study, arguments)
    cells = [(effect, n) for effect in arguments.effect for n in arguments.subjects]
    rows = [
        _power(population, effect, n, sources, arguments)
        for effect, n in progress(cells, "Experiments", len(cells))
    ]
    table = pd.DataFrame(rows, columns=list(POWER.names))
    _write(study, table, population, taken_from, arguments)
    _say(table, population, taken_from)


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
    arguments = command.parse_args(argv)
    for name, least in (("subjects", 2), ("simulations", 20), ("sources", 2)):
        values = getattr(arguments, name)
        for value in values if isinstance(values, list) else [values]:
            if value is not None and value < least:
                raise InputError(f"--{name} is {value}; expected at least {least}")
    return arguments


def _sources(study: Study) -> int:
    aims = aims_of(read_catalogue(study.catalogue))
    sources = {aim.version.source_id for aim in aims if aim.target}
    if len(sources) < 2:
        raise InputError(
            f"{study.catalogue}: {len(sources)} sources have a target; expected at least 2, or "
            f"--sources"
        )
    return len(sources)


def _population(study: Study, arguments: argparse.Namespace) -> tuple[Population, str]:
    """Return what is drawn from, and where it was taken from."""
    path = study.derivatives / "effects" / "trials.csv"
    population, taken_from = Population(), "defaults"
    if path.is_file():
        trials = pd.read_csv(path, na_values="n/a", dtype={"subject": str, "target": str})
        if len(trials):
            population, taken_from = population_of(trials), str(path)
    stated = {name: getattr(arguments, name) for name in _SPREADS}
    stated = {name: value for name, value in stated.items() if value is not None}
    for name, value in stated.items():
        low, high = {"baseline": (0.001, 0.999), "fixations": (1.0, 1000.0)}.get(name, (0.0, 10.0))
        if not low <= value <= high:
            raise InputError(
                f"--{name.replace('_', '-')} is {value:g}; expected {low:g} to {high:g}"
            )
    return replace(population, **stated), taken_from


def _power(
    population: Population, effect: float, n_subjects: int, n_sources: int,
    arguments: argparse.Namespace,
) -> dict[str, float]:  # fmt: skip
    try:
        shift = effect_logit(population, effect)
    except ValueError as error:
        raise InputError(
            f"--effect {effect:g}: {error} from a baseline of {population.baseline:.2f}"
        ) from None
    seed = [arguments.seed, n_subjects, n_sources, int(1e6 * abs(effect)), effect < 0]
    generator = np.random.default_rng(seed)
    shown, widths = 0, []
    for _ in range(arguments.simulations):
        experiment = simulate(
            population, shift, n_subjects, n_sources, generator, first_block=arguments.first_block
        )
        low, high = change_interval(experiment, generator)
        shown += (low > 0) if effect > 0 else (high < 0) if effect < 0 else (low > 0 or high < 0)
        widths.append(high - low)
    power = shown / arguments.simulations
    return {
        "effect": effect, "subjects": n_subjects, "sources": n_sources, "power": power,
        "standard_error": math.sqrt(power * (1 - power) / arguments.simulations),
        "mean_width": float(np.mean(widths)), "simulations": arguments.simulations,
    }  # fmt: skip


def _write(
    study: Study, table: pd.DataFrame, population: Population, taken_from: str,
    arguments: argparse.Namespace,
) -> None:  # fmt: skip
    name = "power_first-block" if arguments.first_block else "power"
    folder = study.derivatives / "power"
    described = {"Population": asdict(population), "TakenFrom": Path(taken_from).name}
    written = write_csv(folder / f"{name}.csv", POWER, table, sidecar=described)
    figure = folder / f"{name}.png"
    _draw(table, figure)
    write_sidecar(
        folder / f"{name}_provenance.json",
        command="analysis.power",
        settings=asdict(population) | {"first_block": arguments.first_block},
        inputs=[study.settings_file, *([taken_from] if Path(taken_from).is_file() else [])],
        outputs=[*written, figure],
        seeds={"power": arguments.seed},
        root=study.root,
    )


def _draw(table: pd.DataFrame, path: Path) -> None:
    with style():
        figure = Figure(figsize=(4.6, 3.2), layout="constrained")
        axes = figure.subplots()
        axes.axhline(0.8, color=FAINT, linewidth=0.8, linestyle="--", zorder=0)
        for effect, rows in table.groupby("effect"):
            axes.errorbar(
                rows["subjects"], rows["power"], 1.96 * rows["standard_error"], marker="o",
                markersize=4, linewidth=1.2, label=f"{effect:+g}",
            )  # fmt: skip
        axes.set(xlabel="subjects", ylabel="power", ylim=(-0.02, 1.04))
        axes.legend(title="change", loc="best")
        with atomic_path(path) as temporary:
            figure.savefig(temporary)


def _say(table: pd.DataFrame, population: Population, taken_from: str) -> None:
    shown = Table("effect", "subjects", "sources", "power", "width of the interval")
    for row in table.to_dict("records"):
        shown.add_row(
            f"{row['effect']:+g}", str(row["subjects"]), str(row["sources"]),
            f"{row['power']:.2f} +- {row['standard_error']:.2f}", f"{row['mean_width']:.3f}",
        )  # fmt: skip
    console = Console()
    console.print(shown)
    spreads = ", ".join(f"{name} {value:.2f}" for name, value in asdict(population).items())
    console.print(f"Population ({taken_from}): {spreads}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    run(main)
